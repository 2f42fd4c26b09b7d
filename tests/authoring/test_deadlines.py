"""Deadline alerts and SLAs as DAG authors write them, and what is wrong with some."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from brisa.authoring.compile import to_spec
from brisa.authoring.dag import DAG
from brisa.authoring.deadlines import (
    AsyncCallback,
    BaseDeadlineReference,
    Callback,
    DeadlineAlert,
    DeadlineReference,
    SyncCallback,
    VariableInterval,
    deadline_reference,
)
from brisa.authoring.registry import recording
from brisa.errors import AuthoringError
from brisa.model.spec import DeadlineKind, DeadlineSpec
from tests.authoring.tools import Task, a_dag, line_of

HOUR = timedelta(hours=1)


async def tell(**kwargs: Any) -> None:
    """Somebody."""


def shout(text: str) -> None:
    """To everybody."""


def an_alert(**changes: Any) -> DeadlineAlert:
    """An hour after the run was queued."""
    fields: dict[str, Any] = {
        "reference": DeadlineReference.DAGRUN_QUEUED_AT,
        "interval": HOUR,
        "callback": AsyncCallback(tell),
    }
    return DeadlineAlert(**fields | changes)


def test_a_dag_has_a_deadline_or_several() -> None:
    """They are compiled in the order given, without their functions."""
    late = an_alert(callback=SyncCallback(shout, {"text": "late"}, executor="x"), name="late", interval=90)
    assert to_spec(a_dag(deadline=late)).deadlines == (
        DeadlineSpec(kind=DeadlineKind.QUEUED_AT, interval=90.0, name="late"),
    )
    assert [one.name for one in to_spec(a_dag(deadline=[an_alert(), late])).deadlines] == ["", "late"]
    assert to_spec(a_dag()).deadlines == ()


NOON = datetime(2025, 1, 1, 14, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("reference", "fields"),
    [
        (DeadlineReference.DAGRUN_LOGICAL_DATE, {"kind": DeadlineKind.LOGICAL_DATE}),
        (
            DeadlineReference.FIXED_DATETIME(NOON),
            {"kind": DeadlineKind.FIXED, "moment": datetime(2025, 1, 1, 12, tzinfo=UTC)},
        ),
        (DeadlineReference.AVERAGE_RUNTIME(), {"kind": DeadlineKind.AVERAGE_RUNTIME, "max_runs": 10, "min_runs": 10}),
        (
            DeadlineReference.AVERAGE_RUNTIME(max_runs=5, min_runs=2),
            {"kind": DeadlineKind.AVERAGE_RUNTIME, "max_runs": 5, "min_runs": 2},
        ),
    ],
)
def test_what_it_counts_from(reference: BaseDeadlineReference, fields: dict[str, Any]) -> None:
    """Every reference of Airflow's."""
    (found,) = to_spec(a_dag(deadline=an_alert(reference=reference))).deadlines
    assert found == DeadlineSpec(interval=3600.0, **fields)


def test_the_interval_may_be_a_variable() -> None:
    """Its value is looked up when a run is made."""
    (found,) = to_spec(a_dag(deadline=an_alert(interval=VariableInterval("limit")))).deadlines
    assert (found.variable, found.interval) == ("limit", 0.0)


class Custom(BaseDeadlineReference):
    """Of somebody's own."""


BAD: list[tuple[Callable[[], Any], str]] = [
    (lambda: "tomorrow", "deadline must be a DeadlineAlert or a list of them, not str ('tomorrow')"),
    (lambda: [an_alert(), None], "deadline must be a DeadlineAlert or a list of them, not NoneType (None)"),
    (lambda: HOUR, "deadline must be a DeadlineAlert or a list of them, not timedelta"),
    (lambda: an_alert(interval=-HOUR), "interval must be positive, not -1 day, 23:00:00"),
    (lambda: an_alert(interval="1h"), "interval must be a timedelta or a number of seconds, not str ('1h')"),
    (lambda: an_alert(interval=None), "a deadline needs an interval, such as timedelta(hours=1)"),
    (
        lambda: an_alert(reference=DeadlineReference.FIXED_DATETIME(datetime(2025, 1, 1))),
        "FIXED_DATETIME takes a datetime with a time zone; datetime.datetime(2025, 1, 1, 0, 0) has none",
    ),
    (
        lambda: an_alert(reference=DeadlineReference.FIXED_DATETIME("2025-01-01")),  # type: ignore[arg-type]  # meant
        "FIXED_DATETIME takes a datetime, not str ('2025-01-01')",
    ),
    (
        lambda: an_alert(reference=DeadlineReference.AVERAGE_RUNTIME(max_runs=10**9)),
        "AVERAGE_RUNTIME: max_runs must be 1 to 1000, not 1000000000",
    ),
    (
        lambda: an_alert(reference=DeadlineReference.AVERAGE_RUNTIME(5, min_runs=0)),
        "AVERAGE_RUNTIME: min_runs must be 1 to 1000, not 0",
    ),
    (lambda: an_alert(reference="queued"), "reference must be one of DeadlineReference, not 'queued'"),
    (lambda: an_alert(reference=Custom()), "reference must be one of DeadlineReference, not <"),
    (lambda: an_alert(callback=tell), "callback must be an AsyncCallback or a SyncCallback, not <function tell"),
    (lambda: an_alert(callback=Callback(tell)), "callback must be an AsyncCallback or a SyncCallback, not <"),
    (lambda: an_alert(callback=AsyncCallback(shout)), "AsyncCallback takes an async function; for tests."),
    (lambda: an_alert(callback=SyncCallback(7)), "SyncCallback(7): that is not a function"),  # type: ignore[arg-type]
    (lambda: an_alert(callback=SyncCallback("shout!")), "SyncCallback('shout!'): that is no dotted path of a function"),
    (
        lambda: an_alert(callback=AsyncCallback(tell, {"context": 1})),
        "its kwargs can't have a 'context', which it is given",
    ),
]


@pytest.mark.parametrize(("deadline", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_what_is_wrong_is_said_with_file_line_and_dag(deadline: Callable[[], Any], message: str) -> None:
    """When the file loads."""
    with pytest.raises(AuthoringError) as caught:
        DAG("late", schedule=None, deadline=deadline())
    assert message in str(caught.value)
    where = caught.value.location
    assert where is not None
    assert (where.file, where.dag_id) == (__file__, "late")
    assert where.line > 0


def test_the_line_is_that_of_the_alert() -> None:
    """Not of the DAG that it is given to."""
    alert = an_alert(interval=-HOUR)
    with pytest.raises(AuthoringError) as caught:
        a_dag(deadline=alert)
    assert caught.value.location is not None
    assert caught.value.location.line == line_of("return DeadlineAlert(**fields | changes)", __file__)


def test_a_reference_of_ones_own_is_refused() -> None:
    """It would ask Airflow's database."""
    with pytest.raises(AuthoringError, match="asks Airflow's database"):
        deadline_reference(Custom)


def test_tasks_with_the_same_sla_are_one_deadline() -> None:
    """The shortest first, after the DAG's own; tasks in topological order."""
    with a_dag(schedule="@daily", sla_miss_callback=print, deadline=an_alert()) as dag:
        b = Task(task_id="b", sla=HOUR)
        a = Task(task_id="a", sla=HOUR)
        Task(task_id="c", sla=60)
        Task(task_id="d")
        a >> b
    assert to_spec(dag).deadlines[1:] == (
        DeadlineSpec(kind=DeadlineKind.SLA, interval=60.0, tasks=("c",)),
        DeadlineSpec(kind=DeadlineKind.SLA, interval=3600.0, tasks=("a", "b")),
    )


@pytest.mark.parametrize(
    ("dag_args", "task_args", "heard"),
    [
        ({"schedule": "@daily", "sla_miss_callback": print}, {}, True),
        ({"schedule": "@daily"}, {"email": "ana@example.com"}, True),
        ({"schedule": "@daily"}, {}, False),
        ({"sla_miss_callback": print}, {}, False),
    ],
    ids=["callback", "e-mail", "nobody", "no schedule"],
)
def test_an_sla_counts_where_somebody_hears_of_it(
    dag_args: dict[str, Any], task_args: dict[str, Any], heard: bool
) -> None:
    """And where there is a schedule, as in Airflow 2."""
    with a_dag(**dag_args) as dag:
        Task(task_id="t", sla=HOUR, **task_args)
    assert bool(to_spec(dag).deadlines) == heard


def test_an_sla_of_which_nobody_would_hear_is_noticed() -> None:
    """Once, when the file loads."""
    with recording() as record:
        with a_dag("deaf", schedule="@daily") as dag:
            Task(task_id="t", sla=HOUR)
        to_spec(dag)
    assert any("DAG 'deaf': nobody is told of a missed sla" in text for text in record.notices)


@pytest.mark.parametrize("wrong", ["1h", -5])
def test_an_sla_is_a_duration(wrong: Any) -> None:
    """Anything else names its task."""
    with pytest.raises(AuthoringError, match="sla must be") as caught, a_dag():
        Task(task_id="t", sla=wrong)
    assert caught.value.location is not None
    assert caught.value.location.task_id == "t"

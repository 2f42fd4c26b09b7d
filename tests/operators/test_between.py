"""BranchDateTimeOperator. The table is Airflow 2.11.2's and 3.3.2's answers, which agree."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from brisa.authoring.registry import recording
from brisa.errors import AuthoringError
from brisa.operators.between import BranchDateTimeOperator
from brisa.operators.empty import EmptyOperator
from tests.operators.clock import a_dag, look
from tests.runtime.attempts import a_run

NEW_YORK = ZoneInfo("America/New_York")


def at(hour, minute=0, day=5):
    """A moment of the day in UTC."""
    return datetime(2024, 1, day, hour, minute, tzinfo=UTC)


def branch(lower, upper, now, zone=UTC, run=None, dialect=3, **kwargs):
    """Which way it goes."""
    with a_dag(dialect, zone) as dag:
        fork = BranchDateTimeOperator(
            task_id="t",
            follow_task_ids_if_true=["yes"],
            follow_task_ids_if_false="no",
            target_lower=lower,
            target_upper=upper,
            **kwargs,
        )
        fork >> [EmptyOperator(task_id="yes"), EmptyOperator(task_id="no")]
    return look(dag, now, run=run)[0].follow


ANSWERS = [
    (time(10), time(12), at(11), UTC, "yes"),
    (time(10), time(12), at(10), UTC, "yes"),
    (time(10), time(12), at(12), UTC, "yes"),
    (time(10), time(12), at(13), UTC, "no"),
    (time(10), time(12), at(9), UTC, "no"),
    (time(22), time(2), at(23), UTC, "yes"),
    (time(22), time(2), at(1), UTC, "no"),
    (time(22), time(2), at(12), UTC, "no"),
    (None, time(12), at(11), UTC, "yes"),
    (time(10), None, at(11), UTC, "yes"),
    (None, time(10), at(11), UTC, "no"),
    (at(0), at(0, day=6), at(3), UTC, "yes"),
    (datetime(2024, 1, 5), datetime(2024, 1, 6), at(3), UTC, "yes"),
    (datetime(2024, 1, 5), time(2), at(1), UTC, "yes"),
    (at(0, day=6), at(0), at(3), UTC, "no"),
    (time(10), time(12), at(11), NEW_YORK, "no"),
    (time(10), time(12), at(16), NEW_YORK, "yes"),
    (at(0), at(0, day=6), at(3), NEW_YORK, "yes"),
    (datetime(2024, 1, 5), datetime(2024, 1, 6), at(3), NEW_YORK, "no"),
    (datetime(2024, 1, 5), datetime(2024, 1, 6), at(8), NEW_YORK, "yes"),
    # The date is that of the moment in UTC, the time New York's: 22:00 there is on the 5th, and looked for on the 6th.
    (time(21), time(23), at(3, day=6), NEW_YORK, "no"),
    (None, time(0), at(3, day=6), NEW_YORK, "yes"),
]


@pytest.mark.parametrize("dialect", [2, 3])
@pytest.mark.parametrize(("lower", "upper", "now", "zone", "way"), ANSWERS)
def test_which_way(lower, upper, now, zone, way, dialect):
    """Both bounds belong to what is between them; what has no zone is in the DAG's."""
    assert branch(lower, upper, now, zone, dialect=dialect) == (way,)


@pytest.mark.parametrize(("lower", "upper", "way"), [(time(0), time(1), "yes"), (time(10), time(12), "no")])
def test_the_logical_date(lower, upper, way):
    """With use_task_logical_date the clock means nothing."""
    assert branch(lower, upper, at(11), use_task_logical_date=True) == (way,)


def test_a_run_without_a_logical_date():
    """It has the moment from which it may run."""
    nothing = dict.fromkeys(("logical_date", "data_interval_start", "data_interval_end"))
    run = a_run(run_after=at(5).timestamp(), **nothing)
    assert branch(time(4), time(6), at(11), run=run, use_task_logical_date=True) == ("yes",)


def test_the_old_argument_is_translated():
    """Airflow 2's use_task_execution_date means the logical date, and is said."""
    with recording() as record:
        assert branch(time(0), time(1), at(11), dialect=2, use_task_execution_date=True) == ("yes",)
    assert any("use_task_execution_date" in notice for notice in record.notices)


@pytest.mark.parametrize(
    ("lower", "upper", "words"),
    [(None, None, "Both target_upper and target_lower are None"), ("10:00", time(12), "target_lower must be")],
)
def test_wrong_bounds_do_not_load(lower, upper, words):
    """There must be one, and it must be a time."""
    with a_dag(), pytest.raises(AuthoringError, match=words):
        BranchDateTimeOperator(
            task_id="t",
            follow_task_ids_if_true="a",
            follow_task_ids_if_false="b",
            target_lower=lower,
            target_upper=upper,
        )

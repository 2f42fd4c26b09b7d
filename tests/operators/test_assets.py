"""``@asset``: a DAG of one task around a function that makes an asset."""

from __future__ import annotations

from typing import Any

import pytest

from brisa.authoring.asset_access import AssetAccessControl
from brisa.authoring.asset_watcher import AssetWatcher
from brisa.authoring.assets import Asset, AssetAlias, AssetAll
from brisa.authoring.compile import to_spec
from brisa.authoring.dag import DAG
from brisa.authoring.dialect import speaking
from brisa.authoring.registry import Recording, recording
from brisa.authoring.triggers import DirectoryFileDeleteTrigger, FileTrigger
from brisa.errors import AuthoringError
from brisa.model.spec import ScheduleKind
from brisa.model.states import OutcomeKind
from brisa.operators.assets import asset
from brisa.operators.taskflow import task
from brisa.runtime.asset_events import OutletEvents
from tests.runtime.attempts import run_task


def orders() -> int:
    """Makes orders."""
    return 3


def report(self: Any, context: Any, outlet_events: Any, orders: Any, limit: int = 5) -> list[Any]:
    """Looks at all that it can be given."""
    outlet_events[self].extra["seen"] = True
    return [self.uri, context["ti"].task_id, context["outlet_events"][self].extra, orders.uri, limit]


def both(self: Any) -> None:
    """Asks for what there is not."""


def wide(**others: Any) -> None:
    """Takes anything."""


def made_in(record: Recording, dag_id: str) -> DAG:
    """One of the DAGs that a file has made."""
    return next(dag for dag in record.found({}) if isinstance(dag, DAG) and dag.dag_id == dag_id)


def test_an_asset_and_its_dag_have_the_functions_name() -> None:
    """The decorated name is the asset; the DAG is found without anybody holding it."""
    with recording() as record, speaking(3):
        made = asset(schedule="@daily", tags=["sales"])(orders)
    assert made == Asset("orders")
    dag = made_in(record, "orders")
    spec = to_spec(dag)
    assert (spec.dag_id, spec.tags, spec.schedule.kind) == ("orders", ("sales",), ScheduleKind.CRON)
    [only] = spec.tasks
    assert (only.task_id, only.operator) == ("orders", "AssetOperator")
    assert only.display["outlets"] == [{"asset": "orders"}]
    assert not only.empty
    outcome, channel = run_task(dag, "orders")
    assert (outcome.kind, channel.values()) == (OutcomeKind.SUCCESS, {"return_value": 3})


def test_parameters_name_what_the_function_is_given() -> None:
    """``self``, ``context``, ``outlet_events``, other assets, which become inlets; a default stays."""
    with recording() as record, speaking(3):
        asset(schedule=None, uri="s3://b/report", dag_id="reports")(report)
        Asset("orders", uri="s3://b/orders")
    dag = made_in(record, "reports")
    outcome, channel = run_task(dag, "report")
    assert outcome.kind is OutcomeKind.SUCCESS
    assert channel.values() == {"return_value": ["s3://b/report", "report", {"seen": True}, "s3://b/orders", 5]}
    assert to_spec(dag).tasks[0].display["inlets"] == [{"asset": "s3://b/orders", "name": "orders"}]


def test_one_function_may_make_several_assets() -> None:
    """The DAG has the function's name, and a schedule by the result waits for all of them."""
    outlets = [Asset("a"), Asset("b", uri="s3://b/b")]
    with recording() as record, speaking(3):
        made = asset.multi(schedule=None, outlets=outlets)(orders)
        DAG("after", schedule=made)
    assert isinstance(made, AssetAll)
    assert list(made.assets()) == outlets
    assert made_in(record, "orders").get_task("orders").outlets == outlets


def test_several_assets_have_no_self() -> None:
    """It loads, as in Airflow, and fails when it runs."""
    with recording() as record, speaking(3):
        asset.multi(schedule=None, outlets=[Asset("a")])(both)
    outcome, _ = run_task(made_in(record, "both"), "both")
    assert outcome.kind is OutcomeKind.FAILED
    assert "none of them is its self" in outcome.error


def test_a_task_can_make_an_asset() -> None:
    """``@asset`` above ``@task`` keeps the task's arguments, and gives it its outlet."""
    with recording() as record, speaking(3):
        asset(schedule=None)(task(task_id="inner", retries=2)(orders))
    inner = made_in(record, "orders").get_task("inner")
    assert (inner.retries, inner.outlets) == (2, [Asset("orders")])


def refused(decorate: Any) -> str:
    """What is said."""
    with recording(), speaking(3), pytest.raises(AuthoringError) as error:
        decorate()
    return str(error.value)


REFUSED = {
    "given by name": lambda: asset(schedule=None)(wide),
    "did you mean 'tags'": lambda: asset(schedule=None, tag=["a"]),
    "needs outlets": lambda: asset.multi(schedule=None, outlets=[]),
    "function of the module": lambda: asset(schedule=None)(lambda: 1),
    "the outlets of a task": lambda: asset(schedule=None)(task(outlets=[Asset("b")])(orders)),
    "'context'": lambda: asset(schedule=None, name="context")(orders),
    "a name or a uri": lambda: Asset.ref(name="a", uri="b"),
    "producer_teams": lambda: AssetAccessControl(producer_teams=[" "]),
    "allow_global": lambda: AssetAccessControl(allow_global="no"),  # type: ignore[arg-type]
    "BaseEventTrigger": lambda: AssetWatcher("w", FileTrigger("/tmp/x")),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("words", REFUSED)
def test_mistakes_are_errors_that_say_what_is_wrong(words: str) -> None:
    """Each names the thing that can't be."""
    assert words in refused(REFUSED[words])


def test_a_reference_finds_the_asset_of_its_file_wherever_it_is_made() -> None:
    """By name or by uri; of one that is made elsewhere name and uri are the same."""
    with recording():
        by_name, by_uri = Asset.ref(name="late"), Asset.ref(uri="s3://b/late")
        assert by_name.uri == "late"
        late = Asset("late", uri="s3://b/late")
        assert (by_name.asset(), by_uri.asset()) == (late, late)
        assert (by_uri.name, by_name.to_spec()) == ("late", {"asset": "s3://b/late", "name": "late"})
        assert list((by_name & Asset("other")).assets()) == [late, Asset("other")]
    assert by_name == Asset.ref(name="late") != by_uri
    assert len({by_name, Asset.ref(name="late"), by_uri}) == 2


def test_watchers_and_access_are_kept_and_said() -> None:
    """Nothing watches yet, so the author is told; who may use an asset is nobody's question with one team."""
    access = AssetAccessControl(producer_teams=["a"], allow_global=False)
    with recording() as record:
        watcher = AssetWatcher("w", DirectoryFileDeleteTrigger(directory="/in", filename="x"))
        made = Asset("watched", watchers=[watcher], access_control=access)
    assert (made.watchers, made.access_control) == ([watcher], access)
    assert record.notices == ["the watchers of assets are kept, and nothing watches with them yet"]


def test_a_task_tells_the_partitions_that_it_has_made() -> None:
    """One key or several, each once; not an empty one, not a long one, none of an alias."""
    events = OutletEvents()
    event = events[Asset("a")]
    event.add_partitions("us")
    event.add_partitions(["eu", "us"])
    assert event.partition_keys == {"us", "eu"}
    for bad in ("", " ", ["x", "y" * 251]):
        with pytest.raises(ValueError, match="1 to 250"):
            event.add_partitions(bad)
    assert event.partition_keys == {"us", "eu"}
    with pytest.raises(TypeError, match="alias"):
        events[AssetAlias("al")].add_partitions("us")

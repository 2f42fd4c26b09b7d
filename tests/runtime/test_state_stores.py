"""What a task keeps from try to try, what is kept of an asset, and the key of the partition that a run is about."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from brisa.adapters.memory import FakeClock
from brisa.authoring.assets import Asset, AssetAlias
from brisa.authoring.dag import DAG
from brisa.authoring.dialect import speaking
from brisa.authoring.partitions import CronPartitionTimetable
from brisa.model.states import OutcomeKind, RunType
from brisa.operators.python import PythonOperator
from brisa.runtime.memory import MemoryChannel
from brisa.runtime.state_stores import NEVER_EXPIRE, AssetStateStores, TaskStateStore
from tests.runtime.attempts import a_run, run_task


def the_dag(function: Any, schedule: Any = None, **kwargs: Any) -> DAG:
    """A DAG of one task, ``t``, that calls the function."""
    with speaking(3), DAG("d", schedule=schedule) as dag:
        PythonOperator(task_id="t", python_callable=function, **kwargs)
    return dag


def test_the_second_try_finds_what_the_first_has_kept() -> None:
    """The first one submits a job and fails; the second goes on with it."""

    def work(task_state_store: Any) -> str:
        job = task_state_store.get("job")
        if job is not None:
            return f"attached to {job}"
        task_state_store.set("job", "job-1", retention=NEVER_EXPIRE)
        raise RuntimeError("the connection is gone")

    dag, channel = the_dag(work), MemoryChannel()
    first, _ = run_task(dag, channel=channel)
    second, _ = run_task(dag, channel=channel, try_number=2)
    assert (first.kind, second.kind) == (OutcomeKind.FAILED, OutcomeKind.SUCCESS)
    assert channel.values() == {"return_value": "attached to job-1"}


def test_values_are_replaced_removed_and_cleared() -> None:
    """What is not there is the default, and removing it is no error."""
    store = TaskStateStore(MemoryChannel())
    assert (store.get("a"), store.get("a", 5)) == (None, 5)
    store.set("a", {"rows": [1, 2.5, True, None]})
    store.set("b", "x")
    store.set("b", "y")
    assert (store.get("a"), store.get("b")) == ({"rows": [1, 2.5, True, None]}, "y")
    store.delete("a")
    store.delete("a")
    assert store.get("a", "gone") == "gone"
    store.clear()
    assert store.get("b") is None


@pytest.mark.parametrize(
    ("retention", "days", "kept"),
    [
        (None, 29.9, True),
        (None, 30.1, False),
        (timedelta(hours=6), 0.2, True),
        (timedelta(hours=6), 0.3, False),
        (NEVER_EXPIRE, 1e6, True),
    ],
)
def test_a_task_keeps_values_for_a_while(retention: timedelta | None, days: float, kept: bool) -> None:
    """Thirty days, unless it is said for how long, or for good."""
    clock = FakeClock(1e9)
    store = TaskStateStore(MemoryChannel(), now=clock.now)
    store.set("a", 1, retention=retention)
    clock.advance(days * 86400)
    assert (store.get("a") == 1) is kept


@pytest.mark.parametrize("value", [None, object(), (1, 2), {1: "a"}, math.nan, {"a": {1, 2}}])
def test_what_would_not_come_back_as_it_is_is_refused(value: Any) -> None:
    """Values are JSON, as they are."""
    store = TaskStateStore(MemoryChannel())
    with pytest.raises(ValueError, match="'a'"):
        store.set("a", value)
    assert store.get("a") is None


@pytest.mark.parametrize("key", ["", 3, None])
def test_keys_are_texts(key: Any) -> None:
    """And not empty."""
    with pytest.raises(ValueError, match="must be a text"):
        TaskStateStore(MemoryChannel()).set(key, 1)


def test_a_coroutine_can_await_them() -> None:
    """The same, with names that begin with an a."""

    async def work(task_state_store: Any, asset_state_store: Any) -> list[Any]:
        await task_state_store.aset("a", [1], retention=timedelta(days=1))
        await asset_state_store.aset("a", 2)
        both = [await task_state_store.aget("a"), await asset_state_store.aget("a")]
        await task_state_store.adelete("a")
        await asset_state_store.aclear()
        return [*both, await task_state_store.aget("a", "no"), await asset_state_store.aget("a")]

    outcome, channel = run_task(the_dag(work, outlets=[Asset("orders")]))
    assert outcome.kind is OutcomeKind.SUCCESS
    assert channel.values() == {"return_value": [[1], 2, "no", None]}


def test_state_of_an_asset_is_seen_by_whoever_has_the_asset() -> None:
    """Each asset has its own, which is not the task's."""
    orders, costs = Asset("orders"), Asset("costs")

    def write(asset_state_store: Any, task_state_store: Any) -> None:
        asset_state_store[orders].set("watermark", "2024-01-01")
        asset_state_store[costs].set("watermark", "2024-02-02")
        task_state_store.set("watermark", "mine")

    def read(asset_state_store: Any) -> Any:
        return asset_state_store.get("watermark")

    channel = MemoryChannel()
    run_task(the_dag(write, outlets=[orders, Asset.ref(name="costs"), AssetAlias("al")]), channel=channel)
    run_task(the_dag(read, inlets=[orders]), channel=channel)
    assert channel.values() == {"return_value": "2024-01-01"}


def test_only_the_assets_of_the_task_have_state_here() -> None:
    """Another one is an error, and so is leaving open which is meant."""
    stores = AssetStateStores([Asset("a"), Asset.ref(name="b")], MemoryChannel())
    with pytest.raises(KeyError, match="inlets and outlets"):
        stores[Asset("c")]
    with pytest.raises(TypeError, match="takes an asset"):
        stores["a"]
    with pytest.raises(ValueError, match="2 inlets and outlets"):
        stores.get("x")
    assert repr(stores) == "<AssetStateStores ['a', 'b']>"


def test_a_task_without_assets_has_no_asset_state_store() -> None:
    """As in Airflow, the name is not in its context."""

    def names(**context: Any) -> list[str]:
        return sorted(name for name in context if name.endswith("_store"))

    _, channel = run_task(the_dag(names))
    assert channel.values() == {"return_value": ["task_state_store"]}


@pytest.mark.parametrize(
    ("run_type", "key"), [(RunType.SCHEDULED, "2024-01-14"), (RunType.BACKFILL, "2024-01-14"), (RunType.MANUAL, None)]
)
def test_a_run_by_a_cron_expression_of_partitions_has_a_key(run_type: RunType, key: str | None) -> None:
    """A run that a person starts is about no partition."""

    def tell(dag_run: Any, partition_key: Any, partition_date: Any) -> list[Any]:
        return [dag_run.partition_key, partition_key, partition_date and partition_date.isoformat()]

    schedule = CronPartitionTimetable("0 0 * * *", timezone="UTC", run_offset=-1, key_format="%Y-%m-%d")
    _, channel = run_task(the_dag(tell, schedule), run=a_run(run_type=run_type))
    date = key and f"{key}T00:00:00+00:00"
    assert channel.values() == {"return_value": [key, key, date]}

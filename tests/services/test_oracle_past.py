"""What the runs before decide, as the real Airflow did it (tests/oracle/past.json)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from brisa.engine import create_run
from brisa.model.dag import DagVersion
from brisa.model.events import Mark, MarkRun
from brisa.model.run import Run
from brisa.model.spec import DagSpec
from brisa.model.states import RunState, RunType, TaskState
from brisa.ports.store import Create, Put
from brisa.services.pausing import set_paused
from tests.engine.oracle import answers
from tests.support.builders import FAILED, SUCCESS, dag, task
from tests.support.site import Site

OURS = {
    # Airflow lets the task wait for ever once any run, of whatever date before, has had it.
    "success, None; ignore=True; catchup=True": True,
    "success, None; ignore=True; catchup=False": True,
}


def day(number: int) -> datetime:
    """A day of January 2024."""
    return datetime(2024, 1, number, tzinfo=UTC)


def made(spec: DagSpec, version: str, kind: str, logical: int, after: int) -> Run:
    """A new run."""
    return create_run(
        DagVersion(dag_id=spec.dag_id, version=version, spec=spec),
        run_type=RunType(kind),
        logical_date=day(logical),
        interval=(day(logical), day(logical)),
        run_after=day(after).timestamp(),
        now=day(after).timestamp(),
    )


def admit(site: Site, run: Run, spec: DagSpec) -> Run:
    """Begin it."""
    stored = site.store.dag(spec.dag_id)
    assert stored is not None
    return site.runs.admit(run, spec, stored)


@pytest.mark.parametrize("row", answers("past", "pausing"), ids=lambda row: row["name"])
def test_a_dag_is_paused_after_as_many_failures_as_in_airflow(row: dict[str, Any]) -> None:
    """Runs of every kind count, by when they were to begin; what is later and has not failed comes in between."""
    spec = dag(task("t"), max_consecutive_failed_dag_runs=row["limit"])
    site = Site(spec, {"t": lambda _: FAILED})
    *before, (kind, logical, after, _) = row["runs"]
    for *run, state in before:
        site.store.commit(Create(replace(made(spec, "v1", *run), state=RunState(state))))
    last = admit(site, made(spec, "v1", kind, logical, after), spec)
    site.work()
    assert (site.run(last.key).state, paused(site)) == (RunState.FAILED, row["paused"])


@pytest.mark.parametrize("row", answers("past", "beginning"), ids=lambda row: row["name"])
def test_a_task_that_is_new_begins_as_in_airflow(row: dict[str, Any]) -> None:
    """By what the run before, if there is one, says of it."""
    other = task("other")
    fields = {"catchup": row["catchup"], "start_date": day(1), "max_active_runs": 9}
    without = dag(other, **fields)
    spec = dag(other, task("t", depends_on_past=True, ignore_first_depends_on_past=row["ignore_first"]), **fields)
    site = Site(spec)
    site.store.commit(Put(DagVersion(dag_id="d", version="v0", spec=without)))
    for number, state in enumerate(row["before"], 1):
        its_spec, version = (without, "v0") if state is None else (spec, "v1")
        run = admit(site, made(its_spec, version, "scheduled", number, number + 1), its_spec)
        marks = [Mark(task_ids=("other",), state=TaskState.SUCCESS)]
        marks += [Mark(task_ids=("t",), state=TaskState[state.upper()])] if state else []
        site.runs.change(run.key, lambda _, marks=marks: marks)  # type: ignore[misc]
    number = len(row["before"]) + 1
    run = admit(site, made(spec, "v1", "scheduled", number, number + 1), spec)
    assert (run.task("t").state is TaskState.QUEUED) == OURS.get(row["name"], row["begins"])


def test_with_catchup_a_task_is_new_until_its_start_date() -> None:
    """Even one that minds not to have been there: the run before came before it began."""
    begun = task("t", depends_on_past=True, ignore_first_depends_on_past=False, start_date=day(2))
    for catchup in (True, False):
        spec = dag(task("other"), begun, catchup=catchup)
        site = Site(spec)
        admit(site, made(spec, "v1", "scheduled", 1, 2), spec)
        run = admit(site, made(spec, "v1", "scheduled", 2, 3), spec)
        assert (run.task("t").state is TaskState.QUEUED) == catchup


def paused(site: Site) -> bool:
    """Whether the DAG is."""
    stored = site.store.dag("d")
    assert stored is not None
    return stored.record.paused


def test_a_failure_by_hand_or_by_timeout_pauses_nothing() -> None:
    """As in Airflow, only what the tasks have come to is a reason to look; then the others count, too."""
    site = Site(
        dag(task("t"), max_consecutive_failed_dag_runs=2, dagrun_timeout=60.0, max_active_runs=9),
        {"t": lambda _: FAILED},
    )
    late, marked = (site.trigger(run_id=run_id) for run_id in ("late", "marked"))
    site.runs.change(marked.key, lambda _: [MarkRun(state=RunState.FAILED)])
    site.clock.advance(61)
    site.planner.tick()
    assert {site.run(run.key).state for run in (late, marked)} == {RunState.FAILED}
    assert not paused(site)

    site.trigger(run_id="fails")
    site.work()
    assert paused(site)


def test_unpaused_it_is_paused_by_the_next_failure_and_not_after_a_success() -> None:
    """What has failed before counts on."""
    outcomes = iter([FAILED, FAILED, FAILED, SUCCESS, FAILED])
    site = Site(dag(task("t"), max_consecutive_failed_dag_runs=2), {"t": lambda _: next(outcomes)})
    found = []
    for number in range(5):
        set_paused(site.store, site.clock, "d", False)
        site.clock.advance(60)
        site.trigger(run_id=f"r{number}")
        site.work()
        found.append(paused(site))
    assert found == [False, True, True, False, False]


def test_runs_that_fail_at_once_pause_it_once_all_have() -> None:
    """Each sees the others' ends, or conflicts with them."""
    site = Site(dag(task("t"), max_consecutive_failed_dag_runs=8, max_active_runs=16), {"t": lambda _: FAILED})
    for number in range(8):
        site.trigger(run_id=f"r{number}")
    site.work_on_threads(8)
    assert paused(site)

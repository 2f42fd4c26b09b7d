"""Runs that wait for the run before: for ever, if that one has failed, and that is as it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from brisa.engine import past
from brisa.engine.deadlines import name_of
from brisa.engine.mapping import is_expanded
from brisa.model.run import Run, RunKey, TaskInstance, TaskKey
from brisa.model.spec import DagSpec
from brisa.model.states import RunState, RunType, TaskState
from tests.simulation.missed import is_met

REGULAR = (RunType.SCHEDULED, RunType.BACKFILL)


def held_back(run: Run, specs: Mapping[str, DagSpec], found: Callable[[RunKey], Run | None]) -> bool:
    """Whether nothing can happen to the run unless the run before does better: it waits for that alone.

    What it knows of the one before is true, so that a look at it would change nothing.
    """
    spec = specs[run.dag_id]
    if run.state is not RunState.RUNNING or not run.behind or spec.dagrun_timeout or run.announcing:
        return False
    if any(_is_to_tell(run, spec, place, moment) for place, moment in enumerate(run.deadlines)):
        return False
    before = found(RunKey(run.dag_id, run.previous or ""))
    if before is None or past.behind(before, spec, spec) != run.behind:
        return False
    return all(_is_still(instance) for instance in run.tasks.values())


def _is_to_tell(run: Run, spec: DagSpec, place: int, moment: float | None) -> bool:
    """Whether somebody will be told of a deadline, unless what it is for happens in time."""
    return moment is not None and name_of(place) not in run.tasks and not is_met(run, spec, place, moment)


def _is_still(instance: TaskInstance) -> bool:
    return instance.state.terminal or instance.state is TaskState.NONE or is_expanded(instance)


def too_early(run: Run, name: str, spec: DagSpec, before: Run | None) -> bool:
    """I14: whether a task of ``run`` begins though it waits for one of the run ``before`` that has not ended well.

    What a person has had their hands on there may have been well when it was looked at.
    """
    if before is None or any(one.generation for one in before.tasks.values()):
        return False
    waits = past.waits_for(spec, spec.by_id[TaskKey.of(name).task_id])
    return bool(set(waits) & set(past.behind(before, spec, spec)))


def broken_chains(runs: Iterable[Run], specs: Mapping[str, DagSpec]) -> Iterator[str]:
    """I14: each run knows the one before it, and that one knows it; with catchup only regular ones count."""
    for spec in specs.values():
        if not spec.looks_back:
            continue
        dated = [(run.logical_date, run) for run in runs if run.dag_id == spec.dag_id and run.logical_date]
        counted = [(date, run) for date, run in dated if not spec.catchup or run.run_type in REGULAR]
        for date, run in dated:
            latest = max((other for other, _ in counted if other < date), default=None)
            known = [one for other, one in counted if other == latest and one.run_id == run.previous]
            if latest is not None and not known:
                yield f"I14: {run.run_id} of {run.dag_id} follows {run.previous!r}, and not the run of {latest}"
            yield from (
                f"I14: {one.run_id} of {one.dag_id} does not know that {run.run_id} follows it"
                for one in known
                if run.run_id not in one.followers
            )

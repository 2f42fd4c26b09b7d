"""Runs that wait for the run before: for ever, if that one has failed, and that is as it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from brisa.engine import past
from brisa.engine.mapping import is_expanded
from brisa.model.run import Run, RunKey, TaskInstance
from brisa.model.spec import DagSpec
from brisa.model.states import RunState, TaskState


def held_back(run: Run, specs: Mapping[str, DagSpec], found: Callable[[RunKey], Run | None]) -> bool:
    """Whether nothing can happen to the run unless the run before does better: it waits for that alone.

    What it knows of the one before is true, so that a look at it would change nothing.
    """
    spec = specs[run.dag_id]
    if run.state is not RunState.RUNNING or not run.behind or spec.dagrun_timeout or run.announcing:
        return False
    before = found(RunKey(run.dag_id, run.previous or ""))
    if before is None or past.behind(before, spec, spec) != run.behind:
        return False
    return all(one.state.terminal or is_expanded(one) or _looks_back(one) for one in run.tasks.values())


def _looks_back(instance: TaskInstance) -> bool:
    return instance.state is TaskState.NONE

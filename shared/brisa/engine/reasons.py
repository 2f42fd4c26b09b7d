"""Why a task does not run yet: the rules that hold it, under the names that Airflow's API has for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from brisa.engine import limits, mapping, past
from brisa.engine.cascade import Cascade
from brisa.engine.trigger_rules import Verdict
from brisa.model.run import Run
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import RunState, TaskState

_LISTED = 10


class Reason(NamedTuple):
    """One rule that holds a task: its name, and a sentence for people."""

    name: str
    text: str


def reasons(run: Run, spec: DagSpec, name: str, *, paused: bool, now: float) -> list[Reason]:
    """What holds the task instance that ``run`` knows by ``name``; nothing once it has begun, or waits for an attempt.

    ``spec`` is the DAG as it was written; ``paused`` whether it is.
    """
    cascade = Cascade(run, spec, now)
    task = cascade.spec.by_id[name]
    state = cascade.instance(name).state
    if state not in (TaskState.NONE, TaskState.SCHEDULED):
        return []
    return sorted(
        [*_of_run(run, paused), *(_unmet(cascade, task) if state is TaskState.NONE else _held(cascade, task))]
    )


def _of_run(run: Run, paused: bool) -> Iterator[Reason]:
    if run.state is RunState.RUNNING:
        return
    yield Reason("Dagrun Running", f"The run is not running, it is {run.state.value}.")
    if paused and run.state is RunState.QUEUED:
        yield Reason("Dag Not Paused", f"The DAG {run.dag_id!r} is paused, and the run waits for that to end.")


def _unmet(cascade: Cascade, task: TaskSpec) -> Iterator[Reason]:
    yield Reason("Task Instance State", "The task is in no state yet.")
    above = mapping.producers(mapping.inputs(cascade.base, task).values()) if task.is_mapped else ()
    missing = [name for up in above for name in cascade.names(up) if not cascade.instance(name).state.terminal]
    if missing:
        yield Reason("Mapped dependencies have succeeded", f"It is expanded over what has not ended: {_list(missing)}.")
    gates = cascade.spec.gates.get(task.task_id, ())
    undecided = [gate for gate in gates if not cascade.instance(gate).state.terminal]
    if undecided and not cascade.gates_open(task):
        yield Reason("Not Previously Skipped", f"What may skip it has not decided: {_list(undecided)}.")
    if not missing and cascade.verdict(task) is Verdict.WAIT:
        pending = [up for up in task.upstream if not cascade.instance(up).state.terminal]
        yield Reason(
            "Trigger Rule",
            f"The trigger rule {task.trigger_rule.value!r} waits: of {len(task.upstream)} upstream tasks "
            f"{len(pending)} have not ended: {_list(pending)}.",
        )
    if past.holds_back(cascade.base, task, cascade.behind):
        yield Reason("Previous Dagrun State", f"In the run before have not ended well: {_list(cascade.behind)}.")


def _held(cascade: Cascade, task: TaskSpec) -> Iterator[Reason]:
    """It waits for room within a limit (:mod:`brisa.engine.admission`)."""
    missing = limits.pools(cascade.base, task)[cascade.instance(task.task_id).granted :]
    if missing and missing[0] == task.pool:
        yield Reason("Pool Slots Available", f"It waits for {task.pool_slots} slots of the pool {task.pool!r}.")
    elif missing:
        most = task.max_active_tis_per_dag
        yield Reason("Task Concurrency", f"As many of its instances as may be ({most}) are under way in all runs.")
    else:
        yield Reason("Task Instance Slots Available", "As many tasks of the run as may be are under way.")


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(map(repr, names[:_LISTED])) + more

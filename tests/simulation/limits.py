"""I9: limits are never exceeded. A limit is one function: of the state, after any commit, to what is wrong with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from brisa.engine.limits import ACTIVE
from brisa.model.dag import Dag
from brisa.model.pool import DEFAULT_POOL, Pool
from brisa.model.run import Run, RunKey, TaskKey, task_names
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import TaskState


@dataclass
class State:
    """What the store holds, as far as limits are concerned."""

    specs: Mapping[str, DagSpec]
    dags: dict[str, Dag] = field(default_factory=dict)
    pools: Mapping[str, Pool] = field(default_factory=dict)
    """Those that people have made."""
    running: defaultdict[str, dict[RunKey, Run]] = field(default_factory=lambda: defaultdict(dict))
    """DAG id → its runs that have begun and not ended."""
    reopened: set[RunKey] = field(default_factory=set)
    """Those of them that run again because a person wants it: as in Airflow, there need be no room for them."""


Limit: TypeAlias = Callable[[State], Iterator[str]]


def max_active_runs(state: State) -> Iterator[str]:
    """No more runs of a DAG begin than may be active; a backfill's own count into its own limit."""
    for dag_id, spec in state.specs.items():
        begun = [run for key, run in state.running[dag_id].items() if key not in state.reopened]
        own = sum(run.backfill_id is None for run in begun)
        if own > spec.max_active_runs:
            yield f"{own} runs of {dag_id} are active, and {spec.max_active_runs} may be"
        backfill = state.dags[dag_id].backfill if dag_id in state.dags else None
        filled = sum(backfill is not None and run.backfill_id == backfill.backfill_id for run in begun)
        if backfill is not None and filled > backfill.max_active_runs:
            yield f"{filled} runs of a backfill of {dag_id} are active, and {backfill.max_active_runs} may be"


def max_active_tasks(state: State) -> Iterator[str]:
    """No more tasks of a run are under way than its DAG lets."""
    for run, spec in _runs(state):
        active = sum(1 for _ in _active(run, spec))
        if active > spec.max_active_tasks > 0:
            yield f"{active} tasks of {run.run_id} of {run.dag_id} are active, and {spec.max_active_tasks} may be"


def max_active_tis_per_dagrun(state: State) -> Iterator[str]:
    """No more instances of a task are under way in a run than it lets."""
    for run, spec in _runs(state):
        if all(task.max_active_tis_per_dagrun is None for task in spec.tasks):
            continue
        for task_id, active in Counter(task.task_id for task, _ in _active(run, spec)).items():
            limit = spec.by_id[task_id].max_active_tis_per_dagrun
            if limit is not None and active > limit:
                yield f"{active} of {task_id} in {run.run_id} of {run.dag_id} are active, and {limit} may be"


def max_active_tis_per_dag(state: State) -> Iterator[str]:
    """No more instances of a task are under way in all runs than it lets."""
    active = Counter((spec.dag_id, task.task_id) for run, spec in _runs(state) for task, _ in _active(run, spec))
    for (dag_id, task_id), count in active.items():
        limit = state.specs[dag_id].by_id[task_id].max_active_tis_per_dag
        if limit is not None and count > limit:
            yield f"{count} of {task_id} of {dag_id} are active, and {limit} may be"


def pool_slots(state: State) -> Iterator[str]:
    """No more slots of a pool are used, by tasks of all DAGs, than it has."""
    used = Counter[str]()
    for run, spec in _runs(state):
        for task, active in _active(run, spec, deferred=True):
            if task.pool != DEFAULT_POOL and (active or state.pools[task.pool].include_deferred):
                used[task.pool] += task.pool_slots
    for name, slots in used.items():
        if slots > state.pools[name].slots:
            yield f"{slots} slots of pool {name} are used, and it has {state.pools[name].slots}"


LIMITS: tuple[Limit, ...] = (
    max_active_runs,
    max_active_tasks,
    max_active_tis_per_dagrun,
    max_active_tis_per_dag,
    pool_slots,
)
"""All that are asked after every commit of a run or a DAG."""


def _runs(state: State) -> Iterator[tuple[Run, DagSpec]]:
    """The runs under way of DAGs whose tasks have limits."""
    for dag_id, spec in state.specs.items():
        if spec.crowded or spec.pooled:
            yield from ((run, spec) for run in state.running[dag_id].values())


def _active(run: Run, spec: DagSpec, *, deferred: bool = False) -> Iterator[tuple[TaskSpec, bool]]:
    """The task of each instance that is under way, and whether it is active; with ``deferred`` those that are not."""
    for name in task_names(run):
        state = run.tasks[name].state
        if state in ACTIVE or (deferred and state is TaskState.DEFERRED):
            yield spec.by_id[TaskKey.of(name).task_id], state in ACTIVE

"""What only some worlds have, so that each stays small: limits, pools, tasks that look back, assets, and so on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any

from brisa.model.backfill import Reprocess
from brisa.model.json import JsonObject, JsonValue
from brisa.model.pool import DEFAULT_POOL, Pool
from brisa.model.spec import DagSpec, DeadlineKind, DeadlineSpec, ScheduleKind, ScheduleSpec, TaskSpec
from brisa.model.states import Decides
from brisa.services.backfills import Wanted

POOLS = ("p", "q")
ASSETS = ("file:///a", "file:///b")
VARIABLE = "seconds"
"""The Variable that has the interval of some deadlines."""
WEIGHT_RULES = ("downstream", "upstream", "absolute")


@dataclass(frozen=True, kw_only=True)
class Fill:
    """A backfill that somebody wants, ``after`` seconds from the beginning; asked for until it is there."""

    after: float
    wanted: Wanted


def pools(chance: Random) -> tuple[Pool, ...]:
    """Few slots."""
    return tuple(Pool(name=name, slots=chance.randint(1, 3), include_deferred=chance.random() < 0.4) for name in POOLS)


def crowded(chance: Random, dag: DagSpec, some: Sequence[Pool]) -> DagSpec:
    """The DAG with limits on how much goes on at once, within a run and in all; with ``some`` pools for its tasks."""
    pooled = some if chance.random() < 0.7 else ()
    tasks = tuple(_limited(chance, task, pooled) for task in dag.tasks)
    return replace(dag, tasks=tasks, max_active_tasks=chance.choice((1, 2, 3, 16)))


def _limited(chance: Random, task: TaskSpec, some: Sequence[Pool]) -> TaskSpec:
    task = replace(
        task,
        priority_weight=chance.choice((1, 1, 5)),
        weight_rule=chance.choice(WEIGHT_RULES),
        max_active_tis_per_dag=chance.choice((None, None, None, 1, 2)),
        max_active_tis_per_dagrun=chance.choice((None, None, 1, 2)),
    )
    if not some or chance.random() < 0.4:
        return task
    pool = chance.choice(some)
    return replace(task, pool=pool.name, pool_slots=min(pool.slots, chance.choice((1, 1, 2))))


def looking_back(chance: Random, dag: DagSpec) -> DagSpec:
    """The DAG with tasks that wait for the run before."""
    chosen = {task.task_id for task in chance.sample(dag.tasks, chance.randint(1, min(2, len(dag.tasks))))}
    return replace(
        dag,
        tasks=tuple(
            replace(
                task,
                depends_on_past=True,
                wait_for_downstream=chance.random() < 0.3,
                wait_for_past_depends_before_skipping=chance.random() < 0.3,
            )
            if task.task_id in chosen
            else task
            for task in dag.tasks
        ),
    )


def producing(chance: Random, dag: DagSpec) -> DagSpec:
    """The DAG with tasks that change assets."""
    tasks = [
        replace(task, display={"outlets": [{"asset": uri} for uri in chance.sample(ASSETS, chance.randint(1, 2))]})
        if not task.empty and chance.random() < 0.5
        else task
        for task in dag.tasks
    ]
    return replace(dag, tasks=tuple(tasks))


def outlets(task: TaskSpec) -> tuple[str, ...]:
    """Uris of the assets that a success of ``task`` changes."""
    told = task.display.get("outlets")
    return tuple(str(one["asset"]) for one in told if isinstance(one, dict)) if isinstance(told, list) else ()


def consuming(chance: Random, dag: DagSpec) -> DagSpec:
    """The DAG scheduled on assets; beside its schedule, if it has one that recurs."""
    a, b = ({"asset": uri} for uri in ASSETS)
    assets: JsonValue = chance.choice((a, {"all": [a, b]}, {"any": [a, b]}))
    schedule = dag.schedule
    if schedule.kind is not ScheduleKind.CRON:
        schedule = ScheduleSpec(kind=ScheduleKind.ASSETS)
    return replace(dag, schedule=replace(schedule, extra={"assets": assets}), dialect=chance.choice((2, 3)))


def fills(chance: Random, dags: Sequence[DagSpec], now: datetime) -> tuple[Fill, ...]:
    """A backfill or two of the DAGs whose schedule recurs, of all that was due before ``now``."""
    found = []
    for dag in dags:
        if dag.schedule.kind in (ScheduleKind.CRON, ScheduleKind.DELTA) and dag.start_date and dag.start_date < now:
            found += [
                Fill(after=chance.choice((0.0, 30.0, 4000.0)) + chance.random(), wanted=_wanted(chance, dag, now))
                for _ in range(chance.choice((1, 1, 2)))
            ]
    return tuple(found)


def _wanted(chance: Random, dag: DagSpec, now: datetime) -> Wanted:
    again = (Reprocess.FAILED, Reprocess.COMPLETED)
    more: dict[str, Any] = {"reprocess": chance.choice(again if dag.looks_back else (Reprocess.NONE, *again))}
    if not dag.looks_back:
        more["reverse"] = chance.random() < 0.3
    assert dag.start_date is not None
    return Wanted(
        dag_id=dag.dag_id, from_date=dag.start_date, to_date=now, max_active_runs=chance.randint(1, 2), **more
    )


def hurried(chance: Random, dag: DagSpec, now: datetime) -> DagSpec:
    """The DAG with deadlines."""
    return replace(dag, deadlines=tuple(_deadline(chance, dag, now) for _ in range(chance.randint(1, 3))))


def _deadline(chance: Random, dag: DagSpec, now: datetime) -> DeadlineSpec:
    kind = chance.choice((*DeadlineKind, DeadlineKind.QUEUED_AT))
    more: dict[str, Any] = {}
    match kind:
        case DeadlineKind.FIXED:
            more["moment"] = now
        case DeadlineKind.AVERAGE_RUNTIME:
            more.update(min_runs=1, max_runs=chance.randint(1, 3))
        case DeadlineKind.SLA:
            ids = [task.task_id for task in dag.tasks]
            more["tasks"] = tuple(chance.sample(ids, chance.randint(1, len(ids))))
        case DeadlineKind.QUEUED_AT if chance.random() < 0.3:
            more["variable"] = VARIABLE
        case _:
            pass
    return DeadlineSpec(kind=kind, interval=chance.choice((0.0, 20.0, 300.0, 2000.0, 9000.0)), **more)


def waiting(chance: Random, dag: DagSpec, other: DagSpec, dates: Sequence[datetime]) -> DagSpec:
    """The DAG with a task or two that wait for runs of ``other``, those of some ``dates`` or such as they make."""
    fit = [
        task.task_id
        for task in dag.tasks
        if task.decides is Decides.NOTHING and not task.empty and not task.is_setup and not task.is_teardown
    ]
    chosen = chance.sample(fit, min(len(fit), chance.choice((1, 1, 2))))
    makes = not other.looks_back  # else such a run may wait for a person
    return replace(
        dag,
        tasks=tuple(
            _waiting(chance, task, other, dates, makes=makes) if task.task_id in chosen else task for task in dag.tasks
        ),
    )


def _waiting(chance: Random, task: TaskSpec, other: DagSpec, dates: Sequence[datetime], *, makes: bool) -> TaskSpec:
    task = replace(task, pool=DEFAULT_POOL, pool_slots=1)  # a pool may count who sleeps, and run what they wait for
    if makes and chance.random() < 0.4:
        return replace(task, operator="call")
    ids = [one.task_id for one in other.tasks]
    what: JsonObject = chance.choice(
        (
            {"task_ids": [], "group": ""},
            {"task_ids": [*chance.sample(ids, chance.randint(1, min(2, len(ids))))], "group": ""},
            {"task_ids": [], "group": other.groups[0].group_id if other.groups else ""},
        )
    )
    ends: list[JsonValue] = list(chance.choice(((), ("failed",), ("failed", "upstream_failed", "skipped"))))
    if not what["task_ids"] and not what["group"]:
        ends = ends[:1]
    about: JsonObject = {"dag_id": other.dag_id, "date": chance.choice(dates).isoformat(), "ends": ends, **what}
    return replace(task, operator="external", display={**task.display, "awaits": about})

"""What a seed's world holds: DAGs, the runs that are asked for, objects that will come, people, and processes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from brisa.model.pool import Pool
from brisa.model.spec import DagSpec, GroupSpec, ScheduleKind, ScheduleSpec, TaskSpec
from brisa.model.states import Decides, TriggerRule
from tests.simulation import features
from tests.simulation.features import Fill
from tests.simulation.people import Act, Removal, drawn_acts, drawn_removals

BEGIN = datetime(2024, 1, 1, 12, tzinfo=UTC)
BUCKET = "bucket"
OBJECTS = 3
RULES = [*TriggerRule, *[TriggerRule.ALL_SUCCESS] * 8]
OPERATORS = [*["work"] * 7, "poke", "sensor", "deferrable", "trigger"]
DECISIONS = (*[Decides.NOTHING] * 6, Decides.BRANCH, Decides.CIRCUIT)
CALLBACKS = ("on_success_callback", "on_failure_callback")


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """A run that somebody wants, ``after`` seconds from the beginning; asked for until it is there."""

    after: float
    dag_id: str
    run_id: str
    logical_date: datetime


@dataclass(frozen=True, kw_only=True)
class Deploy:
    """A DAG's file is uploaded anew, ``after`` seconds from the beginning: another version that says the same."""

    after: float
    dag_id: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """All that a seed decides before anything happens."""

    seed: int
    dags: tuple[DagSpec, ...]
    triggers: tuple[Trigger, ...]
    objects: tuple[float, ...]
    """After how many seconds each object is written."""
    acts: tuple[Act, ...]
    removals: tuple[Removal, ...] = ()
    deploys: tuple[Deploy, ...]
    pools: tuple[Pool, ...]
    fills: tuple[Fill, ...]
    tick: float
    """Seconds between two ticks; a planner looks ahead as far, but for the one that looks every second."""
    wide_above: int
    """Runs with more attempts outstanding are folded."""
    workers: int
    slots: int
    """How many messages a worker's host handles at a time."""
    crowded: bool
    """Whether the planner and the folding do one thing at a time, and give up soon, as if there were too much to do."""
    alone: bool
    """Whether one process does it all, as in embedded mode: it knows, when it begins, that nobody else works."""
    watchers: int = 200
    """How many tasks may wait with one document."""

    @property
    def begin(self) -> float:
        """The first moment, in seconds since the epoch."""
        return BEGIN.timestamp()


def scenario(seed: int) -> Scenario:
    """The scenario of ``seed``."""
    chance = Random(f"scenario {seed}")
    count = chance.choice((1, 1, 1, 2))
    pools = features.pools(chance)
    dags = tuple(_dag(chance, f"dag{number}", pools, calls=number + 1 < count) for number in range(count))
    if chance.random() < 0.25:
        consumer = _dag(chance, f"dag{count}", pools, calls=False, most=2)
        dags = (*(features.producing(chance, dag) for dag in dags), features.consuming(chance, consumer))
    alone = chance.random() < 0.15
    plan = Scenario(
        seed=seed,
        dags=dags,
        triggers=tuple(one for dag in dags for one in _triggers(chance, dag)),
        objects=tuple(chance.choice((0.0, 5.0, 400.0, 5000.0)) for _ in range(OBJECTS)),
        acts=drawn_acts(chance, dags) if chance.random() < 0.35 else (),
        deploys=_deploys(chance, dags) if chance.random() < 0.2 else (),
        pools=pools,
        fills=features.fills(chance, dags, BEGIN) if chance.random() < 0.3 else (),
        tick=chance.choice((60.0, 60.0, 60.0, 60.0, 60.0, 1.0)),
        wide_above=chance.choice((1, 3, 10)),
        workers=1 if alone else chance.randint(1, 3),
        slots=chance.choice((1, 1, 3)),
        crowded=chance.random() < 0.2,
        alone=alone,
    )
    return _with_more(Random(f"more of {seed}"), plan)


def _with_more(chance: Random, plan: Scenario) -> Scenario:
    """The scenario with what was thought of later, drawn by itself: deadlines, tasks that wait for runs, deletion."""
    if chance.random() < 0.2:
        plan = replace(plan, dags=tuple(features.hurried(chance, dag, BEGIN) for dag in plan.dags))
    if chance.random() < 0.25:
        plan = _waiting(chance, plan)
    if chance.random() < 0.2:
        plan = _deleted_from(plan, drawn_removals(chance, plan.dags))
    return plan


def _waiting(chance: Random, plan: Scenario) -> Scenario:
    """Tasks of one DAG wait for runs of another, which some of them make; a few runs come late, or never."""
    if len(plan.dags) == 1:
        other = _dag(chance, "dag1", plan.pools, calls=False, most=2)
        plan = replace(plan, dags=(*plan.dags, other), triggers=(*plan.triggers, *_triggers(chance, other)))
    dag, other, *rest = plan.dags
    late = chance.choice((0.0, 0.0, 400.0, 5000.0))
    triggers = tuple(
        replace(one, after=one.after + late) if one.dag_id == other.dag_id else one for one in plan.triggers
    )
    dates = [one.logical_date for one in triggers if one.dag_id == other.dag_id] * 3
    dag = features.waiting(chance, dag, other, [*dates, BEGIN - timedelta(days=99)])
    return replace(plan, dags=(dag, other, *rest), triggers=triggers, watchers=chance.choice((200, 200, 1)))


def _deleted_from(plan: Scenario, removals: tuple[Removal, ...]) -> Scenario:
    """A file that is uploaded brings its DAG back: none is of one that is gone for good."""
    gone = {one.dag_id for one in removals if one.whole and one.again is None}
    return replace(plan, removals=removals, deploys=tuple(one for one in plan.deploys if one.dag_id not in gone))


def _dag(chance: Random, dag_id: str, pools: tuple[Pool, ...], *, calls: bool, most: int = 6) -> DagSpec:
    """``calls``: whether it may trigger the next DAG. ``most``: how many tasks it may have, but for a group's."""
    when = _schedule(chance)
    scheduled = when["schedule"].kind is not ScheduleKind.NONE
    tasks = _tasks(chance, chance.randint(1, min(4, most) if scheduled else most), calls)
    groups = (_mapped_group(chance, tasks),) if chance.random() < 0.12 else ()
    dag = DagSpec(
        dag_id=dag_id,
        tasks=tuple(tasks),
        groups=groups,
        max_active_runs=chance.choice((1, 1, 2, 3, 16)),
        dagrun_timeout=chance.choice((None, None, None, None, 900.0)),
        fail_fast=chance.random() < 0.08,
        callbacks=chance.choice(((), (), CALLBACKS)),
        **when,
    )
    if chance.random() < 0.3:
        dag = features.crowded(chance, dag, pools)
    return features.looking_back(chance, dag) if chance.random() < (0.3 if scheduled else 0.1) else dag


def _schedule(chance: Random) -> dict[str, Any]:
    """Mostly none; else a few runs that were missed, or are to come, and then no more."""
    if chance.random() < 0.6:
        return {"schedule": ScheduleSpec()}
    if chance.random() < 0.15:
        return {"schedule": ScheduleSpec(kind=ScheduleKind.ONCE), "start_date": BEGIN}
    step = chance.choice((30, 60))
    cron = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 * * * *" if step == 60 else "*/30 * * * *")
    first = -chance.randint(0, 3)
    return {
        "schedule": cron if chance.random() < 0.2 else ScheduleSpec(kind=ScheduleKind.DELTA, seconds=step * 60.0),
        "start_date": BEGIN + timedelta(minutes=step * first),
        "end_date": BEGIN + timedelta(minutes=step * chance.randint(max(first, -1), 1)),
        "catchup": chance.random() < 0.7,
    }


def _tasks(chance: Random, count: int, calls: bool) -> list[TaskSpec]:
    tasks: list[TaskSpec] = []
    for number in range(count):
        tasks.append(_task(chance, number, tasks, calls))
    if count > 1 and chance.random() < 0.15:
        _set_up_and_tear_down(chance, tasks)
    return tasks


def _task(chance: Random, number: int, above: list[TaskSpec], calls: bool) -> TaskSpec:
    upstream = sorted(one.task_id for one in chance.sample(above, min(len(above), chance.choice((0, 1, 1, 1, 2, 3)))))
    decides = chance.choice(DECISIONS)
    operator = chance.choice(OPERATORS) if decides is Decides.NOTHING else "work"
    mapped = _mapped(chance, above, upstream) if chance.random() < 0.15 else {}
    return TaskSpec(
        task_id=f"t{number}",
        upstream=tuple(upstream),
        operator="work" if operator == "trigger" and not calls else operator,
        trigger_rule=chance.choice(RULES),
        decides=decides,
        mapped=mapped,
        empty=operator == "work" and decides is Decides.NOTHING and not mapped and chance.random() < 0.2,
        retries=chance.choice((0, 0, 1, 2, 3)),
        retry_delay=chance.choice((0.0, 10.0, 300.0)),
        retry_exponential_backoff=chance.random() < 0.5,
    )


def _mapped(chance: Random, above: list[TaskSpec], upstream: list[str]) -> dict[str, Any]:
    """What a task is expanded over: so many items, or the results of tasks directly above that have one."""
    makers = [one for one in above if one.task_id in upstream and not one.empty and one.decides is Decides.NOTHING]
    chosen = chance.sample(makers, min(len(makers), chance.choice((0, 1, 1, 2))))
    for maker in chosen:
        above[above.index(maker)] = replace(maker, feeds_map=True)
    match [maker.task_id for maker in chosen]:
        case []:
            return {"x": chance.randint(0, 3)}
        case [one]:
            return {"x": chance.choice((one, ["zip_longest", one, 2]))}
        case two:
            return chance.choice((dict(zip("xy", two, strict=True)), {"x": [chance.choice(("zip", "concat")), *two]}))


def _mapped_group(chance: Random, tasks: list[TaskSpec]) -> GroupSpec:
    """Two tasks of a group, one below the other, and one below the group."""
    upstream = [one.task_id for one in chance.sample(tasks, min(len(tasks), chance.choice((1, 1, 2))))]
    mapped = _mapped(chance, tasks, upstream)
    for task_id in ("group.a", "group.b", "end"):
        inside = "group" if task_id != "end" else ""
        tasks.append(
            TaskSpec(
                task_id=task_id,
                operator="work",
                upstream=tuple(sorted(upstream)),
                trigger_rule=chance.choice(RULES),
                decides=chance.choice(DECISIONS) if inside else Decides.NOTHING,
                retries=chance.choice((0, 1)),
                retry_delay=10.0,
                group_id=inside,
                map_group=inside,
            )
        )
        upstream = [task_id, *(chance.choice(upstream) for _ in range(chance.choice((0, 0, 1))))]
    return GroupSpec(group_id="group", mapped=mapped)


def _set_up_and_tear_down(chance: Random, tasks: list[TaskSpec]) -> None:
    """The first task makes what the others need, and a last one takes it away."""
    tasks[0] = replace(tasks[0], is_setup=True)
    used = {up for one in tasks for up in one.upstream}
    last = {one.task_id for one in tasks} - used
    tasks.append(
        TaskSpec(
            task_id="teardown",
            operator="work",
            upstream=tuple(sorted({*last, tasks[0].task_id})),
            trigger_rule=TriggerRule.ALL_DONE_SETUP_SUCCESS,
            is_teardown=True,
            on_failure_fail_dagrun=chance.random() < 0.3,
        )
    )


def _triggers(chance: Random, dag: DagSpec) -> Iterator[Trigger]:
    wanted = chance.choice((1, 1, 2, 3)) if dag.schedule.kind is ScheduleKind.NONE else chance.choice((0, 0, 1))
    for number in range(wanted):
        date = BEGIN - timedelta(days=number + 1)
        yield Trigger(after=chance.uniform(0, 60), dag_id=dag.dag_id, run_id=f"wanted{number}", logical_date=date)


def _deploys(chance: Random, dags: tuple[DagSpec, ...]) -> tuple[Deploy, ...]:
    return tuple(
        Deploy(after=chance.uniform(0, 600), dag_id=chance.choice(dags).dag_id, source=f"# {number}")
        for number in range(chance.randint(1, 3))
    )

"""What there must be once a world is at rest: all runs (I6), and what there is in a world without faults (I3, I7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

from brisa.engine.asset_queue import condition
from brisa.engine.dates import left_out
from brisa.engine.mapping import EXPANDED, instances
from brisa.model.run import Run, RunKey, is_deadline
from brisa.model.spec import DagSpec, ScheduleKind
from brisa.model.states import RunType
from tests.simulation.people import Deed
from tests.simulation.platform import Platform
from tests.simulation.scenario import Scenario
from tests.simulation.waits import awaits

End: TypeAlias = tuple[object, ...]


def holes(plan: Scenario, platform: Platform) -> Iterator[str]:
    """I6: a schedule that catches up has one run for each of its dates, as far as its runs are not held back."""
    for spec in plan.dags:
        if not spec.catchup or spec.start_date is None or spec.end_date is None:
            continue
        if spec.schedule.kind is ScheduleKind.ASSETS:
            continue
        runs = [run for run in platform.store.all_runs() if run.dag_id == spec.dag_id]
        # A backfill may have made one its own since, but not its id.
        scheduled = [run for run in runs if run.run_id.startswith(RunType.SCHEDULED)]
        made = sorted(run.logical_date for run in scheduled if run.logical_date)
        wanted = list(_dates(spec, spec.start_date, spec.end_date))
        if any(one.dag_id == spec.dag_id for one in plan.removals):
            if not set(made) <= set(wanted):
                yield f"I6: {spec.dag_id} has scheduled runs of {made}, not of some of {wanted}"
            continue
        held_back = not all(run.state.terminal for run in runs)
        if made != (wanted[: len(made)] if held_back else wanted):
            yield f"I6: {spec.dag_id} has scheduled runs of {made}, not of {wanted}"


def _dates(spec: DagSpec, start: datetime, end: datetime) -> Iterator[datetime]:
    """The logical dates from ``start``, which is one, to ``end``."""
    minutes = 60 if spec.schedule.seconds == 3600.0 or spec.schedule.cron.startswith("0 ") else 30
    while start <= end:
        yield start
        start += timedelta(minutes=minutes)


def comparable(plan: Scenario, spec: DagSpec) -> bool:
    """Whether the runs of this DAG end the same however long things take: nobody interferes, nor does a timeout.

    Of one whose tasks look back all runs must be made by its schedule, in order.
    """
    touched = any(act.dag_id == spec.dag_id and act.deed is not Deed.PAUSE for act in plan.acts)
    touched = touched or any(removal.dag_id == spec.dag_id for removal in plan.removals)
    filled = any(fill.wanted.dag_id == spec.dag_id for fill in plan.fills)
    asked_for = any(trigger.dag_id == spec.dag_id for trigger in plan.triggers) or plan.dags.index(spec) > 0
    in_order = not spec.looks_back or (spec.catchup and not condition(spec) and not asked_for)
    if touched or filled or not in_order or spec.dagrun_timeout is not None or spec.fail_fast:
        return False
    return all(_tells_the_same(plan, other) for other in plan.dags if other.dag_id in leans_on(plan, spec))


def _tells_the_same(plan: Scenario, spec: DagSpec) -> bool:
    """Whether who waits for a run of this DAG sees the same; one that is made too late has other tasks."""
    return comparable(plan, spec) and spec.start_date is None and spec.end_date is None


def leans_on(plan: Scenario, spec: DagSpec) -> set[str]:
    """Ids of the DAGs whose runs its tasks wait for, or whose absence they would see."""
    following = plan.dags[plan.dags.index(spec) + 1 :][:1]
    found = {question.dag_id for task in spec.tasks if (question := awaits(task)) is not None}
    calls = any(task.operator == "call" or (task.operator == "trigger" and plan.removals) for task in spec.tasks)
    return found | {other.dag_id for other in following if calls}


def differences(plan: Scenario, platform: Platform, calm: Platform) -> Iterator[str]:
    """I7: whatever goes wrong, and in whichever order, runs end as they do when nothing goes wrong.

    So do the runs that they trigger exist, and (I3) the jobs that they submit.
    """
    unsettled = platform.watch.worn_out
    same_runs = True
    for spec in plan.dags:
        ends, others = _ends(platform, spec), _ends(calm, spec)
        # A DAG whose runs can't be compared may have triggered others of the next one.
        same_runs = same_runs and comparable(plan, spec)
        shaky = any(key.dag_id in leans_on(plan, spec) for key in unsettled)
        if not comparable(plan, spec) or shaky or (spec.looks_back and unsettled & ends.keys()):
            continue
        if same_runs and _makes_all(spec) and ends.keys() != others.keys():
            yield f"I7: runs of {spec.dag_id} are {sorted(ends)}, and without faults {sorted(others)}"
        for key in sorted((ends.keys() & others.keys()) - unsettled):
            if _left_out(platform, spec, key) != _left_out(calm, spec, key):
                continue  # it was triggered so late that its date is beyond the DAG's own
            if ends[key] != others[key]:
                yield f"I7: {key.run_id} of {key.dag_id} ends as {ends[key]}, and without faults as {others[key]}"
            elif platform.outside.jobs[key] != calm.outside.jobs[key]:
                yield f"I3: {key.run_id} of {key.dag_id} has submitted other jobs than without faults"
        same_runs = same_runs and _makes_all(spec) and not unsettled & ends.keys()


def _makes_all(spec: DagSpec) -> bool:
    """Whether no run is left out because its time went by."""
    if condition(spec):
        return False
    return spec.catchup or spec.schedule.kind in (ScheduleKind.NONE, ScheduleKind.ONCE)


def _ends(platform: Platform, spec: DagSpec) -> Mapping[RunKey, End]:
    return {run.key: _end(run) for run in platform.store.all_runs() if run.dag_id == spec.dag_id}


def _left_out(platform: Platform, spec: DagSpec, key: RunKey) -> frozenset[str]:
    stored = platform.store.run(key)
    return frozenset(() if stored is None else left_out(spec, stored.record.logical_date))


def _end(run: Run) -> End:
    """State, tries and skips of each task.

    Which deadlines it has missed is a matter of time. Whether a mapped task that never ran was decided as a whole, or
    each of its instances alike, is a matter of order.
    """
    told = ((name, one) for name, one in run.tasks.items() if not is_deadline(name))
    tasks = {name: (one.state.value, one.try_number, one.skips) for name, one in told}
    for task_id, one in run.tasks.items():
        names = instances(task_id, one.length or 0) if one.state is EXPANDED else []
        found = {tasks[name] for name in names}
        if len(found) == 1 and not any(run.task(name).try_number for name in names):
            tasks[task_id] = found.pop()
            tasks = {name: end for name, end in tasks.items() if name not in names}
    return (run.state.value, dict(sorted(tasks.items())))

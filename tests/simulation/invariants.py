"""The invariants of the design, looked at after every commit and at the end. The first that is broken ends the seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from brisa.engine import expanded
from brisa.engine.dates import left_out
from brisa.engine.limits import NOT_SENT
from brisa.engine.mapping import is_expanded
from brisa.engine.retries import MAX_LOSSES
from brisa.model.dag import Dag
from brisa.model.pool import Pool
from brisa.model.run import DAG_CALLBACKS, Attempt, Run, RunKey, TaskInstance, TaskKey, expects, is_deadline, is_task
from brisa.model.spec import DagSpec
from brisa.model.states import AttemptState, OutcomeKind, RunState, TaskState
from brisa.ports.store import Record
from tests.simulation.limits import LIMITS, State
from tests.simulation.missed import forgiven_wrongly, told_wrongly
from tests.simulation.pasts import too_early
from tests.simulation.stores import Changes
from tests.simulation.waits import Truth

OVER = (AttemptState.FINISHED, AttemptState.LOST, AttemptState.REVOKED)
FINAL = (OutcomeKind.SUCCESS, OutcomeKind.FAILED, OutcomeKind.SKIPPED)


@dataclass
class Watch:
    """Looks at each commit as it happens."""

    specs: Mapping[str, DagSpec]
    pools: Mapping[str, Pool] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    """What was broken, the first first."""
    states: Counter[str] = field(default_factory=Counter)
    """How often each state was reached: a simulation that never retries proves nothing about retries."""
    worn_out: set[RunKey] = field(default_factory=set)
    """Runs in which a try lost so many workers that it failed for that alone."""
    tell: Callable[[str], None] | None = None
    """Told each change, for people."""
    gone: dict[RunKey, float] = field(default_factory=dict)
    """Runs that were deleted, and when; one that is made anew is no longer in it."""
    tells_within: float | None = None
    """Seconds within which somebody is told of a missed deadline, where nothing goes wrong, and there is no crowd."""
    truth: Truth = field(init=False)
    _state: State = field(init=False)
    _released: set[tuple[RunKey, str, int]] = field(default_factory=set)
    _ended: set[tuple[RunKey, str, int, int]] = field(default_factory=set)
    _forced: set[RunKey] = field(default_factory=set)
    """Runs that a person, or their timeout, has ended."""
    _now: float = 0.0
    _followed: dict[RunKey, Run] = field(default_factory=dict)
    """Runs that others may wait for."""

    def __post_init__(self) -> None:
        self._state = State(self.specs, pools=self.pools)
        self.truth = Truth(self.specs)

    def committed(self, changes: Changes, now: float, *, by_hand: bool, marks_run: bool) -> None:
        """These records were written in one commit ``now``. ``marks_run``: by a person who ends a run."""
        self._now = now
        for before, after in changes:
            if after is None:
                self._deleted(before)
                continue
            match after:
                case Run():
                    assert before is None or isinstance(before, Run)
                    deleted = self._is_being_deleted(after.dag_id)
                    self._run(before, after, by_hand or deleted, marks_run or deleted)
                case Attempt():
                    assert before is None or isinstance(before, Attempt)
                    self._attempt(before, after)
                case Dag():
                    self._state.dags[after.dag_id] = after
                    self.broken += self.truth.misplaced(after)
                case _:
                    pass
        if any(isinstance(one, Run | Dag) for change in changes for one in change):
            self._active()
            for limit in LIMITS:
                self.broken += (f"I9: {text}" for text in limit(self._state))

    # --- what is deleted

    def _is_being_deleted(self, dag_id: str) -> bool:
        """Whether whoever plans ends the DAG's runs, as a person has asked for."""
        return dag_id in self._state.dags and self._state.dags[dag_id].deleting

    def _deleted(self, before: Record | None) -> None:
        match before:
            case Run():
                self._note(before, "run deleted", f"was {before.state}")
                self._forget(before.key)
            case Dag():
                self.states["DAG deleted"] += 1
                self._state.dags.pop(before.dag_id)
            case _:
                pass

    def _forget(self, key: RunKey) -> None:
        """There may be another run of that id, with a past of its own."""
        self.gone[key] = self._now
        self.truth.gone(key, self._now)
        self._state.running[key.dag_id].pop(key, None)
        self._state.reopened.discard(key)
        self._forced.discard(key)
        self.worn_out.discard(key)
        self._followed.pop(key, None)
        self._released = {one for one in self._released if one[0] != key}
        self._ended = {one for one in self._ended if one[0] != key}

    # --- runs

    def _run(self, before: Run | None, after: Run, by_hand: bool, marks_run: bool) -> None:
        # A backfill that runs a run again does what a person would.
        taken_over = before is not None and before.backfill_id != after.backfill_id
        by_hand = by_hand or taken_over
        if before is None:
            self._note(after, f"run {after.state}")
            self.gone.pop(after.key, None)
            before = replace(after, state=RunState.QUEUED, tasks={})
        elif before.state is not after.state:
            self._note(after, f"run {after.state}", f"was {before.state}")
            if before.state.terminal and not by_hand:
                self._break("I4", after, f"the run was {before.state}, and is {after.state}")
            if before.state.terminal and not taken_over:
                self._state.reopened.add(after.key)
            elif after.state.terminal:
                self._state.reopened.discard(after.key)
        self._keep(after)
        self._tasks(before, after, by_hand)
        self._waits_for_something(after)
        ended = after.state.terminal and before.state is not after.state
        if ended or _generations(before) != _generations(after):
            self._forced.discard(after.key)
            if marks_run or self._timed_out(after):
                self._forced.add(after.key)
        self._folds(after)
        for text in forgiven_wrongly(before, after, self.specs[after.dag_id], self._now, by_hand=by_hand):
            self._break("I15", after, text)
        self.truth.changed(after, self._now)
        self.broken += self.truth.overlooked(after)
        if self.specs[after.dag_id].looks_back:
            self._followed[after.key] = after

    def _tasks(self, before: Run, after: Run, by_hand: bool) -> None:
        for name in {**before.tasks, **after.tasks}:
            was, now = before.task(name), after.task(name)
            if was is not now and was != now:
                self._task(after, name, was, now, by_hand)

    def _keep(self, run: Run) -> None:
        running = self._state.running[run.dag_id]
        if run.state is RunState.RUNNING:
            running[run.key] = run
        else:
            running.pop(run.key, None)

    def _task(self, run: Run, name: str, was: TaskInstance, now: TaskInstance, by_hand: bool) -> None:
        if was.state is not now.state:
            self._note(run, f"task {now.state}", f"{name} was {was.state} (try {now.try_number}, seq {now.seq})")
        if was.state.terminal and not by_hand:
            self._break("I4", run, f"{name} was {was.state}, and is {now.state}")
        begun = now.state.waiting or now.state is TaskState.SCHEDULED
        if begun and (was.state is TaskState.NONE or was.generation != now.generation):
            if is_deadline(name):
                self._tells(run, name)
            release = (run.key, name, now.generation)
            if release in self._released:
                self._break("I5", run, f"{name} was released twice in generation {now.generation}")
            self._released.add(release)
            if not is_expanded(now):
                self._looks_back(run, name)
        ends = now.state.terminal or now.try_number != was.try_number
        if was.state.waiting and was.losses + 1 >= MAX_LOSSES:
            self.worn_out.add(run.key)
        if was.state.waiting and ends and not by_hand:
            ended = (run.key, name, was.generation, was.try_number)
            if ended in self._ended:
                self._break("I2", run, f"try {was.try_number} of {name} has ended twice")
            self._ended.add(ended)

    def _tells(self, run: Run, name: str) -> None:
        self.states["deadline missed"] += 1
        place = TaskKey.of(name).map_index
        for text in told_wrongly(run, self.specs[run.dag_id], place, self._now, self.tells_within):
            self._break("I15", run, text)

    def _looks_back(self, run: Run, name: str) -> None:
        before = self._followed.get(RunKey(run.dag_id, run.previous or ""))
        if is_task(name) and too_early(run, name, self.specs[run.dag_id], before):
            self._break("I14", run, f"{name} begins, and the run before has not got it behind it")

    def _waits_for_something(self, run: Run) -> None:
        """I1: who waits has a moment by which the sweep looks; a run that goes on waits for somebody."""
        due = [one.due_at for name, one in run.tasks.items() if _is_awaited(one) and expects(run.state, name)]
        if None in due:
            self._break("I1", run, "a task waits, and nobody will look")
        moments = [moment for moment in due if moment is not None]
        if run.state is RunState.RUNNING and not moments:
            self._break("I1", run, "it goes on, and nothing is awaited")
        if moments and (run.next_check_at is None or run.next_check_at > min(moments)):
            self._break("I1", run, f"something is due at {min(moments)}, and the sweep looks at {run.next_check_at}")

    def _timed_out(self, run: Run) -> bool:
        limit = self.specs[run.dag_id].dagrun_timeout
        took = (run.ended_at or 0.0) - (run.started_at or 0.0)
        return limit is not None and run.state is RunState.FAILED and took >= limit

    def _folds(self, run: Run) -> None:
        """I8: the run has ended when all its tasks have, as its leaves did, unless a person or its timeout ended it."""
        if run.state is RunState.QUEUED:
            return
        spec = expanded(self.specs[run.dag_id], run.tasks)
        there = [task for task in spec.tasks if task.task_id not in left_out(spec, run.logical_date)]
        done = all(run.task(task.task_id).state.terminal for task in there)
        if done != run.state.terminal:
            self._break("I8", run, f"it is {run.state}, and its tasks are {'' if done else 'not '}over")
        elif done and run.key not in self._forced:
            failed = any(run.task(leaf).state.failure for leaf in spec.leaves)
            if (run.state is RunState.FAILED) != failed:
                self._break("I8", run, f"it is {run.state}, and its leaves say otherwise")

    def _active(self) -> None:
        """The DAG's document knows which of its runs are active."""
        for dag_id, dag in self._state.dags.items():
            if dag.deleting:
                continue  # it begins no other
            running = sorted(key.run_id for key in self._state.running[dag_id])
            known = sorted((*dag.active_runs, *(dag.backfill.active_runs if dag.backfill else ())))
            if running != known:
                self.broken.append(f"I9: of {dag_id} run {running}, and it knows of {known}")

    # --- attempts

    def _attempt(self, before: Attempt | None, after: Attempt) -> None:
        if before is not None and before.state in OVER:
            self.broken.append(f"I2: {after.key} was {before.state}, and is written again as {after.state}")
        if before is None or before.state is not after.state:
            self.states[f"attempt {after.state}"] += 1
            if self.tell is not None:
                self.tell(f"{after.key.run_id} {after.key.name} attempt {after.key[4:]} {after.state} by {after.owner}")

    # --- words

    def _note(self, run: Run, state: str, more: str = "") -> None:
        self.states[state] += 1
        if self.tell is not None:
            self.tell(f"{run.dag_id} {run.run_id} {state} {more}")

    def _break(self, invariant: str, run: Run, text: str) -> None:
        self.broken.append(f"{invariant}: {run.dag_id} {run.run_id}: {text}")


def _generations(run: Run) -> dict[str, int]:
    return {name: one.generation for name, one in run.tasks.items() if not is_deadline(name)}


def _is_awaited(instance: TaskInstance) -> bool:
    """Whether somebody is to tell of it: who runs it, a pool, or the run before."""
    return instance.state.waiting or (not instance.state.terminal and instance.due_at is not None)


def undisturbed(runs: list[Run]) -> Iterator[str]:
    """Where nothing went wrong, no worker was lost."""
    for run in runs:
        for name, one in run.tasks.items():
            if one.losses and one.try_number and one.sends != NOT_SENT:  # who waited for a pool has lost nobody
                yield f"I1: {name} of {run.dag_id} {run.run_id} has lost {one.losses} workers"


def at_rest(runs: list[Run], attempts: list[Attempt], dags: list[Dag]) -> Iterator[str]:
    """What is broken once nothing is to come: I1, every run has ended, and I2, each try has one end at most."""
    full = {dag.dag_id: set(dag.waiting_runs) for dag in dags if len(dag.active_runs) >= dag.max_active_runs}
    for run in runs:
        if run.run_id in full.get(run.dag_id, ()):
            continue  # those that are active are held back by their past
        if not run.state.terminal:
            open_ = {name: one.state.value for name, one in run.tasks.items() if not one.state.terminal}
            yield f"I1: nothing is to come, and {run.dag_id} {run.run_id} is {run.state}: {open_}"
        callbacks = run.tasks.get(DAG_CALLBACKS)
        if callbacks is not None and not callbacks.state.terminal and callbacks.state is not TaskState.NONE:
            yield f"I1: the callbacks of {run.dag_id} {run.run_id} are {callbacks.state}"
    for dag in dags:
        if dag.waiting_runs and not dag.paused and dag.dag_id not in full:
            yield f"I1: nothing is to come, and of {dag.dag_id} wait {dag.waiting_runs}"
    ends = Counter(
        one.key[:6]
        for one in attempts
        if one.state is AttemptState.FINISHED and one.outcome is not None and one.outcome.kind in FINAL
    )
    yield from (f"I2: {key} has {count} effective attempts" for key, count in ends.items() if count > 1)

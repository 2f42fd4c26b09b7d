"""Task instances as people see them: of one run, from its document and its DAG's version; of many, run by run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from brisa.engine import attempt_key, expanded
from brisa.engine.dates import left_out
from brisa.engine.mapping import instances, is_expanded
from brisa.errors import BrisaError, ConflictError, NotFoundError, UnavailableError
from brisa.model.run import Attempt, Run, RunKey, TaskInstance, TaskKey
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import AttemptState, OutcomeKind, TaskState
from brisa.ports.search import RunSearch
from brisa.ports.store import StateStore, Update
from brisa.services.runs import CONFLICTS, Runs

LATEST_RUNS = 100
"""Runs that are looked through when none is named: the latest."""
LOOKED_AT = 200
"""Attempts that are read to tell which of the instances that wait for one are running."""
LONGEST_NOTES = 256 * 1024
"""Characters of all notes of one run's instances: they are in its document."""
_UNDER_WAY = (AttemptState.RUNNING, AttemptState.REPORTED)


class NoteError(BrisaError):
    """A run has no room for such a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One task instance."""

    run: Run
    spec: DagSpec
    """The DAG as the run's version says it."""
    key: TaskKey
    entry: TaskInstance
    state: TaskState
    """The state that people see: an awaited attempt that is claimed is running."""
    started_at: float | None
    """Seconds since the epoch."""

    @property
    def task(self) -> TaskSpec:
        """What the DAG says of its task."""
        return self.spec.by_id[self.key.task_id]

    @property
    def name(self) -> str:
        """By which its run knows it."""
        return str(self.key)

    @property
    def try_number(self) -> int:
        """Its present try, or its last; one that waits for a retry is yet to begin that."""
        return self.entry.try_number - (self.state is TaskState.UP_FOR_RETRY)

    @property
    def note(self) -> str | None:
        """What somebody has noted of it."""
        return self.run.notes.get(self.name)

    @property
    def duration(self) -> float | None:
        """Seconds from its start to its end."""
        ended = self.entry.ended_at
        return None if ended is None or self.started_at is None else ended - self.started_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One try of a task instance, which is over: the last of its attempts, and what came of it."""

    instance: Instance
    number: int
    state: TaskState
    started_at: float
    ended_at: float | None
    attempt: Attempt


class TaskInstances:
    """Finds them."""

    def __init__(self, store: StateStore, runs: Runs) -> None:
        self._store = store
        self._runs = runs

    def run(self, key: RunKey) -> Run:
        """The run; :class:`NotFoundError` for an unknown one."""
        stored = self._store.run(key)
        if stored is None:
            raise NotFoundError(f"DagRun with dag_id: `{key.dag_id}` and run_id: `{key.run_id}` was not found")
        return stored.record

    def of_runs(self, runs: Iterable[Run]) -> list[Instance]:
        """All task instances of these runs, in topological order, those of a mapped task by index."""
        return self.with_attempts([one for run in runs for one in self._of(run)])

    def states_of(self, runs: Iterable[Run]) -> list[dict[TaskKey, TaskState]]:
        """The states of all task instances of each of these runs, as people see them: a tenth of the work of
        :meth:`of_runs`."""
        keys: dict[int, list[tuple[str, TaskKey]]] = {}
        found: list[dict[TaskKey, TaskState]] = []
        waiting: list[tuple[int, Instance]] = []
        for place, run in enumerate(runs):
            spec = self._runs.spec(run)
            full = expanded(spec, run.tasks)
            if id(full) not in keys:
                keys[id(full)] = [(task.task_id, TaskKey.of(task.task_id)) for task in full.tasks]
            left = left_out(spec, run.logical_date)
            states = {key: run.task(name).state for name, key in keys[id(full)] if key.task_id not in left}
            found.append({key: state for key, state in states.items() if state is not TaskState.REMOVED})
            awaited = [str(key) for key, state in states.items() if state.waiting]
            if awaited:
                waiting += [(place, one) for one in self._of(run, frozenset(awaited))]
        live = self.with_attempts([one for _, one in waiting])
        for (place, _), one in zip(waiting, live, strict=True):
            found[place][one.key] = one.state
        return found

    def latest_runs(self, search: RunSearch) -> list[Run]:
        """The latest :data:`LATEST_RUNS` of those that ``search`` means, the first first."""
        latest = replace(search, order=(("run_after", True),), limit=LATEST_RUNS, offset=0)
        return [stored.record for stored in reversed(self._store.find_runs(latest).runs)]

    def one(self, key: RunKey, task: TaskKey) -> Instance | None:
        """One task instance; ``None`` if there is no such run, or the run has no such instance."""
        stored = self._store.run(key)
        found = [] if stored is None else self.named(stored.record, [str(task)])
        return next(iter(self.with_attempts(found)), None)

    def named(self, run: Run, names: Iterable[str]) -> list[Instance]:
        """Those instances of ``run`` that it knows by ``names``; all of a mapped task that is named itself."""
        return list(self._of(run, frozenset(names)))

    def with_attempts(self, found: Sequence[Instance]) -> list[Instance]:
        """The same, told by the attempts of those that wait for one; of :data:`LOOKED_AT` such, at most."""
        waiting = [one for one in found if one.entry.state.waiting][:LOOKED_AT]
        if not waiting:
            return list(found)
        keys = [attempt_key(one.run, one.name, one.entry) for one in waiting]
        read = [None if stored is None else stored.record for stored in self._store.attempts_of(keys)]
        running = {one.key: one for one in read if one is not None and one.state in _UNDER_WAY}
        return [_live(one, running.get(attempt_key(one.run, one.name, one.entry))) for one in found]

    def attempt(self, one: Instance) -> Attempt | None:
        """The attempt that it waits for, or had last, if there was one."""
        if not one.entry.try_number:
            return None
        stored = self._store.attempt(attempt_key(one.run, one.name, one.entry))
        if stored is not None and stored.record.log:
            return stored.record
        earlier = [found.record for found in self._store.task_attempts(one.run.key, one.key) if found.record.log]
        return earlier[-1] if earlier else None

    def tries(self, one: Instance) -> list[Try]:
        """Its tries that are over and not its present one, the first first."""
        last: dict[int, Attempt] = {}
        first: dict[int, Attempt] = {}
        for stored in self._store.task_attempts(one.run.key, one.key):
            if not stored.record.log:
                continue  # it only has XComs that a person has written
            number = stored.record.key.try_number
            first.setdefault(number, stored.record)
            last[number] = stored.record
        over = one.entry.state in (TaskState.NONE, TaskState.UP_FOR_RETRY)
        now = None if over else one.entry.try_number
        return [
            Try(
                instance=one,
                number=number,
                state=_outcome(attempt),
                started_at=first[number].started_at,
                ended_at=attempt.ended_at,
                attempt=attempt,
            )
            for number, attempt in sorted(last.items())
            if number and number != now
        ]

    def annotate(self, key: RunKey, names: Iterable[str], text: str | None) -> Run:
        """Note ``text`` of these instances, by their names in the run; none, or an empty one, removes their notes.

        Raises :class:`NotFoundError`, and :class:`NoteError` where all notes would be too long.
        """
        names = list(names)
        for _ in range(CONFLICTS):
            stored = self._store.run(key)
            if stored is None:
                raise NotFoundError(f"there is no run {key.run_id!r} of DAG {key.dag_id!r}")
            run = stored.record
            notes = {name: note for name, note in run.notes.items() if name not in names}
            notes |= dict.fromkeys(names, text) if text else {}
            if notes == run.notes:
                return run
            if sum(map(len, notes.values())) > LONGEST_NOTES:
                raise NoteError(f"run {key.run_id!r} of DAG {key.dag_id!r} has no room for more notes")
            annotated = replace(run, notes=notes)
            try:
                self._store.commit(Update(annotated, stored.revision))
                return annotated
            except ConflictError:
                continue
        raise UnavailableError(f"run {key.run_id!r} of DAG {key.dag_id!r} changes too often; try again")

    def _of(self, run: Run, names: Collection[str] | None = None) -> Iterator[Instance]:
        spec = self._runs.spec(run)
        left = left_out(spec, run.logical_date)
        for task in expanded(spec, run.tasks).tasks:
            key = TaskKey.of(task.task_id)
            if names is not None and task.task_id not in names and key.task_id not in names:
                continue
            entry = run.task(task.task_id)
            if key.task_id not in left and entry.state is not TaskState.REMOVED:
                yield Instance(run=run, spec=spec, key=key, entry=entry, state=entry.state, started_at=entry.started_at)


def every_name(run: Run, names: Iterable[str]) -> list[str]:
    """``names``, with those of its instances in the place of a mapped task that is expanded."""
    return [
        each
        for name in names
        for each in (instances(name, run.task(name).length or 0) if is_expanded(run.task(name)) else [name])
    ]


def _live(one: Instance, attempt: Attempt | None) -> Instance:
    if attempt is None:
        return one
    return replace(one, state=TaskState.RUNNING, started_at=one.entry.started_at or attempt.started_at)


def _outcome(attempt: Attempt) -> TaskState:
    """The state that a try ended in. One that was stopped, or whose worker was lost, has failed, as in Airflow."""
    kind = None if attempt.outcome is None else attempt.outcome.kind
    return _STATES.get(kind, TaskState.FAILED) if kind is not None else TaskState.FAILED


_STATES = {OutcomeKind.SUCCESS: TaskState.SUCCESS, OutcomeKind.SKIPPED: TaskState.SKIPPED}

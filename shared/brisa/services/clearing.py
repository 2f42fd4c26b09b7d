"""What people do to runs and their tasks: clear, mark, rerun from a failure, cancel.

Each run is changed in one commit of its own, in which the generation of every task concerned rises: whatever was under
way of the one before changes nothing any more, and its process is told to stop.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from brisa.engine.choosing import any_state, chosen
from brisa.errors import BrisaError, NotFoundError
from brisa.model.events import Clear, Event, Mark, MarkRun, Remove
from brisa.model.run import Run, RunKey, TaskKey, task_names
from brisa.model.spec import DagSpec
from brisa.model.states import RunState, TaskState
from brisa.ports.store import StateStore
from brisa.services.markers import Marked, marked
from brisa.services.runs import Runs
from brisa.services.task_instances import Instance, TaskInstances, every_name

PAGE = 50
"""Runs that are read at once."""
MOST = 100_000
"""Task instances that one call may be about."""
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
_MARKS = (TaskState.SUCCESS, TaskState.FAILED, TaskState.SKIPPED)


class ClearingError(BrisaError):
    """Such task instances can't be cleared or marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which task instances are meant.

    Of which runs: those with the ids ``run_ids``, or with a logical date from ``first`` to ``last`` (aware; ``None``:
    all). With ``past`` those of earlier, with ``future`` those of later logical dates than these, too.
    Of which tasks: ``task_ids``, and those in whose id ``task_regex`` is found; without either all. With ``upstream``
    and ``downstream`` what is above and below, too. ``map_indexes``: only these instances of the tasks named.
    """

    dag_id: str
    run_ids: tuple[str, ...] = ()
    first: datetime | None = None
    last: datetime | None = None
    past: bool = False
    future: bool = False
    task_ids: tuple[str, ...] = ()
    task_regex: str = ""
    upstream: bool = False
    downstream: bool = False
    map_indexes: tuple[int, ...] = ()
    only_failed: bool = False
    """Only those that are failed or upstream_failed."""
    only_running: bool = False
    known: bool = True
    """Whether a task named that no run has is an error; else it is nothing."""
    recursive: bool = True
    """Whether clearing an ExternalTaskMarker clears what it points at, and what is below that, too."""

    def wants(self, state: TaskState) -> bool:
        """Whether an instance in ``state`` may be meant; which of those that wait for an attempt are running is told by
        their attempts."""
        return state.failure or not self.only_failed


@dataclass(frozen=True, slots=True)
class Chosen:
    """Task instances of one run, by the names that the run knows them by, and their states."""

    run: RunKey
    names: tuple[str, ...]
    states: tuple[str, ...]


class Clearing:
    """Clears and marks."""

    def __init__(self, store: StateStore, runs: Runs) -> None:
        self._store = store
        self._runs = runs

    def to_clear(self, *selections: Selection) -> Sequence[Chosen]:
        """What :meth:`clear` would clear: instances that something has happened to. Nothing changes.

        Raises :class:`ClearingError`, :class:`NotFoundError` for an unknown DAG, run or task, and
        :class:`~brisa.services.markers.MarkerError`.
        """
        return self._choose(selections, lambda state: state is not TaskState.NONE)

    def clear(
        self, *selections: Selection, found: Sequence[Chosen] | None = None, reopen: bool = True
    ) -> Sequence[Chosen]:
        """Run these task instances again; with ``reopen``, runs that had ended run again, too. What was cleared.

        ``found`` is what :meth:`to_clear` has told before, so that a person gets what they were shown.
        """
        found = self.to_clear(*selections) if found is None else found
        for one in found:
            self._runs.change(one.run, partial(_clear, one.names, reopen))
        return found

    def rerun(self, key: RunKey) -> Sequence[Chosen]:
        """Run again what has failed in a run, and all that is below it."""
        run = self._run(key)
        failed = {TaskKey.of(name).task_id for name in task_names(run) if run.tasks[name].state.failure}
        if not failed:
            raise ClearingError(f"nothing has failed in run {key.run_id!r} of DAG {key.dag_id!r}")
        spec = self._runs.spec(run)
        below = spec.closure(failed) - failed
        first = chosen(run, spec, failed, wanted=lambda state: state.failure)
        rest = chosen(run, spec, below, wanted=lambda state: state is not TaskState.NONE)
        names = tuple(dict.fromkeys((*first, *rest)))
        return self.clear(found=[_told(run, names)])

    def to_mark(self, selection: Selection) -> Sequence[Chosen]:
        """What :meth:`mark` would be about. Raises as :meth:`to_clear`."""
        return self._choose([replace(selection, recursive=False)], any_state)

    def mark(self, selection: Selection, state: TaskState) -> Sequence[Chosen]:
        """Say that these task instances are in ``state``: success, failed or skipped.

        What had failed below them is cleared, as in Airflow: it may run now.
        """
        if state not in _MARKS:
            raise ClearingError(f"a task can't be marked {state.value}; it can be success, failed or skipped")
        found = self.to_mark(selection)
        for one in found:

            def events(run: Run, names: tuple[str, ...] = one.names) -> list[Event]:
                return [Mark(task_ids=names, state=state), Clear(task_ids=self._failed_below(run, names))]

            self._runs.change(one.run, events)
        return found

    def remove(self, key: RunKey, names: Sequence[str]) -> Run:
        """Take these task instances, by their names in the run, out of it: what is below goes on without them."""
        return self._runs.change(key, lambda _: [Remove(task_ids=tuple(names))])

    def _failed_below(self, run: Run, names: tuple[str, ...]) -> tuple[str, ...]:
        spec = self._runs.spec(run)
        tasks = {TaskKey.of(name).task_id for name in names}
        return chosen(run, spec, spec.closure(tasks) - tasks, wanted=lambda state: state.failure)

    def mark_run(self, key: RunKey, state: RunState) -> Run:
        """Say that a run has ended in success, or has failed: then what is under way fails, and the rest is skipped."""
        if not state.terminal:
            raise ClearingError(f"a run can't be marked {state.value}; it can be success or failed")
        return self._runs.change(key, lambda _: [MarkRun(state=state)])

    def cancel(self, key: RunKey) -> Run:
        """End a run now: it has failed, and what runs is stopped. Raises :class:`ClearingError` if it has ended."""

        def events(run: Run) -> list[Event]:
            if run.state.terminal:
                raise ClearingError(f"run {key.run_id!r} of DAG {key.dag_id!r} has ended already: {run.state.value}")
            return [MarkRun(state=RunState.FAILED)]

        return self._runs.change(key, events)

    # --- which ones ---

    def _choose(self, selections: Sequence[Selection], wanted: Callable[[TaskState], bool]) -> Sequence[Chosen]:
        search = _Search(self._store, self._runs, wanted)
        for selection in selections:
            search.look(selection)
            if not search.looked_at and self._store.dag(selection.dag_id) is None:
                raise NotFoundError(f"there is no DAG {selection.dag_id!r}")
            unknown = [task_id for task_id in selection.task_ids if task_id not in search.known]
            if unknown and search.looked_at and selection.known:
                raise NotFoundError(f"DAG {selection.dag_id!r} has no task {unknown[0]!r}")
        return search.found

    def _run(self, key: RunKey) -> Run:
        stored = self._store.run(key)
        if stored is None:
            raise NotFoundError(f"there is no run {key.run_id!r} of DAG {key.dag_id!r}")
        return stored.record


class _Search:
    """One search under way: what was found, and which markers were followed."""

    def __init__(self, store: StateStore, runs: Runs, wanted: Callable[[TaskState], bool]) -> None:
        self._store = store
        self._runs = runs
        self._wanted = wanted
        self._count = 0
        self._followed: set[tuple[RunKey, str]] = set()
        self._names: dict[RunKey, dict[str, str]] = {}
        self.looked_at = 0
        self.known: set[str] = set()

    @property
    def found(self) -> Sequence[Chosen]:
        """What was found, run by run."""
        return [Chosen(key, tuple(names), tuple(names.values())) for key, names in self._names.items() if names]

    def look(self, selection: Selection, depth: int | None = None) -> None:
        """Look through the runs of a selection; ``depth``: how many further markers may be followed."""
        for run in _runs_of(self._store, selection):
            self.looked_at += 1
            spec = self._runs.spec(run)
            self.known.update(spec.by_id)
            names = chosen(
                run,
                spec,
                _task_ids(selection, spec),
                upstream=selection.upstream,
                downstream=selection.downstream,
                map_indexes=selection.map_indexes,
                wanted=lambda state: self._wanted(state) and selection.wants(state),
            )
            if selection.only_running:
                names = self._running(run, names)
            self._add(run, names)
            if selection.recursive:
                self._follow(run, spec, names, depth)

    def _running(self, run: Run, names: Sequence[str]) -> tuple[str, ...]:
        instances = TaskInstances(self._store, self._runs)
        found = instances.with_attempts(instances.named(run, every_name(run, names)))
        return tuple(one.name for one in found if one.state is TaskState.RUNNING)

    def _add(self, run: Run, names: Sequence[str]) -> None:
        known = self._names.setdefault(run.key, {})
        known.update({name: run.task(name).state.value for name in names if TaskKey.of(name).task_id not in known})
        self._count += len(names)
        if self._count > MOST:
            raise ClearingError(f"these are more than {MOST:,} task instances: choose fewer tasks, or fewer runs")

    def _follow(self, run: Run, spec: DagSpec, names: Sequence[str], depth: int | None) -> None:
        for name in names:
            task = spec.by_id.get(name)
            if task is None or not task.marks or (run.key, name) in self._followed:
                continue
            self._followed.add((run.key, name))
            left = int(str(task.marks["depth"])) if depth is None else depth
            if left <= 0:
                raise ClearingError(
                    f"DAG {run.dag_id!r}, task {name!r}: this marker is beyond the recursion_depth of the first one; "
                    "nothing was cleared: is there a cycle of markers? If not, raise its recursion_depth"
                )
            self.look(_beyond(marked(run, task)), left - 1)


def _clear(names: tuple[str, ...], reopen: bool, _: Run) -> list[Event]:
    return [Clear(task_ids=names, reopen=reopen)]


def _told(run: Run, names: tuple[str, ...]) -> Chosen:
    return Chosen(run.key, names, tuple(run.task(name).state.value for name in names))


def _beyond(mark: Marked) -> Selection:
    return Selection(
        dag_id=mark.dag_id,
        first=mark.logical_date,
        last=mark.logical_date,
        task_ids=(mark.task_id,),
        downstream=True,
    )


def _task_ids(selection: Selection, spec: DagSpec) -> list[str]:
    if not selection.task_ids and not selection.task_regex:
        return list(spec.by_id)
    try:
        found = re.compile(selection.task_regex).search if selection.task_regex else lambda _: None
    except re.error as error:
        raise ClearingError(f"{selection.task_regex!r} is no regular expression: {error}") from error
    return [task_id for task_id in spec.by_id if task_id in selection.task_ids or found(task_id)]


def _runs_of(store: StateStore, selection: Selection) -> Iterator[Run]:
    """The runs of a selection, page by page."""
    dag_id = selection.dag_id
    first, last = selection.first or _FIRST, selection.last or _LAST
    if selection.run_ids:
        runs = []
        for run_id in selection.run_ids:
            stored = store.run(RunKey(dag_id, run_id))
            if stored is None:
                raise NotFoundError(f"there is no run {run_id!r} of DAG {dag_id!r}")
            runs.append(stored.record)
        yield from runs
        dates = [run.logical_date for run in runs if run.logical_date is not None]
        if not dates or not (selection.past or selection.future):
            return
        first, last = min(dates), max(dates)
    first, last = _FIRST if selection.past else first, _LAST if selection.future else last
    after = ""
    while page := store.dated_runs(dag_id, first, last, after=after, limit=PAGE):
        yield from (stored.record for stored in page if stored.record.run_id not in selection.run_ids)
        first, after = page[-1].record.logical_date or first, page[-1].record.run_id


def first_of(service: TaskInstances, chosen: Sequence[Chosen], most: int) -> tuple[list[Instance], int]:
    """The first ``most`` of the instances that were chosen, as they are now, and how many there are in all."""
    found: list[Instance] = []
    total = 0
    for one in chosen:
        run = service.run(one.run)
        names = every_name(run, one.names)
        total += len(names)
        found += service.named(run, names[: most - len(found)])
    return service.with_attempts(found), total

"""brisa without processes: services over fakes, a supervisor that plays outcomes, crashes at any port call."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

from brisa.adapters.counts import Counts
from brisa.adapters.local.counting import CountingQueue, CountingStore
from brisa.adapters.memory import FakeClock, MemoryBlobs, MemoryJobs, MemoryQueue, MemoryStore, MemoryTelemetry
from brisa.model.dag import Dag, DagVersion
from brisa.model.jobs import MARGIN, JobSize
from brisa.model.run import AttemptKey, Message, Outcome, Run, RunKey
from brisa.model.spec import DagSpec
from brisa.model.states import OutcomeKind
from brisa.model.work import Chore, Work
from brisa.ports.store import Create, Put, StateStore
from brisa.runtime.supervisor import Answer, Report
from brisa.services.deletion import Deletion
from brisa.services.folding import Folding
from brisa.services.long_work import LongWork
from brisa.services.news import News
from brisa.services.objects import Arrivals, Objects
from brisa.services.planner import Planner
from brisa.services.runs import Runs
from brisa.services.timetables import Timetables
from brisa.services.worker import Worker
from tests.support.faults import Fuse, Wrapped

DAY = datetime(2024, 1, 1, tzinfo=UTC)
SUCCESS = Outcome(kind=OutcomeKind.SUCCESS)


class FakeSupervisor:
    """Plays outcomes instead of running anything: ``plays[task id]`` is called with the attempt's key."""

    def __init__(self, plays: Mapping[str, Callable[[AttemptKey], Report | Outcome]]) -> None:
        self._plays = dict(plays)
        self.answer: Answer = lambda verb, payload: None
        """Answers what the task that is played asks for."""
        self.timetable: Callable[[Mapping[str, Any]], Report] = lambda _: Report(outcome=SUCCESS)
        """Plays what the DAG's custom timetable answers."""
        self.heartbeat: Callable[[], bool] = lambda: True
        """Says that the task that is played goes on; whether it may."""
        self.effects: Counter[tuple[str, int]] = Counter()
        """(task id, try) → how often its user code ran."""
        self.refused: list[str] = []
        """Why attempts were told not to run."""
        self.called_back: list[tuple[str, str]] = []
        """(reason, task) of each time that the DAG's callbacks were called."""

        self.timeouts: list[float | None] = []
        """After how many seconds attempts were to be ended."""
        self.killed: list[str] = []
        """Attempts whose triggers were told that they are no longer wanted."""
        self.told: list[tuple[int, tuple[str, ...]]] = []
        """(place, late tasks) of each time that somebody was told of a missed deadline."""

    def run(
        self,
        request: Any,
        *,
        answer: Answer,
        heartbeat: Callable[[], bool] = lambda: True,
        timeout: float | None = None,
        **_: Any,
    ) -> Report:
        """Play the outcome of the request's task; success if nothing else was said."""
        if request.timetable is not None:
            return self.timetable(request.timetable)
        if request.run_ended:
            self.called_back.append((request.run_ended, request.key.name))
            return Report(outcome=SUCCESS)
        if request.missed is not None:
            self.told.append((request.missed.place, request.missed.tasks))
            return Report(outcome=SUCCESS)
        if request.refused:
            self.refused.append(request.refused)
            return Report(outcome=Outcome(kind=OutcomeKind.FAILED, error=request.refused))
        key = request.key
        if request.kill:
            self.killed.append("/".join(map(str, key)))
            self.answer = answer
            return Report(outcome=SUCCESS)
        self.effects[key.task_id, key.try_number] += 1
        self.timeouts.append(timeout)
        self.answer, self.heartbeat = answer, heartbeat
        played = self._plays.get(key.task_id, lambda _: SUCCESS)(key)
        return played if isinstance(played, Report) else Report(outcome=played)


class Silent:
    """A notifier for nobody."""

    def run_changed(self, run: Run) -> None:
        """Nothing."""

    def dag_due(self, dag: Dag) -> None:
        """Nothing."""


class Site:
    """One home's state, and the process that works on it, which may be started anew."""

    def __init__(
        self,
        spec: DagSpec,
        plays: Mapping[str, Callable[[AttemptKey], Any]] | None = None,
        *,
        wide_above: int | None = None,
        ahead: float = 0.0,
        hands_on: bool = False,
        watched: bool = False,
        store: StateStore | None = None,
        worked_on: StateStore | None = None,
        jobs: Sequence[JobSize] | None = None,
        longest: float | None = None,
    ) -> None:
        """``wide_above``: runs with more attempts outstanding are folded. ``watched``: every bucket is listened to.

        ``store``: an empty one, in memory by default. ``worked_on``: the same, as processes have it; what a test itself
        asks of ``store`` is not counted there. ``jobs``: those for long tasks; ``None``: the worker does all there is.
        ``longest``: seconds that an attempt may last at the worker.
        """
        self.spec = spec
        self.wide_above = wide_above
        self.ahead, self.hands_on, self.watched = ahead, hands_on, watched
        self.clock = FakeClock()
        self.sizes, self.longest = jobs, longest
        self.jobs = MemoryJobs([size.job for size in jobs or ()])
        self.store: StateStore = store or MemoryStore()
        self._worked_on = worked_on or self.store
        self.queue = MemoryQueue(self.clock)
        self.blobs = MemoryBlobs()
        self.counts = Counts()
        self.telemetry = MemoryTelemetry()
        self.news = News(self.telemetry, aloud=True)
        self.supervisor = FakeSupervisor(plays or {})
        self._owners = itertools.count()
        self.version = DagVersion(dag_id=spec.dag_id, version="v1", spec=spec)
        dag = Dag(dag_id=spec.dag_id, version="v1", paused=False, max_active_runs=spec.max_active_runs)
        self.store.commit(Put(self.version), Create(dag))
        self.start()

    def start(self, fuse: Fuse | None = None) -> None:
        """Begin as a new process, with ``fuse`` at every port."""
        store: Any = CountingStore(self._worked_on, self.counts)
        queue: Any = CountingQueue(self.queue, self.counts)
        blobs: Any = self.blobs
        if fuse is not None:
            store, queue, blobs = (Wrapped(port, fuse.around) for port in (store, queue, blobs))
        self.owner = f"process-{next(self._owners)}"
        self.runs = Runs(store, queue, self.clock, Silent(), news=self.news)
        self.deletion = Deletion(store, blobs, self.runs)
        self.planner = Planner(
            store,
            self.clock,
            self.runs,
            ahead=self.ahead,
            hands_on=self.hands_on,
            delete=self.deletion.go_on,
            news=self.news,
        )
        self.objects = Objects(store, self.runs)
        self.arrivals = Arrivals(store, self.runs)
        folding = None if self.wide_above is None else Folding(store, self.clock, self.runs, above=self.wide_above)
        long_work = None if self.sizes is None else LongWork(lambda: self.jobs, self.sizes)
        self._worker = partial(
            Worker,
            store,
            blobs,
            self.clock,
            self.runs,
            self.supervisor,  # type: ignore[arg-type]  # the part of it that workers use
            owner=self.owner,
            origin=lambda version: (version.version, None),
            folding=folding,
            timetables=Timetables(
                store,
                self.clock,
                self.runs,
                self.supervisor,  # type: ignore[arg-type]  # as above
                lambda version: (version.version, None),
            ),
            watched=lambda _: self.watched,
            news=self.news,
        )
        self.worker = self._worker(long_work=long_work, longest=self.longest)

    def run_jobs(self) -> int:
        """Begin and end all executions that were started, each as a process of its own would; how many."""
        executions = self.jobs.take()
        for execution in executions:
            self._worker(longest=execution.seconds - MARGIN).handle(execution.message)
        return len(executions)

    def recover(self) -> None:
        """What a process does first: take back what its predecessor held."""
        self.queue.release()
        self.planner.recover(self.owner)

    def trigger(self, **more: Any) -> Run:
        """A manual run of the DAG."""
        return self.runs.trigger(self.spec.dag_id, **{"logical_date": DAY, **more})

    def work(self, limit: int = 10_000) -> None:
        """Handle messages and let time pass until nothing is left to do."""
        for _ in range(limit):
            messages = self.queue.take(self.clock.now(), limit=1, owner=self.owner)
            for message in messages:
                self.handle(message)
                self.queue.done(message.name)
            if not messages and not self.run_jobs():
                due = [moment for moment in (self.queue.next_due(), self.store.next_due()) if moment is not None]
                if not due:
                    return
                self.clock.advance(max(0.0, min(due) - self.clock.now()))
                self.planner.tick()
        raise AssertionError("the site never comes to rest")

    def take(self) -> Message:
        """The next message that is due, taken from the queue by somebody else."""
        (work,) = self.queue.take(self.clock.now(), limit=1, owner="x")
        assert isinstance(work, Message)
        return work

    def handle(self, work: Work) -> None:
        """Give work to who does it."""
        if isinstance(work, Chore):
            self.planner.handle(work)
        else:
            self.worker.handle(work)

    def work_on_threads(self, threads: int) -> None:
        """As :meth:`work`, with so many messages handled at a time."""
        with ThreadPoolExecutor(threads) as pool:
            while True:
                works = self.queue.take(self.clock.now(), limit=10_000, owner=self.owner)
                list(pool.map(self.handle, works))
                self.queue.done(*(work.name for work in works))
                due = [moment for moment in (self.queue.next_due(), self.store.next_due()) if moment is not None]
                if not works and not due:
                    return
                if not works:
                    self.clock.advance(max(0.0, min(due) - self.clock.now()))
                    self.planner.tick()

    def trigger_and_work(self) -> Run:
        """A manual run, to its end."""
        run = self.trigger()
        self.work()
        return self.run(run.key)

    def run(self, key: RunKey) -> Run:
        """The run as it is stored."""
        stored = self.store.run(key)
        assert stored is not None
        return stored.record

    def states(self, key: RunKey) -> dict[str, str]:
        """Task id → state."""
        run = self.run(key)
        return {task.task_id: run.task(task.task_id).state.value for task in self.spec.tasks}

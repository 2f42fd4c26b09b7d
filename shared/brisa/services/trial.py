"""Runs one DAG once, without a server: what ``brisa dags test`` does. Same engine, same worker, nothing kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from brisa.errors import NotFoundError
from brisa.model.run import Message, Run, RunKey
from brisa.ports.queue import LocalQueue
from brisa.ports.store import StateStore
from brisa.services.planner import Planner


class FastClock:
    """The machine's clock, put forward whenever there is nothing to do but wait."""

    def __init__(self) -> None:
        self._ahead = 0.0

    @property
    def skipped(self) -> float:
        """How many seconds of waiting were skipped."""
        return self._ahead

    def now(self) -> float:
        """Seconds since the epoch, ahead of the machine's by what was skipped."""
        return round(time.time() + self._ahead, 6)

    def sleep(self, seconds: float) -> None:
        """Really sleep: only commits under contention do, for milliseconds."""
        time.sleep(seconds)

    def skip_to(self, moment: float) -> None:
        """Make it ``moment`` (seconds since the epoch), unless it is later already."""
        self._ahead += max(0.0, moment - self.now())

    def until(self, moment: float | None) -> float | None:
        """Seconds to wait for ``moment`` while something else is under way: no limit, since it comes when called."""
        return None


class RealClock(FastClock):
    """The machine's clock; waiting takes the time it takes."""

    def skip_to(self, moment: float) -> None:
        """Wait until ``moment`` (seconds since the epoch)."""
        time.sleep(max(0.0, moment - self.now()))

    def until(self, moment: float | None) -> float | None:
        """Seconds until ``moment``; no limit if there is none."""
        return None if moment is None else max(0.01, moment - self.now())


def run_to_the_end(
    key: RunKey,
    store: StateStore,
    queue: LocalQueue,
    handle: Callable[[Message], None],
    planner: Planner,
    clock: FastClock,
    *,
    slots: int,
    watch: Callable[[Run], None] = lambda _: None,
) -> Run:
    """Handle messages until the run has ended; return it. ``watch`` sees it whenever something has ended."""
    pool = ThreadPoolExecutor(max_workers=slots, thread_name_prefix="worker")

    def submit(message: Message) -> Future[None]:
        return pool.submit(handle, message)

    try:
        stored = _loop(key, store, queue, submit, planner, clock, slots=slots, watch=watch)
    except BaseException:
        # Whoever interrupts this doesn't want to wait for tasks: the caller ends their processes.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    watch(stored)
    return stored


def _loop(
    key: RunKey,
    store: StateStore,
    queue: LocalQueue,
    submit: Callable[[Message], Future[None]],
    planner: Planner,
    clock: FastClock,
    *,
    slots: int,
    watch: Callable[[Run], None],
) -> Run:
    busy: dict[Future[None], Message] = {}
    while True:
        room = slots - len(busy)
        for work in queue.take(clock.now(), limit=room, owner="trial") if room else ():
            if isinstance(work, Message):  # a trial asks for nothing else
                busy[submit(work)] = work
        if busy:
            watch(_stored(store, key))
            patience = clock.until(queue.next_due()) if len(busy) < slots else None
            ended, _ = wait(busy, timeout=patience, return_when=FIRST_COMPLETED)
            for future in ended:
                queue.done(busy.pop(future).name)
                future.result()
        run = _stored(store, key)
        if run.state.terminal and run.next_check_at is None:
            return run
        if not busy:
            due = [moment for moment in (queue.next_due(), store.next_due()) if moment is not None]
            clock.skip_to(min(due, default=clock.now()))
            planner.tick()


def _stored(store: StateStore, key: RunKey) -> Run:
    found = store.run(key)
    if found is None:
        raise NotFoundError(f"there is no run {key.run_id!r} of DAG {key.dag_id!r}")
    return found.record

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

    def now(self) -> float:
        """Seconds since the epoch, ahead of the machine's by what was skipped."""
        return round(time.time() + self._ahead, 6)

    def sleep(self, seconds: float) -> None:
        """Really sleep: only commits under contention do, for milliseconds."""
        time.sleep(seconds)

    def skip_to(self, moment: float) -> None:
        """Make it ``moment`` (seconds since the epoch), unless it is later already."""
        self._ahead += max(0.0, moment - self.now())


class RealClock(FastClock):
    """The machine's clock; waiting takes the time it takes."""

    def skip_to(self, moment: float) -> None:
        """Wait until ``moment`` (seconds since the epoch)."""
        time.sleep(max(0.0, moment - self.now()))


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
    with ThreadPoolExecutor(max_workers=slots, thread_name_prefix="worker") as pool:
        busy: dict[Future[None], Message] = {}
        while True:
            room = slots - len(busy)
            for message in queue.take(clock.now(), limit=room, owner="trial") if room else ():
                busy[pool.submit(handle, message)] = message
            if busy:
                ended, _ = wait(busy, return_when=FIRST_COMPLETED)
                for future in ended:
                    queue.done(busy.pop(future).name)
                    future.result()
            stored = store.run(key)
            if stored is None or stored.record.state.terminal:
                break
            watch(stored.record)
            if not busy:
                due = [moment for moment in (queue.next_due(), store.next_due()) if moment is not None]
                clock.skip_to(min(due, default=clock.now()))
                planner.tick()
    if stored is None:
        raise NotFoundError(f"there is no run {key.run_id!r} of DAG {key.dag_id!r}")
    watch(stored.record)
    return stored.record

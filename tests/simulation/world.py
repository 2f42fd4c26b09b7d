"""Simulated time, and processes that take turns: exactly one runs, and hands over at each of its port calls.

The services are synchronous, so each process is a greenlet (shared/docs/adr/0012-simulation.md). When one hands over,
it says when it wants to go on; who goes on next is who wanted to first. So the order of everything is a matter of
simulated durations, which the seed draws.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from greenlet import getcurrent, greenlet

from tests.support.faults import Crash

Ended: TypeAlias = Callable[[BaseException | None], None]
"""Told how a process ended: with what it raised, or ``None``."""


class World:
    """The time, in seconds since the epoch, and what is to happen when."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.process: Process | None = None
        """Who acts now; ``None`` for the world itself."""
        self.hub = getcurrent()
        self.watched_until = now
        """Up to this moment nobody need look at the time between two things that happen."""
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()

    def at(self, when: float, act: Callable[[], None]) -> None:
        """Have ``act`` called at ``when``, or now if that is past."""
        heapq.heappush(self._agenda, (max(when, self.now), next(self._count), act))

    def pass_by(self, seconds: float) -> bool:
        """Let ``seconds`` pass, if nothing else is to happen meanwhile; whether it could be."""
        until = self.now + seconds
        if until >= self.watched_until or (self._agenda and self._agenda[0][0] <= until):
            return False
        self.now = until
        return True

    def next_at(self) -> float | None:
        """When the next thing happens."""
        return self._agenda[0][0] if self._agenda else None

    def step(self) -> None:
        """Let the next thing happen."""
        self.now, _, act = heapq.heappop(self._agenda)
        act()


class Host:
    """A computer: while it is on, its processes run; a crash ends them all, and what they had in memory."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.on = True
        self.skew = 0.0
        """Seconds by which its clock is wrong."""

    # --- the port of time

    def now(self) -> float:
        """The time by the clock of this host."""
        return round(self.world.now + self.skew, 6)

    def sleep(self, seconds: float) -> None:
        """The process that runs goes on after ``seconds``, unless its host is off by then."""
        process = self.world.process
        if process is None:
            self.world.now += seconds
        else:
            process.pause(seconds)

    def crash(self) -> None:
        """End all of its processes; the one that runs now at once."""
        self.on = False
        raise Crash


class Process(greenlet):
    """One call of a service, on its host."""

    def __init__(
        self, host: Host, name: str, work: Callable[[], object], ended: Ended, *, by_hand: bool = False
    ) -> None:
        """``by_hand``: whether a person acts through it."""
        super().__init__(parent=host.world.hub)
        self.host = host
        self.name = name
        self.by_hand = by_hand
        self.begun = host.world.now
        self._work = work
        self._ended = ended

    def resume(self) -> None:
        """Let it run to its next pause, or its end."""
        world = self.host.world
        world.process = self
        self.switch()
        world.process = None

    def pause(self, seconds: float) -> None:
        """Let others run for ``seconds``. Called from within; raises :class:`Crash` if its host is off."""
        world = self.host.world
        if self.host.on and not world.pass_by(seconds):
            world.at(world.now + seconds, self.resume)
            self.wait()
        elif not self.host.on:
            raise Crash

    def wait(self) -> None:
        """Let others run until somebody resumes it. Called from within; raises :class:`Crash` if its host is off."""
        self.host.world.hub.switch()
        if not self.host.on:
            raise Crash

    def run(self) -> None:
        """What the greenlet does."""
        error: BaseException | None = None
        try:
            self._work()
        except (Crash, Exception) as caught:  # noqa: BLE001  whoever started it judges
            error = caught
        # Whoever is told may begin other processes: the world does that, not one that is about to end.
        self.host.world.at(self.host.world.now, lambda: self._ended(error))


class Lock:
    """Stands for :class:`threading.Lock` between processes of one host: a real one would stop them all."""

    def __init__(self) -> None:
        self._held = False
        self._waiting: deque[Process] = deque()

    def __enter__(self) -> None:
        if self._held:
            process = getcurrent()
            assert isinstance(process, Process)
            self._waiting.append(process)
            try:
                process.wait()
            except Crash:
                self.__exit__()
                raise
        self._held = True

    def __exit__(self, *_: object) -> None:
        if self._waiting:
            process = self._waiting.popleft()
            process.host.world.at(process.host.world.now, process.resume)
        else:
            self._held = False

    def locked(self) -> bool:
        """Whether somebody holds it."""
        return self._held

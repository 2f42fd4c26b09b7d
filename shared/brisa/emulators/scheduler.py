"""Cloud Scheduler with one job, the planner's tick: ``python -m brisa.emulators.scheduler --url URL …``.

Headers: https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#HttpTarget
"""

from __future__ import annotations

import argparse
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from brisa.emulators.health import Health
from brisa.emulators.life import live, port_number
from brisa.emulators.post import Caller, Post, loopback

JOB = "brisa-tick"
DEADLINE = 180.0
"""Seconds that a tick may take, as in the service."""
_log = logging.getLogger(__name__)


class Scheduler:
    """Ticks once at its start, then whenever the clock shows a multiple of ``every`` seconds.

    A tick that fails is not repeated: the next one comes soon. While one is unanswered there is no other.
    """

    def __init__(self, post: Post, now: Callable[[], float], *, every: float, copies: int) -> None:
        self._post = post
        self._now = now
        self._every = every
        self._copies = copies
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tick", daemon=True)

    def start(self) -> None:
        """Begin, with a tick."""
        self._thread.start()

    def stop(self) -> None:
        """No other tick."""
        self._stopped.set()

    @property
    def alive(self) -> bool:
        """Whether it still ticks: not after an error that it did not foresee, which is in the log."""
        return self._thread.is_alive()

    def _run(self) -> None:
        at = self._now()
        while not self._stopped.is_set():
            for _ in range(1 + self._copies):
                status = self._post(headers(at), b"")
                if not 200 <= status < 300:
                    _log.warning("the tick was answered with %d", status)
            at = next_tick(self._now(), self._every)
            self._stopped.wait(max(0.0, at - self._now()))


def headers(at: float) -> dict[str, str]:
    """What the service says of itself in the tick that was due at ``at``."""
    return {
        "User-Agent": "Google-Cloud-Scheduler",
        "X-CloudScheduler": "true",
        "X-CloudScheduler-JobName": JOB,
        "X-CloudScheduler-ScheduleTime": datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z"),
    }


def next_tick(now: float, every: float) -> float:
    """The first moment after ``now`` (seconds since the epoch) at which the clock shows a multiple of ``every``."""
    return (now // every + 1) * every


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="brisa.emulators.scheduler", description="A local Cloud Scheduler.")
    parser.add_argument("--url", type=loopback, required=True, help="the function that gets the tick")
    parser.add_argument("--account", required=True, help="the service account that calls it")
    parser.add_argument("--token-url", type=loopback, required=True, help="who signs: the Cloud Tasks emulator")
    parser.add_argument("--tick-every", type=float, default=60.0, help="seconds between two ticks")
    parser.add_argument("--duplicates", type=int, default=0, help="tick so many times more")
    parser.add_argument("--http-port", type=port_number, default=0, help="health; 0 for a free one")
    return parser.parse_args()


@contextmanager
def emulator(options: argparse.Namespace) -> Iterator[None]:
    """Ticks while the block lasts; :class:`EmulatorError` for a port that can't be used."""
    caller = Caller(url=options.url, account=options.account, google=options.token_url, timeout=DEADLINE)
    scheduler = Scheduler(caller, time.time, every=options.tick_every, copies=options.duplicates)
    health = Health(options.http_port, lambda: scheduler.alive)
    scheduler.start()
    health.start()
    yield


if __name__ == "__main__":
    live(emulator(arguments()))

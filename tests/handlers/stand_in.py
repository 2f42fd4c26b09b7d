"""The worker function over a stack that stands in for the real one: for functions-framework to serve."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping

import functions_framework
from flask import Request
from werkzeug import Response

from brisa.adapters.memory import FakeClock, MemoryQueue
from brisa.handlers.entrance import Entrance
from brisa.handlers.worker import WORKER
from brisa.model.run import Message
from brisa.model.work import Fold, NextRun
from brisa.ports.identity import Caller
from brisa.ports.telemetry import NOWHERE


class Settings:
    """Of nothing."""

    project = "p"


class Anybody:
    """Lets everybody in."""

    def verify(self, token: str) -> Caller:
        """Somebody."""
        return Caller(email=token)


class Free:
    """Costs nothing."""

    def totals(self) -> Mapping[str, int]:
        """Nothing."""
        return {"reads": 0, "writes": 0, "operations": 0}


class Slow:
    """Works on the task ``slow`` until its attempts are handed over."""

    def __init__(self) -> None:
        self.handed_over = threading.Event()

    def handle(self, work: Message | Fold | NextRun) -> None:
        """Say that it has begun, and wait."""
        if isinstance(work, Message) and work.attempt.task_id == "slow":
            say("begun")
            self.handed_over.wait(60)
            say("handed over")


class StandIn:
    """Hands over at once what still runs."""

    def __init__(self) -> None:
        say("made")
        self.settings = Settings()
        self.verifier = Anybody()
        self.counts = Free()
        self.telemetry = NOWHERE
        self.clock = FakeClock()
        self.queue = MemoryQueue(self.clock)
        self.worker = Slow()

    def stop(self, seconds: float) -> None:
        """Say so, and let go."""
        say(f"stop {seconds}")
        self.worker.handed_over.set()


def say(text: str) -> None:
    """On standard output, a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


_entrance = Entrance(StandIn)


@functions_framework.http
def worker(request: Request) -> Response:
    """The function."""
    return _entrance.serve(WORKER, request)

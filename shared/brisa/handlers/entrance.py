"""Where requests come in: one stack per process, made for the first of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from werkzeug import Request, Response

from brisa.errors import UnavailableError
from brisa.handlers.answering import Function, serve
from brisa.handlers.ending import Ending
from brisa.handlers.parts import Parts

GRACE = 5.0
"""Seconds that attempts under way get to end by themselves after SIGTERM: then they have to be handed over, and their
state written, before Cloud Run's ten seconds are over."""


class Stoppable(Parts, Protocol):
    """A stack that can be told to stop."""

    def stop(self, seconds: float) -> None:
        """Hand over what still runs after ``seconds``; return as soon as nothing does."""
        ...


S = TypeVar("S", bound=Stoppable)


class Entrance(Generic[S]):
    """Where requests come in: makes the stack when the first one needs it, and stops it when the process is to end."""

    def __init__(self, stack: Callable[[], S]) -> None:
        """``stack`` gives the same one each time. To be made by the main thread, before any fork."""
        self._stack = stack
        self._lock = threading.Lock()
        self._made: S | None = None
        self._ending = Ending(self._stop)
        self._ending.listen()

    def serve(self, function: Function[S], request: Request) -> Response:
        """The function's answer to a request."""
        return serve(function, request, self._parts)

    def _parts(self) -> S:
        self._ending.serving()
        with self._lock:
            self._refuse_at_the_end()
            if self._made is None:
                self._made = self._stack()
            self._refuse_at_the_end()
            return self._made

    def _refuse_at_the_end(self) -> None:
        if self._ending.begun:
            raise UnavailableError("this instance is ending; another one will do it")

    def _stop(self) -> None:
        with self._lock:
            made = self._made
        if made is not None:
            made.stop(GRACE)

"""One attempt under way, seen from outside: answers its child, keeps the lease, ends it when it must end."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Protocol

from brisa.errors import BrisaError, DecodeError, StorageError
from brisa.model.codec import decode, encode
from brisa.model.json import JsonValue
from brisa.model.run import Outcome
from brisa.model.states import OutcomeKind
from brisa.runtime import wire
from brisa.runtime.masking import Masker
from brisa.runtime.process import describe_end, end_group
from brisa.runtime.request import AttemptRequest
from brisa.runtime.task_log import head

KILL_GRACE = 5.0
"""Seconds between the timeout that a task can react to and the kill of its process group."""
_PIECE = 1 << 20
_ANSWER_PATIENCE = 30.0
"""Seconds that a child may take to take in an answer that it has asked for."""

Answer = Callable[[str, Mapping[str, Any]], JsonValue]
"""Answers what user code asks for (an XCom, a Variable, …): (verb, payload) → value; what it raises reaches the user's
code as an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of one attempt: how it ended, and what it told on its way.

    ``lost``: nobody knows how it ended, or whether it began, because brisa's own process that held it is gone. The
    outcome then says why, but it is no outcome of the task: the attempt is to be treated as when its worker dies.
    """

    outcome: Outcome
    xcoms: Mapping[str, JsonValue] = field(default_factory=dict)
    rendered: Mapping[str, JsonValue] = field(default_factory=dict)
    max_rss_kb: int = 0
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An attempt to run, and how to watch over it; see :meth:`brisa.runtime.supervisor.Supervisor.run`."""

    request: AttemptRequest
    log: Path
    answer: Answer
    timeout: float | None = None
    grace: float = KILL_GRACE
    heartbeat: Callable[[], bool] | None = None
    heartbeat_every: float = 10.0


class ZygoteGone(BrisaError):
    """The zygote of a file ended while it was in use.

    ``begun``: user code may have run already. ``stuck``: it has not ended, but does not react.
    """

    def __init__(self, message: str, *, begun: bool = False, stuck: bool = False) -> None:
        super().__init__(message)
        self.begun = begun
        self.stuck = stuck


class Zygote(Protocol):
    """Where an attempt's process comes from."""

    def send(self, verb: str, payload: object, fds: list[int]) -> None:
        """Send one message; :class:`OSError` when it is gone."""
        ...


def failure(error: str, *, lost: bool = False) -> Report:
    """The report of an attempt that did not get far."""
    return Report(outcome=Outcome(kind=OutcomeKind.FAILED, error=error), lost=lost)


def note(log: Path, text: str) -> None:
    """Append one line of brisa's own to an attempt's log, as far as that can be written."""
    with contextlib.suppress(OSError), log.open("ab") as file:
        file.write(f"{head('ERROR', 'brisa', time.time())}{text}\n".encode(errors="backslashreplace"))


def hide(log: Path, masker: Masker) -> None:
    """Hide the secrets in an attempt's log, as far as it can be written: other programs have written to it directly.

    It is replaced, so that nobody sees half of it; what is no plain file, such as a device, is left alone.
    """
    if not masker or not log.is_file():
        return
    hidden = log.with_name(f"{log.name}.hidden")
    try:
        target = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with log.open("rb") as source, os.fdopen(target, "wb") as file:
            file.writelines(masker.stream(iter(lambda: source.read(_PIECE), b"")))
        hidden.replace(log)
    except OSError as error:
        note(log, f"Secrets that other programs have written here could not be hidden: {error.strerror}")
        with contextlib.suppress(OSError):
            hidden.unlink(missing_ok=True)


def watch(zygote: Zygote, order: Order) -> Report:
    """Have ``zygote`` run an attempt, and watch it to its end.

    Raises :class:`ZygoteGone`, and :class:`StorageError` when there can be no log; whatever else is raised (by
    ``heartbeat``), the attempt has been told to end.
    """
    try:
        log = os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(f"the log {order.log} can't be written: {error.strerror}") from error
    with contextlib.ExitStack() as stack:
        theirs: list[int] = [log]
        try:
            ours, channel = socket.socketpair()
            stack.enter_context(ours)
            theirs.append(channel.detach())
            status_read, status_write = os.pipe()
            status = stack.enter_context(os.fdopen(status_read, "rb"))
            theirs.append(status_write)
            payload = {"request": encode(order.request), "timeout": order.timeout}
            zygote.send("run", payload, [theirs[1], log, status_write])
        except OSError as error:
            raise ZygoteGone(str(error)) from error
        finally:
            for fd in theirs:
                os.close(fd)
        one = _Watch(zygote, ours, status, order)
        try:
            report = one.until_the_end()
        finally:
            hide(order.log, one.masker)
    if one.said:
        note(order.log, one.said)
    return report


class _Watch:
    def __init__(self, zygote: Zygote, channel: socket.socket, status: IO[bytes], order: Order) -> None:
        now = time.monotonic()
        channel.settimeout(_ANSWER_PATIENCE)
        self._zygote = zygote
        self._channel = channel
        self._inbox = wire.Inbox(channel)
        self._status = status
        self._order = order
        self._deadline = None if order.timeout is None else now + order.timeout + order.grace
        self._next_beat = None if order.heartbeat is None else now + order.heartbeat_every
        self._pid = 0
        self._why = ""
        """Why it was told to end, or killed."""
        self._asked = False
        """Whether it was told to end, and has been given time for that."""
        self._report = Report(outcome=Outcome(kind=OutcomeKind.FAILED))
        self._ended: Outcome | None = None
        """How the task has ended, while its callbacks run."""
        self._xcoms: dict[str, JsonValue] = {}
        self._over = False
        self.masker = Masker()
        """Knows the secrets that the task has looked up."""
        self.said = ""
        """What the log must still be told, by its supervisor."""

    def until_the_end(self) -> Report:
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        poll.register(self._status, select.POLLIN)
        try:
            while not self._over:
                ready = dict(poll.poll(self._patience()))
                if self._channel.fileno() in ready:
                    # All that the child has said comes before the news of its end.
                    if not self._hear():
                        poll.unregister(self._channel)
                elif self._status.fileno() in ready:
                    self._read_status()
                if not self._over:
                    self._look_at_the_clock()
        except ZygoteGone:
            if self._pid:
                end_group(self._pid)  # the kernel has ended the child with its zygote, but not what it has started
            raise
        except BaseException:
            self._kill("its supervisor could not go on")
            raise
        return replace(self._report, xcoms=self._xcoms)

    def _patience(self) -> float | None:
        moments = [moment for moment in (self._deadline, self._next_beat) if moment is not None]
        return max(0.0, min(moments) - time.monotonic()) * 1000 + 1 if moments else None

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline:
            if self._asked:
                self._asked = False
                self._kill(self._why)
                return
            if self._why:
                raise ZygoteGone("it does not react", begun=True, stuck=True)
            self._kill(self._too_long())
        if self._next_beat is not None and now >= self._next_beat:
            self._next_beat = now + self._order.heartbeat_every
            if self._order.heartbeat is not None and not self._order.heartbeat():
                self._stop("it is no longer wanted: its task was cleared or marked, or its lease was lost")

    def _stop(self, why: str) -> None:
        """Have it told to end, so that ``on_kill`` is called; it is killed if it does not within the grace."""
        self._why = self._why or why
        self._asked = True
        self._next_beat = None
        self._deadline = time.monotonic() + self._order.grace
        if self._pid:
            with contextlib.suppress(OSError):  # gone: the status says so too
                self._zygote.send("stop", self._pid, [])

    def _too_long(self) -> str:
        if self._ended is not None:
            return "its callbacks took too long and did not react"
        return f"it ran longer than its execution_timeout of {self._order.timeout:g} s and did not react"

    def _kill(self, why: str) -> None:
        """Have the zygote, who knows whether it still lives, kill it; its end is then reported like any other."""
        self._why = self._why or why
        self._next_beat = None
        self._deadline = time.monotonic() + self._order.grace
        if self._pid:
            with contextlib.suppress(OSError):  # gone: the status says so too
                self._zygote.send("kill", self._pid, [])

    def _hear(self) -> bool:
        """Handle what the child has said; False when there is no more to come."""
        try:
            messages = self._inbox.read()
            for message in messages or ():
                self._handle(message)
        except (wire.GarbledError, DecodeError, ValueError, TypeError, LookupError) as error:
            self._kill(f"its code wrote to the file descriptor over which its result is reported ({error})")
            return False
        return messages is not None

    def _handle(self, message: Any) -> None:
        kind, verb, payload = message
        if kind == "ask":
            self._reply(verb, payload)
        elif verb == "xcom_push":
            self._xcoms[payload["key"]] = payload["value"]
        elif verb == "ended":
            self._ended = decode(Outcome, payload["outcome"])
            latest = time.monotonic() + payload["within"] + self._order.grace
            self._deadline = latest if self._deadline is None else min(self._deadline, latest)
        elif verb == "secret":
            self.masker.add(payload["text"])
        elif verb == "rendered":
            self._report = replace(self._report, rendered=payload["fields"])
        elif verb == "result" and not self._why:
            outcome = decode(Outcome, payload["outcome"])
            self._report = replace(self._report, outcome=outcome, max_rss_kb=payload["max_rss_kb"])
            self._over = True

    def _reply(self, verb: str, payload: Mapping[str, Any]) -> None:
        try:
            reply: list[Any] = [True, self._order.answer(verb, payload)]
        except BrisaError as error:
            reply = [False, str(error)]
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            # A question that can't be: user code has put something into it that no answer expects.
            reply = [False, f"{verb} {dict(payload)} can't be answered: {type(error).__name__}: {error}"]
        try:
            wire.send(self._channel, reply)
        except TimeoutError:
            self._kill("it asked for something and did not take the answer")
        except (ConnectionError, OSError):
            pass  # it has ended, and its end is told by the zygote
        except ValueError as error:
            wire.send(self._channel, [False, str(error)])

    def _read_status(self) -> None:
        """Read what the zygote says of the child: its pid first, its end at last."""
        line = self._status.readline()
        if not line:
            raise ZygoteGone("it ended", begun=bool(self._pid))
        told = json.loads(line)
        if "refused" in told:
            raise ZygoteGone(told["refused"])
        if "pid" in told:
            self._pid = told["pid"]
            if self._asked:
                self._stop(self._why)
            elif self._why:
                self._kill(self._why)
            return
        error = self._why or describe_end(told["status"], told["max_rss_kb"])
        if self._ended is None:
            outcome = Outcome(kind=OutcomeKind.FAILED, error=error)
            self.said = f"The attempt failed: {error}"
        else:
            outcome = self._ended
            self.said = f"While the task's callbacks ran: {error}. The task itself had ended: {outcome.kind.value}"
        self._report = replace(self._report, outcome=outcome, max_rss_kb=told["max_rss_kb"])
        self._over = True

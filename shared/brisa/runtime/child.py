"""One attempt, in its own process: set the stage, run it, report the outcome, leave.

A forked child of a file's zygote. Its process group is its own, so that it can be ended with all it started. It
talks to its supervisor over one socket, kept at a high descriptor and recognised before each use, because user code
may close or reuse any descriptor.
"""

from __future__ import annotations

import fcntl
import logging
import os
import resource
import signal
import socket
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import replace
from types import FrameType
from typing import Any, NoReturn

from brisa.authoring.dag import DAG
from brisa.authoring.exceptions import AirflowTaskTimeout
from brisa.compat import active
from brisa.model.codec import decode, encode
from brisa.model.json import JsonValue
from brisa.model.run import Outcome
from brisa.model.states import OutcomeKind
from brisa.runtime import task_log, wire
from brisa.runtime.execute import execute
from brisa.runtime.process import CHANNEL_LOST, die_with_parent
from brisa.runtime.request import AttemptRequest

_HIGH_FD = 400


class SupervisorGone(BaseException):
    """The channel to the supervisor is closed: nothing that this process does counts any more."""


class SocketChannel:
    """The child's end of the channel; see :class:`brisa.runtime.request.Channel`."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _HIGH_FD))
        os.close(fd)
        self._identity = self._stat()

    def _stat(self) -> tuple[int, int]:
        stat = os.fstat(self._socket.fileno())
        return stat.st_dev, stat.st_ino

    def _send(self, message: list[Any]) -> None:
        try:
            if self._stat() != self._identity:
                raise SupervisorGone
            wire.send(self._socket, message)
        except OSError as error:
            raise SupervisorGone from error

    def ask(self, verb: str, /, **payload: Any) -> Any:
        """Ask the supervisor and wait for its answer; its refusal is raised as :class:`RuntimeError`."""
        self._send(["ask", verb, payload])
        answer = wire.receive(self._socket)
        if answer is None:
            raise SupervisorGone
        (fine, value), _ = answer
        if not fine:
            raise RuntimeError(str(value))
        return value

    def tell(self, verb: str, /, **payload: JsonValue) -> None:
        """Tell the supervisor something; there is no answer."""
        self._send(["tell", verb, payload])


def run_child(dags: Mapping[str, DAG], orders: socket.socket, zygote: int) -> NoReturn:
    """Become the process of one attempt: get ready, wait for the order to run it, run it. Never returns.

    ``orders`` brings one message, ``{request, timeout}``, and two files, the channel and the log. When it closes
    instead, this process was not needed.
    """
    status = 1
    try:
        os.setsid()
        die_with_parent(zygote)
        _reset_signals()
        task_log.capture()
        received = wire.receive(orders)
        if received is None:
            status = 0
        else:
            payload, (channel_fd, log_fd) = received
            orders.close()
            _redirect(log_fd)
            status = _attempt(payload, dags, SocketChannel(channel_fd))
    except SupervisorGone:
        status = CHANNEL_LOST
    except BaseException:  # noqa: BLE001  the last frame of a process: whatever it is must be seen in the log
        task_log.write_all(2, traceback.format_exc().encode(errors="replace"))
    finally:
        os._exit(status)


def _reset_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)


def _redirect(log_fd: int) -> None:
    """Standard output and error into the log, standard input from nowhere."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(log_fd, 1)
    os.dup2(log_fd, 2)
    os.close(null)
    os.close(log_fd)


def _attempt(payload: Mapping[str, Any], dags: Mapping[str, DAG], channel: SocketChannel) -> int:
    request = decode(AttemptRequest, payload["request"])
    skew = request.started_at - time.time()
    _arm(payload.get("timeout"))
    with active():
        dag = dags.get(request.dag_id)
        if dag is None:
            message = f"DAG {request.dag_id!r} is no longer in {request.file}"
            logging.getLogger("brisa.task").error(message)
            outcome = Outcome(kind=OutcomeKind.FAILED, retryable=False, error=message)
        else:
            outcome = execute(request, dag, channel)
    signal.setitimer(signal.ITIMER_REAL, 0)
    if outcome.resume_at is not None:
        # User code has looked at this machine's clock; brisa's own may differ (another machine, a trial's fast time).
        outcome = replace(outcome, resume_at=outcome.resume_at + skew)
    sys.stdout.flush()
    sys.stderr.flush()
    usage = max(
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    )
    channel.tell("result", outcome=encode(outcome), max_rss_kb=usage)
    if outcome.kind is OutcomeKind.FAILED:
        # What a failed attempt has started and left behind ends with it, as it would on a kill from outside.
        os.killpg(0, signal.SIGKILL)
    return 0


def _arm(timeout: float | None) -> None:
    """Raise in user code when the execution timeout is over; the supervisor kills soon after if that does not end it.

    Raising first puts the place where the task hung into its log, and lets callbacks and ``on_kill`` run.
    """
    if timeout is None:
        return

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise AirflowTaskTimeout(f"the task ran longer than its execution_timeout of {timeout:g} s")

    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, timeout)

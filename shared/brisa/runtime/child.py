"""One attempt, in its own process: set the stage, run it, report the outcome, leave.

A forked child of a file's zygote. Its process group is its own, so that it can be ended with all it started. It
talks to its supervisor over one socket, kept at a high descriptor and recognised before each use, because user code
may close or reuse any descriptor.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import FrameType
from typing import Any, NoReturn

from brisa.authoring.dag import DAG
from brisa.authoring.exceptions import AirflowTaskTerminated, AirflowTaskTimeout
from brisa.authoring.secrets import listening
from brisa.compat import active
from brisa.model.codec import decode, encode
from brisa.model.json import JsonValue
from brisa.model.run import Outcome
from brisa.model.states import OutcomeKind
from brisa.runtime import wire
from brisa.runtime.execute import execute
from brisa.runtime.process import CHANNEL_LOST, DONE, adopt_orphans, die_with_parent, end_group, high_copy, identity
from brisa.runtime.request import AttemptRequest
from brisa.runtime.signals import describe, outcome_of
from brisa.runtime.task_instance import RETURN_VALUE
from brisa.runtime.task_log import AttemptLog

# Bound before user code can replace them: without them there is no end of this process.
_exit = os._exit
_getpid = os.getpid
_HANDLED = (signal.SIGALRM, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""The signals for which brisa or user code may have a handler that raises."""


class SupervisorGone(BaseException):
    """The channel to the supervisor is closed: nothing that this process does counts any more."""

    def __str__(self) -> str:
        return "the file descriptor over which this task talks to brisa is closed"


class SocketChannel:
    """The child's end of the channel; see :class:`brisa.runtime.request.Channel`.

    Threads, and processes that user code has forked, may use it too: one message, or question with its answer, at a
    time. Only the task's own process can report its result.
    """

    def __init__(self, fd: int, log: AttemptLog) -> None:
        self._socket = socket.socket(fileno=high_copy(fd))
        os.close(fd)
        self._identity = identity(self._socket.fileno())
        self._log = log
        self._owner = self._user = _getpid()
        self._turn = threading.Lock()

    def ask(self, verb: str, /, **payload: Any) -> Any:
        """Ask the supervisor and wait for its answer; its refusal is raised as :class:`RuntimeError`."""
        with self._alone():
            wire.send(self._socket, ["ask", verb, payload])
            answer = wire.receive(self._socket)
        if answer is None:
            raise SupervisorGone
        (fine, value), _ = answer
        if not fine:
            raise RuntimeError(str(value))
        return value

    def tell(self, verb: str, /, **payload: JsonValue) -> None:
        """Tell the supervisor something; there is no answer."""
        if _getpid() != self._owner and (verb == "result" or payload.get("key") == RETURN_VALUE):
            self._leave()
        with self._alone():
            wire.send(self._socket, ["tell", verb, payload])

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep off other threads and processes, and signals whose handlers raise: half a message would end it all."""
        if self._user != _getpid():
            self._user, self._turn = _getpid(), threading.Lock()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
        try:
            with self._turn:
                if identity(self._socket.fileno()) != self._identity:
                    raise SupervisorGone
                with _locked(self._socket):
                    yield
        except OSError as error:
            raise SupervisorGone from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _leave(self) -> NoReturn:
        """End a process that user code has forked, and that has returned from that code as if it were the task."""
        self._log.finish()
        self._log.say(
            f"Process {_getpid()}, which the task has forked, came to the end of the task's code and was ended: "
            "only the task's own process has a result"
        )
        _exit(0)


@contextlib.contextmanager
def _locked(sock: socket.socket) -> Iterator[None]:
    """Keep off the processes that have the same socket by a fork (where the system can: Linux)."""
    with contextlib.suppress(OSError):
        fcntl.lockf(sock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            fcntl.lockf(sock, fcntl.LOCK_UN)


def run_child(dags: Mapping[str, DAG], orders: socket.socket, zygote: int) -> NoReturn:
    """Become the process of one attempt: get ready, wait for the order to run it, run it. Never returns.

    ``orders`` brings one message, ``{request, timeout}``, and two files, the channel and the log. When it closes
    instead, this process was not needed.
    """
    status = 1
    log = AttemptLog()
    try:
        os.setsid()
        die_with_parent(zygote)
        adopt_orphans()
        _reset_signals()
        _reseed()
        log.capture()
        received = wire.receive(orders)
        if received is None:
            status = 0
        else:
            payload, (channel_fd, log_fd) = received
            orders.close()
            log.open(log_fd)
            status = _attempt(payload, dags, SocketChannel(channel_fd, log), log)
    except SupervisorGone:
        status = CHANNEL_LOST
    except BaseException:  # noqa: BLE001  the last frame of a process: whatever it is must be seen in the log
        log.say(traceback.format_exc())
    finally:
        _exit(status)


def _reset_signals() -> None:
    """As in a fresh Python: the zygote's own handlers are none of user code's."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _reseed() -> None:
    """Give numpy its own chance: unlike :mod:`random`, it does not notice a fork, and all attempts would draw alike."""
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def _attempt(payload: Mapping[str, Any], dags: Mapping[str, DAG], channel: SocketChannel, log: AttemptLog) -> int:
    request = decode(AttemptRequest, payload["request"])
    skew = request.started_at - time.time()
    with listening(log.masker.add), listening(lambda text: channel.tell("secret", text=text)):
        outcome = _outcome(request, payload.get("timeout"), dags, channel, log)
    signal.setitimer(signal.ITIMER_REAL, 0)
    if outcome.resume_at is not None:
        # User code has looked at this machine's clock; brisa's own may differ (another machine, a trial's fast time).
        outcome = replace(outcome, resume_at=outcome.resume_at + skew)
    if outcome.kind is OutcomeKind.FAILED and log.lost_its_loggers:
        log.say(f"The attempt failed: {outcome.error}")
    log.finish()
    usage = max(
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    )
    channel.tell("result", outcome=encode(outcome), max_rss_kb=usage)
    if outcome.kind is OutcomeKind.FAILED:
        # What a failed attempt has started and left behind ends with it, as it would on a kill from outside.
        end_group(_getpid())
    return DONE


def _outcome(
    request: AttemptRequest, timeout: float | None, dags: Mapping[str, DAG], channel: SocketChannel, log: AttemptLog
) -> Outcome:
    dag = dags.get(request.dag_id)
    if dag is None:
        message = f"DAG {request.dag_id!r} is no longer in {request.file}"
        log.say(message)
        return Outcome(kind=OutcomeKind.FAILED, retryable=False, error=message)
    try:
        _arm(timeout)
        _heed()
        with active():
            return execute(request, dag, channel)
    except SupervisorGone:
        raise
    except BaseException as error:  # noqa: BLE001  a late signal, no memory for the report: an outcome all the same
        _let_go(error)
        log.say(f"The attempt failed outside of the task's own code: {describe(error)}\n{traceback.format_exc()}")
        outcome = outcome_of(error)
        return replace(outcome, error=log.masker.cut(outcome.error))


def _heed() -> None:
    """Raise in user code when this process is told to end, so that ``on_kill`` is called; once.

    What user code forks ends as it would without. To set the handler back in the child is not enough: Python forgets
    what a child has been told before it gets there (``PyOS_AfterFork_Child``), and ``multiprocessing.Pool`` would wait
    for a process that waits for work. So the signal is kept waiting over each fork.
    """
    signal.signal(signal.SIGTERM, _told_to_end)
    os.register_at_fork(before=_hold, after_in_parent=_release, after_in_child=_heed_no_more)


_masks = threading.local()


def _hold() -> None:
    _masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])


def _release() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, _masks.before)


def _heed_no_more() -> None:
    if signal.getsignal(signal.SIGTERM) is _told_to_end:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _release()


def _told_to_end(number: int, frame: FrameType | None) -> None:
    if any(one.f_code in (_hold.__code__, _release.__code__) for one, _ in traceback.walk_stack(frame)):
        # What is raised in there would be printed and forgotten: told again a moment later, when the fork is over.
        threading.Timer(0.01, os.kill, (_getpid(), number)).start()
        return
    signal.signal(number, signal.SIG_IGN)
    raise AirflowTaskTerminated("the task was stopped: it is no longer wanted")


def _let_go(error: BaseException) -> None:
    """Free what the frames of ``error`` hold: without memory, not even the failure can be reported."""
    if isinstance(error, MemoryError):
        held: BaseException | None = error
        while held is not None:
            traceback.clear_frames(held.__traceback__)
            held = held.__context__


def _arm(timeout: float | None) -> None:
    """Raise in user code when the execution timeout is over; the supervisor kills soon after if that does not end it.

    Raising first puts the place where the task hung into its log, and lets callbacks and ``on_kill`` run.
    """
    if timeout is None:
        return

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise AirflowTaskTimeout(f"the task ran longer than its execution_timeout of {timeout:g} s")

    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, max(timeout, 1e-6))

"""Runs attempts in forked children of warm zygotes, and watches over them from outside.

:class:`Supervisor` is used by the worker service: ``load`` imports a DAG file in a process of its own, ``run`` runs
one attempt to its end. Safe to call from many threads; each attempt is watched by the thread that asked for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from brisa.errors import BrisaError, UnavailableError
from brisa.model.codec import decode, encode
from brisa.model.json import JsonValue
from brisa.model.run import Outcome
from brisa.model.states import OutcomeKind
from brisa.runtime import wire
from brisa.runtime.process import CHANNEL_LOST, describe_end
from brisa.runtime.request import AttemptRequest

LOAD_LIMIT = 30.0
"""Seconds that a DAG file may take to import."""
KILL_GRACE = 5.0
"""Seconds between the timeout that a task can react to and the kill of its process group."""
_START_LIMIT = 60.0

Answer = Callable[[str, Mapping[str, Any]], JsonValue]
"""Answers what user code asks for (an XCom, a Variable, …): (verb, payload) → value; what it raises reaches the user's
code as an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of one attempt: how it ended, and what it told on its way."""

    outcome: Outcome
    xcoms: Mapping[str, JsonValue] = field(default_factory=dict)
    rendered: Mapping[str, JsonValue] = field(default_factory=dict)
    max_rss_kb: int = 0


class _Killed(BrisaError):
    """Whoever keeps the attempt's lease says that it is no longer wanted."""


class Supervisor:
    """Owns the root zygote and the zygotes of the files in use."""

    def __init__(
        self, root: Path, *, preload: Sequence[str] = (), warm: int = 8, load_limit: float = LOAD_LIMIT
    ) -> None:
        """``root`` is the bundle's folder, ``preload`` names modules that most DAG files import.

        At most ``warm`` idle file zygotes are kept. ``load_limit``: seconds that an import may take.
        """
        self._root = root
        self._preload = ("brisa.runtime.child", "brisa.runtime.loader", *preload)
        self._warm = warm
        self._load_limit = load_limit
        self._lock = threading.Lock()
        self._spawning = threading.Lock()
        self._zygote: tuple[subprocess.Popen[bytes], socket.socket] | None = None
        self._files: OrderedDict[tuple[str, str], _FileZygote] = OrderedDict()
        self._loading: dict[tuple[str, str], threading.Lock] = {}

    def start(self) -> None:
        """Start the root zygote now, so that the first attempt need not wait for it. Idempotent."""
        with self._spawning:
            if self._zygote is None or self._zygote[0].poll() is not None:
                ours, theirs = socket.socketpair()
                with theirs:
                    process = subprocess.Popen(
                        [sys.executable, "-m", "brisa.runtime.zygote", str(theirs.fileno()), *self._preload],
                        pass_fds=[theirs.fileno()],
                        stdin=subprocess.DEVNULL,
                        stdout=sys.__stderr__.fileno() if sys.__stderr__ else subprocess.DEVNULL,
                        start_new_session=True,
                    )
                self._zygote = (process, ours)

    def close(self) -> None:
        """End every zygote, and with them every attempt that still runs."""
        with self._lock:
            files, self._files = list(self._files.values()), OrderedDict()
        for zygote in files:
            zygote.close()
        if self._zygote is not None:
            process, control = self._zygote
            self._zygote = None
            control.close()
            try:
                process.wait(timeout=KILL_GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def load(self, file: str, fingerprint: str) -> Mapping[str, Any]:
        """Import ``file`` in a fresh process, and tell what it says: ``{"specs": […], "failures": […]}``.

        The process stays warm for attempts. A file that takes longer than the limit, or takes its process down, is a
        failure like any other.
        """
        key = (file, fingerprint)
        try:
            zygote = self._spawn(file, None)
        except _LoadError as error:
            return {"specs": [], "failures": [{"file": file, "line": 0, "message": str(error), "traceback": ""}]}
        self._keep(key, zygote)
        return zygote.report

    def forget(self, file: str, fingerprint: str) -> None:
        """The file is gone or has changed: let its zygote end with its last attempt."""
        with self._lock:
            zygote = self._files.pop((file, fingerprint), None)
        if zygote is not None:
            zygote.retire()

    def run(
        self,
        request: AttemptRequest,
        *,
        fingerprint: str,
        log: Path,
        answer: Answer,
        timeout: float | None = None,
        heartbeat: Callable[[], bool] | None = None,
        heartbeat_every: float = 10.0,
        source: str | None = None,
    ) -> Report:
        """Run one attempt to its end and report it; never raises for what user code does.

        ``fingerprint`` names the content of the DAG file, ``source`` is that content if the file has changed since.
        ``heartbeat`` is called every ``heartbeat_every`` seconds; when it returns False the attempt is killed.
        ``timeout`` is the execution timeout in seconds.
        """
        try:
            zygote = self._zygote_for(request.file, fingerprint, source)
        except _LoadError as error:
            return _failure(f"{request.file} does not load: {error}")
        try:
            with zygote.busy():
                return _watch(zygote, request, log, answer, timeout, heartbeat, heartbeat_every)
        except (OSError, _ZygoteGone) as error:
            with self._lock:
                if self._files.get((request.file, fingerprint)) is zygote:
                    del self._files[request.file, fingerprint]
            zygote.close()
            return _failure(f"the process that holds {request.file} is gone ({error or type(error).__name__})")

    def _zygote_for(self, file: str, fingerprint: str, source: str | None) -> _FileZygote:
        key = (file, fingerprint)
        with self._lock:
            zygote = self._files.get(key)
            if zygote is not None:
                self._files.move_to_end(key)
                return zygote
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:
            with self._lock:
                zygote = self._files.get(key)
            if zygote is None:
                zygote = self._spawn(file, source)
                self._keep(key, zygote)
        return zygote

    def _keep(self, key: tuple[str, str], zygote: _FileZygote) -> None:
        retired = []
        with self._lock:
            old = self._files.pop(key, None)
            if old is not None:
                retired.append(old)
            self._files[key] = zygote
            idle = [other for other, kept in self._files.items() if not kept.attempts]
            retired += [self._files.pop(other) for other in idle[: max(0, len(self._files) - self._warm)]]
        for other_zygote in retired:
            other_zygote.retire()

    def _spawn(self, file: str, source: str | None) -> _FileZygote:
        self.start()
        ours, theirs = socket.socketpair()
        with theirs, self._spawning:
            if self._zygote is None:
                raise UnavailableError("the supervisor is closed")
            payload = {"root": str(self._root), "file": file, "source": source}
            wire.send(self._zygote[1], ["load", payload], [theirs.fileno()])
        try:
            return _FileZygote(file, ours, self._load_limit)
        except _LoadError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = self._zygote[0].wait(timeout=0.2)
                raise UnavailableError(f"brisa's zygote ended with status {status}; its last words are above") from None
            raise

    def idle(self, keep: int = 0) -> None:
        """Retire idle file zygotes beyond the ``keep`` most recently used, to give their memory back."""
        with self._lock:
            idle = [key for key, kept in self._files.items() if not kept.attempts]
            retired = [self._files.pop(key) for key in idle[: max(0, len(idle) - keep)]]
        for zygote in retired:
            zygote.retire()


class _LoadError(BrisaError):
    """A DAG file could not be imported at all."""


class _ZygoteGone(BrisaError):
    """A file zygote ended while it was in use."""


class _FileZygote:
    """This process's handle on the zygote of one DAG file."""

    def __init__(self, file: str, control: socket.socket, limit: float) -> None:
        self._control = control
        self._sending = threading.Lock()
        self._counting = threading.Lock()
        self.attempts = 0
        self._retired = False
        control.settimeout(_START_LIMIT)
        pid = 0
        try:
            pid = self._expect("pid")
            control.settimeout(limit)
            self.report: Mapping[str, Any] = self._expect("loaded")
            control.settimeout(None)
        except TimeoutError:
            control.close()
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
            raise _LoadError(
                f"importing {file} took longer than {limit:g} s; move slow work (network calls, sleeps, large reads) "
                "from the top of the file into tasks"
            ) from None
        except _ZygoteGone:
            control.close()
            raise _LoadError(
                f"the process that imported {file} ended before it was done: the file ended its own process "
                "(os._exit, a crash in native code) or ran out of memory"
            ) from None

    def _expect(self, verb: str) -> Any:
        received = wire.receive(self._control)
        if received is None:
            raise _ZygoteGone
        (got, payload), _ = received
        if got != verb:
            raise _ZygoteGone(f"expected {verb!r}, got {got!r}")
        return payload

    @contextlib.contextmanager
    def busy(self) -> Any:
        """Count an attempt, and close a retired zygote after its last one."""
        with self._counting:
            self.attempts += 1
        try:
            yield
        finally:
            with self._counting:
                self.attempts -= 1
                last = self._retired and self.attempts == 0
            if last:
                self.close()

    def retire(self) -> None:
        """End once no attempt runs."""
        with self._counting:
            self._retired = True
            last = self.attempts == 0
        if last:
            self.close()

    def close(self) -> None:
        """End now, with all attempts."""
        self._control.close()

    def send(self, verb: str, payload: object, fds: list[int]) -> None:
        with self._sending:
            wire.send(self._control, [verb, payload], fds)


def _failure(error: str) -> Report:
    return Report(outcome=Outcome(kind=OutcomeKind.FAILED, error=error))


def _watch(
    zygote: _FileZygote,
    request: AttemptRequest,
    log: Path,
    answer: Answer,
    timeout: float | None,
    heartbeat: Callable[[], bool] | None,
    heartbeat_every: float,
) -> Report:
    ours, theirs = socket.socketpair()
    status_read, status_write = os.pipe()
    log_fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        payload = {"request": encode(request), "timeout": timeout}
        zygote.send("run", payload, [theirs.fileno(), log_fd, status_write])
    except BaseException:
        ours.close()
        os.close(status_read)
        raise
    finally:
        theirs.close()
        os.close(status_write)
        os.close(log_fd)
    with ours, os.fdopen(status_read, "rb") as status:
        watch = _Watch(zygote, ours, status, answer, timeout, heartbeat, heartbeat_every)
        report = watch.until_the_end()
    if watch.said is not None:
        _note(log, watch.said)
    return report


def _note(log: Path, text: str) -> None:
    from brisa.runtime.task_log import head

    with log.open("ab") as file:
        file.write(f"{head('ERROR', 'brisa', time.time())}{text}\n".encode())


class _Watch:
    """One attempt under way: answers its child, keeps the lease, ends it when it must end."""

    def __init__(
        self,
        zygote: _FileZygote,
        channel: socket.socket,
        status: Any,
        answer: Answer,
        timeout: float | None,
        heartbeat: Callable[[], bool] | None,
        heartbeat_every: float,
    ) -> None:
        now = time.monotonic()
        self._zygote = zygote
        self._channel = channel
        self._status = status
        self._answer = answer
        self._timeout = timeout
        self._deadline = None if timeout is None else now + timeout + KILL_GRACE
        self._heartbeat = heartbeat
        self._every = heartbeat_every
        self._next_beat = None if heartbeat is None else now + heartbeat_every
        self._pid = 0
        self._killed = ""
        self._xcoms: dict[str, JsonValue] = {}
        self._rendered: Mapping[str, JsonValue] = {}
        self._result: Report | None = None
        self.said: str | None = None
        """What the log must still be told, by its supervisor."""

    def until_the_end(self) -> Report:
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        poll.register(self._status, select.POLLIN)
        while self._result is None:
            ready = dict(poll.poll(self._patience()))
            if self._channel.fileno() in ready:
                # All that the child has said comes before the news of its end.
                if not self._hear():
                    poll.unregister(self._channel)
            elif self._status.fileno() in ready:
                self._ended()
            self._look_at_the_clock()
        return self._result

    def _patience(self) -> float | None:
        moments = [moment for moment in (self._deadline, self._next_beat) if moment is not None]
        return max(0.0, min(moments) - time.monotonic()) * 1000 + 1 if moments else None

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline:
            self._kill(f"it ran longer than its execution_timeout of {self._timeout:g} s and did not react")
        if self._next_beat is not None and now >= self._next_beat:
            self._next_beat = now + self._every
            if self._heartbeat is not None and not self._heartbeat():
                self._kill("it is no longer wanted: its task was cleared or marked, or its lease was lost")

    def _kill(self, why: str) -> None:
        self._killed = why
        self._deadline = self._next_beat = None
        self._zygote.send("kill", self._pid, [])

    def _hear(self) -> bool:
        """Handle one message of the child; False when it has closed its end."""
        received = wire.receive(self._channel)
        if received is None:
            return False
        (kind, verb, payload), _ = received
        if kind == "ask":
            self._reply(verb, payload)
        elif verb == "xcom_push":
            self._xcoms[payload["key"]] = payload["value"]
        elif verb == "rendered":
            self._rendered = payload["fields"]
        elif verb == "result":
            self._result = Report(
                outcome=decode(Outcome, payload["outcome"]),
                xcoms=self._xcoms,
                rendered=self._rendered,
                max_rss_kb=payload["max_rss_kb"],
            )
        return True

    def _reply(self, verb: str, payload: Mapping[str, Any]) -> None:
        try:
            reply: list[Any] = [True, self._answer(verb, payload)]
        except BrisaError as error:
            reply = [False, str(error)]
        with contextlib.suppress(BrokenPipeError, ConnectionError):
            wire.send(self._channel, reply)

    def _ended(self) -> None:
        """Read what the zygote says of the child: its pid first, its end at last."""
        line = self._status.readline()
        if not line:
            raise _ZygoteGone("it ended")
        told = json.loads(line)
        if "pid" in told:
            self._pid = told["pid"]
            return
        if self._killed:
            error = self._killed
        elif os.WIFEXITED(told["status"]) and os.WEXITSTATUS(told["status"]) == CHANNEL_LOST:
            error = "its code closed the file descriptor over which its result is reported"
        else:
            error = describe_end(told["status"], told["max_rss_kb"])
        self.said = f"The attempt failed: {error}"
        self._result = Report(
            outcome=Outcome(kind=OutcomeKind.FAILED, error=error),
            xcoms=self._xcoms,
            rendered=self._rendered,
            max_rss_kb=told["max_rss_kb"],
        )

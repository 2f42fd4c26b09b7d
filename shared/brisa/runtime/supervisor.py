"""Runs attempts in forked children of warm zygotes.

:class:`Supervisor` is used by the worker service: ``load`` imports a DAG file in a process of its own, ``run`` runs
one attempt to its end. Safe to call from many threads; each attempt is watched by the thread that asked for it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brisa.errors import BrisaError, UnavailableError
from brisa.runtime import wire
from brisa.runtime.request import AttemptRequest
from brisa.runtime.watch import KILL_GRACE, Answer, Order, Report, ZygoteGone, failure, note, watch

__all__ = ["KILL_GRACE", "LOAD_LIMIT", "Answer", "Report", "Supervisor"]

LOAD_LIMIT = 30.0
"""Seconds that a DAG file may take to import."""
_START_LIMIT = 60.0
_LAST_WORDS = 0.2
"""Seconds within which the end of the root zygote is known after the end of what it has forked."""
_BOOT = (
    "import sys; folder = sys.argv.pop(1); folder in sys.path or sys.path.append(folder); "
    "from brisa.runtime.zygote import main; main()"
)
"""The root zygote's program: this very brisa, whatever folder it is started in and whatever lies there."""
_Key = tuple[str, str]


class Supervisor:
    """Owns the root zygote and the zygotes of the files in use."""

    def __init__(
        self,
        root: Path,
        *,
        preload: Sequence[str] = (),
        warm: int = 8,
        load_limit: float = LOAD_LIMIT,
        kill_grace: float = KILL_GRACE,
    ) -> None:
        """``root`` is the bundle's folder, ``preload`` names modules that most DAG files import.

        At most ``warm`` file zygotes are kept while they are idle. ``load_limit``: seconds that an import may take.
        ``kill_grace``: seconds between the timeout that a task can react to and the kill of its process group.
        """
        self._root = root
        self._preload = ("brisa.runtime.child", "brisa.runtime.loader", *preload)
        self._warm = warm
        self._load_limit = load_limit
        self._kill_grace = kill_grace
        self._lock = threading.Lock()
        """Guards all that follows, and the counts in file zygotes; never held while waiting for anything."""
        self._files: OrderedDict[_Key, _FileZygote] = OrderedDict()
        self._living: set[_FileZygote] = set()
        self._loading: dict[_Key, threading.Lock] = {}
        self._closed = False
        self._spawning = threading.Lock()
        """Guards the root zygote."""
        self._zygote: _RootZygote | None = None

    def start(self) -> None:
        """Start the root zygote now, so that the first attempt need not wait for it. Idempotent."""
        with self._spawning:
            self._living_root()

    def close(self) -> None:
        """End every zygote, and with them every attempt that still runs: its report says that it is lost. Final."""
        with self._lock:
            self._closed = True
            for zygote in self._living:
                zygote.close()
            self._living.clear()
            self._files.clear()
        with self._spawning:
            if self._zygote is not None:
                self._zygote.end(KILL_GRACE)
                self._zygote = None

    def load(self, file: str, fingerprint: str) -> Mapping[str, Any]:
        """Import ``file`` in a fresh process, and tell what it says: ``{"specs": […], "failures": […]}``.

        The process stays warm for attempts. A file that takes longer than the limit, or takes its process down, is a
        failure like any other. :class:`UnavailableError` when no process can be had at all.
        """
        try:
            zygote = self._spawn(file, None)
        except _LoadError as error:
            return {"specs": [], "failures": [{"file": file, "line": 0, "message": str(error), "traceback": ""}]}
        with self._lock:
            self._keep((file, fingerprint), zygote)
        return zygote.report

    def forget(self, file: str, fingerprint: str) -> None:
        """The file is gone or has changed: let its zygote end with its last attempt."""
        with self._lock:
            zygote = self._files.pop((file, fingerprint), None)
            if zygote is not None:
                self._retire(zygote)

    def idle(self, keep: int = 0) -> None:
        """Retire idle file zygotes beyond the ``keep`` most recently used, to give their memory back."""
        with self._lock:
            self._trim(keep)

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
        ``timeout`` is the execution timeout in seconds. :class:`~brisa.errors.StorageError` if the log can't be opened.
        """
        order = Order(
            request=request,
            log=log,
            answer=answer,
            timeout=timeout,
            grace=self._kill_grace,
            heartbeat=heartbeat,
            heartbeat_every=heartbeat_every,
        )
        try:
            report = self._run((request.file, fingerprint), order, source)
        except _LoadError as error:
            report = failure(f"{request.file} does not load: {error}")
            note(log, f"The attempt failed: {report.outcome.error}")
        except UnavailableError as error:
            report = failure(str(error), lost=True)
        if report.lost:
            note(log, f"The attempt is lost: {report.outcome.error}")
        return report

    def _run(self, key: _Key, order: Order, source: str | None) -> Report:
        """As :meth:`run`; begins again, once, when the zygote turns out to be dead before the attempt began."""
        begun_again = False
        while True:
            zygote = self._acquire(key, source)
            try:
                return watch(zygote, order)
            except ZygoteGone as gone:
                self._drop(key, zygote, kill=gone.stuck)
                if gone.begun or begun_again or self._closed:
                    return failure(f"the process that holds {key[0]} is gone ({gone})", lost=True)
                begun_again = True
            finally:
                self._release(zygote)

    def _acquire(self, key: _Key, source: str | None) -> _FileZygote:
        """The warm zygote of a file, or a new one; counted as in use, so that nobody ends it for being idle."""
        with self._lock:
            zygote = self._take(key)
            if zygote is not None:
                return zygote
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:
            with self._lock:
                zygote = self._take(key)
            if zygote is None:
                try:
                    zygote = self._spawn(key[0], source)
                    with self._lock:
                        zygote.attempts += 1
                        self._keep(key, zygote)
                finally:
                    with self._lock:
                        self._loading.pop(key, None)
        return zygote

    def _take(self, key: _Key) -> _FileZygote | None:
        zygote = self._files.get(key)
        if zygote is not None:
            self._files.move_to_end(key)
            zygote.attempts += 1
        return zygote

    def _keep(self, key: _Key, zygote: _FileZygote) -> None:
        if self._closed:
            zygote.close()
            raise UnavailableError("the supervisor is closed")
        old = self._files.pop(key, None)
        if old is not None:
            self._retire(old)
        self._files[key] = zygote
        self._living.add(zygote)
        self._trim(self._warm)

    def _release(self, zygote: _FileZygote) -> None:
        with self._lock:
            zygote.attempts -= 1
            if zygote.retired:
                self._retire(zygote)
            else:
                self._trim(self._warm)

    def _trim(self, keep: int) -> None:
        """Retire those that have been idle for longest, until ``keep`` are left or all of them are in use."""
        idle = [key for key, zygote in self._files.items() if not zygote.attempts]
        for key in idle[: max(0, min(len(idle), len(self._files) - keep))]:
            self._retire(self._files.pop(key))

    def _retire(self, zygote: _FileZygote) -> None:
        """End it once no attempt runs."""
        zygote.retired = True
        if zygote.attempts == 0:
            self._living.discard(zygote)
            zygote.close()

    def _drop(self, key: _Key, zygote: _FileZygote, *, kill: bool) -> None:
        """It is dead, or as good as that."""
        with self._lock:
            if self._files.get(key) is zygote:
                del self._files[key]
            self._living.discard(zygote)
            zygote.retired = True
        if kill:
            zygote.kill()
        else:
            zygote.close()

    def _spawn(self, file: str, source: str | None) -> _FileZygote:
        """A zygote that has imported ``file``. A dead root zygote is replaced, once."""
        payload = {"root": str(self._root), "file": file, "source": source}
        status = None
        for _ in range(2):
            with self._spawning:
                root = self._living_root()
                ours, theirs = socket.socketpair()
                with theirs, contextlib.suppress(OSError):  # it is dead; its silence says so too
                    wire.send(root.control, ["load", payload], [theirs.fileno()])
            try:
                return _FileZygote(file, ours, self._load_limit)
            except _NoZygote:
                root.end(_LAST_WORDS)
            except _LoadError:
                if not root.has_ended():
                    raise
            status = root.process.poll()
        raise UnavailableError(f"brisa's zygote ended with status {status}; its last words are above")

    def _living_root(self) -> _RootZygote:
        if self._closed:
            raise UnavailableError("the supervisor is closed")
        if self._zygote is None or self._zygote.process.poll() is not None:
            if self._zygote is not None:
                self._zygote.control.close()
            self._zygote = _start_root(self._preload)
        return self._zygote


class _LoadError(BrisaError):
    """A DAG file could not be imported at all."""


class _NoZygote(BrisaError):
    """The root zygote did not fork."""


@dataclass(frozen=True, slots=True)
class _RootZygote:
    process: subprocess.Popen[bytes]
    control: socket.socket

    def has_ended(self) -> bool:
        """Whether it has ended, or does so in a moment."""
        try:
            self.process.wait(timeout=_LAST_WORDS)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self, patience: float) -> None:
        """Let it end itself and what it has forked, or kill it."""
        self.control.close()
        try:
            self.process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _start_root(preload: Sequence[str]) -> _RootZygote:
    ours, theirs = socket.socketpair()
    home = str(Path(__file__).resolve().parents[2])
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOT, home, str(theirs.fileno()), *preload],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=sys.__stderr__.fileno() if sys.__stderr__ else subprocess.DEVNULL,
            start_new_session=True,
        )
    return _RootZygote(process, ours)


class _FileZygote:
    """This process's handle on the zygote of one DAG file."""

    def __init__(self, file: str, control: socket.socket, limit: float) -> None:
        """Wait until it has imported ``file``; :class:`_LoadError` if it can't, :class:`_NoZygote` if there is none."""
        self._control = control
        self._sending = threading.Lock()
        self._pid = 0
        self.attempts = 0
        self.retired = False
        try:
            control.settimeout(_START_LIMIT)
            self._pid = self._hear()
            control.settimeout(limit)
            self.report: Mapping[str, Any] = self._hear()
            control.settimeout(None)
        except (TimeoutError, ZygoteGone) as error:
            self.kill()
            if not self._pid:
                raise _NoZygote from error
            raise _LoadError(_why(file, limit, error)) from error

    def _hear(self) -> Any:
        try:
            received = wire.receive(self._control)
        except wire.GarbledError as error:
            raise ZygoteGone(str(error)) from error
        if received is None:
            raise ZygoteGone("it ended")
        (_, payload), _ = received
        return payload

    def close(self) -> None:
        """End now, with all attempts."""
        self._control.close()

    def kill(self) -> None:
        """End now, even if it does not react; its attempts end with it."""
        self._control.close()
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)

    def send(self, verb: str, payload: object, fds: list[int]) -> None:
        """Send it one message; :class:`OSError` when it is gone."""
        with self._sending:
            wire.send(self._control, [verb, payload], fds)


def _why(file: str, limit: float, error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return (
            f"importing {file} took longer than {limit:g} s; move slow work (network calls, sleeps, large reads) "
            "from the top of the file into tasks"
        )
    return (
        f"the process that imported {file} ended before it was done: the file ended its own process "
        "(os._exit, a crash in native code), closed its file descriptors, or ran out of memory"
    )

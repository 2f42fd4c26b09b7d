"""Warm, single-threaded processes from which attempts are forked in milliseconds.

The root zygote imports what every DAG needs and forks one *file zygote* per DAG file. A file zygote imports its file
once, tells the specs it found, and forks one child per attempt. Each end of a socket that closes ends what is below
it, so that nothing outlives the process that asked for it.

:func:`main` takes ``FD MODULE…``: ``FD`` is the control socket; the modules are imported beforehand. Messages to the
root: ``["load", {root, file, source}]`` with one socket, the control socket of the new file zygote. Messages to a file
zygote: ``["run", payload]`` with three files (channel, log, status), ``["stop", pid]`` and ``["kill", pid]``. On
``status`` come lines of JSON: ``{"pid"}`` when an attempt has its process, then ``{"status", "max_rss_kb"}`` at its
end; or ``{"refused"}``.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import warnings
from pathlib import Path
from typing import Any, NoReturn

from brisa.runtime import wire
from brisa.runtime.process import DONE, die_with_parent, end_group
from brisa.runtime.rehearsal import rehearse

_FAREWELL = 2
"""Seconds that the root leaves to its file zygotes to end what they have started."""
# Bound before user code can replace them.
_exit = os._exit
_fork_process = os.fork
_to_text = json.JSONEncoder().encode


def main() -> None:
    """The root zygote's life."""
    control = socket.socket(fileno=int(sys.argv[1]))
    modules = sys.argv[2:]
    sys.argv[:] = ["brisa"]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _preload(modules)
    me = os.getpid()
    while (received := wire.receive(control)) is not None:
        (_, payload), fds = received
        with contextlib.suppress(OSError):  # no process to be had: the closed socket tells
            if _fork() == 0:
                control.close()
                die_with_parent(me)
                _FileZygote(socket.socket(fileno=fds[0])).live(payload)
        for fd in fds:
            os.close(fd)
    _say_farewell()


def _preload(modules: list[str]) -> None:
    """Import what nearly every DAG file imports, then keep the collector from touching (and copying) those pages."""
    for module in modules:
        importlib.import_module(module)
    rehearse()
    gc.collect()
    gc.freeze()


def _say_farewell() -> None:
    """The supervisor is gone. Its file zygotes see that too: let them end their attempts, then end all the same."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_FAREWELL)
    with contextlib.suppress(ChildProcessError):
        os.wait()  # with SIGCHLD ignored: until there is no child left


def _fork() -> int:
    with warnings.catch_warnings():
        # User code may have started threads while its file was imported; that a fork drops them is documented.
        warnings.simplefilter("ignore", DeprecationWarning)
        return _fork_process()


class _FileZygote:
    """The zygote of one DAG file: load, report, then fork a child per request until the control socket closes."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._status: dict[int, int] = {}
        """pid of a living child that runs an attempt → file descriptor on which its end is reported."""
        self._spare: tuple[int, socket.socket] | None = None
        """A child that is ready for the next attempt, forked while there was time, and the socket it waits at."""
        self._preloaded = False

    def live(self, payload: dict[str, Any]) -> NoReturn:
        me = os.getpid()
        try:
            os.setpgid(0, 0)
            wire.send(self._control, ["pid", me])
            self._load(payload)
            if os.getpid() == me:  # else the file has forked, and this is the copy
                self._serve()
        except OSError:
            pass  # the supervisor is gone
        finally:
            if os.getpid() == me:
                for pid in [*self._status, *(self._spare or ())[:1]]:
                    end_group(pid)
                end_group(me)  # with what the file has started while it was imported
            _exit(1)

    def _load(self, payload: dict[str, Any]) -> None:
        from brisa.runtime.loader import load_file, report

        me = os.getpid()
        loaded = load_file(Path(payload["root"]), payload["file"], source=payload.get("source"))
        if os.getpid() != me:
            return
        _take_back_signals()
        self._dags = loaded.dags
        wire.send(self._control, ["loaded", report(loaded)])
        for stream in (sys.__stdout__, sys.__stderr__):
            with contextlib.suppress(Exception):  # whatever the file has done to them
                stream.flush()  # type: ignore[union-attr]
        gc.collect()
        gc.freeze()

    def _serve(self) -> None:
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(wake_read, selectors.EVENT_READ)
            self._get_ready()
            while True:
                for key, _ in selector.select():
                    if key.fileobj is not self._control:
                        os.read(wake_read, 4096)
                        self._reap()
                    elif not self._handle(wire.receive(self._control)):
                        return

    def _handle(self, received: tuple[Any, list[int]] | None) -> bool:
        if received is None:
            return False
        (verb, payload), fds = received
        if verb == "run":
            self._run(payload, *fds)
        elif verb == "kill" and payload in self._status:
            end_group(payload)
        elif verb == "stop" and payload in self._status:
            with contextlib.suppress(ProcessLookupError):
                os.kill(payload, signal.SIGTERM)
        return True

    def _run(self, payload: dict[str, Any], channel: int, log: int, status: int) -> None:
        """Give the attempt to the spare child, and get the next one ready while it runs."""
        self._preload()
        self._reap()  # the spare may have died
        try:
            pid, orders = self._spare or self._prepare(channel, log, status)
        except OSError as error:
            _tell(status, {"refused": f"no process could be started: {error.strerror}"})
            for fd in (channel, log, status):
                os.close(fd)
            return
        self._spare = None
        self._status[pid] = status
        _tell(status, {"pid": pid})
        with contextlib.suppress(OSError), orders:  # if it has died, its end is reported like any other's
            wire.send(orders, payload, [channel, log])
        os.close(channel)
        os.close(log)
        self._get_ready()

    def _preload(self) -> None:
        """Before the first attempt import what the file's operators will; the spare, which has not, is let go."""
        if self._preloaded:
            return
        self._preloaded = True
        modules = {name for dag in self._dags.values() for task in dag.tasks for name in task.preloads}
        for module in sorted(modules - set(sys.modules)):
            with contextlib.suppress(Exception):  # the attempt that needs it says what is wrong
                importlib.import_module(module)
            if self._spare is not None:
                self._spare[1].close()
                self._spare = None
        gc.freeze()

    def _get_ready(self) -> None:
        with contextlib.suppress(OSError):  # tried again, and told, when it is needed
            self._spare = self._prepare()

    def _prepare(self, *not_its: int) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        me = os.getpid()
        try:
            pid = _fork()
        except OSError:
            ours.close()
            theirs.close()
            raise
        if pid == 0:
            from brisa.runtime.child import run_child

            ours.close()
            self._control.close()
            for fd in (*self._status.values(), *not_its):
                os.close(fd)
            run_child(self._dags, theirs, me)
        theirs.close()
        return pid, ours

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            fd = self._status.pop(pid, None)
            if self._spare is not None and self._spare[0] == pid:
                self._spare[1].close()
                self._spare = None
            if fd is None:
                continue  # the spare, or something that user code forked while its file was imported
            if not (os.WIFEXITED(status) and os.WEXITSTATUS(status) == DONE):
                end_group(pid)
            _tell(fd, {"status": status, "max_rss_kb": usage.ru_maxrss})
            os.close(fd)


def _take_back_signals() -> None:
    """What the file has done to the signals that this process lives by, undone."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _tell(fd: int, message: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the supervisor has its result and has stopped listening
        os.write(fd, _to_text(message).encode() + b"\n")


if __name__ == "__main__":
    main()

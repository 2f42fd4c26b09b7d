"""Warm, single-threaded processes from which attempts are forked in milliseconds.

The root zygote imports what every DAG needs and forks one *file zygote* per DAG file. A file zygote imports its file
once, tells the specs it found, and forks one child per attempt. Each end of a socket that closes ends what is below
it, so that nothing outlives the process that asked for it.

``python -m brisa.runtime.zygote FD MODULE…``: ``FD`` is the control socket; the modules are imported beforehand.
Messages to the root: ``["load", {root, file,
source}]`` with one socket, the control socket of the new file zygote. Messages to a file zygote: ``["run", payload]``
with three files (channel, log, status), and ``["kill", pid]``.
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
from brisa.runtime.process import die_with_parent
from brisa.runtime.rehearsal import rehearse


def main() -> None:
    """The root zygote's life."""
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _preload(sys.argv[2:])
    me = os.getpid()
    while (received := wire.receive(control)) is not None:
        (_, payload), fds = received
        if _fork() == 0:
            control.close()
            die_with_parent(me)
            _FileZygote(socket.socket(fileno=fds[0])).live(payload)
        for fd in fds:
            os.close(fd)


def _preload(modules: list[str]) -> None:
    """Import what nearly every DAG file imports, then keep the collector from touching (and copying) those pages."""
    for module in modules:
        importlib.import_module(module)
    rehearse()
    gc.collect()
    gc.freeze()


def _fork() -> int:
    with warnings.catch_warnings():
        # User code may have started threads while its file was imported; that a fork drops them is documented.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


class _FileZygote:
    """The zygote of one DAG file: load, report, then fork a child per request until the control socket closes."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._status: dict[int, int] = {}
        """pid of a living child that runs an attempt → file descriptor on which its end is reported."""
        self._spare: tuple[int, socket.socket] | None = None
        """A child that is ready for the next attempt, forked while there was time, and the socket it waits at."""

    def live(self, payload: dict[str, Any]) -> NoReturn:
        code = 1
        try:
            os.setpgid(0, 0)
            wire.send(self._control, ["pid", os.getpid()])
            self._load(payload)
            self._serve()
            code = 0
        except OSError:
            pass  # the supervisor is gone
        finally:
            for pid in [*self._status, *(self._spare or ())[:1]]:
                _kill_group(pid)
            os._exit(code)

    def _load(self, payload: dict[str, Any]) -> None:
        from brisa.runtime.loader import load_file, report

        loaded = load_file(Path(payload["root"]), payload["file"], source=payload.get("source"))
        self._dags = loaded.dags
        wire.send(self._control, ["loaded", report(loaded)])
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
            self._spare = self._prepare()
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
            _kill_group(payload)
        return True

    def _run(self, payload: dict[str, Any], channel: int, log: int, status: int) -> None:
        """Give the attempt to the spare child, and get the next one ready while it runs."""
        pid, orders = self._spare or self._prepare()
        self._spare = None
        self._status[pid] = status
        _tell(status, {"pid": pid})
        with contextlib.suppress(OSError), orders:  # if it has died, its end is reported like any other's
            wire.send(orders, payload, [channel, log])
        os.close(channel)
        os.close(log)
        self._spare = self._prepare()

    def _prepare(self) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        me = os.getpid()
        pid = _fork()
        if pid == 0:
            from brisa.runtime.child import run_child

            ours.close()
            self._control.close()
            for fd in self._status.values():
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
            if status != 0:
                _kill_group(pid)
            _tell(fd, {"status": status, "max_rss_kb": usage.ru_maxrss})
            os.close(fd)


def _tell(fd: int, message: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the supervisor has its result and has stopped listening
        os.write(fd, json.dumps(message).encode() + b"\n")


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()

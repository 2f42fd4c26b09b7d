"""The keeper: a small process beside the emulators of one home, ``python -m brisa.emulators.keeper HOME GRACE``.

It starts them, starts again what dies, writes down who runs where, and ends them all once nobody has held the home's
``brisa.lock`` for ``GRACE`` seconds. So they survive a kill of the orchestrator, as a real cloud does, and yet
nothing is left behind for good. It leaves its parent's session, and waits for nothing but its children.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from brisa.emulators.installed import PROJECT, gcs_binary
from brisa.emulators.layout import Layout
from brisa.emulators.processes import Process, end
from brisa.emulators.record import BIGQUERY, GCS, KEEPER, Record, load, save, with_process

RESTARTS = 3
"""How often a child that dies is started again before the keeper gives up."""
PATIENCE = 5.0
"""Seconds that a child gets to end by itself."""


def main(layout: Layout, grace: float, names: tuple[str, ...]) -> None:
    """Keep the emulators ``names`` until SIGTERM, until nobody has needed them for ``grace`` seconds, or they die."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    record = Record(ports=_ports(load(layout.record).ports))
    record = with_process(record, KEEPER, Process.of(os.getpid()))
    commands = {name: _COMMANDS[name](layout, record) for name in names}
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        with ExitStack() as stack:
            logs = {name: stack.enter_context(layout.log(name).open("ab")) for name in names}
            for name in names:
                children[name] = _spawn(layout, record, commands[name], logs[name].fileno())
                record = with_process(record, name, Process.of(children[name].pid))
            save(layout.record, record)
            restarts = 0
            for _ in _while_needed(layout.lock, grace):
                for name, child in children.items():
                    if child.poll() is None:
                        continue
                    if restarts == RESTARTS:
                        record = Record(ports=record.ports, error=f"the {name} emulator ended with {child.returncode}")
                        return
                    restarts += 1
                    children[name] = _spawn(layout, record, commands[name], logs[name].fileno())
                    record = with_process(record, name, Process.of(children[name].pid))
                    save(layout.record, record)
    finally:
        with _undisturbed():
            end([Process.of(child.pid) for child in children.values()], PATIENCE)
            for child in children.values():
                child.wait()
            save(layout.record, Record(ports=record.ports, error=record.error))


def _while_needed(lock: Path, grace: float) -> Iterator[None]:
    """Come by some times a second until ``lock`` has had no holder for ``grace`` seconds."""
    pause = min(0.25, grace / 4)
    looked, needed = 0.0, time.monotonic()
    while time.monotonic() - needed < grace:
        yield
        time.sleep(pause)
        # A look takes the lock for an instant, in which a starting orchestrator would find it taken: look seldom.
        if time.monotonic() - looked >= grace / 12:
            looked = time.monotonic()
            if held(lock):
                needed = looked


def held(lock: Path) -> bool:
    """Whether any process holds the file's lock (:func:`fcntl.flock`)."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


def _spawn(layout: Layout, record: Record, command: list[str], log: int) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "HOME": str(layout.duckdb_home),
        "PYTHONUNBUFFERED": "1",
        "STORAGE_EMULATOR_HOST": record.url(GCS),
    }
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)


def _gcs(layout: Layout, record: Record) -> list[str]:
    address = f"127.0.0.1:{record.ports[GCS]}"
    options = {
        "scheme": "http",
        "host": "127.0.0.1",
        "port": str(record.ports[GCS]),
        "backend": "filesystem",
        "filesystem-root": str(layout.gcs),
        "external-url": f"http://{address}",
        "public-host": address,
        "log-level": "warn",
    }
    return [str(gcs_binary()), *(part for name, value in options.items() for part in (f"-{name}", value))]


def _bigquery(layout: Layout, record: Record) -> list[str]:
    ports = [str(record.ports[BIGQUERY]), str(record.ports["grpc"])]
    return [sys.executable, "-m", "brisa.emulators.bigquery_server", *ports, str(layout.bigquery), PROJECT]


_COMMANDS: dict[str, Callable[[Layout, Record], list[str]]] = {GCS: _gcs, BIGQUERY: _bigquery}


def _ports(before: Mapping[str, int]) -> dict[str, int]:
    """A free port for each: those used before if they are still free, so that what was told to clients stays true."""
    ports: dict[str, int] = {}
    with ExitStack() as stack:  # all are held until all are chosen: no port is given twice
        for name in (GCS, BIGQUERY, "grpc"):
            ports[name] = _free(stack, before.get(name, 0)) or _free(stack, 0)
    return ports


def _free(stack: ExitStack, port: int) -> int:
    probe = stack.enter_context(socket.socket())
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        return 0
    return int(probe.getsockname()[1])


@contextmanager
def _undisturbed() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    # The starter waits for this process alone; its child goes on, with nobody to wait for it but the system.
    if os.fork() == 0:
        main(Layout(Path(sys.argv[1])), float(sys.argv[2]), tuple(sys.argv[3:]))

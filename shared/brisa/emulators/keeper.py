"""The keeper, a process beside the services of one home: ``python -m brisa.emulators.keeper HOME GRACE SETTINGS NAME…``

It starts them, each once what it waits for answers, starts again what dies, writes down who runs where, and ends them
all once nobody has held the home's ``brisa.lock`` for ``GRACE`` seconds. So they survive a kill of the orchestrator, as
a real cloud does, and yet nothing is left behind for good. It leaves its parent's session, and waits for nothing but
its children.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from brisa.emulators.catalogue import SERVICES
from brisa.emulators.layout import Layout
from brisa.emulators.lock import held
from brisa.emulators.ports import choose
from brisa.emulators.processes import Process, end
from brisa.emulators.record import KEEPER, Record, load, save, with_process
from brisa.emulators.service import Service, Site
from brisa.emulators.settings import Settings

RESTARTS = 3
"""How often a child that dies before it has answered is started again before the keeper gives up."""
PATIENCE = 5.0
"""Seconds that a child gets to end by itself."""
_ASK = 0.5
"""Seconds that a child gets to answer that it is there."""


class _GivenUpError(Exception):
    """The keeper can't do what it is for."""


class _Child:
    """One process that is kept."""

    def __init__(self, service: Service, site: Site) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **service.environment(site)}
        with site.layout.log(service.name).open("ab") as log:
            # A group of its own: what it has started itself ends with it.
            self._popen = subprocess.Popen(
                service.command(site),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                process_group=0,
            )
        self.process = Process.of(self._popen.pid)

    def reap(self) -> int:
        """Its exit status, once it has ended: whatever is left of its group ends too."""
        if self._popen.returncode is None:  # nobody has waited for it yet: its number is still its own
            with suppress(ProcessLookupError):
                os.killpg(self._popen.pid, signal.SIGKILL)
        return self._popen.wait()


class Keeper:
    """The children of one home and the record of them."""

    def __init__(self, site: Site, services: Sequence[Service], record: Record) -> None:
        self.record = record
        self._site = site
        self._services = services
        self._names = {service.name for service in services}
        self._children: dict[str, _Child] = {}
        self._up: set[str] = set()
        """What has answered since it was last started, and the steps that are done."""
        self._deaths: Counter[str] = Counter()
        """In a row, without an answer in between."""

    @property
    def complete(self) -> bool:
        """Whether all have answered."""
        return len(self._up) == len(self._services)

    def look(self) -> None:
        """Start what can be started, and see to what has changed. :class:`_GivenUpError` if that has no end."""
        for service in self._services:
            child, up = self._children.get(service.name), service.name in self._up
            if child is None:
                if self._up.issuperset(self._names.intersection(service.after)):
                    self._start(service)
            elif not child.process.alive():
                if not (service.once and up):
                    self._ended(service, child.reap())
            elif not up and service.answers(self._site, _ASK):
                self._up.add(service.name)
                del self._deaths[service.name]

    def _start(self, service: Service) -> None:
        child = self._children[service.name] = _Child(service, self._site)
        self.record = with_process(self.record, service.name, child.process)
        save(self._site.layout.record, self.record)

    def _ended(self, service: Service, status: int) -> None:
        self._up.discard(service.name)
        if service.once and status == 0:
            self._up.add(service.name)
            return
        self._deaths[service.name] += 1
        if self._deaths[service.name] > RESTARTS or not service.again:
            lost = "" if service.again else ", and what it kept is lost"
            raise _GivenUpError(f"{service.name} ended with {status}{lost}")
        self._start(service)

    def end(self) -> None:
        """End all of them."""
        end([child.process for child in self._children.values()], PATIENCE)
        for child in self._children.values():
            child.reap()


def main(layout: Layout, grace: float, settings: Settings, names: Iterable[str]) -> None:
    """Keep the services ``names`` until SIGTERM, until nobody has needed them for ``grace`` seconds, or they die."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    services = [SERVICES[name] for name in names]
    before = load(layout.record).ports
    ports = choose([port for service in services for port in service.ports], before)
    record = with_process(Record(ports={**before, **ports}), KEEPER, Process.of(os.getpid()))
    site = Site(layout=layout, ports=ports, settings=settings)
    keeper = Keeper(site, services, record)
    try:
        save(layout.record, record)
        for _ in _while_needed(layout.lock, grace, keeper):
            keeper.look()
    except _GivenUpError as error:
        keeper.record = replace(keeper.record, error=str(error))
    finally:
        with _undisturbed():
            keeper.end()
            save(layout.record, Record(ports=record.ports, error=keeper.record.error))


def _while_needed(lock: Path, grace: float, keeper: Keeper) -> Iterator[None]:
    """Come by some times a second, more often while something starts, until ``lock`` has been free for ``grace``."""
    looked, needed = 0.0, time.monotonic()
    while time.monotonic() - needed < grace:
        yield
        time.sleep(min(0.25 if keeper.complete else 0.03, grace / 4))
        # A look takes the lock for an instant, in which a starting orchestrator would find it taken: look seldom.
        if time.monotonic() - looked >= grace / 12:
            looked = time.monotonic()
            if held(lock):
                needed = looked


@contextmanager
def _undisturbed() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    # The starter waits for this process alone; its child goes on, with nobody to wait for it but the system.
    if os.fork() == 0:
        main(Layout(Path(sys.argv[1])), float(sys.argv[2]), Settings.from_json(sys.argv[3]), sys.argv[4:])

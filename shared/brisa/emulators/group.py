"""The emulators of one home, seen from outside: start or adopt, check, stop."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from brisa.emulators.catalogue import EMULATED, SERVICES
from brisa.emulators.installed import PROJECT
from brisa.emulators.layout import Layout
from brisa.emulators.lock import held
from brisa.emulators.processes import end
from brisa.emulators.record import BIGQUERY, GCS, KEEPER, Record, load, save
from brisa.emulators.service import Site
from brisa.emulators.settings import Settings
from brisa.errors import EmulatorError

_ASK = 5.0
"""Seconds that a service gets to answer."""


class Group:
    """Services of one home with their keeper, a process of its own that outlives this one."""

    def __init__(self, layout: Layout, names: Iterable[str], grace: float, settings: Settings | None = None) -> None:
        """``grace`` is how many seconds they stay after the last holder of the home's lock has gone."""
        self.layout = layout
        self.grace = grace
        self.settings = settings or Settings()
        self.services = [SERVICES[name] for name in names]
        self.servers = [service for service in self.services if not service.once]
        self.names = [service.name for service in self.servers]

    def check(self) -> None:
        """:class:`EmulatorError` says what is missing, if anything is that they need."""
        for service in self.services:
            service.needs()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One process at a time: who comes later finds what the first has started."""
        with self.layout.starting.open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def site(self) -> Site:
        """Where they are, as far as the record says."""
        known = load(self.layout.record).ports
        ports = {port: known[port] for service in self.services for port in service.ports if port in known}
        return Site(layout=self.layout, ports=ports, settings=self.settings)

    def running(self) -> bool:
        """Whether all of them, and their keeper, are alive."""
        return load(self.layout.record).running(KEEPER, *self.names)

    def silent(self) -> list[str]:
        """Those that do not run, or do not answer."""
        record, site = load(self.layout.record), self.site()
        return [
            service.name
            for service in self.servers
            if not (record.running(service.name) and service.answers(site, _ASK))
        ]

    def launch(self, patience: float, fixed: Mapping[str, int] | None = None) -> None:
        """Start all of them, and wait until they answer. Those of before must have been ended.

        ``fixed`` has ports that they must have. Raises :class:`EmulatorError` with the end of the logs.
        """
        ports = {**load(self.layout.record).ports, **(fixed or {})}
        save(self.layout.record, Record(ports=ports))
        command = [sys.executable, "-m", "brisa.emulators.keeper", str(self.layout.home), str(self.grace)]
        with self.layout.log(KEEPER).open("ab") as log:
            subprocess.run(
                [*command, self.settings.to_json(), *(service.name for service in self.services)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                check=True,
            )
        try:
            self._await(patience)
        except BaseException:
            self.end()
            raise

    def trouble(self) -> str:
        """Why they can't be used any more, for a person; empty if nothing is known against them."""
        record = load(self.layout.record)
        if record.error:
            return f"{record.error}. {self._logs()}"
        if record.processes and not record.running(KEEPER):
            return f"The emulators' keeper ended. {self._logs()}"
        return ""

    def end(self, patience: float = 10.0) -> None:
        """End the processes of the record, and write that they have ended. Ends nothing else."""
        record = load(self.layout.record)
        # The keeper ends its children; then come those whose keeper was killed.
        end([process for name, process in record.processes.items() if name == KEEPER], patience)
        end([process for name, process in record.processes.items() if name != KEEPER], patience)
        if record.processes:
            save(self.layout.record, Record(ports=record.ports))

    def _await(self, patience: float) -> None:
        deadline = time.monotonic() + patience
        waiting = list(self.servers)
        while time.monotonic() < deadline:
            if trouble := self.trouble():
                raise EmulatorError(trouble)
            record, site = load(self.layout.record), self.site()
            while waiting and record.running(KEEPER, waiting[-1].name) and waiting[-1].answers(site, _ASK):
                waiting.pop()
            # One that had answered may have been started again since.
            if not waiting and record.running(KEEPER, *self.names):
                return
            time.sleep(0.02)
        raise EmulatorError(f"No answer from {', '.join(self.silent())} after {patience:g} seconds. {self._logs()}")

    def _logs(self) -> str:
        """The last lines of the logs that have any, for a person."""
        texts = []
        for name in (KEEPER, *(service.name for service in self.services)):
            path = self.layout.log(name)
            lines = path.read_text(errors="replace").strip().splitlines()[-5:] if path.exists() else []
            if lines:
                texts.append(f"{path} ends with:\n  " + "\n  ".join(lines))
        return "\n".join(texts) or f"Their logs, below {self.layout.log(KEEPER).parent}, are empty."


class Emulators:
    """Cloud Storage and BigQuery on this machine, with their data below ``home``.

    They are processes of their own that outlive this one: a later ``start`` for the same home finds them and goes on
    with them. They end by ``stop``, or when ``home/brisa.lock`` has had no holder (:func:`fcntl.flock`) for ``grace``
    seconds. Two processes may call these verbs at the same time.
    """

    def __init__(self, home: Path, *, grace: float = 60.0, bigquery: bool = True) -> None:
        """``bigquery=False`` leaves BigQuery out: there is no emulator of it for a Python other than 3.13."""
        self.layout = Layout(home.absolute())
        self._group = Group(self.layout, EMULATED if bigquery else (GCS,), grace)
        self.environment: dict[str, str] = {}
        """The variables that ``start`` has returned."""

    def start(self, patience: float = 60.0) -> dict[str, str]:
        """Make sure that they run and answer; the environment variables by which clients find them.

        Idempotent. Running ones that answer are adopted, whoever started them. Raises
        :class:`~brisa.errors.EmulatorError` when a package or Python 3.13 is missing, and, with the end of the log,
        when one of them has not answered after ``patience`` seconds.
        """
        self._group.check()
        self.layout.make()
        with self._group.alone():
            if not self._group.running() or self._group.silent():
                self._group.end()
                self._group.launch(patience)
        self.environment = self._environment()
        return dict(self.environment)

    def healthy(self) -> bool:
        """Whether all of them run and answer."""
        return not self._group.silent()

    def stop(self, patience: float = 10.0) -> None:
        """End them, unless somebody holds the home's lock and so needs them. Idempotent.

        Ends nothing but what the record names: pids together with their time of birth.
        """
        if self.layout.record.exists() and not held(self.layout.lock):
            self.layout.make()
            with self._group.alone():
                self._group.end(patience)

    def local_path(self, bucket: str, name: str) -> Path:
        """The file that holds the object ``gs://bucket/name``; for reading only."""
        return self.layout.gcs / bucket / name

    def _environment(self) -> dict[str, str]:
        site = self._group.site()
        environment = {"STORAGE_EMULATOR_HOST": site.url(GCS), "GOOGLE_CLOUD_PROJECT": PROJECT}
        if BIGQUERY in site.ports:
            environment["BIGQUERY_EMULATOR_HOST"] = site.url(BIGQUERY)
        return environment

"""What the entry points need of the stack that :mod:`brisa.bootstrap` puts together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from brisa.model.run import Message
from brisa.model.work import Chore, Fold, NextRun
from brisa.ports.clock import Clock
from brisa.ports.identity import Verifier
from brisa.ports.queue import TaskQueue
from brisa.ports.telemetry import Telemetry


class Settings(Protocol):
    """What a deployment is told."""

    @property
    def project(self) -> str:
        """The Google Cloud project's id."""
        ...


class Counts(Protocol):
    """Counts what the process costs."""

    def totals(self) -> Mapping[str, int]:
        """As :meth:`brisa.adapters.counts.Counts.totals`."""
        ...


class Parts(Protocol):
    """What every entry point needs."""

    @property
    def settings(self) -> Settings: ...
    @property
    def verifier(self) -> Verifier: ...
    @property
    def counts(self) -> Counts: ...
    @property
    def telemetry(self) -> Telemetry: ...


class Planned(Protocol):
    """What a tick did."""

    @property
    def dags(self) -> int:
        """DAGs planned."""
        ...

    @property
    def runs(self) -> int:
        """Runs looked after."""
        ...

    @property
    def handed_on(self) -> int:
        """DAGs and runs left to chores."""
        ...


class Planner(Protocol):
    """Plans."""

    def tick(self) -> Planned:
        """Do what is due now."""
        ...

    def handle(self, chore: Chore) -> object:
        """Do what a tick has handed on."""
        ...


class PlannerParts(Parts, Protocol):
    """What the planner function needs."""

    @property
    def planner(self) -> Planner: ...


class Worker(Protocol):
    """Works."""

    def handle(self, work: Message | Fold | NextRun) -> object:
        """As :meth:`brisa.services.worker.Worker.handle`."""
        ...


class WorkerParts(Parts, Protocol):
    """What the worker function needs."""

    @property
    def clock(self) -> Clock: ...
    @property
    def queue(self) -> TaskQueue: ...
    @property
    def worker(self) -> Worker: ...


class Objects(Protocol):
    """Is told what becomes of objects in Cloud Storage."""

    def finalized(self, bucket: str, name: str, generation: str) -> object:
        """There is a new object, or a new generation of one."""
        ...

    def deleted(self, bucket: str, name: str, generation: str) -> object:
        """A generation of an object is gone; another one may be there."""
        ...


class EventsParts(Parts, Protocol):
    """What the events function needs."""

    @property
    def objects(self) -> Objects: ...

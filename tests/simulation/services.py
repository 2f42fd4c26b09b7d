"""What runs on one host, from its start to its crash."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from brisa.bootstrap.cloud import _Planners
from brisa.ports.blobs import Blobs
from brisa.ports.queue import TaskQueue
from brisa.ports.store import StateStore
from brisa.services.backfills import Backfills
from brisa.services.clearing import Clearing
from brisa.services.deletion import Deletion
from brisa.services.folding import Folding
from brisa.services.objects import Objects
from brisa.services.planner import Planner
from brisa.services.registry import Registry
from brisa.services.runs import Runs
from brisa.services.worker import Worker
from tests.simulation.plays import PlayedSupervisor
from tests.simulation.world import Host

NOBODY: Any = None
"""A bundle, or a supervisor, that is not asked."""


class Services:
    """All of them, over this host's ports; its clock is the host's own."""

    def __init__(
        self,
        host: Host,
        store: StateStore,
        queue: TaskQueue,
        blobs: Blobs,
        supervisor: PlayedSupervisor,
        *,
        owner: str,
        ahead: float,
        wide_above: int,
    ) -> None:
        """``ahead``: as in :class:`~brisa.services.planner.Planner`, which hands on what is too much if it is not 0."""
        self.host = host
        self.owner = owner
        self.busy = 0
        """How many messages it handles."""
        notifier = _Planners(SimpleNamespace(clock=host, queue=queue))  # type: ignore[arg-type]  # its part of a stack
        self.store = store
        self.runs = Runs(store, queue, host, notifier)
        self.deletion = Deletion(store, blobs, self.runs)
        self.planner = Planner(store, host, self.runs, ahead=ahead, hands_on=ahead > 0.0, delete=self.deletion.go_on)
        self.clearing = Clearing(store, self.runs)
        self.backfills = Backfills(store, host)
        self.objects = Objects(store, self.runs)
        self.registry = Registry(store, NOBODY, NOBODY, host, paused=False)
        self.worker = Worker(
            store,
            blobs,
            host,
            self.runs,
            supervisor,  # type: ignore[arg-type]  # the part of it that workers use
            owner=owner,
            origin=lambda version: (version.version, None),
            folding=Folding(store, host, self.runs, above=wide_above),
            watched=lambda _: True,
        )

"""DAGs that are scheduled on assets: what they are told goes into their queues, and makes their runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from brisa.engine import asset_queue
from brisa.engine.asset_queue import Related
from brisa.engine.cascade import Decision
from brisa.model.asset import AssetEvent, AssetKey
from brisa.model.dag import Dag, DagVersion
from brisa.model.run import Run
from brisa.model.spec import DagSpec
from brisa.ports.clock import Clock
from brisa.ports.store import Create, StateStore, Stored, Update, Write


@dataclass(frozen=True, slots=True)
class Admission:
    """A new run, as it is to be committed, and its DAG document."""

    decision: Decision
    dag: Update
    links: tuple[Write, ...] = ()
    """What is to be written of the runs before and after it."""

    @property
    def run(self) -> Run:
        """The run; it has begun if there is room."""
        return self.decision.run

    @property
    def writes(self) -> tuple[Write, Write]:
        """What both are committed with."""
        return Create(self.run), self.dag


class Admits(Protocol):
    """What is needed of :class:`brisa.services.runs.Runs` here."""

    def version(self, dag_id: str, version: str) -> DagVersion:
        """One version of a DAG."""
        ...

    def admission(self, run: Run, spec: DagSpec, stored: Stored[Dag]) -> Admission:
        """A new queued run that begins if there is room."""
        ...

    def commit(self, admissions: Sequence[Admission], *writes: Write) -> None:
        """Commit new runs and further writes in one."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be committed so that a DAG knows of events: its document, in a run's admission or by itself."""

    admissions: tuple[Admission, ...] = ()
    writes: tuple[Write, ...] = ()


class Consumers:
    """Works out what events mean to the DAGs that are scheduled on them; whoever asks commits it."""

    def __init__(self, store: StateStore, clock: Clock, runs: Admits) -> None:
        self._store = store
        self._clock = clock
        self._runs = runs

    def tell(self, dag_id: str, events: Sequence[AssetEvent]) -> Told:
        """Put ``events`` into the DAG's queue; if that is enough, and there is room, a run is made of all of it.

        Nothing is to be committed for a DAG that is gone, or is no longer scheduled on any of them.
        """
        stored = self._store.dag(dag_id)
        if stored is None or not stored.record.active:
            return Told()
        version = self._runs.version(dag_id, stored.record.version)
        keys = asset_queue.keys_of(version.spec)
        mine = [event for event in events if keys.intersection(keys_of_event(event))]
        if not mine:
            return Told()
        dag = asset_queue.queued(stored.record, mine)
        dag = asset_queue.judged(dag, version.spec, related(self._store, version.spec))
        return self.start(Stored(dag, stored.revision), version)

    def start(self, stored: Stored[Dag], version: DagVersion) -> Told:
        """The run for what is queued, if that is enough and there is room; else only the DAG document as it is here."""
        dag = stored.record
        full = 0 < dag.max_active_runs <= len(dag.active_runs) + len(dag.waiting_runs)
        if dag.assets_due_at is None or dag.paused or full:
            return Told(writes=(Update(dag, stored.revision),))
        run, changes = asset_queue.asset_run(dag, version, self._clock.now())
        while self._store.run(run.key) is not None:
            # A person has given this id to a run of their own.
            run, changes = asset_queue.asset_run(replace(dag, asset_run_at=run.run_after), version, self._clock.now())
        changed = Stored(replace(dag, **changes), stored.revision)
        return Told(admissions=(self._runs.admission(run, version.spec, changed),))

    def begin(self, stored: Stored[Dag]) -> None:
        """Make the run that a DAG's queue has been enough for. Raises :class:`~brisa.errors.ConflictError`."""
        told = self.start(stored, self._runs.version(stored.record.dag_id, stored.record.version))
        self._runs.commit(told.admissions, *told.writes)


def keys_of_event(event: AssetEvent) -> list[AssetKey]:
    """The asset and the aliases that an event is one of."""
    return [AssetKey(event.uri), *(AssetKey(alias, alias=True) for alias in event.aliases)]


def related(store: StateStore, spec: DagSpec) -> Related:
    """The assets that were ever told through the aliases that a DAG is scheduled on."""
    aliases = sorted(key for key in asset_queue.keys_of(spec) if key.alias)
    found = [store.asset(key) for key in aliases]
    return {stored.record.key.uri: stored.record.uris for stored in found if stored is not None}

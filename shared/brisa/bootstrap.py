"""The one place that chooses adapters and puts the parts together."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from brisa.adapters.local.blobs import FolderBlobs
from brisa.errors import StorageError
from brisa.model.dag import Dag
from brisa.model.run import Run
from brisa.ports.blobs import Blobs
from brisa.ports.bundle import DagBundle
from brisa.ports.clock import Clock
from brisa.ports.queue import LocalQueue
from brisa.ports.store import StateStore
from brisa.runtime.supervisor import Supervisor
from brisa.services.dispatcher import Bell, Dispatcher, RingingQueue
from brisa.services.planner import Planner
from brisa.services.registry import Registry
from brisa.services.runs import Runs
from brisa.services.trial import FastClock, RealClock
from brisa.services.worker import Worker

PRELOAD = (
    "brisa.authoring.templates",
    "brisa.operators.bash",
    "brisa.operators.empty",
    "brisa.operators.python",
    "brisa.operators.sensor",
    "brisa.operators.taskflow",
    "jinja2.sandbox",
    "pendulum",
)
"""What nearly every DAG file imports; the root zygote imports it once for all."""


def home_folder(given: str | None = None) -> Path:
    """Where embedded mode keeps everything: ``given``, else ``$BRISA_HOME``, else ``~/brisa``."""
    return Path(given or os.environ.get("BRISA_HOME") or Path.home() / "brisa").expanduser().resolve()


def dags_folder(home: Path, given: str | None = None) -> Path:
    """Where the DAG files are: ``given``, else ``$BRISA_DAGS_FOLDER``, else ``dags`` in the home folder."""
    return Path(given or os.environ.get("BRISA_DAGS_FOLDER") or home / "dags").expanduser().resolve()


def default_slots() -> int:
    """How many attempts run at once unless told otherwise: tasks mostly wait, so more than there are cores."""
    return max(4, 2 * (os.cpu_count() or 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is kept of a home: enough to look, trigger, pause and clear; nothing here runs tasks."""

    home: Path
    store: StateStore
    queue: LocalQueue
    blobs: Blobs
    clock: Clock
    runs: Runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Everything that embedded mode runs in one process."""

    state: State
    supervisor: Supervisor
    registry: Registry
    planner: Planner
    dispatcher: Dispatcher
    worker: Worker
    bell: Bell
    owner: str


class _Nobody:
    """Is told of changes, and does nothing."""

    def run_changed(self, run: Run) -> None:
        """Nothing to do."""


class Listeners:
    """Tells several of each change; they may be added at any time."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Run], None]] = []

    def add(self, listener: Callable[[Run], None]) -> None:
        """From now on tell ``listener`` too; it must return at once and never raise."""
        self._listeners.append(listener)

    def run_changed(self, run: Run) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener(run)


@contextmanager
def open_state(home: Path) -> Iterator[State]:
    """The state of a home, for the command line: beside a running ``standalone``, or without one."""
    from brisa.adapters.local.clock import SystemClock
    from brisa.adapters.local.doorbell import RemoteBellQueue
    from brisa.adapters.sqlite import Database, SqliteQueue, SqliteStore

    home.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()
    database = Database(home / "brisa.db")
    store, queue = SqliteStore(database), SqliteQueue(database, clock)
    try:
        runs = Runs(store, RemoteBellQueue(queue, home), clock, _Nobody())
        yield State(home=home, store=store, queue=queue, blobs=FolderBlobs(home / "blobs"), clock=clock, runs=runs)
    finally:
        database.close()


@contextmanager
def embedded(
    home: Path, dags: Path, *, slots: int | None = None, listeners: Listeners | None = None, paused: bool = True
) -> Iterator[Stack]:
    """The whole of embedded mode, started: recovers what an earlier process has left, then plans and works.

    Holds the home's lock; :class:`~brisa.errors.StorageError` if another process has it. ``paused``: whether new DAGs
    begin paused.
    """
    from brisa.adapters.local.bundle import FolderBundle
    from brisa.adapters.local.clock import SystemClock
    from brisa.adapters.local.doorbell import Doorbell
    from brisa.adapters.local.home import HomeLock
    from brisa.adapters.sqlite import Database, SqliteQueue, SqliteStore

    home.mkdir(parents=True, exist_ok=True)
    with HomeLock(home):
        supervisor = Supervisor(dags, preload=PRELOAD)
        supervisor.start()
        clock = SystemClock()
        database = Database(home / "brisa.db")
        store, queue = SqliteStore(database), SqliteQueue(database, clock)
        blobs = FolderBlobs(home / "blobs")
        owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        bell = Bell()
        listeners = listeners or Listeners()
        runs = Runs(store, RingingQueue(queue, bell), clock, listeners)
        planner = Planner(store, clock, runs)
        registry = Registry(store, FolderBundle(dags), supervisor, clock, paused=paused)
        worker = Worker(store, blobs, clock, runs, supervisor, owner=owner, origin=registry.origin)
        dispatcher = Dispatcher(
            queue,
            worker.handle,
            planner,
            clock,
            owner=owner,
            slots=slots or default_slots(),
            bell=bell,
            next_due=store.next_due,
        )
        listeners.add(dispatcher.run_changed)
        queue.release()
        registry.sync()
        planner.recover(owner)
        
        def wake() -> None:
            bell.ring(slots or default_slots())
            dispatcher.wake_planner()

        doorbell = Doorbell(home, wake)
        dispatcher.start()
        doorbell.start()
        try:
            yield Stack(
                state=State(home=home, store=store, queue=queue, blobs=blobs, clock=clock, runs=runs),
                supervisor=supervisor,
                registry=registry,
                planner=planner,
                dispatcher=dispatcher,
                worker=worker,
                bell=bell,
                owner=owner,
            )
        finally:
            doorbell.close()
            dispatcher.stop(0.5)
            supervisor.close()
            dispatcher.stop(5.0)
            database.close()


def refresh(state: State, dags: Path) -> None:
    """Load the DAG files as they are now, unless a standalone process, which does so itself, has the home."""
    from brisa.adapters.local.bundle import FolderBundle
    from brisa.adapters.local.home import HomeLock

    with contextlib.suppress(StorageError), HomeLock(state.home):
        supervisor = Supervisor(dags, preload=PRELOAD)
        try:
            Registry(state.store, FolderBundle(dags), supervisor, state.clock).sync()
        finally:
            supervisor.close()


def set_paused(state: State, dag_id: str, paused: bool) -> Dag:
    """Pause or unpause a DAG of a home; see :meth:`brisa.services.registry.Registry.set_paused`."""
    from brisa.services.pausing import set_paused as change

    return change(state.store, state.clock, dag_id, paused)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialStack:
    """What ``brisa dags test`` needs: everything in memory, nothing left behind but what tasks do themselves."""

    store: StateStore
    queue: LocalQueue
    blobs: Blobs
    clock: FastClock
    runs: Runs
    planner: Planner
    registry: Registry
    worker: Worker
    bundle: DagBundle


@contextmanager
def trial(dags: Path, *, only: str | None = None, real_time: bool = False) -> Iterator[TrialStack]:
    """A stack for one run: the DAG files of ``dags`` (only the file ``only``, if given), state in memory."""
    from brisa.adapters.local.bundle import FolderBundle
    from brisa.adapters.local.one_file import OneFile
    from brisa.adapters.memory.queue import MemoryQueue
    from brisa.adapters.memory.store import MemoryStore

    clock = RealClock() if real_time else FastClock()
    store, queue = MemoryStore(), MemoryQueue()
    supervisor = Supervisor(dags, preload=PRELOAD)
    supervisor.start()
    bundle: DagBundle = OneFile(dags, only) if only else FolderBundle(dags)
    with tempfile.TemporaryDirectory(prefix="brisa-") as folder:
        blobs = FolderBlobs(Path(folder))
        runs = Runs(store, queue, clock, _Nobody())
        planner = Planner(store, clock, runs)
        registry = Registry(store, bundle, supervisor, clock, paused=False, scheduled=False)
        worker = Worker(store, blobs, clock, runs, supervisor, owner="trial", origin=registry.origin)
        try:
            yield TrialStack(
                store=store,
                queue=queue,
                blobs=blobs,
                clock=clock,
                runs=runs,
                planner=planner,
                registry=registry,
                worker=worker,
                bundle=bundle,
            )
        finally:
            supervisor.close()

"""The one place that chooses adapters and puts the parts together."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from brisa.adapters.local.blobs import FolderBlobs
from brisa.bootstrap.listening import Listening
from brisa.errors import BrisaError, StorageError
from brisa.model.dag import Dag
from brisa.model.run import Run
from brisa.model.work import Chore
from brisa.ports.blobs import Blobs
from brisa.ports.bundle import DagBundle
from brisa.ports.clock import Clock
from brisa.ports.queue import LocalQueue
from brisa.ports.store import StateStore
from brisa.ports.telemetry import NOWHERE, STORE_OPERATIONS
from brisa.services.news import News
from brisa.services.runs import Runs

if TYPE_CHECKING:  # who only looks at a home does not pay for what works on it
    from brisa.adapters.local.home import HomeLock
    from brisa.runtime.supervisor import Supervisor
    from brisa.services.dispatcher import Bell, Dispatcher
    from brisa.services.health import Beat
    from brisa.services.planner import Planner
    from brisa.services.registry import Registry
    from brisa.services.trial import FastClock
    from brisa.services.worker import Worker

PRELOAD = (
    "brisa.authoring.templates",
    "brisa.operators.bash",
    "brisa.operators.empty",
    "brisa.operators.python",
    "brisa.operators.sensor",
    "brisa.operators.taskflow",
    "croniter",
    "jinja2.sandbox",
    "pendulum",
)
"""What nearly every DAG file imports; the root zygote imports it once for all."""
_LOOK = 1.0
"""Seconds between two looks whether an attempt is still wanted: in SQLite they cost next to nothing."""
_LOCK_POLL = 0.05
_LOCK_MARGIN = 10.0
"""Seconds beyond one file's import limit that a command waits for another one that looks at the DAG files."""


def home_folder(given: str | None = None) -> Path:
    """Where embedded mode keeps everything: ``given``, else ``$BRISA_HOME``, else ``~/brisa``."""
    return _folder(given or os.environ.get("BRISA_HOME") or "~/brisa")


def dags_folder(home: Path, given: str | None = None) -> Path:
    """Where the DAG files are: ``given``, else ``$BRISA_DAGS_FOLDER``, else ``dags`` in the home folder.

    The last one is made if it isn't there. Raises :class:`~brisa.errors.StorageError` if it isn't a folder.
    """
    named = given or os.environ.get("BRISA_DAGS_FOLDER")
    folder = _folder(named or str(home / "dags"))
    if not named:
        make_folder(folder, "the folder of DAG files")
    if not folder.is_dir():
        problem = "is not a folder" if folder.exists() else "is not there"
        raise StorageError(f"the folder of DAG files {folder} {problem}: name one with --dags-folder")
    return folder


def _folder(named: str) -> Path:
    try:
        return Path(named).expanduser().resolve()
    except (OSError, RuntimeError) as error:
        raise StorageError(f"there can't be a folder {named!r}: {error}") from error


def make_folder(folder: Path, what: str) -> None:
    """Make a folder, and those above it, if it isn't there; :class:`~brisa.errors.StorageError` saying what it is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{what} {folder} can't be made: {error.strerror}; choose another one") from error


def import_limit() -> float:
    """Seconds that a DAG file may take to import: ``$BRISA_IMPORT_LIMIT``, else 30."""
    from brisa.runtime.supervisor import LOAD_LIMIT

    given = os.environ.get("BRISA_IMPORT_LIMIT")
    if not given:
        return LOAD_LIMIT
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise BrisaError(f"BRISA_IMPORT_LIMIT is {given!r}: it must be a number of seconds above 0")
    return seconds


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
    notices: tuple[str, ...] = ()
    """What the DAG files that were loaded at the start had better say otherwise."""
    dags: Path
    paused: bool
    """Whether new DAGs begin paused."""
    slots: int
    """How many attempts run at once."""
    metrics: Callable[[], tuple[bytes, str]] | None = None
    """What Prometheus is shown, and its media type, if anything."""
    started_at: float = field(default_factory=time.time)

    @property
    def settings(self) -> Mapping[str, Mapping[str, str]]:
        """How it was started, for people, by Airflow's sections and names."""
        return {
            "core": {
                "dags_folder": str(self.dags),
                "dags_are_paused_at_creation": str(self.paused),
                "parallelism": str(self.slots),
            },
            "brisa": {"mode": "embedded", "home": str(self.state.home)},
        }

    def beats(self) -> Sequence[Beat]:
        """The parts that work in the background, as they are now."""
        from brisa.services.health import Beat, Part

        lasts = {Part.SCHEDULER: self.planner.ticked_at, Part.DAG_PROCESSOR: self.registry.looked_at}
        return [Beat(part=part, started_at=self.started_at, last=last) for part, last in lasts.items()]


class _Nobody:
    """Is told of changes, and does nothing."""

    def run_changed(self, run: Run) -> None:
        """Nothing to do."""

    def dag_due(self, dag: Dag) -> None:
        """Nothing to do: whoever ends a trial's run begins no other."""


class Listeners:
    """Tells several of each change; they may be added at any time."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Run], None]] = []
        self.wake_planner: Callable[[], None] = lambda: None

    def add(self, listener: Callable[[Run], None]) -> None:
        """From now on tell ``listener`` too; it must return at once and never raise."""
        self._listeners.append(listener)

    def run_changed(self, run: Run) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener(run)

    def dag_due(self, dag: Dag) -> None:
        """Tell the planner of this process."""
        self.wake_planner()


def home_secret(home: Path) -> Callable[[str], str | None]:
    """Reads the secrets of a home, which are encrypted with a key that lies beside them."""

    def get(name: str) -> str | None:
        if not (home / "secrets.db").exists():
            return None
        from brisa.adapters.sqlite import SqliteSecrets

        return SqliteSecrets(home / "secrets.db", home / "secret.key").get(name)

    return get


@contextmanager
def open_state(home: Path) -> Iterator[State]:
    """The state of a home, for the command line: beside a running ``standalone``, or without one."""
    from brisa.adapters.local.clock import SystemClock
    from brisa.adapters.local.doorbell import RemoteBellQueue
    from brisa.adapters.sqlite import Database, SqliteQueue, SqliteStore

    make_folder(home, "the home folder")
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
    home: Path,
    dags: Path,
    *,
    slots: int | None = None,
    listeners: Listeners | None = None,
    paused: bool = True,
    heard: Listening | None = None,
    aloud: bool = False,
) -> Iterator[Stack]:
    """The whole of embedded mode, started: recovers what an earlier process has left, then plans and works.

    Holds the home's lock; :class:`~brisa.errors.StorageError` if another process has it. ``paused``: whether new DAGs
    begin paused. ``heard``: who is told of numbers and spans. ``aloud``: whether the log tells what people must hear
    of.
    """
    from brisa.adapters.local.bundle import FolderBundle
    from brisa.adapters.local.clock import SystemClock
    from brisa.adapters.local.doorbell import Doorbell
    from brisa.adapters.sqlite import Database, SqliteQueue
    from brisa.adapters.sqlite.patient import PatientStore
    from brisa.runtime.supervisor import Supervisor
    from brisa.services.deletion import Deletion
    from brisa.services.dispatcher import Bell, Dispatcher, RingingQueue, Trouble
    from brisa.services.health import beats_told
    from brisa.services.objects import Arrivals
    from brisa.services.planner import Planner
    from brisa.services.registry import Registry
    from brisa.services.timetables import Timetables
    from brisa.services.worker import Worker

    make_folder(home, "the home folder")
    with ExitStack() as cleanup:
        cleanup.enter_context(_take_lock(home))
        bell = Bell()
        slots = slots or default_slots()

        def wake() -> None:
            bell.ring(slots)
            dispatcher.wake_planner()

        # There before the first look at the DAG files, which may take long: it tells others who has the home.
        doorbell = Doorbell(home, wake)
        cleanup.callback(doorbell.close)
        supervisor = Supervisor(dags, preload=PRELOAD, load_limit=import_limit())
        cleanup.callback(supervisor.close)
        supervisor.start()
        clock = SystemClock()
        database = Database(home / "brisa.db")
        cleanup.callback(database.close)
        trouble = Trouble()
        heard = heard or Listening()
        news = News(heard.telemetry, aloud=aloud)
        store, queue = _counted(heard, PatientStore(database, trouble), SqliteQueue(database, clock))
        cleanup.callback(heard.telemetry.flush)
        blobs = FolderBlobs(home / "blobs")
        owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        listeners = listeners or Listeners()
        runs = Runs(store, RingingQueue(queue, bell), clock, listeners, news=news)
        planner = Planner(store, clock, runs, delete=Deletion(store, blobs, runs).go_on, news=news)
        registry = Registry(
            store, FolderBundle(dags), supervisor, clock, arrivals=Arrivals(store, runs), paused=paused, news=news
        )
        worker = Worker(
            store,
            blobs,
            clock,
            runs,
            supervisor,
            owner=owner,
            origin=registry.origin,
            timetables=Timetables(store, clock, runs, supervisor, registry.origin),
            secret=home_secret(home),
            look=_LOOK,
            news=news,
        )
        dispatcher = Dispatcher(
            queue,
            lambda work: planner.handle(work) if isinstance(work, Chore) else worker.handle(work),
            planner,
            clock,
            owner=owner,
            slots=slots,
            bell=bell,
            next_due=store.next_due,
            trouble=trouble,
        )
        listeners.wake_planner = dispatcher.wake_planner
        queue.release()
        notices = registry.sync().notices
        planner.recover(owner)
        stack = Stack(
            state=State(home=home, store=store, queue=queue, blobs=blobs, clock=clock, runs=runs),
            supervisor=supervisor,
            registry=registry,
            planner=planner,
            dispatcher=dispatcher,
            worker=worker,
            bell=bell,
            owner=owner,
            notices=notices,
            dags=dags,
            paused=paused,
            slots=slots,
            metrics=heard.page,
        )
        dispatcher.start()
        doorbell.start(lambda: beats_told(stack.beats()))
        try:
            yield stack
        finally:
            dispatcher.stop(0.5)
            # What is under way ends as if this process were killed: its end must not be written as its own failure.
            database.close()
            supervisor.close()
            dispatcher.stop(5.0)


def _counted(heard: Listening, store: StateStore, queue: LocalQueue) -> tuple[StateStore, LocalQueue]:
    """Both as they are, or, if somebody listens, in others that count what they do."""
    if heard.telemetry is NOWHERE:
        return store, queue
    from brisa.adapters.counts import Counts
    from brisa.adapters.local.counting import CountingQueue, CountingStore

    counts = Counts()
    heard.telemetry.observe(STORE_OPERATIONS, counts.totals)
    return CountingStore(store, counts), CountingQueue(queue, counts)


def beats_of(home: Path) -> Sequence[Beat]:
    """The parts of the standalone process of a home, as it tells; none if there is no such process."""
    from brisa.adapters.local.doorbell import ask
    from brisa.services.health import beats_read

    told = ask(home)
    try:
        return beats_read(told) if told else ()
    except (ValueError, TypeError, KeyError, AttributeError):  # it is of another version of brisa
        return ()


class _StandaloneError(StorageError):
    """A standalone process has the home."""


def _take_lock(home: Path) -> HomeLock:
    """The home's lock. Waits for a command that looks at the DAG files, but not for a standalone process."""
    from brisa.adapters.local.doorbell import ring
    from brisa.adapters.local.home import HomeLock

    began = time.monotonic()
    while True:
        try:
            return HomeLock(home)
        except StorageError as error:
            if not isinstance(error.__cause__, BlockingIOError):
                raise
            if ring(home):
                raise _StandaloneError(str(error)) from error
            if time.monotonic() > began + import_limit() + _LOCK_MARGIN:
                raise
        time.sleep(_LOCK_POLL)


def refresh(state: State, dags: Path) -> None:
    """Load the DAG files that have changed, unless a standalone process, which does so itself, has the home."""
    try:
        lock = _take_lock(state.home)
    except _StandaloneError:
        return
    with lock:
        _load_changed(state, dags)


def _load_changed(state: State, dags: Path) -> None:
    from brisa.adapters.local.bundle import FolderBundle
    from brisa.adapters.local.loaded import LoadedFiles
    from brisa.runtime.supervisor import Supervisor
    from brisa.services.objects import Arrivals
    from brisa.services.registry import Registry

    memory = LoadedFiles(state.home / "loaded.json", dags)
    supervisor = Supervisor(dags, preload=PRELOAD, load_limit=import_limit())
    with closing(supervisor):
        arrivals = Arrivals(state.store, state.runs)
        registry = Registry(
            state.store, FolderBundle(dags), supervisor, state.clock, arrivals=arrivals, known=memory.read()
        )
        registry.sync()
        memory.write(registry.settled)


def set_paused(state: State, dag_id: str, paused: bool) -> Dag:
    """Pause or unpause a DAG of a home; see :func:`brisa.services.pausing.set_paused`."""
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
def trial(
    dags: Path, *, home: Path | None = None, only: str | None = None, real_time: bool = False
) -> Iterator[TrialStack]:
    """A stack for one run: the DAG files of ``dags`` (only the file ``only``, if given), state in memory.

    Tasks see the Variables and Connections of ``home``, and change nothing there.
    """
    from brisa.adapters.local.bundle import FolderBundle
    from brisa.adapters.local.one_file import OneFile
    from brisa.adapters.memory.queue import MemoryQueue
    from brisa.adapters.memory.store import MemoryStore
    from brisa.runtime.supervisor import Supervisor
    from brisa.services.answers import no_secret
    from brisa.services.planner import Planner
    from brisa.services.registry import Registry
    from brisa.services.trial import FastClock, RealClock
    from brisa.services.worker import Worker

    clock = RealClock() if real_time else FastClock()
    store, queue = MemoryStore(), MemoryQueue()
    supervisor = Supervisor(dags, preload=PRELOAD, load_limit=import_limit())
    supervisor.start()
    bundle: DagBundle = OneFile(dags, only) if only else FolderBundle(dags)
    with tempfile.TemporaryDirectory(prefix="brisa-") as folder:
        blobs = FolderBlobs(Path(folder))
        runs = Runs(store, queue, clock, _Nobody(), deadlines=False)  # as in Airflow's dag.test()
        planner = Planner(store, clock, runs)
        registry = Registry(store, bundle, supervisor, clock, paused=False, scheduled=False)
        worker = Worker(
            store,
            blobs,
            clock,
            runs,
            supervisor,
            owner="trial",
            origin=registry.origin,
            any_pool=True,
            secret=no_secret if home is None else home_secret(home),
        )
        if home is not None:
            store.set_variables(_variables_of(home))
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


def _variables_of(home: Path) -> Sequence[tuple[str, str]]:
    if not (home / "brisa.db").exists():
        return []
    from brisa.adapters.sqlite import Database, SqliteStore

    with closing(Database(home / "brisa.db")) as database:
        return [(one.key, one.value) for one in SqliteStore(database).variables()]

"""The adapters that the contract suites run over: one line here, and an adapter must keep every promise of its port."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from brisa.adapters.cloudrun import CloudRunJobs, decode_execution
from brisa.adapters.cloudrun import connect as connect_cloud_run
from brisa.adapters.cloudtasks import CloudTasksQueue, decode_work
from brisa.adapters.firestore import FirestoreStore
from brisa.adapters.gcs import GcsBlobs
from brisa.adapters.local import CountingQueue, CountingStore, FolderBlobs, FolderBundle, SystemClock
from brisa.adapters.memory import (
    FakeClock,
    MemoryBlobs,
    MemoryBundle,
    MemoryJobs,
    MemoryQueue,
    MemorySecrets,
    MemoryStore,
)
from brisa.adapters.secretmanager import SecretManagerSecrets
from brisa.adapters.sqlite import Database, SqliteQueue, SqliteSecrets, SqliteStore
from brisa.model.jobs import MARGIN
from brisa.ports.bundle import DagBundle
from tests.adapters.cloudrun.local_cloud_run import DEFAULT, LARGE, quick_cloud_run
from tests.adapters.cloudtasks.local_cloud_tasks import Worker, manual_cloud
from tests.adapters.gcs.local_gcs import WritableBucket, local_gcs
from tests.emulators.local_secret_manager import secret_manager


def sqlite_store(folder, clock):
    """A store in a new file."""
    return SqliteStore(Database(folder / "state.sqlite"))


def sqlite_queue(folder, clock):
    """A queue in a new file."""
    database = Database(folder / "state.sqlite")
    return SqliteQueue(database, clock), database.close


def nothing():
    """Nothing is held."""


STORES = {
    "memory": lambda folder, clock: MemoryStore(),
    "sqlite": sqlite_store,
    "counting": lambda folder, clock: CountingStore(MemoryStore()),
}
# Each gives a queue, and what lets go of it.
QUEUES = {
    "memory": lambda folder, clock: (MemoryQueue(clock), nothing),
    "sqlite": sqlite_queue,
    "counting": lambda folder, clock: (CountingQueue(MemoryQueue(clock)), nothing),
}


class Pulled:
    """A local queue as a sender sees it: ``arrive`` is what workers are handed, and finish at once."""

    def __init__(self, queue):
        self.queue = queue

    def arrive(self, now):
        """The messages that have come to workers since the last call."""
        arrived = self.queue.take(now, limit=1000, owner="worker")
        self.queue.done(*(message.name for message in arrived))
        return list(arrived)


def pulled(make):
    """How to make a sender's view of a local queue."""

    def sender(folder, clock):
        queue, close = make(folder, clock)
        return Pulled(queue), close

    return sender


class Delivered:
    """Cloud Tasks, in an emulator, as its sender sees it, and the worker that it posts to."""

    def __init__(self, clock):
        self._cloud = manual_cloud()
        self._cloud.at(clock.now())
        self.worker = Worker()
        self.queue = CloudTasksQueue(
            self._cloud.client, self._cloud.queue(), self.worker.url, service_account="planner@test", clock=clock
        )

    def arrive(self, now):
        """The messages that have come to the worker since the last call."""
        self._cloud.at(now)
        bodies = self.worker.bodies()
        self.worker.received.clear()
        return [decode_work(body) for body in bodies]


def cloud_tasks(folder, clock):
    """A new queue in an emulator."""
    delivered = Delivered(clock)
    return delivered, delivered.worker.close


SENDERS = {**{name: pulled(make) for name, make in QUEUES.items()}, "cloud tasks": cloud_tasks}
BLOBS = {
    "memory": lambda folder: MemoryBlobs(),
    "folder": lambda folder: FolderBlobs(folder / "blobs"),
    "gcs": lambda folder: GcsBlobs(local_gcs().client, local_gcs().bucket(), "blobs/", clock=FakeClock()),
}


class WritableFolder(FolderBundle):
    """A folder bundle that a test can write to as it does to the one in memory."""

    def write(self, path, content):
        """Add or change a file."""
        target = self.root() / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())

    def remove(self, path):
        """Remove a file."""
        (self.root() / path).unlink()


BUNDLES: dict[str, Callable[..., DagBundle]] = {
    "memory": lambda folder: MemoryBundle(),
    "folder": WritableFolder,
    "gcs": WritableBucket,
}
SECRETS = {
    "memory": lambda folder, clock: MemorySecrets(),
    "sqlite": lambda folder, clock: SqliteSecrets(folder / "secrets.db", folder / "secrets.key"),
    "secret manager": lambda folder, clock: SecretManagerSecrets(
        secret_manager().client, secret_manager().project(), clock=clock
    ),
}


class WrittenDown:
    """Jobs in memory: ``begun`` is what was started."""

    def __init__(self):
        self.port = MemoryJobs([DEFAULT, LARGE])

    def begun(self):
        """Job, message and seconds of each execution since the beginning of the test."""
        return [(one.job, one.message, one.seconds) for one in self.port.take()]


class Executed:
    """Cloud Run, in an emulator: ``begun`` is what executions were told."""

    def __init__(self):
        self._cloud = quick_cloud_run()
        self.port = CloudRunJobs(connect_cloud_run(self._cloud.address), self._cloud.url)
        self._before = {one["name"] for one in self._all()}

    def _all(self):
        return [one for job in (DEFAULT, LARGE) for one in self._cloud.executions(job)]

    def begun(self):
        """Job, message and seconds of each execution since the beginning of the test."""
        found = []
        for one in self._all():
            if one["name"] not in self._before:
                (container,) = one["template"]["containers"]
                message, longest = decode_execution({each["name"]: each["value"] for each in container["env"]})
                assert one["template"]["timeout"] == f"{longest + MARGIN:g}s"
                found.append((one["job"], message, longest + MARGIN))
        return found


JOBS = {"memory": WrittenDown, "cloud run": Executed}
CLOCKS = {"fake": FakeClock, "system": SystemClock}


@pytest.fixture
def clock():
    """The time by which a queue remembers names."""
    return FakeClock()


@pytest.fixture(params=[*STORES, pytest.param("firestore", marks=pytest.mark.firestore)])
def store(request, tmp_path, clock):
    """Each state store, empty. Firestore's emulator is started only if it is asked for."""
    if request.param == "firestore":
        store = FirestoreStore(request.getfixturevalue("firestore").client(), clock)
    else:
        store = STORES[request.param](tmp_path, clock)
    yield store
    store.close()


@pytest.fixture(params=QUEUES)
def queue(request, tmp_path, clock):
    """Each local queue, empty."""
    queue, close = QUEUES[request.param](tmp_path, clock)
    yield queue
    close()


@pytest.fixture(params=SENDERS)
def sender(request, tmp_path, clock):
    """Each task queue, empty: ``queue`` to send with, and ``arrive(now)``."""
    sender, close = SENDERS[request.param](tmp_path, clock)
    yield sender
    close()


@pytest.fixture(params=BLOBS)
def blobs(request, tmp_path):
    """Each blob store, empty."""
    return BLOBS[request.param](tmp_path)


@pytest.fixture(params=BUNDLES)
def bundle(request, tmp_path):
    """Each bundle, empty, with ``write`` and ``remove``."""
    return BUNDLES[request.param](tmp_path)


@pytest.fixture(params=SECRETS)
def secrets(request, tmp_path, clock):
    """Each keeper of secrets, empty."""
    return SECRETS[request.param](tmp_path, clock)


@pytest.fixture(params=JOBS)
def jobs(request):
    """Each adapter for jobs, with two: ``port`` to start them, and ``begun()``."""
    return JOBS[request.param]()


@pytest.fixture(params=CLOCKS)
def any_clock(request):
    """Each clock."""
    return CLOCKS[request.param]()

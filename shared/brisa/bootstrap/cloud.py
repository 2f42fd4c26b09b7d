"""brisa on Google Cloud, or on its stand-ins: the same services over Firestore, Cloud Tasks and Cloud Storage.

Everything is made when it is first asked for: a planner never loads what only workers need. Where an emulator's
variable is set (``FIRESTORE_EMULATOR_HOST``, ``CLOUD_TASKS_EMULATOR_HOST``, ``STORAGE_EMULATOR_HOST``,
``SECRET_MANAGER_EMULATOR_HOST``, ``CLOUD_RUN_EMULATOR_HOST``), that service's client talks to the emulator.
"""

from __future__ import annotations

import atexit
import logging
import os
import secrets
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from brisa.adapters.counts import Counts
from brisa.adapters.local.clock import SystemClock
from brisa.bootstrap import PRELOAD, import_limit
from brisa.bootstrap.listening import listening
from brisa.bootstrap.settings import CloudSettings, SettingsError
from brisa.errors import UnavailableError
from brisa.model.access import Role
from brisa.model.dag import Dag
from brisa.model.run import Run
from brisa.model.spec import LONGEST_AT_WORKER
from brisa.model.work import Chore
from brisa.ports.blobs import Blobs
from brisa.ports.bundle import DagBundle
from brisa.ports.clock import Clock
from brisa.ports.identity import Caller, Groups, Verifier
from brisa.ports.jobs import Jobs
from brisa.ports.queue import TaskQueue
from brisa.ports.secrets import Secrets
from brisa.ports.store import StateStore
from brisa.ports.telemetry import NOWHERE, STORE_OPERATIONS, Telemetry
from brisa.runtime.supervisor import Supervisor
from brisa.services.deletion import Deletion
from brisa.services.deployment import BucketDeployment, PinnedOrigin, SourceDeployment
from brisa.services.folding import Folding
from brisa.services.long_work import LongWork
from brisa.services.news import News
from brisa.services.objects import Arrivals, Deployment, Objects
from brisa.services.planner import Planner
from brisa.services.policy import Policies, Policy, admins
from brisa.services.registry import Registry
from brisa.services.runs import Runs
from brisa.services.timetables import Timetables
from brisa.services.worker import Worker

log = logging.getLogger(__name__)
T = TypeVar("T")

TICK = 60.0
"""Seconds between two ticks: the finest that Cloud Scheduler has."""


class lazy(Generic[T]):  # noqa: N801  used as a decorator
    """A property that is made once, by whichever thread comes first, under the object's ``lock``."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, thing: None, owner: type) -> lazy[T]: ...
    @overload
    def __get__(self, thing: object, owner: type) -> T: ...
    def __get__(self, thing: Any, owner: type) -> lazy[T] | T:
        if thing is None:
            return self
        with thing.lock:
            if self._name not in thing.made:
                thing.made[self._name] = self._make(thing)
            found: T = thing.made[self._name]
            return found


class CloudStack:
    """The parts of one function's process."""

    def __init__(self, settings: CloudSettings, clock: Clock | None = None, *, job: float | None = None) -> None:
        """``job``: the seconds that an attempt may last, in the process of a job; ``None`` in a function's."""
        self.settings = settings
        self._job = job
        self.clock: Clock = clock or SystemClock()
        self.counts = Counts()
        """What this process has asked of Firestore and Cloud Tasks."""
        self.lock = threading.RLock()
        self.made: dict[str, Any] = {}

    @lazy
    def telemetry(self) -> Telemetry:
        """Where numbers and spans go, if anywhere: sent before each answer, since afterwards there is no processor."""
        # Cloud Run tells the function's name (its page "Container runtime contract").
        telemetry = listening(os.environ.get("K_SERVICE") or "brisa", at_once=True).telemetry
        if telemetry is not NOWHERE:
            telemetry.observe(STORE_OPERATIONS, self.counts.totals)
        return telemetry

    @lazy
    def news(self) -> News:
        """What people must hear of, in the log."""
        return News(self.telemetry, aloud=True)

    @lazy
    def verifier(self) -> Verifier:
        """Who may call this function."""
        return self._verifier(self.settings.callers)

    @lazy
    def anybody(self) -> Verifier:
        """Who calls, whether they may or not: see :meth:`role`."""
        return self._verifier(None)

    def _verifier(self, callers: frozenset[str] | None) -> Verifier:
        from brisa.adapters.oidc import GOOGLE_CERTS, OidcVerifier, PlatformVerifier

        audience, certs_url = self.settings.audience, self.settings.certs_url or GOOGLE_CERTS
        if self.settings.auth == "platform":
            return PlatformVerifier(audience=audience, callers=callers, clock=self.clock)
        return OidcVerifier(audience=audience, callers=callers, clock=self.clock, certs_url=certs_url)

    @lazy
    def iap(self) -> Verifier | None:
        """Who has logged in to Identity-Aware Proxy, where it is in front."""
        from brisa.adapters.oidc import IapVerifier

        audience = self.settings.iap_audience
        return IapVerifier(audience=audience, clock=self.clock) if audience else None

    def role(self, caller: Caller) -> Role | None:
        """Of somebody who asks the api function something; ``None`` if they may do nothing."""
        if not self.settings.policy:
            return self._callers.role(caller, lambda _, __: False)
        policy = self._policies.current()
        return policy.role(caller, lambda group, email: self._groups.has(group, email))  # noqa: PLW0108  rarely needed

    @lazy
    def _callers(self) -> Policy:
        return admins(self.settings.callers)

    @lazy
    def _policies(self) -> Policies:
        return Policies(lambda: policy_text(self.settings.policy, self.settings.project, self.clock), self.clock)

    @lazy
    def _groups(self) -> Groups:
        from brisa.adapters.cloudidentity import CloudIdentityGroups, connect

        return CloudIdentityGroups(connect(), self.clock)

    @lazy
    def store(self) -> StateStore:
        """Firestore."""
        from google.cloud.firestore import Client

        from brisa.adapters.firestore import FirestoreStore

        client = Client(project=self.settings.project, database=self.settings.database)
        return FirestoreStore(client, self.clock, keep=self.settings.keep, counts=self.counts)

    @lazy
    def queue(self) -> TaskQueue:
        """Cloud Tasks."""
        from brisa.adapters.cloudtasks import CloudTasksQueue, Target, connect

        settings = self.settings
        return CloudTasksQueue(
            connect(os.environ.get("CLOUD_TASKS_EMULATOR_HOST", "")),
            settings.queue,
            settings.worker_url,
            service_account=settings.service_account,
            clock=self.clock,
            planner=Target(settings.planner_queue, settings.planner_url, settings.planner_url),
            counts=self.counts,
        )

    @lazy
    def blobs(self) -> Blobs:
        """Logs and large XComs, in Cloud Storage."""
        from brisa.adapters.gcs import GcsBlobs, connect

        return GcsBlobs(connect(self.settings.project), self.settings.bucket, clock=self.clock)

    @lazy
    def secrets(self) -> Secrets:
        """Secret Manager."""
        from brisa.adapters.secretmanager import SecretManagerSecrets, connect

        client = connect(os.environ.get("SECRET_MANAGER_EMULATOR_HOST", ""))
        return SecretManagerSecrets(client, self.settings.project, clock=self.clock)

    @lazy
    def bundle(self) -> DagBundle:
        """The DAG files: objects of a bucket, mirrored into a folder that ends with this process, or a folder."""
        location = self.settings.dags_location
        if location is None:
            from brisa.adapters.local.bundle import ContentStamps, FolderBundle

            return FolderBundle(self.settings.dags, ContentStamps(self.settings.dags))
        from brisa.adapters.gcs import GcsBundle, connect

        return GcsBundle(connect(self.settings.project), *location, self.folder, clock=self.clock)

    @lazy
    def folder(self) -> Path:
        """Where the DAG files are, on this machine."""
        if self.settings.dags_location is None:
            return Path(self.settings.dags)
        folder = Path(tempfile.mkdtemp(prefix="brisa-dags-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return folder / "bundle"

    @lazy
    def runs(self) -> Runs:
        """Changes to runs."""
        return Runs(self.store, self.queue, self.clock, _Planners(self), news=self.news)

    @lazy
    def planner(self) -> Planner:
        """The planner's tick and chores."""
        return Planner(
            self.store,
            self.clock,
            self.runs,
            ahead=TICK,
            hands_on=True,
            delete=lambda dag_id: self.deletion.go_on(dag_id),  # noqa: PLW0108  blobs are rarely needed here
            news=self.news,
        )

    @lazy
    def deletion(self) -> Deletion:
        """Deletes runs and DAGs."""
        return Deletion(self.store, self.blobs, self.runs)

    @lazy
    def supervisor(self) -> Supervisor:
        """Runs attempts, and loads DAG files, in processes of their own."""
        supervisor = Supervisor(self.folder, preload=PRELOAD, load_limit=import_limit())
        supervisor.start()
        atexit.register(supervisor.close)
        return supervisor

    @lazy
    def jobs(self) -> Jobs:
        """Cloud Run jobs."""
        from brisa.adapters.cloudrun import CloudRunJobs, connect

        emulator = os.environ.get("CLOUD_RUN_EMULATOR_HOST", "")
        return CloudRunJobs(connect(emulator), **({"api": f"http://{emulator}"} if emulator else {}))

    @lazy
    def worker(self) -> Worker:
        """Handles messages, folds, and what custom timetables are asked."""
        origin = PinnedOrigin(self.bundle)
        return Worker(
            self.store,
            self.blobs,
            self.clock,
            self.runs,
            self.supervisor,
            owner=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}",
            origin=origin,
            timetables=Timetables(self.store, self.clock, self.runs, self.supervisor, origin),
            folding=Folding(self.store, self.clock, self.runs),
            secret=lambda name: self.secrets.get(name),  # noqa: PLW0108  the client is made for whoever asks first
            watched=self.settings.watches,
            long_work=None if self._job else LongWork(lambda: self.jobs, self.settings.jobs),
            longest=self._job or LONGEST_AT_WORKER,
            lease=self.settings.lease,
            news=self.news,
        )

    @lazy
    def registry(self) -> Registry:
        """Keeps the store's DAGs as the files say."""
        return Registry(
            self.store,
            self.bundle,
            self.supervisor,
            self.clock,
            arrivals=Arrivals(self.store, self.runs),
            paused=not self.settings.unpaused,
            pinned=True,
            jobs=self.settings.jobs,
            news=self.news,
        )

    @lazy
    def objects(self) -> Objects:
        """What happens when an object is written or deleted."""
        location, released = self.settings.dags_location, self.settings.released_object
        deployment: Deployment | None = None
        if location is not None:
            deployment = BucketDeployment(self.registry, *location)
        elif released is not None:
            deployment = SourceDeployment(self.registry, *released)
        return Objects(self.store, self.runs, deployment)

    def stop(self, seconds: float) -> None:
        """This process is to end: attempts that still run after ``seconds`` are handed over to other workers."""
        worker = self.made.get("worker")
        if worker is not None:
            worker.stop(seconds)


def policy_text(given: str, project: str, clock: Clock) -> str:
    """What ``BRISA_POLICY`` says, or names: an object of Cloud Storage, or a file."""
    if given.startswith("gs://"):
        from brisa.adapters.gcs import connect
        from brisa.adapters.gcs.text import read_text

        return read_text(connect(project), given, clock)
    if "\n" in given or not (given.startswith("/") or given.endswith((".yaml", ".yml", ".json"))):
        return given
    try:
        return Path(given).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"BRISA_POLICY names {given!r}, which can't be read: {error}") from error


class _Planners:
    """Tells a planner, through the queue, of a DAG that has something to begin before the next tick looks ahead."""

    def __init__(self, stack: CloudStack) -> None:
        self._stack = stack

    def run_changed(self, run: Run) -> None:
        """Nobody in this process watches runs."""

    def dag_due(self, dag: Dag) -> None:
        """A chore; if it can't be sent, the next tick sees to the DAG."""
        now = self._stack.clock.now()
        if dag.due_by(now + TICK):
            try:
                self._stack.queue.enqueue([Chore(dags=(dag.dag_id,), asked_at=now)])
            except UnavailableError:
                log.warning("DAG %r waits for the next tick: the queue does not answer", dag.dag_id)


_stack: CloudStack | None = None
_making = threading.Lock()


def cloud_stack(job: float | None = None) -> CloudStack:
    """The stack of this process, as its environment says; made once. ``job``: see :class:`CloudStack`."""
    global _stack  # noqa: PLW0603  one process is one function
    with _making:
        if _stack is None:
            _stack = CloudStack(CloudSettings.read(), job=job)
        return _stack

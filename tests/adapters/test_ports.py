"""Every adapter has exactly its port's verbs."""

from __future__ import annotations

import inspect

import pytest

from brisa.adapters.cloudtasks import CloudTasksQueue
from brisa.adapters.firestore import FirestoreStore
from brisa.adapters.gcs import GcsBlobs, GcsBundle
from brisa.adapters.local import CountingQueue, CountingStore, FolderBlobs, FolderBundle, SystemClock
from brisa.adapters.memory import FakeClock, MemoryBlobs, MemoryBundle, MemoryQueue, MemorySecrets, MemoryStore
from brisa.adapters.oidc import OidcVerifier, PlatformVerifier
from brisa.adapters.secretmanager import SecretManagerSecrets
from brisa.adapters.sqlite import SqliteQueue, SqliteSecrets, SqliteStore
from brisa.ports.blobs import Blobs
from brisa.ports.bundle import DagBundle
from brisa.ports.clock import Clock
from brisa.ports.identity import Verifier
from brisa.ports.queue import LocalQueue, TaskQueue
from brisa.ports.secrets import Secrets
from brisa.ports.store import StateStore

STORES: list[type[StateStore]] = [MemoryStore, SqliteStore, FirestoreStore, CountingStore]
QUEUES: list[type[LocalQueue]] = [MemoryQueue, SqliteQueue, CountingQueue]
BLOBS: list[type[Blobs]] = [MemoryBlobs, FolderBlobs, GcsBlobs]
BUNDLES: list[type[DagBundle]] = [MemoryBundle, FolderBundle, GcsBundle]
CLOCKS: list[type[Clock]] = [FakeClock, SystemClock]
SECRETS: list[type[Secrets]] = [MemorySecrets, SqliteSecrets, SecretManagerSecrets]
VERIFIERS: list[type[Verifier]] = [OidcVerifier, PlatformVerifier]
PAIRS: list[tuple[type, list[type]]] = [
    (StateStore, [*STORES]), (TaskQueue, [*QUEUES, CloudTasksQueue]), (LocalQueue, [*QUEUES]), (Blobs, [*BLOBS]),
    (DagBundle, [*BUNDLES]), (Clock, [*CLOCKS]), (Secrets, [*SECRETS]), (Verifier, [*VERIFIERS]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("port", "adapter"), [pytest.param(port, adapter) for port, adapters in PAIRS for adapter in adapters]
)
def test_adapters_have_their_ports_verbs(port, adapter):
    """The same names, parameters and types: the type checker says so too, by the lists above."""
    verbs = [name for name, member in vars(port).items() if inspect.isfunction(member) and not name.startswith("_")]
    assert verbs
    for verb in verbs:
        assert inspect.signature(getattr(adapter, verb)) == inspect.signature(getattr(port, verb)), verb

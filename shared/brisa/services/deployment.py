"""DAG files in a bucket: an upload is a deployment, and workers run what was deployed."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from brisa.model.dag import DagVersion
from brisa.ports.bundle import DagBundle
from brisa.services.registry import Registry


class BucketDeployment:
    """The objects below ``gs://bucket/prefix``, which ``registry`` reads. Safe between threads."""

    def __init__(self, registry: Registry, bucket: str, prefix: str) -> None:
        self._registry = registry
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._turn = threading.Lock()

    def holds(self, bucket: str, name: str) -> bool:
        """Whether the object is in the bundle."""
        return bucket == self._bucket and name.startswith(self._prefix)

    def sync(self) -> Sequence[str]:
        """Load what has changed, retire what is gone; ids of the DAGs that were loaded."""
        with self._turn:
            return self._registry.sync().loaded


class PinnedOrigin:
    """Runs each version from the source that is stored with it.

    Modules beside the file are the bundle's at the moment at which this process first met the version: a version is
    made anew when they change, so a new one finds new ones. Safe between threads.
    """

    def __init__(self, bundle: DagBundle) -> None:
        self._bundle = bundle
        self._seen: set[str] = set()
        self._turn = threading.Lock()

    def __call__(self, version: DagVersion) -> tuple[str, str | None]:
        """What names the content, and the content; DAGs of one file share a process."""
        with self._turn:
            if version.version not in self._seen:
                self._bundle.files()
                self._seen.add(version.version)
        return version.fingerprint or version.version, version.source

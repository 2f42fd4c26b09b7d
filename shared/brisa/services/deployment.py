"""DAG files in a bucket, where an upload is a deployment, or in the functions' source; workers run what is deployed."""

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


class SourceDeployment:
    """DAG files that come with the functions' source, so that nothing tells when there are others: whoever has moved
    the traffic to a new revision, or back, writes one object. Safe between threads.

    Nobody registers them by itself: while two revisions are alive, each with files of its own, it is the one that
    serves when the object is written whose files count, and they do so until the next time.
    """

    def __init__(self, registry: Registry, bucket: str, name: str) -> None:
        """``gs://bucket/name`` is the object."""
        self._registry = registry
        self._object = bucket, name
        self._turn = threading.Lock()

    def holds(self, bucket: str, name: str) -> bool:
        """Whether it is the object."""
        return (bucket, name) == self._object

    def sync(self) -> Sequence[str]:
        """As of :class:`BucketDeployment`."""
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

"""The DAG bundle as objects of a bucket: to upload is to deploy."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from brisa.adapters.gcs.failures import ONCE, retrying
from brisa.adapters.gcs.mirror import Mirror
from brisa.adapters.gcs.objects import is_left_alone, unusable
from brisa.adapters.local.bundle import FolderBundle, file_stamp
from brisa.adapters.local.clock import SystemClock
from brisa.ports.clock import Clock

if TYPE_CHECKING:  # the SDK costs a function's cold start: only who connects pays
    from google.cloud.storage import Client

log = logging.getLogger(__name__)
_LISTINGS = 3


class GcsBundle:
    """A :class:`~brisa.ports.bundle.DagBundle` of the objects under ``prefix``, mirrored into the local ``folder``.

    ``folder`` belongs to it: what no object accounts for is removed. Candidates and fingerprints are told as
    :class:`~brisa.adapters.local.FolderBundle` tells them, with the objects' generations in place of times and sizes:
    every process that sees the same objects tells the same. Objects whose names can't be files are left out, and
    logged once. ``patience``: seconds for which a call that finds the service away is repeated.
    """

    def __init__(
        self,
        client: Client,
        bucket: str,
        prefix: str,
        folder: str | Path,
        *,
        clock: Clock | None = None,
        patience: float = 30.0,
    ) -> None:
        self._client = client
        self._bucket = client.bucket(bucket)
        self._prefix = prefix if prefix.endswith("/") or not prefix else prefix + "/"
        self._source = f"gs://{bucket}/{self._prefix}"
        self._calls = retrying(clock or SystemClock(), patience)
        self._mirror = Mirror(Path(folder).absolute(), self._source)
        self._tree = FolderBundle(self._mirror.folder, self._stamp)
        self._lock = threading.Lock()
        self._generations: Mapping[str, int] | None = None
        self._told: set[str] = set()

    def root(self) -> Path:
        """The folder; filled, if :meth:`files` has not been called yet."""
        with self._lock:
            if self._generations is None:
                self._generations = self._mirrored()
            return self._mirror.folder

    def files(self) -> Mapping[str, str]:
        """Candidate DAG files and their fingerprints, by path, after bringing the folder up to date."""
        with self._lock:
            self._generations = self._mirrored()
            return self._tree.files()

    def _stamp(self, path: str, found: os.stat_result) -> str:
        generation = (self._generations or {}).get(path)
        # No object: somebody has just written into the folder.
        return file_stamp(path, found) if generation is None else str(generation)

    def _mirrored(self) -> Mapping[str, int]:
        """Path → generation of what the folder now holds."""
        wanted: Mapping[str, int] = {}
        gone: frozenset[str] = frozenset()
        # An object that was replaced between the listing and its download is told by the next listing.
        for _ in range(_LISTINGS):
            wanted = self._listed()
            gone = self._mirror.update(wanted, self._download)
            if not gone:
                return wanted
        for path in sorted(gone):
            log.warning("object %r changes faster than it can be read: it is left out", self._source + path)
        wanted = {path: generation for path, generation in wanted.items() if path not in gone}
        self._mirror.update(wanted, self._download)
        return wanted

    def _listed(self) -> Mapping[str, int]:
        """Path → generation of every object that can be a file."""
        fields = "items(name,generation),nextPageToken"

        def listed(_: bool) -> dict[str, int]:
            blobs = self._client.list_blobs(self._bucket, prefix=self._prefix, fields=fields, **ONCE)
            return {blob.name.removeprefix(self._prefix): int(blob.generation) for blob in blobs}

        found = self._calls.make(f"list the objects of {self._source}", listed)
        left_out = unusable(found)
        for path, reason in left_out.items():
            if path not in self._told:
                self._told.add(path)
                log.warning("object %r of bucket %r is left out: %s", self._prefix + path, self._bucket.name, reason)
        return {path: number for path, number in found.items() if path not in left_out and not is_left_alone(path)}

    def _download(self, path: str, generation: int, file: Path) -> bool:
        """Write the very object that was listed into ``file``; False if it is no longer there."""
        from google.api_core.exceptions import NotFound

        name = self._prefix + path

        def download(_: bool) -> bool:
            blob = self._bucket.blob(name, generation=generation)
            with file.open("wb") as content:
                try:
                    blob.download_to_file(content, **ONCE)
                except NotFound:
                    return False
            return True

        return self._calls.make(f"read object {name!r} of bucket {self._bucket.name!r}", download)

"""A folder of DAG files, mirrored into the bucket from which brisa deploys: an upload is a deployment."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from brisa.emulators.installed import PROJECT
from brisa.emulators.project import DAGS_BUCKET, DAGS_PREFIX
from brisa.errors import EmulatorError

if TYPE_CHECKING:  # the SDK takes a moment to import: only who connects pays
    from google.cloud.storage import Bucket

_PATIENCE = 10.0
Stamp = tuple[int, int]
"""When a file was last changed, in nanoseconds, and its size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one look at the folder led to. Names are paths within the folder."""

    uploaded: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    """Name → why it can't be uploaded; it is tried again at the next look."""


class Mirror:
    """Keeps ``gs://brisa-dags/dags/`` as the folder is. The bucket must be there. Not safe between threads."""

    def __init__(self, folder: Path, storage_url: str) -> None:
        """``storage_url`` is where the Cloud Storage emulator answers."""
        self._folder = folder
        self._bucket = _bucket(storage_url)
        self._there: dict[str, Stamp | None] | None = None
        """What the bucket has, and of which state of the file; ``None`` before the first look."""

    def look(self) -> Looked:
        """Upload what is new or has changed, and delete what has gone. The first look uploads everything.

        A folder that is not there changes nothing. Raises :class:`~brisa.errors.EmulatorError` if Cloud Storage does
        not answer; the next look then goes on.
        """
        if not self._folder.is_dir():
            return Looked(refused={str(self._folder): "the folder is not there"})
        from google.api_core.exceptions import GoogleAPICallError
        from requests import RequestException

        try:
            if self._there is None:
                self._there = dict.fromkeys(self._names())
            return self._level(self._there)
        except (GoogleAPICallError, RequestException) as error:
            raise EmulatorError(f"Cloud Storage's emulator does not take the DAG files: {error}") from error

    def close(self) -> None:
        """Close the connections."""
        self._bucket.client.close()

    def _level(self, there: dict[str, Stamp | None]) -> Looked:
        from google.api_core.exceptions import GoogleAPICallError
        from requests import RequestException

        found = dict(stamps(self._folder))
        gone = [name for name in there if name not in found]
        for name in gone:  # first: a folder may have taken the place of a file
            blob = self._bucket.blob(DAGS_PREFIX + name)
            if blob.exists(timeout=_PATIENCE, retry=None):
                blob.delete(timeout=_PATIENCE, retry=None)
            del there[name]
        uploaded, refused = [], {}
        for name, stamp in found.items():
            if there.get(name) == stamp:
                continue
            try:
                name.encode()  # the client would make another name of one that is no text
                # The stamp is older than what is read: what changes in between is uploaded again.
                self._upload(name, (self._folder / name).read_bytes())
            except RequestException:
                raise  # it is an OSError too
            except (OSError, UnicodeEncodeError, GoogleAPICallError) as error:
                refused[name] = str(error)
                continue
            there[name] = stamp
            uploaded.append(name)
        return Looked(uploaded=tuple(uploaded), removed=tuple(gone), refused=refused)

    def _upload(self, name: str, content: bytes) -> None:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        blob = self._bucket.blob(DAGS_PREFIX + name)
        blob.upload_from_string(content, content_type=kind, timeout=_PATIENCE, retry=None)

    def _names(self) -> list[str]:
        blobs = self._bucket.client.list_blobs(self._bucket, prefix=DAGS_PREFIX, timeout=_PATIENCE, retry=None)
        return [blob.name.removeprefix(DAGS_PREFIX) for blob in blobs]


def stamps(folder: Path) -> Iterator[tuple[str, Stamp]]:
    """The files of ``folder`` at any depth, sorted: nothing hidden, and nothing that Python has compiled."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        for name in sorted(files):
            file = Path(place, name)
            if name.startswith(".") or not file.is_file():
                continue
            state = file.stat()
            yield file.relative_to(folder).as_posix(), (state.st_mtime_ns, state.st_size)


def _bucket(storage_url: str) -> Bucket:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    client = storage.Client(
        project=PROJECT,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call] # google-auth has annotations in part
        client_options={"api_endpoint": storage_url},
    )
    bucket: Bucket = client.bucket(DAGS_BUCKET)
    return bucket

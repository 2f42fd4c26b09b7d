"""A folder of DAG files, copied to where a deployment reads them."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from brisa.adapters.gcs.failures import ONCE, retrying
from brisa.errors import StorageError
from brisa.ports.clock import Clock

if TYPE_CHECKING:
    from google.cloud.storage import Client

_IGNORES = ".airflowignore"
"""The one hidden file that means something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What there is to do. Names are paths within the folder."""

    upload: Sequence[str]
    same: Sequence[str]
    """Objects that have a file's bytes already."""
    extra: Sequence[str]
    """Objects that no file accounts for."""


class Publisher:
    """Copies to the objects below ``prefix`` of a bucket."""

    def __init__(self, client: Client, bucket: str, prefix: str, clock: Clock, *, patience: float = 30.0) -> None:
        self._bucket = client.bucket(bucket)
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._calls = retrying(clock, patience)
        self.place = f"gs://{bucket}/{self._prefix}"

    def plan(self, folder: Path) -> Plan:
        """Compare the files with the objects, by their MD5."""
        there = self._objects()
        files = {name: _md5(folder / name) for name in names(folder)}
        return Plan(
            upload=[name for name, digest in files.items() if there.get(name) != digest],
            same=[name for name, digest in files.items() if there.get(name) == digest],
            extra=sorted(set(there) - set(files)),
        )

    def upload(self, folder: Path, name: str) -> None:
        """Copy one file."""
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        content = _read(folder / name)
        blob = self._bucket.blob(self._prefix + name)
        self._calls.make(
            f"write {self.place}{name}", lambda _: blob.upload_from_string(content, content_type=kind, **ONCE)
        )

    def delete(self, name: str) -> None:
        """Remove one object, if it is there."""
        from google.api_core.exceptions import NotFound

        blob = self._bucket.blob(self._prefix + name)

        def gone(_: bool) -> None:
            try:
                blob.delete(**ONCE)
            except NotFound:
                return

        self._calls.make(f"delete {self.place}{name}", gone)

    def _objects(self) -> Mapping[str, str | None]:
        """Name → MD5 of every object below the prefix."""
        fields = "items(name,md5Hash),nextPageToken"

        def listed(_: bool) -> dict[str, str | None]:
            blobs = self._bucket.client.list_blobs(self._bucket, prefix=self._prefix, fields=fields, **ONCE)
            return {blob.name.removeprefix(self._prefix): blob.md5_hash for blob in blobs}

        found = self._calls.make(f"list the objects of {self.place}", listed)
        return {name: digest for name, digest in found.items() if name and not name.endswith("/")}


def names(folder: Path) -> Iterator[str]:
    """The files of a folder at any depth, sorted: nothing hidden but ``.airflowignore``, and nothing that Python has
    compiled."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        for name in sorted(files):
            file = Path(place, name)
            if file.is_file() and (not name.startswith(".") or name == _IGNORES):
                yield file.relative_to(folder).as_posix()


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise StorageError(f"{file} can't be read: {error.strerror}") from error


def _md5(file: Path) -> str:
    return base64.b64encode(hashlib.md5(_read(file), usedforsecurity=False).digest()).decode()

"""Blobs as objects of a bucket."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from brisa.adapters.gcs.failures import ONCE, retrying
from brisa.adapters.gcs.spools import Spools
from brisa.adapters.local.names import safe_folder, safe_path
from brisa.errors import StorageError
from brisa.ports.clock import Clock

if TYPE_CHECKING:  # the SDK costs a function's cold start: only who connects pays
    from google.cloud.storage import Blob, Client

T = TypeVar("T")
_LONGEST_PREFIX = 24
"""Bytes: an object's name has at most 1,024, a safe path at most 1,000."""
_BYTES = "application/octet-stream"


class GcsBlobs:
    """A :class:`~brisa.ports.blobs.Blobs` in a bucket; an object is named ``prefix`` and the blob's safe path.

    A spool is a local file, which only this object's ``get`` sees until ``seal`` uploads it; a sealed spool takes the
    place of an older blob of the name. ``patience``: seconds for which a call that finds the service away is repeated
    before :class:`~brisa.errors.UnavailableError`. Uploads carry no precondition: one that is repeated because its
    answer was lost would fail on what it had itself written.
    """

    def __init__(self, client: Client, bucket: str, prefix: str = "", *, clock: Clock, patience: float = 30.0) -> None:
        if len(prefix.encode()) > _LONGEST_PREFIX:
            raise StorageError(
                f"the prefix {prefix!r} of blobs is too long: give one of {_LONGEST_PREFIX} bytes or less"
            )
        self._client = client
        self._bucket = client.bucket(bucket)
        self._prefix = prefix
        self._calls = retrying(clock, patience)
        self._spools = Spools()
        self._bucket_is_there = False

    def put(self, name: str, data: bytes) -> None:
        """Upload a blob whole."""
        self._upload(name, BytesIO(data), len(data))

    def get(self, name: str, offset: int = 0, length: int | None = None) -> bytes | None:
        """The bytes from ``offset`` on, or ``None``; of a spool, those written so far."""
        from google.api_core.exceptions import NotFound, RequestRangeNotSatisfiable

        begin = max(0, offset)
        written = self._spools.read(name, begin, length)
        if written is not None:
            return written
        last = None if length is None else begin + length - 1

        def download(blob: Blob) -> bytes | None:
            try:
                # A whole object comes with its checksum, a range does not.
                start = None if begin == 0 and last is None else begin
                return bytes(blob.download_as_bytes(start=start, end=last, **ONCE))
            except RequestRangeNotSatisfiable:
                return b""
            except NotFound:
                return None

        return self._call("read", name, download)

    def delete(self, name: str) -> None:
        """Remove it, and its spool, if they are there."""
        from google.api_core.exceptions import NotFound

        def remove(blob: Blob) -> bool | None:
            try:
                blob.delete(**ONCE)
            except NotFound:
                return None
            return True

        self._spools.drop(name)
        self._call("delete", name, remove)

    def delete_folder(self, name: str) -> None:
        """Remove every object below ``name``; spools of this process are left."""
        from google.api_core.exceptions import NotFound

        prefix = f"{self._prefix}{safe_folder(name)}/"
        what = f"delete the objects {prefix!r}… of bucket {self._bucket.name!r}"

        def remove(blob: Blob) -> None:
            try:
                blob.delete(**ONCE)
            except NotFound:
                return

        found = self._calls.make(what, lambda _: list(self._client.list_blobs(self._bucket, prefix=prefix, **ONCE)))
        for blob in found:
            self._calls.make(what, lambda _, blob=blob: remove(blob))  # type: ignore[misc]

    def spool(self, name: str) -> Path:
        """A local file to append to."""
        return self._spools.path(name)

    def seal(self, name: str) -> None:
        """The spool is complete: upload it, then remove the file. After an error it can be sealed again."""
        with self._spools.opened(name) as file:
            if file is None:
                return
            self._upload(name, file, file.seek(0, 2))
        self._spools.drop(name)

    def _upload(self, name: str, content: BinaryIO, size: int) -> None:
        def upload(blob: Blob) -> bool:
            blob.upload_from_file(content, rewind=True, size=size, content_type=_BYTES, **ONCE)
            return True

        self._call("write", name, upload)

    def _call(self, verb: str, name: str, action: Callable[[Blob], T | None]) -> T | None:
        """What ``action`` does with the object of ``name``; it gives ``None`` if there is no such object."""
        path = self._prefix + str(safe_path(name))
        what = f"{verb} object {path!r} of bucket {self._bucket.name!r}"
        answer = self._calls.make(what, lambda _: action(self._bucket.blob(path)))
        if answer is None and not self._bucket_is_there:
            # A missing bucket is answered in the same way; to list one that is not there is an error.
            listing = {"max_results": 1, **ONCE}
            self._calls.make(what, lambda _: list(self._client.list_blobs(self._bucket, **listing)))
        self._bucket_is_there = True
        return answer

"""Blobs as a dictionary; spools, which must be files, in a folder that is removed with the object."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
import weakref
from pathlib import Path


class MemoryBlobs:
    """A :class:`~brisa.ports.blobs.Blobs` that ends with its process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blobs: dict[str, bytes] = {}
        self._spools: dict[str, Path] = {}
        self._folder: Path | None = None

    def put(self, name: str, data: bytes) -> None:
        """Write a blob whole."""
        with self._lock:
            self._blobs[name] = bytes(data)

    def get(self, name: str, offset: int = 0, length: int | None = None) -> bytes | None:
        """The bytes from ``offset`` on, or ``None``; of a spool, those written so far."""
        with self._lock:
            data = self._blobs.get(name, b"") + self._spooled(name)
            known = name in self._blobs or (name in self._spools and self._spools[name].exists())
        begin = max(0, offset)
        return data[begin : None if length is None else begin + length] if known else None

    def delete(self, name: str) -> None:
        """Remove it, if it is there."""
        with self._lock:
            self._blobs.pop(name, None)
            spool = self._spools.pop(name, None)
            if spool is not None:
                spool.unlink(missing_ok=True)

    def delete_folder(self, name: str) -> None:
        """Remove every blob below ``name``."""
        with self._lock:
            known = [*self._blobs, *self._spools]
        for blob in known:
            if blob.startswith(f"{name}/"):
                self.delete(blob)

    def spool(self, name: str) -> Path:
        """A local file to append to."""
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="brisa-spool-"))
                weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            if name not in self._spools:
                digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
                self._spools[name] = self._folder / digest
            return self._spools[name]

    def seal(self, name: str) -> None:
        """The spool is complete: what it holds becomes the blob."""
        with self._lock:
            if name in self._spools:
                self._blobs[name] = self._blobs.get(name, b"") + self._spooled(name)
                self._spools.pop(name).unlink(missing_ok=True)

    def _spooled(self, name: str) -> bytes:
        spool = self._spools.get(name)
        return spool.read_bytes() if spool is not None and spool.exists() else b""

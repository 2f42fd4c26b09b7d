"""Blobs as files in a folder."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from brisa.adapters.local.names import safe_folder, safe_path
from brisa.errors import StorageError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class FolderBlobs:
    """A :class:`~brisa.ports.blobs.Blobs` in the folder ``root``, which is made when it is first needed.

    A spool is the blob's own file, so that sealing it costs nothing. Nothing is synced to disk: what was written
    survives the end of the process, not a power cut in the next seconds.
    """

    def __init__(self, root: str | Path) -> None:
        self._root = Path(root).absolute()
        self._count = itertools.count()
        self._spools: set[str] = set()

    def path(self, name: str) -> Path:
        """The file of the blob ``name``, whether it is there or not."""
        return self._root / safe_path(name)

    def put(self, name: str, data: bytes) -> None:
        """Write a blob whole, beside the old one, and then put it in its place."""
        target = self.path(name)
        # Blobs' folders never begin with a dot.
        draft = self._root / ".tmp" / f"{os.getpid()}-{id(self)}-{next(self._count)}"
        with self._told(name):
            draft.parent.mkdir(parents=True, exist_ok=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                draft.write_bytes(data)
                draft.replace(target)
            except OSError:
                draft.unlink(missing_ok=True)
                raise

    def get(self, name: str, offset: int = 0, length: int | None = None) -> bytes | None:
        """The bytes from ``offset`` on, or ``None``."""
        with self._told(name):
            try:
                with self.path(name).open("rb") as file:
                    file.seek(max(0, offset))
                    return file.read(length)
            except FileNotFoundError:
                return None

    def delete(self, name: str) -> None:
        """Remove it, if it is there."""
        with self._told(name):
            self.path(name).unlink(missing_ok=True)

    def delete_folder(self, name: str) -> None:
        """Remove every blob below ``name``."""
        with self._told(name):
            try:
                shutil.rmtree(self._root / safe_folder(name))
            except FileNotFoundError:
                return

    def spool(self, name: str) -> Path:
        """The blob's own file, to append to."""
        path = self.path(name)
        with self._told(name):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._spools.add(name)
        return path

    def seal(self, name: str) -> None:
        """The spool is complete; one that nothing was written to is an empty blob."""
        if name in self._spools:
            self._spools.discard(name)
            with self._told(name):
                self.path(name).touch()

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Say what can't be done with which blob, and what to do about it."""
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            advice = "make room there and try again" if error.errno in _FULL else "check the folder and its rights"
            raise StorageError(f"blob {name[:200]!r} in {self._root}: {reason}; {advice}") from error

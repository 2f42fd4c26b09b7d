"""Local files of blobs that are still being written."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from brisa.errors import StorageError


class Spools:
    """A file to a name, in a folder that is made when it is first needed and removed with this object."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, Path] = {}
        self._folder: Path | None = None
        self._made = 0

    def path(self, name: str) -> Path:
        """The file of ``name``, the same until :meth:`drop`; whoever writes to it creates it."""
        with self._lock, _told(name):
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="brisa-spool-"))
                weakref.finalize(self, _remove, self._folder, os.getpid())
            if name not in self._files:
                self._made += 1
                self._files[name] = self._folder / str(self._made)
            return self._files[name]

    def read(self, name: str, offset: int, length: int | None) -> bytes | None:
        """What was written so far, from ``offset`` on, at most ``length`` bytes; ``None`` if nothing is being
        written."""
        path = self._files.get(name)
        if path is None:
            return None
        # Nobody may have begun to write; or another thread has just sealed it.
        with _told(name), suppress(FileNotFoundError), path.open("rb") as file:
            file.seek(offset)
            return file.read(length)
        return None

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO | None]:
        """The whole, to read, empty if nobody wrote; ``None`` if there is no such spool."""
        path = self._files.get(name)
        if path is None:
            yield None
            return
        with _told(name):
            try:
                file: BinaryIO = path.open("rb")
            except FileNotFoundError:
                file = BytesIO()
        with file:
            yield file

    def drop(self, name: str) -> None:
        """Remove the file, if there is one."""
        with self._lock, _told(name):
            path = self._files.pop(name, None)
            if path is not None:
                path.unlink(missing_ok=True)


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked child that ends must not take its parent's files with it
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Say of which blob the local file can't be used, and what to do about it."""
    try:
        yield
    except OSError as error:
        place = tempfile.gettempdir()
        advice = "make room there" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "check the folder and its rights"
        raise StorageError(
            f"the local file of blob {name[:200]!r} in {place}: {error.strerror or error}; {advice}"
        ) from error

"""A local folder that is made to hold what a bucket does."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from brisa.adapters.gcs.manifest import Manifest, Mirrored
from brisa.adapters.gcs.objects import folders_of
from brisa.adapters.local.bundle import file_stamp
from brisa.errors import StorageError

_THREADS = 8
_BYTECODE = "__pycache__"


class Mirror:
    """Keeps ``folder`` equal to a set of objects of ``source``, downloading only what is not there yet.

    Beside it, ``<folder>.mirror`` holds the manifest, files on their way, and a lock: of several processes one works
    at a time, and the others find what it has done. Bytecode that Python keeps in the folder stays until a module
    beside it changes.
    """

    def __init__(self, folder: Path, source: str) -> None:
        self.folder = folder
        self._beside = folder.with_name(folder.name + ".mirror")
        self._drafts = self._beside / "drafts"
        self._manifest = Manifest(self._beside / "manifest.json", source)

    def update(self, wanted: Mapping[str, int], fetch: Callable[[str, int, Path], bool]) -> frozenset[str]:
        """Have the folder hold ``wanted`` (relative path → generation), and nothing else.

        ``fetch(path, generation, file)`` downloads into a new file; it says False if there is no such object any
        more. Answers with the paths of those; what the folder had in their place stays. Several threads call it.
        """
        with self._told(), self._alone():
            known = self._manifest.read()
            self.folder.mkdir(parents=True, exist_ok=True)
            _purge(self.folder, "", frozenset(wanted), {folder for path in wanted for folder in folders_of(path)})
            held = {path: known[path] for path in wanted if self._holds(path, wanted[path], known)}
            stale = [path for path in wanted if path not in held]
            try:
                for path, found in zip(stale, self._fetched(stale, wanted, fetch), strict=True):
                    if found is not None:
                        self._place(found, path)
                        held[path] = Mirrored(generation=wanted[path], stamp=self._stamp(path))
            finally:
                # After an error too: what has come need not come again.
                if held != known:
                    self._manifest.write(held)
            return frozenset(wanted).difference(held)

    def _holds(self, path: str, generation: int, known: Mapping[str, Mirrored]) -> bool:
        one = known.get(path)
        return one is not None and one.generation == generation and one.stamp == self._stamp(path)

    def _stamp(self, path: str) -> str:
        try:
            return file_stamp(path, (self.folder / path).lstat())
        except FileNotFoundError:
            return ""

    def _fetched(
        self, paths: list[str], wanted: Mapping[str, int], fetch: Callable[[str, int, Path], bool]
    ) -> Iterator[Path | None]:
        """The downloaded file of each, in order, or ``None``. After an error nothing more is begun."""
        shutil.rmtree(self._drafts, ignore_errors=True)
        if not paths:
            return
        self._drafts.mkdir()

        def one(number: int) -> Path | None:
            path, draft = paths[number], self._drafts / str(number)
            return draft if fetch(path, wanted[path], draft) else None

        with ThreadPoolExecutor(min(_THREADS, len(paths)), thread_name_prefix="mirror") as pool:
            yield from pool.map(one, range(len(paths)))

    def _place(self, draft: Path, path: str) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(target)
        if path.endswith(".py"):
            # Python takes bytecode for current by the second and the size of its source.
            shutil.rmtree(target.parent / _BYTECODE, ignore_errors=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._beside.mkdir(parents=True, exist_ok=True)
        with (self._beside / "lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                # To close it is not enough while a child that was forked meanwhile has it open.
                fcntl.flock(file, fcntl.LOCK_UN)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say which folder can't be used, and what to do about it."""
        try:
            yield
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            advice = "make room there" if full else "check the folder and its rights"
            place = error.filename or self.folder
            raise StorageError(
                f"DAG files can't be mirrored to {self.folder}: {place}: {error.strerror or error}; {advice}"
            ) from error


def _purge(folder: Path, prefix: str, files: frozenset[str], folders: set[str]) -> None:
    """Remove all but ``files`` and ``folders``, both relative to the root, from ``folder``. Links are not followed."""
    for entry in list(os.scandir(folder)):
        path = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            if path in folders:
                _purge(folder / entry.name, path + "/", files, folders)
            elif entry.name != _BYTECODE:
                shutil.rmtree(entry.path)
        elif path not in files:
            (folder / entry.name).unlink()

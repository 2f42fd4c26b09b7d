"""Files for their owner's eyes only."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from brisa.errors import StorageError


def place(path: Path, content: bytes) -> None:
    """Make the file, whole and private; one that is there by now is left as it is.

    It is never open under its own name: closing a file lets go of every lock that this process has on it, also of
    SQLite's in another thread ("How To Corrupt An SQLite Database File", 2.2).
    """
    with _draft(path, content) as draft, suppress(FileExistsError):
        path.hardlink_to(draft)


def replace(path: Path, content: bytes) -> None:
    """Make the file, whole and private, in the place of one that is there. :class:`~brisa.errors.StorageError`."""
    try:
        with _draft(path, content) as draft:
            draft.replace(path)
    except OSError as error:
        raise StorageError(f"{path} can't be written: {error.strerror}") from error


def keep_private(path: Path) -> None:
    """A copy from a backup may have lost its mode."""
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


def kept_key(path: Path, make: Callable[[], bytes]) -> bytes:
    """The key in the file, which is made once; whichever of several processes is first, all use that one.

    :class:`~brisa.errors.StorageError` when it can't be read or made.
    """
    try:
        if not path.exists():
            place(path, make())
        keep_private(path)
        return path.read_bytes()
    except OSError as error:
        raise StorageError(
            f"the key file {path} can't be used: {error.strerror}; check its folder and rights"
        ) from error


@contextmanager
def _draft(path: Path, content: bytes) -> Iterator[Path]:
    """The content on the disk, in a file beside ``path`` that is gone afterwards, whatever became of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

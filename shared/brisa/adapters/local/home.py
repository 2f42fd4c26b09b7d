"""One process to a home."""

from __future__ import annotations

import fcntl
import os
import time
import weakref
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from brisa.errors import StorageError

_SECONDS_TO_LET_GO = 5.0


class HomeLock:
    """Holds the folder ``path`` for this process until :meth:`release`, or until the process ends, however it ends.

    A lock of the kernel on the file ``brisa.lock`` in it, not the file itself, keeps others out, so that none is ever
    left behind. A forked child lets go of its copy at once: one that outlives its killed parent doesn't hold the home.
    Raises :class:`~brisa.errors.StorageError` naming the holder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()
        self._file: int | None = None
        file = self._open()
        try:
            self._take(file)
        except BaseException:
            os.close(file)
            raise
        with suppress(OSError):  # on a full disk the number is missing, not the lock
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file
        _held.add(self)

    def _take(self, file: int) -> None:
        end = time.monotonic() + _SECONDS_TO_LET_GO
        while True:
            try:
                return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.pread(file, 32, 0).decode("ascii", "replace").strip()
                # A child that was forked in its parent's last moment has not yet come to let go.
                if _lives(holder) or time.monotonic() > end:
                    raise StorageError(self._taken(holder)) from error
            except OSError as error:
                raise StorageError(f"can't lock the home {self.path}: {error.strerror}") from error
            time.sleep(0.005)

    def _open(self) -> int:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            return os.open(self.path / "brisa.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageError(f"can't use {self.path} as a home: {error.strerror}; choose another one") from error

    def _taken(self, holder: str) -> str:
        who = f"process {holder}" if holder.isdecimal() else "another process"
        stop = f" (kill {holder})" if holder.isdecimal() else ""
        return f"{self.path} is in use by {who} of brisa: stop that one first{stop}, or choose another home"

    def release(self) -> None:
        """Let others have it. Idempotent."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            _held.discard(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _lives(holder: str) -> bool:
    """Whether the process lives; one whose number is not known yet does."""
    if not holder.isdecimal():
        return True
    try:
        os.kill(int(holder), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


_held: weakref.WeakSet[HomeLock] = weakref.WeakSet()


def _let_go_in_child() -> None:
    for lock in list(_held):
        lock.release()


os.register_at_fork(after_in_child=_let_go_in_child)

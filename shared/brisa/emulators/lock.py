"""A home's ``brisa.lock``: while somebody holds it, the emulators of the home are needed."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from brisa.errors import EmulatorError

_PATIENCE = 1.0
"""Seconds that others get to have their look: a look takes the lock for an instant."""


def held(lock: Path) -> bool:
    """Whether any process holds the file's lock (:func:`fcntl.flock`)."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


class Hold:
    """Holds ``lock`` until :meth:`release`, or until this process ends, however it ends.

    The file then has this process's number, as that of any other holder of a home. :class:`EmulatorError` names the
    holder if there is one already.
    """

    def __init__(self, lock: Path) -> None:
        lock.parent.mkdir(parents=True, exist_ok=True)
        self._file: int | None = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + _PATIENCE
        while not self._taken(self._file):
            if time.monotonic() > deadline:
                holder = os.pread(self._file, 32, 0).decode("ascii", "replace").strip()
                self.release()
                raise EmulatorError(
                    f"{lock.parent} is in use by process {holder or '(not known)'}: "
                    "stop that one first, or choose another home with --home"
                )
            time.sleep(0.02)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    @staticmethod
    def _taken(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False

    def release(self) -> None:
        """Let others have it. Idempotent."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

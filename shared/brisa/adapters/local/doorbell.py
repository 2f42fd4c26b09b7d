"""How one process tells the standalone process of the same home that there is work, or asks how it is: one byte to a
socket."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from brisa.errors import StorageError
from brisa.model.work import Work
from brisa.ports.queue import TaskQueue

_NAME = "doorbell"
_RING, _QUESTION = b"x", b"?"
_PATIENCE = 1.0
"""Seconds that one waits for an answer."""
_LONGEST_ANSWER = 65_536
_LONGEST_PATH = 100
"""Bytes that fit into a Unix socket's address everywhere."""


def _addresses(home: Path) -> list[str]:
    """Where the bell may be: in the home; or, where that can't hold a socket, in the machine's temporary folder."""
    import hashlib

    path = str(home / _NAME)
    digest = hashlib.blake2b(os.fsencode(path), digest_size=8).hexdigest()
    elsewhere = str(Path(tempfile.gettempdir()) / f"brisa-{os.getuid()}-{digest}")
    return [elsewhere] if len(os.fsencode(path)) > _LONGEST_PATH else [path, elsewhere]


class Doorbell:
    """Listens in the standalone process, which holds the home's lock; ``ring`` is called from a thread of its own.

    From its making on, :func:`ring` is heard; what was rung before :meth:`start` is not lost. Raises
    :class:`~brisa.errors.StorageError` if there is nowhere to put it.
    """

    def __init__(self, home: Path, ring: Callable[[], object]) -> None:
        self._ring = ring
        self._tell: Callable[[], bytes] = bytes
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._closing = False
        self._path = self._bind(home)
        self._thread = threading.Thread(target=self._listen, name="doorbell", daemon=True)

    def _bind(self, home: Path) -> str:
        problem = ""
        for path in _addresses(home):
            try:
                # An earlier process's is still there if it was killed; the home's lock says that it is gone.
                Path(path).unlink(missing_ok=True)
                self._socket.bind(path)
                Path(path).chmod(0o600)
            except OSError as error:
                problem = f"{path}: {error.strerror}"
            else:
                return path
        self._socket.close()
        raise StorageError(f"other commands could not reach this process at {problem}; choose another home")

    def start(self, tell: Callable[[], bytes] = bytes) -> None:
        """Begin to listen. ``tell`` is what :func:`ask` gets: at once, and not much."""
        self._tell = tell
        self._thread.start()

    def _listen(self) -> None:
        while not self._closing:
            try:
                heard, asker = self._socket.recvfrom(1)
            except OSError:
                return
            if heard == _QUESTION and asker:
                with contextlib.suppress(OSError):  # who asked may be gone
                    self._socket.sendto(self._tell(), socket.MSG_DONTWAIT, asker)
            elif not self._closing:
                self._ring()

    def close(self) -> None:
        """Stop listening. Idempotent."""
        self._closing = True
        if self._thread.is_alive():
            _send(self._path)
            self._thread.join()
        self._socket.close()
        with contextlib.suppress(OSError):
            Path(self._path).unlink()


def ring(home: Path) -> bool:
    """Ring the bell of a home; False when nobody is there to hear it. Returns at once."""
    return any(_send(path) for path in _addresses(home))


def _send(path: str) -> bool:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(_RING, path)
    except BlockingIOError:
        return True  # somebody is there, with more rings than they have yet answered
    except OSError:
        return False
    return True


def ask(home: Path) -> bytes | None:
    """What the standalone process of a home tells of itself; ``None`` if there is none, or it does not answer now."""
    with (
        contextlib.suppress(OSError),
        tempfile.TemporaryDirectory(prefix="brisa-") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asker,
    ):
        asker.bind(str(Path(folder) / "answer"))
        asker.settimeout(_PATIENCE)
        for path in _addresses(home):
            try:
                asker.sendto(_QUESTION, path)
            except OSError:
                continue
            return asker.recv(_LONGEST_ANSWER)
    return None


class RemoteBellQueue:
    """A queue of a home whose messages another process takes: sending rings its bell."""

    def __init__(self, queue: TaskQueue, home: Path) -> None:
        self._queue = queue
        self._home = home

    def enqueue(self, messages: Sequence[Work]) -> None:
        """As :meth:`brisa.ports.queue.TaskQueue.enqueue`."""
        self._queue.enqueue(messages)
        ring(self._home)

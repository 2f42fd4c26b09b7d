"""Google's own Firestore emulator, for tests: found, started once, wiped between tests.

As a program (``python -m tests.support.firestore_emulator``) it tells whether the emulator can run here: the path of
its jar and status 0, or what is missing and status 1.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING
from unittest import mock

from brisa.emulators.firestore import command, jar
from brisa.emulators.ports import choose
from brisa.errors import EmulatorError

if TYPE_CHECKING:
    from google.cloud.firestore import Client

PROJECT = "brisa-tests"
_PATIENCE = 30.0


@dataclass(frozen=True)
class FirestoreEmulator:
    """A running emulator, at ``host`` (``127.0.0.1:PORT``)."""

    host: str

    def client(self) -> Client:
        """A new client of it."""
        from google.cloud.firestore import Client

        # The client reads the environment as it is made, and never again.
        with mock.patch.dict(os.environ, FIRESTORE_EMULATOR_HOST=self.host):
            return Client(project=PROJECT)

    def wipe(self) -> None:
        """Remove every document."""
        path = f"/emulator/v1/projects/{PROJECT}/databases/(default)/documents"
        assert self.ask("DELETE", path) == 200

    def ask(self, method: str, path: str) -> int:
        """The status of an answer."""
        connection = http.client.HTTPConnection(self.host, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path)
            answer = connection.getresponse()
            answer.read()
            return answer.status


@contextlib.contextmanager
def running() -> Iterator[FirestoreEmulator]:
    """An emulator on a free port, until the block ends. Raises :class:`EmulatorError` where it can't run."""
    port = choose(["firestore"], {})["firestore"]
    emulator = FirestoreEmulator(f"127.0.0.1:{port}")
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command(port), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(emulator, process, log)
            yield emulator
        finally:
            process.kill()
            process.wait()


def _wait(emulator: FirestoreEmulator, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if emulator.ask("GET", "/") == 200:
                return
        time.sleep(0.02)
    log.seek(0)
    raise AssertionError(f"the Firestore emulator does not answer:\n{log.read().decode(errors='replace')}")


def main() -> int:
    """Say whether it can run."""
    try:
        sys.stdout.write(f"{jar()}\n")
    except EmulatorError as missing:
        sys.stdout.write(f"{missing}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

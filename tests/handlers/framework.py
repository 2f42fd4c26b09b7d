"""functions-framework as a process of its own, serving one function as Cloud Run has it do."""

from __future__ import annotations

import http.client
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.program import environment, family, lives
from tests.support.waiting import until


@dataclass
class Framework:
    """The process, what it has printed, and where it listens."""

    process: subprocess.Popen[bytes]
    printed: Path
    port: int = 0

    def text(self) -> str:
        """Everything printed so far."""
        return self.printed.read_text("utf-8", "replace")

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until it has printed what matches ``pattern``."""
        until(lambda: re.search(pattern, self.text()) or self.process.poll() is not None, what=pattern)
        found = re.search(pattern, self.text())
        assert found, f"it has ended: {self.text()}"
        return found

    def call(self, method: str = "GET", path: str = "/", body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """Status and body of the answer to a request, on a connection of its own."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, {"Connection": "close", **headers})
            response = connection.getresponse()
            return response.status, response.read()

    def end(self) -> int:
        """Send SIGTERM, wait for the end of all its processes; the exit status."""
        processes = family(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        until(lambda: not any(map(lives, processes)), what="the end of all its processes")
        return status


@contextmanager
def serving(source: Path, target: str, **env: str) -> Iterator[Framework]:
    """The function ``target`` of ``source``, listening; ended, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="framework-"))
    printed = folder / "printed.txt"
    command = [sys.executable, "-m", "functions_framework", "--source", str(source), "--target", target]
    # Where gunicorn puts a socket of its own.
    own = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    more: Mapping[str, str] = {"GUNICORN_LOG_LEVEL": "info", "THREADS": "4", **own, **env}
    with printed.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", "0"],
            env=environment(more),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    running = Framework(process, printed)
    try:
        running.port = int(running.wait_for(r"Listening at: http://127\.0\.0\.1:(\d+)")[1])
        yield running
    finally:
        processes = family(process.pid)
        process.kill()
        process.wait()
        for one in processes[1:]:
            if lives(one):
                one.kill()
        until(lambda: not any(map(lives, processes)), what="the end of all its processes")
        shutil.rmtree(folder)

"""Commands whose output goes to the task's log, line by line, while they run."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from logging import Logger
from pathlib import Path


class Streamed:
    """Runs commands one after the other, in the process group of the attempt, so that they end when it is ended."""

    def __init__(self, log: Logger, *, encoding: str = "utf-8") -> None:
        self._log = log
        self._encoding = encoding
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> int:
        """Run to the end; the exit status. Both outputs are logged. ``OSError`` if it can't be started."""
        self._log.info("Executing cmd: %s", " ".join(command))
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=cwd, env=env
        ) as self._process:
            output = self._process.stdout
            assert output is not None  # noqa: S101  for the type checker: asked for above
            for raw in output:
                self._log.info("%s", raw.decode(self._encoding, errors="backslashreplace").rstrip())
            return self._process.wait()

    def stop(self) -> None:
        """Ask the command that runs to end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

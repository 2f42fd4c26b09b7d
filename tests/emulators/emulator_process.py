"""brisa's own gRPC emulators for tests, each a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.support.program import environment


class EmulatorProcess:
    """One that listens. However this process ends, it ends too."""

    def __init__(self, name: str, *options: str, stderr: int | None = None) -> None:
        """``name``: of the package below ``brisa.emulators``. With a pipe for ``stderr`` it must not complain."""
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            _command(name, "--while-stdin", *options),
            stdin=pipe,
            stdout=pipe,
            stderr=stderr,
            text=True,
            env=environment(),
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        assert self.line, self.process.communicate()[1]
        self.ports: dict[str, int] = json.loads(self.line)
        self.port = self.ports["port"]
        self.address = f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Its HTTP side."""
        return f"http://127.0.0.1:{self.ports['http_port']}"

    def end(self, *, kill: bool = False) -> int:
        """End it, orderly or by SIGKILL; its exit status. Idempotent."""
        (self.process.kill if kill else self.process.terminate)()
        return self.ended()

    def ended(self) -> int:
        """Wait for its end; its exit status. It must have had nothing more to say."""
        process = self.process
        if process.stdin is not None:
            process.stdin.close()
        status = process.wait(20)
        for stream in (process.stdout, process.stderr):
            if stream is not None and not stream.closed:
                with stream:
                    assert stream.read() == ""
        return status


def failed(name: str, *options: str) -> str:
    """The complaint of one that can't start: it ends at once, with status 1, and without a traceback."""
    done = subprocess.run(
        _command(name, *options), env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def _command(name: str, *options: str) -> list[str]:
    return [sys.executable, "-m", f"brisa.emulators.{name}", *options]

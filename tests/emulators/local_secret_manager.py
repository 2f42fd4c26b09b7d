"""Secret Manager emulators for tests, as processes of their own."""

from __future__ import annotations

import atexit
import itertools
import json
import subprocess
import sys
from functools import cache

from google.cloud import secretmanager

from brisa.adapters.secretmanager import connect
from tests.support.program import environment

_numbers = itertools.count()


class SecretManager:
    """One emulator process."""

    def __init__(self, *options: str) -> None:
        # However this process ends, it ends too.
        command = [sys.executable, "-m", "brisa.emulators.secret_manager", "--while-stdin", *options]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment())
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        assert self.line, self.process.communicate()[1]
        self.port = json.loads(self.line)["port"]
        self.client: secretmanager.SecretManagerServiceClient = connect(f"127.0.0.1:{self.port}")

    def project(self) -> str:
        """The id of a project that is empty."""
        return f"test-{next(_numbers)}"

    def end(self, *, kill: bool = False) -> int:
        """End it, orderly or by SIGKILL; its exit status."""
        (self.process.kill if kill else self.process.terminate)()
        return self.ended()

    def ended(self) -> int:
        """Wait for its end; its exit status. It must have had nothing more to say."""
        self.client.transport.close()
        if self.process.stdin is not None:
            self.process.stdin.close()
            self.process.stdin = None
        assert self.process.communicate(timeout=20) == ("", "")
        return self.process.returncode


@cache
def secret_manager() -> SecretManager:
    """One for the session."""
    emulator = SecretManager()
    atexit.register(emulator.end)
    return emulator

"""Secret Manager emulators for tests, as processes of their own."""

from __future__ import annotations

import atexit
import itertools
import subprocess
from functools import cache

from google.cloud import secretmanager

from brisa.adapters.secretmanager import connect
from tests.emulators.emulator_process import EmulatorProcess

_numbers = itertools.count()


class SecretManager(EmulatorProcess):
    """One emulator process."""

    def __init__(self, *options: str) -> None:
        super().__init__("secret_manager", *options, stderr=subprocess.PIPE)
        self.client: secretmanager.SecretManagerServiceClient = connect(self.address)

    def project(self) -> str:
        """The id of a project that is empty."""
        return f"test-{next(_numbers)}"

    def ended(self) -> int:
        """As of any emulator."""
        self.client.transport.close()
        return super().ended()


@cache
def secret_manager() -> SecretManager:
    """One for the session."""
    emulator = SecretManager()
    atexit.register(emulator.end)
    return emulator

"""A Cloud Run emulator for tests, whose jobs write down what they were told."""

from __future__ import annotations

import atexit
import json
import urllib.error
import urllib.request
from functools import cache
from typing import Any

from tests.emulators.emulator_process import EmulatorProcess

JOBS = "projects/test/locations/europe-west1/jobs/"
DEFAULT, LARGE = f"{JOBS}brisa-default", f"{JOBS}brisa-large"


class CloudRun(EmulatorProcess):
    """One emulator process, with the jobs :data:`DEFAULT` and :data:`LARGE`, which run ``command``."""

    def __init__(self, *command: str, options: tuple[str, ...] = ()) -> None:
        super().__init__("cloud_run", "--job", DEFAULT, "--job", LARGE, *options, "--", *command)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self.address}"

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """Status and answer of one request; bytes are sent as they are."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return response.status, json.loads(response.read() or b"{}")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"{}")

    def executions(self, job: str) -> list[dict[str, Any]]:
        """Those of a job, the latest first."""
        found: list[dict[str, Any]] = self.ask("GET", f"/v2/{job}/executions")[1]["executions"]
        return found


@cache
def quick_cloud_run() -> CloudRun:
    """One for the session, whose executions end at once."""
    made = CloudRun("true")
    atexit.register(made.end)
    return made

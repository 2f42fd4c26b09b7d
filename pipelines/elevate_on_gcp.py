"""The main job on the local cloud: the same pipeline through brisa's functions and Google's own client libraries.

Starts the stand-ins for Google Cloud and the four functions, deploys the DAG by uploading its folder, begins a run over
HTTP, uploads the exports while the sensors wait for them, and follows the run to its end.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from brisa.emulators.local_cloud import LocalCloud
from brisa.emulators.upload import Mirror
from brisa.errors import BrisaError

DAG_ID = "elevate_marketing"
T = TypeVar("T")
_PATIENCE = 60.0
_LONGEST_RUN = 600.0
_POLL = 0.2


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A run that has ended, in the words of brisa's REST API."""

    run: Mapping[str, Any]
    tasks: list[Mapping[str, Any]]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The tasks as the command line shows them."""
        names = ("task_id", "operator", "state", "try_number", "duration")
        return [{**{name: task[name] for name in names}, "state": task["state"] or "none"} for task in self.tasks]


class Api:
    """brisa's REST API, as any HTTP client sees it."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer as JSON; ``None`` if there is no such thing. :class:`BrisaError` for every other refusal."""
        request = urllib.request.Request(  # noqa: S310  http to loopback
            f"{self._url}/api/v2{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310  http to loopback
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise BrisaError(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}") from error


def run_on_gcp(cloud: LocalCloud, folder: Path, upload: Callable[[], None]) -> Ended:
    """Deploy ``folder``, begin a run, ``upload`` the exports once its sensors wait, and see the run to its end."""
    api = Api(os.environ["BRISA_API_URL"], os.environ["BRISA_API_TOKEN"])
    begun = time.monotonic()
    Mirror(folder, cloud.site.url("gcs")).look()
    _await("the DAG to be deployed", lambda: _deployed(api))
    print(f"Deployed {DAG_ID} by uploading its folder: registered after {time.monotonic() - begun:.1f} s")
    api.ask("PATCH", f"/dags/{DAG_ID}", {"is_paused": False})
    # Unpausing makes a run by itself, for the last complete month.
    run_id = _await("a run", lambda: _newest(api))["dag_run_id"]
    print(f"The run {run_id} has begun; its sensors wait")
    path = f"/dags/{DAG_ID}/dagRuns/{run_id}"
    _await("the sensors", lambda: _sensors_wait(api, path))
    upload()
    return _followed(api, path)


def _deployed(api: Api) -> bool:
    broken = api.ask("GET", "/importErrors")["import_errors"]
    if broken:
        raise BrisaError("\n".join(error["stack_trace"] for error in broken))
    return api.ask("GET", f"/dags/{DAG_ID}") is not None


def _newest(api: Api) -> Any:
    runs = api.ask("GET", f"/dags/{DAG_ID}/dagRuns")["dag_runs"]
    return runs[0] if runs else None


def _sensors_wait(api: Api, path: str) -> bool:
    tasks = api.ask("GET", f"{path}/taskInstances")["task_instances"]
    return all(task["state"] == "up_for_reschedule" for task in tasks if task["task_id"].startswith("esperar"))


def _followed(api: Api, path: str) -> Ended:
    seen: dict[str, str] = {}
    deadline = time.monotonic() + _LONGEST_RUN
    while time.monotonic() < deadline:
        run = api.ask("GET", path)
        tasks = api.ask("GET", f"{path}/taskInstances?limit=100")["task_instances"]
        for task in tasks:
            state = task["state"] or "none"
            if seen.get(task["task_id"], "none") != state:
                print(f"{task['task_id']}  {state}", file=sys.stderr)
            seen[task["task_id"]] = state
        if run["state"] in ("success", "failed"):
            return Ended(run=run, tasks=tasks)
        time.sleep(_POLL)
    raise BrisaError(f"the run has not ended after {_LONGEST_RUN:.0f} s")


def _await(what: str, look: Callable[[], T]) -> T:
    deadline = time.monotonic() + _PATIENCE
    while not (found := look()):
        if time.monotonic() > deadline:
            raise BrisaError(f"waited {_PATIENCE:.0f} s for {what}, in vain")
        time.sleep(_POLL)
    return found

"""How quick brisa's functions are on the local cloud: cold starts, and whole runs through all of it."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

from brisa.adapters.firestore import FirestoreStore
from brisa.adapters.local import SystemClock
from brisa.emulators import functions, project
from brisa.emulators.installed import PROJECT
from brisa.emulators.local_cloud import LocalCloud
from brisa.emulators.ports import choose
from brisa.emulators.upload import Mirror
from brisa.model.run import AttemptKey

DAGS = Path(__file__).parent / "dags"
ROUNDS = 3
_CALLERS = {
    "planner": project.SCHEDULER,
    "worker": project.BRISA,
    "events": project.EVENTS,
    "api": project.DEVELOPER,
}
_EVENT = {
    "ce-id": "bench",
    "ce-specversion": "1.0",
    "ce-type": "google.cloud.storage.object.v1.finalized",
    "ce-source": "//storage.googleapis.com/projects/_/buckets/bench",
    "ce-subject": "objects/x",
}
_REQUESTS: Mapping[str, tuple[str, str, bytes, Mapping[str, str]]] = {
    "planner": ("POST", "/", b"", {}),
    "worker": ("POST", "/", b'{"attempt":["d","r","t",-1,0,1,0]}', {}),
    "events": ("POST", "/", b'{"bucket":"bench","name":"x","generation":"1"}', _EVENT),
    "api": ("GET", "/api/v2/dags", b"", {}),
}
"""What each is asked first: something that looks into Firestore."""


@contextmanager
def local_cloud() -> Iterator[tuple[LocalCloud, Mapping[str, str]]]:
    """A local cloud with the DAGs of this folder, deployed."""
    with tempfile.TemporaryDirectory() as folder:
        cloud = LocalCloud(Path(folder) / "home", unpaused=True, bigquery=False)
        environment = cloud.start()
        try:
            Mirror(DAGS, environment["STORAGE_EMULATOR_HOST"]).look()
            yield cloud, environment
        finally:
            cloud.stop()


def answered(url: str, method: str, body: bytes, headers: Mapping[str, str]) -> bytes | None:
    """The body of an answer below 400; ``None`` while nobody answers."""
    data = body if method == "POST" else None
    request = urllib.request.Request(url, data=data, method=method, headers=dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            text: bytes = response.read()
            return text
    except urllib.error.HTTPError:
        raise
    except OSError:
        return None


def cold_start(cloud: LocalCloud, name: str) -> float:
    """Seconds from the start of the process to its first answer, which it has looked into Firestore for."""
    site = cloud.site
    port = choose(["function"], {})["function"]
    command = [
        *(sys.executable, "-m", "functions_framework", "--source", str(functions.source(name)), "--target", name),
        *("--signature-type", "http", "--host", "127.0.0.1", "--port", str(port)),
    ]
    method, path, body, headers = _REQUESTS[name]
    token = cloud.token(_CALLERS[name], site.url(name))
    headers = {**headers, "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    environment = {**os.environ, **functions.environment(name, site)}
    begun = time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while answered(f"http://127.0.0.1:{port}{path}", method, body, headers) is None:
                time.sleep(0.005)
            return time.monotonic() - begun
        finally:
            process.kill()


def ask(environment: Mapping[str, str], method: str, path: str, body: object = None) -> Any:
    """What brisa's API answers; ``None`` for what there is not."""
    headers = {"Authorization": f"Bearer {environment['BRISA_API_TOKEN']}", "Content-Type": "application/json"}
    url = f"{environment['BRISA_API_URL']}/api/v2{path}"
    try:
        return json.loads(answered(url, method, json.dumps(body or {}).encode(), headers) or b"null")
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def run(environment: Mapping[str, str], dag_id: str, run_id: str) -> float:
    """Seconds from the trigger of a run to its end."""
    ask(environment, "POST", f"/dags/{dag_id}/dagRuns", {"dag_run_id": run_id, "logical_date": None})
    while True:
        found = ask(environment, "GET", f"/dags/{dag_id}/dagRuns/{run_id}")
        if found["state"] in ("success", "failed"):
            assert found["state"] == "success", "a timed run has failed"
            return float(found["duration"])
        time.sleep(0.05)


def gaps(environment: Mapping[str, str], run_id: str) -> list[float]:
    """Milliseconds between the end of each task's own code and the start of the next one's."""
    from google.cloud.firestore import Client

    with mock.patch.dict(os.environ, FIRESTORE_EMULATOR_HOST=environment["FIRESTORE_EMULATOR_HOST"]):
        client = Client(project=PROJECT)
    times = []
    with closing(FirestoreStore(client, SystemClock())) as store:
        for number in range(40):
            attempt = store.attempt(AttemptKey("chain40", run_id, f"t{number}"))
            assert attempt is not None
            times.append(attempt.record.xcoms["return_value"].value)
    return [(later[0] - earlier[1]) * 1000 for earlier, later in pairwise(times)]  # type: ignore[index]


def measured() -> dict[str, float]:
    """Everything that is timed on the local cloud."""
    figures: dict[str, float] = {}
    with local_cloud() as (cloud, environment):
        while ask(environment, "GET", "/dags/fan100") is None:
            time.sleep(0.1)
        run(environment, "chain40", "warm")
        figures["gcp_chain40_s"] = statistics.median(run(environment, "chain40", f"r{one}") for one in range(ROUNDS))
        handovers = [gap for one in range(ROUNDS) for gap in gaps(environment, f"r{one}")]
        figures["gcp_handover_ms"] = statistics.median(handovers)
        figures["gcp_fan100_s"] = statistics.median(run(environment, "fan100", f"r{one}") for one in range(ROUNDS))
        for name in functions.FUNCTIONS:
            figures[f"gcp_cold_{name}_s"] = statistics.median(cold_start(cloud, name) for _ in range(ROUNDS))
    return figures


def attributed() -> list[tuple[str, float]]:
    """Milliseconds of import of the parts of a worker's cold start: what each brings that those before have not."""
    parts = ("functions_framework", "brisa.handlers.targets", "brisa.bootstrap.cloud", "google.cloud.firestore",
             "google.cloud.tasks_v2", "google.cloud.storage")  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {', '.join(parts)}"],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = re.findall(r"import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)", done.stderr)
    # A module of the top level has no indentation; the packages around it come as rows of their own.
    total: dict[str, float] = dict.fromkeys(parts, 0.0)
    for _, cumulative, indent, name in rows:
        if not indent:
            part = next((part for part in parts if part == name or part.startswith(name + ".")), None)
            if part is not None:
                total[part] += int(cumulative) / 1000
    return list(total.items())

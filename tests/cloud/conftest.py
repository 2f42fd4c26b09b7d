"""The local cloud, once for all tests here: everything is delivered twice, and ticks come every two seconds."""

from __future__ import annotations

import itertools
import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from brisa.emulators.local_cloud import LocalCloud
from brisa.emulators.upload import Mirror
from tests.support.waiting import until

DAGS = Path(__file__).parent / "dags"
LEASE = "6"


@dataclass
class Cloud:
    """What tests need of a running local cloud."""

    local: LocalCloud
    environment: Mapping[str, str]
    folder: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """What the API answers."""
        status, answer = self.post(
            self.environment["BRISA_API_URL"] + "/api/v2" + path,
            body,
            method=method,
            token=self.environment["BRISA_API_TOKEN"],
            headers={"Content-Type": "application/json"},
        )
        assert status == 200, (method, path, status, answer)
        return json.loads(answer)

    def post(
        self,
        url: str,
        body: object = None,
        *,
        token: str | None = None,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Status and body of the answer to any request; ``body`` is bytes, or becomes JSON."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method, headers=dict(headers or {}))
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def begin(self, dag_id: str, *, logical_date: str | None = None, **conf: Any) -> Started:
        """Trigger a run over HTTP."""
        folder = self.folder / f"run{next(self._numbers)}"
        folder.mkdir()
        effects = folder / "effects"
        conf = {"effects": str(effects), **conf}
        body = {"dag_run_id": folder.name, "logical_date": logical_date, "conf": conf}
        self.ask("POST", f"/dags/{dag_id}/dagRuns", body)
        return Started(self, dag_id, folder.name, effects)


@dataclass
class Started:
    """A run that was triggered."""

    cloud: Cloud
    dag_id: str
    run_id: str
    effects: Path

    @property
    def path(self) -> str:
        """Its path in the API."""
        return f"/dags/{self.dag_id}/dagRuns/{self.run_id}"

    @property
    def state(self) -> str:
        """Of the run."""
        return str(self.cloud.ask("GET", self.path)["state"])

    def tasks(self) -> dict[str, dict[str, Any]]:
        """Task id → what the API says of it."""
        found = self.cloud.ask("GET", f"{self.path}/taskInstances?limit=100")["task_instances"]
        return {one["task_id"]: one for one in found}

    def states(self) -> dict[str, str]:
        """Task id → state."""
        return {name: one["state"] for name, one in self.tasks().items()}

    def await_end(self, seconds: float = 60.0) -> str:
        """Wait for the run's end; its state."""
        until(lambda: self.state in ("success", "failed"), seconds, what=f"the end of {self.dag_id} {self.run_id}")
        return self.state

    def cancel(self) -> None:
        """End it, as a person does."""
        self.cloud.ask("PATCH", self.path, {"state": "failed"})

    def done(self) -> Counter[str]:
        """``task:try`` → how often its code ran."""
        return Counter(self.effects.read_text().split() if self.effects.exists() else [])


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud with the DAGs of the folder ``dags``, deployed and unpaused."""
    folder = tmp_path_factory.mktemp("cloud")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRISA_LEASE", LEASE)
        local = LocalCloud(folder / "home", duplicates=1, tick_every=2.0, unpaused=True, bigquery=False)
        environment = local.start()
        try:
            for name in ("STORAGE_EMULATOR_HOST", "GOOGLE_CLOUD_PROJECT"):
                patch.setenv(name, environment[name])
            Mirror(DAGS, environment["STORAGE_EMULATOR_HOST"]).look()
            cloud = Cloud(local, environment, folder)
            written = sum(file.read_text().count("\nwith DAG(") for file in DAGS.glob("*.py"))
            until(lambda: cloud.ask("GET", "/dags")["total_entries"] == written, 30, what="the DAGs to be deployed")
            yield cloud
        finally:
            local.stop()

"""``brisa standalone`` as the tests of the console see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.support.program import Home, Standalone
from tests.support.waiting import until


@dataclass
class ConsoleSite:
    """One that runs, and a client of its API: the admin."""

    url: str
    password: str
    home: Home
    running: Standalone
    api: httpx2.Client

    def get(self, path: str, **query: Any) -> Any:
        """What the API answers."""
        response = self.api.get(f"/api/v2{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def state(self, dag_id: str, run_id: str) -> str:
        """A run's."""
        return str(self.get(f"/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def until_idle(self) -> None:
        """Until the runs that schedules make have ended."""
        until(lambda: self._ended() >= SCHEDULED, 60, what="the end of the scheduled runs")

    def _ended(self) -> int:
        stats = self.get("/dagStats", dag_ids=["sales"])["dags"]
        return sum(one["count"] for dag in stats for one in dag["stats"] if one["state"] in ("success", "failed"))


SCHEDULED = 4
"""Runs of ``sales``: one for each day that it has."""


@contextmanager
def served(home: Path) -> Iterator[ConsoleSite]:
    """A standalone on ``home`` whose scheduled runs are over; it is ended in the end."""
    with Home(home, {"BRISA_TEST_CONNECTION": "enabled"}).standalone("--unpaused") as running:
        running.wait_for("log in as")
        url = re.search(r"^API (\S+)", running.text(), re.MULTILINE)
        assert url, running.text()
        password = (home / "admin-password.txt").read_text().strip()
        with httpx2.Client(base_url=url[1], timeout=30) as api:
            token = api.post("/auth/token", json={"username": "admin", "password": password}).json()["access_token"]
            api.headers["authorization"] = f"Bearer {token}"
            site = ConsoleSite(url[1], password, Home(home), running, api)
            site.until_idle()
            yield site

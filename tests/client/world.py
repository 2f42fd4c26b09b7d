"""A server that speaks Airflow's API, its DAGs (``dags``), and Airflow's own Python client that talks to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import airflow_client.client
import requests
from airflow_client.client import api as apis

sdk: Any = airflow_client.client
"""The client's classes, untyped: its bodies take texts for enums, which its annotations do not say."""
DAGS = Path(__file__).with_name("dags")
T = TypeVar("T")
_PATIENCE = 60.0


class World:
    """One server. ``world.DagRunApi`` and its like are the client's classes."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url = url.rstrip("/")
        told = requests.post(
            f"{self.url}/auth/token", json={"username": username, "password": password}, timeout=_PATIENCE
        )
        told.raise_for_status()
        self.token = told.json()["access_token"]
        self._client = sdk.ApiClient(sdk.Configuration(host=self.url, access_token=self.token))
        self.kept: dict[str, Any] = {}
        """What one call has learnt for another."""

    def __getattr__(self, name: str) -> Any:
        if not name.endswith("Api"):
            raise AttributeError(name)
        made = getattr(apis, name)(self._client)
        setattr(self, name, made)
        return made

    def close(self) -> None:
        """Let go of connections."""
        self._client.rest_client.pool_manager.clear()

    def until(self, look: Callable[[], T], good: Callable[[T], object], what: str) -> T:
        """What ``look`` gives, once it is ``good``; :class:`AssertionError` after a minute."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            found = look()
            if good(found):
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {what}: {found}")
            time.sleep(0.1)

    # --- what most calls need

    def trigger(self, dag_id: str, run_id: str | None = None, conf: dict[str, Any] | None = None) -> str:
        """Begin a run; its id."""
        body = sdk.TriggerDAGRunPostBody(dag_run_id=run_id, logical_date=None, conf=conf or {})
        return str(self.DagRunApi.trigger_dag_run(dag_id, body).dag_run_id)

    def ended(self, dag_id: str, run_id: str) -> str:
        """The state of a run, once it has ended."""
        run = self.until(
            lambda: self.DagRunApi.get_dag_run(dag_id, run_id),
            lambda run: run.state in ("success", "failed"),
            f"the end of {run_id} of {dag_id}",
        )
        return str(run.state.value)

    def done(self, dag_id: str) -> str:
        """The id of a run of ``dag_id`` that has ended; the same for all that ask."""
        if dag_id not in self.kept:
            run_id = self.trigger(dag_id, f"de_{dag_id}")
            self.ended(dag_id, run_id)
            self.kept[dag_id] = run_id
        return str(self.kept[dag_id])

    def task(self, dag_id: str, run_id: str, task_id: str, state: str) -> Any:
        """A task instance, once it is in ``state``."""
        return self.until(
            lambda: self.TaskInstanceApi.get_task_instance(dag_id, run_id, task_id),
            lambda task: task.state == state,
            f"{task_id} of {dag_id} to be {state}",
        )


def refused(call: Callable[[], object], *statuses: int) -> str:
    """What a server says that refuses ``call`` with one of these statuses."""
    try:
        answer = call()
    except sdk.ApiException as error:
        if error.status in statuses:
            return str(error.body)
        raise
    raise AssertionError(f"it was not refused: {answer}")


def bulk(kind: Any, *actions: Mapping[str, Any]) -> Any:
    """A bulk body of the client's, from what its actions say."""
    return kind.from_dict({"actions": list(actions)})

"""The local cloud, and contexts to call ``execute`` with."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from brisa.operators.google.clients import bigquery_client, storage_client
from tests.emulators.local_cloud import local_cloud

_NUMBERS = itertools.count(1)


@dataclass
class TaskInstance:
    """What operators use of the task instance."""

    dag_id: str = "dag"
    run_id: str = "manual__2023-01-01"
    task_id: str = "task"
    map_index: int = -1
    try_number: int = 1
    generation: int = 0
    reschedule_count: int = 0
    waited: float = 0.0
    pushed: dict[str, Any] = field(default_factory=dict)

    def xcom_push(self, key, value):
        self.pushed[key] = value


@pytest.fixture
def make_context():
    """A function that makes the context of an attempt; each call of one test is the same run."""
    run_id = f"manual__{next(_NUMBERS)}"

    def make(task=None, **of_instance):
        return {
            "task": task,
            "ti": TaskInstance(**{"run_id": run_id, **of_instance}),
            "data_interval_end": datetime(2023, 2, 1, tzinfo=UTC),
        }

    return make


@pytest.fixture
def context(make_context):
    """The context of the first attempt of a task."""
    return make_context()


@pytest.fixture
def cloud(monkeypatch):
    """The emulators' environment, set."""
    emulators, environment = local_cloud()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return emulators


@pytest.fixture
def bucket(cloud):
    """A new bucket, as the official client has it."""
    with storage_client() as client:
        yield client.create_bucket(f"bucket-{next(_NUMBERS)}")


@pytest.fixture
def client(cloud):
    """A BigQuery client."""
    with bigquery_client() as client:
        yield client


@pytest.fixture
def dataset(client):
    """The id of a new dataset."""
    return client.create_dataset(f"dataset_{next(_NUMBERS)}").dataset_id

"""Small records for the adapters' tests."""

from __future__ import annotations

from datetime import UTC, datetime

from brisa.model.asset import Asset, AssetEvent, AssetKey
from brisa.model.backfill import Backfill
from brisa.model.dag import Dag, DagVersion, ImportFailure
from brisa.model.run import Attempt, AttemptKey, Message, Run, RunKey
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import RunState
from brisa.model.wait import Wait, WaitKey


def a_run(run_id: str = "manual__1", dag_id: str = "ventas", **fields) -> Run:
    """A run of which only what a test is about is said."""
    return Run(dag_id=dag_id, run_id=run_id, **{"version": "v1", "state": RunState.RUNNING, **fields})


def a_dag(dag_id: str = "ventas", **fields) -> Dag:
    """An unpaused DAG."""
    return Dag(dag_id=dag_id, **{"version": "v1", "paused": False, **fields})


def a_version(dag_id: str = "ventas", version: str = "v1", **fields) -> DagVersion:
    """A version of a DAG of one task."""
    spec = DagSpec(dag_id=dag_id, tasks=(TaskSpec(task_id="extraer"),), start_date=datetime(2024, 1, 1, tzinfo=UTC))
    return DagVersion(dag_id=dag_id, version=version, spec=spec, **fields)


def an_attempt(task_id: str = "extraer", run: RunKey = RunKey("ventas", "manual__1"), **fields) -> Attempt:  # noqa: B008
    """An attempt; the parts of its key may be given by name."""
    parts = {name: fields.pop(name) for name in AttemptKey._fields if name in fields}
    return Attempt(key=AttemptKey(*run, task_id, **parts), **fields)


def a_wait(name: str = "datos.csv", prefix: bool = False, task_id: str = "esperar", **fields) -> Wait:
    """A sensor's wait for an object, or for a prefix, in the bucket ``entrada``."""
    key = WaitKey(fields.pop("bucket", "entrada"), name, prefix, "ventas", "manual__1", task_id, -1)
    return Wait(key=key, **fields)


def a_backfill(backfill_id: int = 1, dag_id: str = "ventas", **fields) -> Backfill:
    """A backfill of January 2024."""
    dates = {"from_date": datetime(2024, 1, 1, tzinfo=UTC), "to_date": datetime(2024, 1, 31, tzinfo=UTC)}
    return Backfill(backfill_id=backfill_id, dag_id=dag_id, **{"version": "v1", **dates, **fields})


def an_asset(uri: str = "gs://entrada/ventas", alias: bool = False, **fields) -> Asset:
    """What is known of an asset, or of an alias."""
    return Asset(key=AssetKey(uri, alias), **fields)


def an_asset_event(event_id: str = "e1", uri: str = "gs://entrada/ventas", **fields) -> AssetEvent:
    """A change of an asset."""
    return AssetEvent(event_id=event_id, uri=uri, **fields)


def a_failure(file: str = "roto.py", **fields) -> ImportFailure:
    """A DAG file that did not load."""
    return ImportFailure(file=file, **{"message": "line 3: no", **fields})


def a_message(task_id: str = "extraer", *, send: int = 0, not_before: float | None = None, **parts) -> Message:
    """A message for the attempt of ``task_id``."""
    return Message(attempt=AttemptKey("ventas", "manual__1", task_id, **parts), send=send, not_before=not_before)

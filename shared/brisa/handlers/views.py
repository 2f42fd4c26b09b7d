"""brisa's records in the shape of Airflow 3's REST API (``/api/v2``), as far as brisa knows what to put there."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import Any

from brisa.model.dag import Dag, ImportFailure
from brisa.model.run import Run, TaskKey
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import TaskState

_TRIGGERED_BY = {"planner": "timetable"}
"""brisa's word → Airflow's, where they differ."""


def run_view(run: Run) -> dict[str, Any]:
    """A run as Airflow's DAGRunResponse."""
    return {
        "dag_run_id": run.run_id,
        "dag_id": run.dag_id,
        "logical_date": _iso(run.logical_date),
        "queued_at": _seconds(run.queued_at),
        "start_date": _seconds(run.started_at),
        "end_date": _seconds(run.ended_at),
        "duration": _duration(run.started_at, run.ended_at),
        "data_interval_start": _iso(run.data_interval_start),
        "data_interval_end": _iso(run.data_interval_end),
        "run_after": _seconds(run.run_after),
        "run_type": run.run_type.value,
        "state": run.state.value,
        "triggered_by": _TRIGGERED_BY.get(run.triggered_by, run.triggered_by) or None,
        "conf": run.conf,
        "note": run.note or None,
        "dag_versions": [],
    }


def task_view(run: Run, task: TaskSpec) -> dict[str, Any]:
    """A task's instance as Airflow's TaskInstanceResponse; ``task`` is one of the expanded DAG."""
    instance = run.task(task.task_id)
    task_id, map_index = TaskKey.of(task.task_id)
    return {
        "task_id": task_id,
        "dag_id": run.dag_id,
        "dag_run_id": run.run_id,
        "map_index": map_index,
        "logical_date": _iso(run.logical_date),
        "run_after": _seconds(run.run_after),
        "start_date": _seconds(instance.started_at),
        "end_date": _seconds(instance.ended_at),
        "duration": _duration(instance.started_at, instance.ended_at),
        "state": None if instance.state is TaskState.NONE else instance.state.value,
        "try_number": instance.try_number,
        "max_tries": instance.max_tries,
        "operator": task.operator,
    }


def dag_view(dag: Dag, spec: DagSpec | None) -> dict[str, Any]:
    """A DAG as Airflow's DAGResponse; what only its version knows is empty without ``spec``."""
    return {
        "dag_id": dag.dag_id,
        "dag_display_name": dag.dag_id,
        "is_paused": dag.paused,
        "is_stale": not dag.active,
        "fileloc": dag.file,
        "relative_fileloc": dag.file,
        "description": (spec.description or None) if spec else None,
        "timetable_summary": (spec.schedule.summary or None) if spec else None,
        "tags": [{"name": tag, "dag_id": dag.dag_id} for tag in spec.tags] if spec else [],
        "owners": list(spec.owners) if spec else [],
        "max_active_tasks": spec.max_active_tasks if spec else None,
        "max_active_runs": dag.max_active_runs,
        "next_dagrun_logical_date": _iso(dag.next_start),
        "next_dagrun_data_interval_start": _iso(dag.next_start),
        "next_dagrun_data_interval_end": _iso(dag.next_end),
        "next_dagrun_run_after": _seconds(None if dag.asks else dag.next_run_at),
    }


def failure_view(failure: ImportFailure) -> dict[str, Any]:
    """A file that did not load as Airflow's ImportErrorResponse. Its number is made of its name: files have none."""
    return {
        "import_error_id": zlib.crc32(failure.file.encode("utf-8", "surrogatepass")),
        "timestamp": _seconds(failure.seen_at),
        "filename": failure.file,
        "bundle_name": None,
        "stack_trace": failure.traceback or failure.message,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _seconds(seconds: float | None) -> str | None:
    return None if seconds is None else _iso(datetime.fromtimestamp(seconds, UTC))


def _duration(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else round(end - start, 6)

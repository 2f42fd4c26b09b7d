"""SLAs, which Airflow 3 removed: by when after its data interval a task of a scheduled run should have succeeded.

Tasks with the same ``sla`` are one deadline: when it is missed, the DAG's ``sla_miss_callback`` is called, and an
e-mail goes to the ``email`` of the tasks that are late.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from brisa.authoring.registry import notice
from brisa.authoring.times import to_timedelta
from brisa.model.spec import DeadlineKind, DeadlineSpec, ScheduleKind

_UNSCHEDULED = (ScheduleKind.NONE, ScheduleKind.ASSETS)


def sla_specs(dag: Any, task_ids: Iterable[str]) -> tuple[DeadlineSpec, ...]:
    """The SLAs of a DAG, the shortest first; ``task_ids`` are its tasks'. None where nobody would be told of a miss."""
    tasks: dict[float, list[str]] = {}
    heard = bool(dag.sla_miss_callback)
    for task_id in task_ids:
        task = dag.task_dict[task_id]
        sla = to_timedelta("sla", task.sla, task.source_location)
        if sla and dag.schedule_spec.kind not in _UNSCHEDULED:
            tasks.setdefault(sla.total_seconds(), []).append(task_id)
            heard = heard or bool(task.email)
    if tasks and not heard:
        notice(f"DAG {dag.dag_id!r}: nobody is told of a missed sla; give it an sla_miss_callback, or a task an email")
        return ()
    slas = sorted(tasks.items())
    return tuple(DeadlineSpec(kind=DeadlineKind.SLA, interval=seconds, tasks=tuple(ids)) for seconds, ids in slas)

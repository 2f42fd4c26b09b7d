"""A missed SLA: the DAG's ``sla_miss_callback`` with Airflow 2's five arguments, and an e-mail."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Final

from brisa.authoring.compile import addresses
from brisa.authoring.dag import DAG
from brisa.model.states import TaskState
from brisa.runtime.dag_run import DagRunView
from brisa.runtime.guarded import guarded
from brisa.runtime.mail import send

log: Final = logging.getLogger("brisa.task")


@dataclass
class SlaMiss:
    """Airflow 2's record of one task that was not done in time."""

    task_id: str
    dag_id: str
    execution_date: Any
    timestamp: datetime
    """When it should have been done."""
    email_sent: bool = False
    notification_sent: bool = False
    description: str | None = None

    def __repr__(self) -> str:
        return str((self.dag_id, self.task_id, self.execution_date.isoformat()))


def tell_of_sla(task_ids: Sequence[str], dag: DAG, run: DagRunView, by: datetime) -> None:
    """Call the DAG's ``sla_miss_callback``, then send an e-mail to the addresses of the tasks that are late."""
    if not task_ids:
        return
    misses = [SlaMiss(task_id, dag.dag_id, run.logical_date, by) for task_id in task_ids]
    blocking = [one for one in run.get_task_instances() if one.state not in (None, TaskState.SUCCESS)]
    late, waited_for = _lines(misses), _lines(blocking)
    for callback in dag.sla_miss_callback:
        name = getattr(callback, "__name__", callback)
        guarded(f"sla_miss_callback {name}", callback, dag, late, waited_for, misses, blocking)
    emails = (addresses(dag.get_task(task_id).email) for task_id in task_ids if dag.has_task(task_id))
    to = sorted({address for found in emails for address in found})
    if to:
        text = f"Late since {by.isoformat()}:\n{late}\n\nNot done in the same run:\n{waited_for}\n"
        html = f"<pre>{escape(text)}</pre>\n"
        guarded("e-mail", send, to, f"[airflow] SLA miss on DAG={dag.dag_id}", text, html)


def _lines(items: Sequence[Any]) -> str:
    return "\n".join(f"{item.task_id} on {item.execution_date.isoformat()}" for item in items)

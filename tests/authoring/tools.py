"""A small operator and helpers that the tests of authoring share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from brisa.authoring.dag import DAG
from brisa.authoring.operator import BaseOperator

START = datetime(2024, 1, 1, tzinfo=UTC)


class Task(BaseOperator):
    """An operator with two template fields, one of which may name a file."""

    template_fields: Sequence[str] = ("command", "data")
    template_ext: Sequence[str] = (".sh", ".sql")

    def __init__(self, *, command: Any = "", data: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.command = command
        self.data = data

    def execute(self, context: Any) -> Any:
        return self.command


def a_dag(dag_id: str = "d", **kwargs: Any) -> DAG:
    """A DAG without a schedule."""
    return DAG(dag_id, **{"schedule": None, "start_date": START, **kwargs})


def tasks(*task_ids: str, **kwargs: Any) -> list[Task]:
    """One task per id, in the open DAG."""
    return [Task(task_id=task_id, **kwargs) for task_id in task_ids]


def edges(dag: DAG) -> list[str]:
    """Every edge as text: ``a>b``."""
    return sorted(f"{task.task_id}>{below}" for task in dag.tasks for below in task.downstream_task_ids)


def labels(dag: DAG) -> dict[str, str]:
    """Edge → its label."""
    return {f"{upper}>{lower}": text for (upper, lower), text in dag.edge_labels.items()}


def line_of(text: str, file: str) -> int:
    """The number of the line of ``file`` that ends in ``text``."""
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.rstrip().endswith(text))

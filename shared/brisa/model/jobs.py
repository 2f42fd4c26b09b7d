"""Jobs that long tasks run as: a deployment has a few, of different sizes, since a job's size is not chosen per run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from brisa.errors import JobError
from brisa.model.spec import JOB, TaskSpec

LONGEST = 7 * 86_400.0
"""Seconds that a task of a Cloud Run job may take at most (its page "Set task timeout for jobs")."""
MARGIN = 60.0
"""Seconds of an execution in which it begins, and writes down the end."""
_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
_QUANTITY: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|K|M|G|Ki|Mi|Gi)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSize:
    """One job of a deployment."""

    name: str
    """By which tasks know it."""
    job: str
    """Its full name: ``projects/P/locations/L/jobs/J``."""
    cpu: float
    """Cores."""
    memory: int
    """Bytes."""
    seconds: float = 86_400.0
    """How long an execution may last, for a task that does not say so itself."""


def quantity(value: object) -> float:
    """A number, or a text as Kubernetes has it: ``500m``, ``2``, ``8Gi``; ``ValueError`` for anything else."""
    found = _QUANTITY.fullmatch(str(value)) if isinstance(value, (int, float, str)) else None
    if found is None or isinstance(value, bool):
        raise ValueError(f"{value!r:.80} is not like 2, '500m' or '8Gi'")
    number = float(found[1])
    return number / 1000 if found[2] == "m" else number * _UNITS[found[2] or ""]


def fitting(task: TaskSpec, sizes: Sequence[JobSize]) -> JobSize:
    """The job that ``task`` runs as: the one that it names, else the smallest that has what it needs.

    :class:`JobError` if there is none.
    """
    if not sizes:
        raise JobError("this deployment has no jobs: declare one, or leave out executor and executor_config")
    named = task.job.get("job")
    if named:
        found = [size for size in sizes if size.name == named]
        if not found:
            raise JobError(f"this deployment has no job {named!r}; it has {_listed(sizes)}")
    else:
        found = list(sizes)
    fit = [size for size in found if size.cpu >= _number(task, "cpu") and size.memory >= _number(task, "memory")]
    if not fit:
        wanted = f"cpu {_number(task, 'cpu'):g} and memory {_number(task, 'memory') / 2**30:g}Gi"
        which = f"no job {named!r}" if named else "no job"
        raise JobError(f"{which} of this deployment has {wanted}; it has {_listed(sizes)}")
    return min(fit, key=lambda size: (size.memory, size.cpu, size.name))


def seconds_of(task: TaskSpec, size: JobSize) -> float:
    """How long an execution for ``task`` may last; :class:`JobError` if it asks for a job, but for too long."""
    if task.execution_timeout is None:
        return size.seconds
    if task.executor == JOB and task.execution_timeout > LONGEST - MARGIN:
        raise JobError(f"an execution_timeout of {task.execution_timeout:g} s is longer than a job may take: 7 days")
    return min(LONGEST, task.execution_timeout + MARGIN)


def _number(task: TaskSpec, name: str) -> float:
    value = task.job.get(name, 0)
    return float(value) if isinstance(value, (int, float)) else 0.0


def _listed(sizes: Sequence[JobSize]) -> str:
    return ", ".join(f"{one.name} (cpu {one.cpu:g}, memory {one.memory / 2**30:g}Gi)" for one in sizes)

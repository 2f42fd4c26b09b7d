"""What an ExternalTaskMarker points at: a task of another DAG, at a logical date that its template tells."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, NamedTuple

from brisa.errors import BrisaError
from brisa.model.run import Run
from brisa.model.spec import TaskSpec
from brisa.runtime import macros

_LONGEST = 1000
"""Characters of a template."""


class MarkerError(BrisaError):
    """A marker does not say what it points at."""


class Marked(NamedTuple):
    """A task of another DAG that waits for this one."""

    dag_id: str
    task_id: str
    logical_date: datetime


def marked(run: Run, task: TaskSpec) -> Marked:
    """What the marker ``task`` points at in ``run``.

    Its templates may use the run's dates (``logical_date``, ``ds``, ``ts``, ``data_interval_start``, …) and of
    ``macros`` those about dates. Raises :class:`MarkerError`.
    """
    who = f"DAG {run.dag_id!r}, task {task.task_id!r}"
    try:
        dag_id, task_id, date = (_rendered(str(task.marks[name]), run) for name in ("dag", "task", "date"))
        moment = datetime.fromisoformat(date.strip())
    except Exception as error:  # a template may raise anything
        raise MarkerError(
            f"{who}: what this marker points at can't be told: {type(error).__name__}: {error}"
        ) from error
    return Marked(dag_id, task_id, moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC))


def _rendered(text: str, run: Run) -> str:
    if "{" not in text:
        return text
    if len(text) > _LONGEST:
        raise MarkerError(f"a template of more than {_LONGEST:,} characters")
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    return environment.from_string(text).render(_context(run))


def _context(run: Run) -> dict[str, Any]:
    import pendulum

    def moment(date: datetime | None) -> Any:
        return None if date is None else pendulum.instance(date)

    date = moment(run.logical_date)
    context = {
        "logical_date": date,
        "execution_date": date,
        "data_interval_start": moment(run.data_interval_start),
        "data_interval_end": moment(run.data_interval_end),
        "run_id": run.run_id,
        "params": dict(run.params),
        "macros": SimpleNamespace(
            datetime=macros.datetime, timedelta=macros.timedelta, ds_add=macros.ds_add, ds_format=macros.ds_format
        ),
    }
    if date is not None:
        context |= {"ds": f"{date:%Y-%m-%d}", "ds_nodash": f"{date:%Y%m%d}", "ts": date.isoformat()}
    return context

"""A run has missed a deadline: what its DAG says is called, with what Airflow hands over.

https://airflow.apache.org/docs/apache-airflow/3.3.2/howto/deadline-alerts.html: the callback has its ``kwargs``, and a
``context`` of two, the run as the REST API would tell of it and the deadline, if it takes that.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from brisa.authoring.dag import DAG
from brisa.authoring.deadlines import AsyncCallback, Callback
from brisa.model.run import Outcome, Run
from brisa.model.states import OutcomeKind
from brisa.runtime.dag_run import dag_run_of, moment
from brisa.runtime.guarded import guarded
from brisa.runtime.modules import named
from brisa.runtime.request import AttemptRequest, Channel, Missed
from brisa.runtime.sla import tell_of_sla

log: Final = logging.getLogger("brisa.task")


def tell(request: AttemptRequest, missed: Missed, dag: DAG, channel: Channel) -> Outcome:
    """Call whom the DAG wants to be told of a deadline. What comes of that is logged, and changes nothing."""
    run = request.run
    by = moment(missed.moment)
    log.info("Run %s of DAG %s has missed its deadline of %s", run.run_id, dag.dag_id, by.isoformat())
    alerts = dag.deadline or []
    if missed.place < len(alerts):
        callback = alerts[missed.place].callback
        context = {"dag_run": _as_told(run, dag), "deadline": {"id": _id_of(run, missed), "deadline_time": by}}
        guarded(f"deadline's callback {callback.path}", _call, callback, request.file, context)
    else:
        tell_of_sla(missed.tasks, dag, dag_run_of(request, dag, channel), by)
    return Outcome(kind=OutcomeKind.SUCCESS)


def _call(callback: Callback, file: str, context: Mapping[str, Any]) -> None:
    function = callback.callback_callable
    if isinstance(function, str):
        function = named(callback.path, file)
    kwargs = {**callback.kwargs, "context": context} if _takes_context(function) else callback.kwargs
    if isinstance(callback, AsyncCallback):
        asyncio.run(_awaited(function, kwargs))
        return
    made = function(**kwargs)
    if inspect.isclass(function) and callable(made):  # a notifier, which is given the context once it is made
        made(*([context] if inspect.signature(made).parameters else []))


async def _awaited(function: Callable[..., Any], kwargs: Mapping[str, Any]) -> None:
    await function(**kwargs)


def _takes_context(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return True
    return "context" in parameters or any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values())


def _id_of(run: Run, missed: Missed) -> str:
    """The same whenever the same deadline of the same run is told of."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "\x1f".join((run.dag_id, run.run_id, str(missed.place)))))


def _as_told(run: Run, dag: DAG) -> dict[str, Any]:
    """The run as Airflow's REST API tells of it: times are ISO 8601."""
    return {
        "dag_run_id": run.run_id,
        "dag_id": run.dag_id,
        "logical_date": _text(run.logical_date),
        "queued_at": _text(run.queued_at or None),
        "start_date": _text(run.started_at),
        "end_date": _text(run.ended_at),
        "duration": None if run.started_at is None or run.ended_at is None else run.ended_at - run.started_at,
        "data_interval_start": _text(run.data_interval_start),
        "data_interval_end": _text(run.data_interval_end),
        "run_after": _text(run.run_after),
        "last_scheduling_decision": None,
        "run_type": run.run_type.value,
        "state": run.state.value,
        "triggered_by": run.triggered_by or None,
        "triggering_user_name": None,
        "conf": dict(run.conf),
        "note": run.note or None,
        "dag_versions": [],
        "bundle_version": None,
        "dag_display_name": dag.dag_display_name,
        "partition_key": None,
        "partition_date": None,
    }


def _text(value: datetime | float | None) -> str | None:
    if value is None:
        return None
    value = value.astimezone(UTC) if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)
    return value.isoformat().replace("+00:00", "Z")

"""Clear, mark, cancel and delete in the api function, with Airflow 3's paths and bodies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from werkzeug import Response

from brisa.handlers import views
from brisa.handlers.asked import Asked
from brisa.handlers.fields import Fields
from brisa.handlers.refusals import Refusal
from brisa.handlers.trigger import unfit
from brisa.model.run import TaskKey
from brisa.model.states import RunState, TaskState
from brisa.model.work import Chore
from brisa.services.clearing import Chosen, Clearing, ClearingError, Selection
from brisa.services.deletion import DeletionError
from brisa.services.markers import MarkerError

_LISTED = 1000
_AROUND = ("include_upstream", "include_downstream", "include_past", "include_future")
_CLEARED = (
    "dry_run",
    "start_date",
    "end_date",
    "only_failed",
    "only_running",
    "reset_dag_runs",
    "task_ids",
    "dag_run_id",
    *_AROUND,
)


def _clear(asked: Asked) -> Any:
    fields = Fields(asked.body(), _CLEARED)
    task_ids, indexes = _task_ids(fields.items("task_ids"))
    run_id = fields.text("dag_run_id")
    selection = Selection(
        dag_id=asked.dag_id,
        run_ids=(run_id,) if run_id else (),
        first=fields.moment("start_date"),
        last=fields.moment("end_date"),
        task_ids=task_ids,
        map_indexes=indexes,
        only_failed=fields.flag("only_failed", True),
        only_running=fields.flag("only_running", False),
        **_around(fields),
    )
    service = _service(asked)
    found = _done(lambda: service.to_clear(selection))
    if not fields.flag("dry_run", True):
        service.clear(selection, found=found)
    return _told(found)


def _mark(asked: Asked) -> Any:
    fields = Fields(asked.body(), ("new_state", "map_index", *_AROUND))
    selection = Selection(
        dag_id=asked.dag_id,
        run_ids=(asked.run_key.run_id,),
        task_ids=(asked.ids["task_id"],),
        map_indexes=() if fields.number("map_index", -1) < 0 else (fields.number("map_index", -1),),
        **_around(fields),
    )
    state = fields.choice("new_state", TaskState)
    return _told(_done(lambda: _service(asked).mark(selection, state)))


def _patch_run(asked: Asked) -> Any:
    state = Fields(asked.body(), ("state",)).choice("state", RunState)
    service = _service(asked)
    if state is RunState.QUEUED:
        _done(lambda: service.clear(Selection(dag_id=asked.dag_id, run_ids=(asked.run_key.run_id,))))
    else:
        _done(lambda: service.mark_run(asked.run_key, state))
    stored = asked.parts.store.run(asked.run_key)
    return None if stored is None else views.run_view(stored.record)


def _delete_run(asked: Asked) -> Any:
    _done(lambda: asked.parts.deletion.delete_run(asked.run_key))
    return Response(status=204)


def _delete_dag(asked: Asked) -> Any:
    """The planner does the rest: a DAG may have more runs than one request has time for."""
    _done(lambda: asked.parts.deletion.flag(asked.dag_id))
    asked.parts.runs.send([Chore(dags=(asked.dag_id,), asked_at=asked.parts.clock.now())])
    return Response(status=204)


_RUN = "/dags/<dag_id>/dagRuns/<dag_run_id>"
ROUTES: Sequence[tuple[str, str, str, Callable[[Asked], Any]]] = (
    ("POST", "/dags/<dag_id>/clearTaskInstances", "clear", _clear),
    ("PATCH", f"{_RUN}/taskInstances/<task_id>", "mark task", _mark),
    ("PATCH", _RUN, "patch run", _patch_run),
    ("DELETE", _RUN, "delete run", _delete_run),
    ("DELETE", "/dags/<dag_id>", "delete dag", _delete_dag),
)


def _service(asked: Asked) -> Clearing:
    return Clearing(asked.parts.store, asked.parts.runs)


def _around(fields: Fields) -> dict[str, Any]:
    return {name.removeprefix("include_"): fields.flag(name, False) for name in _AROUND}


def _task_ids(given: list[Any]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Ids, and the map indexes of those that are given as ``[id, index]``: then all must be of one task."""
    plain = [one for one in given if isinstance(one, str)]
    pairs = [one for one in given if isinstance(one, list) and len(one) == 2]
    fit = all(isinstance(task_id, str) and type(index) is int for task_id, index in pairs)
    if len(plain) + len(pairs) < len(given) or not fit:
        raise unfit("task_ids has something that is neither a task's id nor [id, map index]")
    if pairs and (plain or len({task_id for task_id, _ in pairs}) > 1):
        raise unfit("task_ids with map indexes must be of one task")
    return tuple(dict.fromkeys((*plain, *(one[0] for one in pairs)))), tuple(one[1] for one in pairs)


def _done(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except DeletionError as error:
        raise Refusal(409, "under way", str(error)) from error
    except (ClearingError, MarkerError) as error:
        raise Refusal(422, "unfit", str(error)) from error


def _told(found: Sequence[Chosen]) -> dict[str, Any]:
    every = [(one.run, name, state) for one in found for name, state in zip(one.names, one.states, strict=True)]
    listed = [
        {
            "dag_id": run.dag_id,
            "dag_run_id": run.run_id,
            "task_id": TaskKey.of(name).task_id,
            "map_index": TaskKey.of(name).map_index,
            "state": state,
        }
        for run, name, state in every[:_LISTED]
    ]
    return {"task_instances": listed, "total_entries": len(every)}

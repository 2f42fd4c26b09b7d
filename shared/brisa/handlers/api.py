"""The api function: a first part of Airflow 3's REST API, with its paths, bodies, statuses and ``{"detail": …}``.

A DAG or run that there is not is 404, a run that is there already 409, params that don't fit 400, and a body that is
not of the right shape 422.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from werkzeug import Request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule

from brisa.engine import expanded
from brisa.errors import NotFoundError, ScheduleError
from brisa.handlers import backfills, repairs, views
from brisa.handlers.answering import Function
from brisa.handlers.asked import Asked
from brisa.handlers.entry import Entry
from brisa.handlers.parts import ApiParts
from brisa.handlers.refusals import Refusal
from brisa.handlers.trigger import read_wanted
from brisa.model.dag import Dag
from brisa.model.params import ParamValidationError
from brisa.model.run import Run
from brisa.model.work import Chore
from brisa.services.pausing import set_paused
from brisa.services.runs import RunExistsError

LONGEST_ID = 250
"""Characters, as in Airflow."""
_PAGE, _LARGEST_PAGE = 50, 100
"""Airflow's default for ``limit``, and its ``maximum_page_limit``."""


_View: TypeAlias = Callable[[Asked], Any]


def _list_dags(asked: Asked) -> Any:
    dags = [stored.record for stored in asked.parts.store.dags() if stored.record.active]
    return _page(asked, "dags", dags, lambda dag: _dag_view(asked, dag))


def _get_dag(asked: Asked) -> Any:
    return _dag_view(asked, _dag(asked))


def _patch_dag(asked: Asked) -> Any:
    body = asked.body()
    paused = body.get("is_paused")
    if not isinstance(paused, bool) or len(body) > 1:
        raise Refusal(422, "unfit", "a DAG is changed with is_paused, true or false, and nothing else")
    dag = set_paused(asked.parts.store, asked.parts.clock, asked.dag_id, paused)
    if not paused:
        # Whoever unpauses a DAG looks what it does, and does not want to wait for the next tick.
        asked.parts.runs.send([Chore(dags=(dag.dag_id,), asked_at=asked.parts.clock.now())])
    return _dag_view(asked, dag)


def _trigger(asked: Asked) -> Any:
    wanted = read_wanted(asked.body())
    try:
        run = asked.parts.runs.trigger(
            asked.dag_id,
            logical_date=wanted.logical_date,
            interval=wanted.interval,
            run_id=wanted.run_id,
            conf=wanted.conf,
            triggered_by="rest_api",
        )
    except RunExistsError as error:
        raise Refusal(409, "exists", str(error)) from error
    except (ParamValidationError, ScheduleError) as error:
        raise Refusal(400, "unfit", str(error)) from error
    return views.run_view(run)


def _list_runs(asked: Asked) -> Any:
    _dag(asked)
    runs = [stored.record for stored in asked.parts.store.runs(asked.dag_id, limit=_MOST_RUNS)]
    return _page(asked, "dag_runs", runs, views.run_view)


def _get_run(asked: Asked) -> Any:
    return views.run_view(_run(asked))


def _list_tasks(asked: Asked) -> Any:
    run = _run(asked)
    tasks = expanded(asked.parts.runs.spec(run), run.tasks).tasks
    return _page(asked, "task_instances", tasks, lambda task: views.task_view(run, task))


def _list_failures(asked: Asked) -> Any:
    return _page(asked, "import_errors", asked.parts.store.import_failures(), views.failure_view)


_MOST_RUNS = 1000
"""The latest ones of a DAG; older ones are asked for by their ids."""
_V2 = "/api/v2"
_DAG = f"{_V2}/dags/<dag_id>"
_RUN = f"{_DAG}/dagRuns/<dag_run_id>"
_ROUTES: Sequence[tuple[str, str, str, _View]] = (
    ("GET", f"{_V2}/dags", "list dags", _list_dags),
    ("GET", _DAG, "get dag", _get_dag),
    ("PATCH", _DAG, "patch dag", _patch_dag),
    ("GET", f"{_DAG}/dagRuns", "list runs", _list_runs),
    ("POST", f"{_DAG}/dagRuns", "trigger", _trigger),
    ("GET", _RUN, "get run", _get_run),
    ("GET", f"{_RUN}/taskInstances", "list tasks", _list_tasks),
    ("GET", f"{_V2}/importErrors", "list import errors", _list_failures),
    *((method, _V2 + path, outcome, view) for method, path, outcome, view in (*backfills.ROUTES, *repairs.ROUTES)),
)
_MAP = Map(
    [Rule(path, endpoint=outcome, methods=[method]) for method, path, outcome, _ in _ROUTES], merge_slashes=False
)
_VIEWS = {outcome: view for _, _, outcome, view in _ROUTES}


def _handle(request: Request, parts: ApiParts, entry: Entry) -> Any:
    try:
        outcome, ids = _MAP.bind("").match(request.path, request.method)
    except MethodNotAllowed as error:
        allowed = ", ".join(sorted(error.valid_methods or ()))
        raise Refusal(405, "wrong method", f"this takes {allowed}", {"Allow": allowed}) from None
    except HTTPException:
        raise Refusal(404, "no such path", "there is nothing at this path") from None
    named = {{"dag_run_id": "run_id"}.get(name, name): value for name, value in ids.items()}
    entry.note(**named)
    if any(len(value) > LONGEST_ID for value in ids.values()):
        raise NotFoundError(f"there is nothing of that name: ids have at most {LONGEST_ID} characters")
    answer = _VIEWS[outcome](Asked(request, parts, dict(ids)))
    entry.outcome = outcome
    return answer


def _dag(asked: Asked) -> Dag:
    stored = asked.parts.store.dag(asked.dag_id)
    if stored is None:
        raise NotFoundError(f"there is no DAG {asked.dag_id!r}")
    return stored.record


def _dag_view(asked: Asked, dag: Dag) -> dict[str, Any]:
    version = asked.parts.store.version(dag.dag_id, dag.version)
    return views.dag_view(dag, None if version is None else version.spec)


def _run(asked: Asked) -> Run:
    stored = asked.parts.store.run(asked.run_key)
    if stored is None:
        raise NotFoundError(f"there is no run {asked.run_key.run_id!r} of DAG {asked.dag_id!r}")
    return stored.record


def _page(asked: Asked, name: str, found: Sequence[Any], view: Callable[[Any], Any]) -> dict[str, Any]:
    """The part of ``found`` that the query's ``limit`` and ``offset`` ask for, and how many there are in all."""
    limit = min(_number(asked, "limit", _PAGE), _LARGEST_PAGE)
    offset = _number(asked, "offset", 0)
    return {name: [view(one) for one in found[offset : offset + limit]], "total_entries": len(found)}


def _number(asked: Asked, name: str, default: int) -> int:
    text = asked.request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refusal(422, "unfit", f"{name} is no number from 0")
    return int(text)


API = Function(name="api", handle=_handle, methods=("GET", "POST", "PUT", "PATCH", "DELETE"), unknown=404)

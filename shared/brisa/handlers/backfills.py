"""Backfills in the api function, with Airflow 3's paths and bodies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from brisa.errors import NotFoundError
from brisa.handlers.asked import Asked
from brisa.handlers.fields import Fields
from brisa.handlers.refusals import Refusal
from brisa.handlers.trigger import read_conf, unfit
from brisa.model.backfill import MAX_ACTIVE_RUNS, Backfill, Reprocess
from brisa.model.params import ParamValidationError
from brisa.model.work import Chore
from brisa.services.backfills import BackfillError, Backfills, OpenBackfillError, Wanted

_LISTED = 100
_LONGEST_NUMBER = 18
_KNOWN = (
    "dag_id",
    "from_date",
    "to_date",
    "run_backwards",
    "dag_run_conf",
    "reprocess_behavior",
    "max_active_runs",
    "confirm",
)


def _create(asked: Asked) -> Any:
    wanted, fields = _wanted(asked)
    made = _done(lambda: _service(asked).create(wanted, confirm=fields.flag("confirm", False), created_by="rest_api"))
    _tell(asked, made)
    return _view(made)


def _dry_run(asked: Asked) -> Any:
    wanted, _ = _wanted(asked)
    foreseen, total = _done(lambda: _service(asked).foresee(wanted, limit=_LISTED))
    listed = [
        {"logical_date": _iso(one.interval.start), "action": one.action, "dag_run_id": one.run and one.run.run_id}
        for one in foreseen
    ]
    return {"backfills": listed, "total_entries": total.runs, "more": total.more}


def _list(asked: Asked) -> Any:
    found = _service(asked).list(asked.request.args.get("dag_id"), limit=_LISTED)
    return {"backfills": [_view(one) for one in found], "total_entries": len(found)}


def _get(asked: Asked) -> Any:
    return _view(_service(asked).get(_number(asked)))


def _pause(asked: Asked) -> Any:
    return _view(_done(lambda: _service(asked).pause(_number(asked))))


def _unpause(asked: Asked) -> Any:
    changed = _done(lambda: _service(asked).unpause(_number(asked)))
    _tell(asked, changed)
    return _view(changed)


def _cancel(asked: Asked) -> Any:
    return _view(_done(lambda: _service(asked).cancel(_number(asked))))


ROUTES: Sequence[tuple[str, str, str, Callable[[Asked], Any]]] = (
    ("GET", "/backfills", "list backfills", _list),
    ("POST", "/backfills", "create backfill", _create),
    ("POST", "/backfills/dry_run", "foresee backfill", _dry_run),
    ("GET", "/backfills/<backfill_id>", "get backfill", _get),
    ("PUT", "/backfills/<backfill_id>/pause", "pause backfill", _pause),
    ("PUT", "/backfills/<backfill_id>/unpause", "unpause backfill", _unpause),
    ("PUT", "/backfills/<backfill_id>/cancel", "cancel backfill", _cancel),
)


def _service(asked: Asked) -> Backfills:
    return Backfills(asked.parts.store, asked.parts.clock)


def _number(asked: Asked) -> int:
    text = asked.ids["backfill_id"]
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise NotFoundError(f"there is no backfill {text!r}")
    return int(text)


def _wanted(asked: Asked) -> tuple[Wanted, Fields]:
    fields = Fields(asked.body(), _KNOWN)
    first, last = fields.moment("from_date"), fields.moment("to_date")
    if first is None or last is None:
        raise unfit("from_date and to_date are needed")
    wanted = Wanted(
        dag_id=fields.required("dag_id"),
        from_date=first,
        to_date=last,
        reverse=fields.flag("run_backwards", False),
        max_active_runs=fields.number("max_active_runs", MAX_ACTIVE_RUNS),
        reprocess=fields.choice("reprocess_behavior", Reprocess, Reprocess.NONE),
        conf=read_conf(fields.value("dag_run_conf")),
    )
    return wanted, fields


def _done(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except OpenBackfillError as error:
        raise Refusal(409, "exists", str(error)) from error
    except (BackfillError, ParamValidationError) as error:
        raise Refusal(422, "unfit", str(error)) from error


def _tell(asked: Asked, backfill: Backfill) -> None:
    """Whoever makes a backfill looks what it does, and does not want to wait for the next tick."""
    asked.parts.runs.send([Chore(dags=(backfill.dag_id,), asked_at=asked.parts.clock.now())])


def _view(one: Backfill) -> dict[str, Any]:
    """As Airflow's BackfillResponse; and how far it has come, which that does not tell."""
    return {
        "id": one.backfill_id,
        "dag_id": one.dag_id,
        "from_date": _iso(one.from_date),
        "to_date": _iso(one.to_date),
        "dag_run_conf": one.conf,
        "is_paused": one.paused,
        "reprocess_behavior": one.reprocess.value,
        "max_active_runs": one.max_active_runs,
        "created_at": _iso(datetime.fromtimestamp(one.created_at, UTC)),
        "completed_at": None if one.completed_at is None else _iso(datetime.fromtimestamp(one.completed_at, UTC)),
        "state": one.state,
        "note": one.note or None,
        "intervals": {"count": one.total, "more": one.more},
        "runs": {
            "created": one.created,
            "rerun": one.rerun,
            "skipped": one.skipped,
            "active": len(one.active_runs),
            "success": one.succeeded,
            "failed": one.failed,
        },
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")

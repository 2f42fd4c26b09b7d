"""The planner function: Cloud Scheduler's tick once a minute, and the chores that a tick hands on."""

from __future__ import annotations

from typing import Any

from werkzeug import Request

from brisa.errors import DecodeError
from brisa.handlers.answering import Function
from brisa.handlers.bodies import decoded_object, decoded_work, read_body
from brisa.handlers.entry import Entry
from brisa.handlers.parts import PlannerParts
from brisa.model.work import Chore

LIMIT = 64 * 1024


def _handle(request: Request, parts: PlannerParts, entry: Entry) -> dict[str, Any]:
    """A tick for an empty body or an empty object; a chore for a chore."""
    body = read_body(request, LIMIT)
    if not body.strip() or not decoded_object(body):
        done = parts.planner.tick()
        told = {"dags": done.dags, "runs": done.runs, "handed_on": done.handed_on}
        entry.outcome = "tick"
        entry.note(**told)
        return told
    chore = decoded_work(body)
    if not isinstance(chore, Chore):
        raise DecodeError("this is a worker's: the planner takes ticks and chores")
    told = {"dags": len(chore.dags), "runs": len(chore.runs)}
    entry.note(**told)
    parts.planner.handle(chore)
    entry.outcome = "chore"
    return told


PLANNER = Function(name="planner", handle=_handle)

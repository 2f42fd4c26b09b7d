"""The worker function: one piece of work from the task queue."""

from __future__ import annotations

from typing import Any

from werkzeug import Request

from brisa.adapters.cloudtasks import is_early
from brisa.errors import DecodeError
from brisa.handlers.answering import Function
from brisa.handlers.bodies import decoded_work, read_body
from brisa.handlers.entry import Entry
from brisa.handlers.parts import WorkerParts
from brisa.model.run import Message
from brisa.model.work import Chore, Fold, NextRun

LIMIT = 64 * 1024


def _handle(request: Request, parts: WorkerParts, entry: Entry) -> dict[str, Any]:
    """Do it, or send it on if it has legs to go.

    Work that is stale or was done already changes nothing, and a task that fails is done: all of that is 200.
    """
    work = decoded_work(read_body(request, LIMIT))
    if isinstance(work, Chore):
        raise DecodeError("this is the planner's: a worker takes messages and folds")
    _describe(work, entry)
    if is_early(work, parts.clock.now()):
        parts.queue.enqueue([work])
        entry.outcome = "sent on"
    else:
        parts.worker.handle(work)
        entry.outcome = "handled"
    return {"outcome": entry.outcome}


def _describe(work: Message | Fold | NextRun, entry: Entry) -> None:
    match work:
        case Message():
            key = work.attempt
            about = key._asdict()
            entry.note(**{name: about[name] for name in ("dag_id", "run_id", "task_id", "map_index", "try_number")})
        case Fold():
            entry.note(dag_id=work.run.dag_id, run_id=work.run.run_id)
        case NextRun():
            entry.note(dag_id=work.dag_id)


WORKER = Function(name="worker", handle=_handle)

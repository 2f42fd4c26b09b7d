"""The events function: Eventarc tells of objects that came to, or went from, a bucket."""

from __future__ import annotations

from typing import Any

from werkzeug import Request

from brisa.handlers.answering import Function
from brisa.handlers.bodies import read_body
from brisa.handlers.entry import Entry
from brisa.handlers.parts import EventsParts
from brisa.handlers.storage_event import ObjectEvent, read_event

LIMIT = 1 << 20


def _handle(request: Request, parts: EventsParts, entry: Entry) -> dict[str, Any]:
    """Pass it on. An event of another kind, or one that contradicts itself, is 400: it would never get better."""
    event = read_event(request.headers, read_body(request, LIMIT))
    entry.note(bucket=event.bucket, object=event.name, generation=event.generation)
    _tell(parts, event)
    entry.outcome = "deleted" if event.deleted else "finalized"
    return {"outcome": entry.outcome}


def _tell(parts: EventsParts, event: ObjectEvent) -> None:
    if event.deleted:
        parts.objects.deleted(event.bucket, event.name, event.generation)
    else:
        parts.objects.finalized(event.bucket, event.name, event.generation)


EVENTS = Function(name="events", handle=_handle)

"""What a successful attempt says of assets becomes events: created with its end, then made known to other DAGs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from brisa.model.asset import AssetEvent
from brisa.model.events import Finished
from brisa.model.run import AttemptKey, Run

GRACE = 60.0
"""Seconds after which the sweep makes known what should be known by then."""


def event_id(run: Run, attempt: AttemptKey, place: int, uri: str) -> str:
    """The id of the event that ``attempt`` of ``run`` tells of ``uri``, the ``place``-th that it tells.

    Events outlive a run that is deleted, and another may take its id: it is told apart by when it was made.
    """
    parts = (*attempt.run_key, run.queued_at, attempt.name, attempt.generation, attempt.try_number, place, uri)
    text = "\x1f".join(map(str, parts))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def events_of(run: Run, finished: Finished) -> Sequence[AssetEvent]:
    """The events that an attempt's outcome tells, in its order."""
    attempt = finished.attempt
    return [
        AssetEvent(
            event_id=event_id(run, attempt, place, update.uri),
            uri=update.uri,
            name=update.name,
            timestamp=finished.ended_at,
            extra=update.extra,
            aliases=update.aliases,
            source_dag_id=attempt.dag_id,
            source_run_id=attempt.run_id,
            source_task_id=attempt.task_id,
            source_map_index=attempt.map_index,
            logical_date=run.logical_date,
            data_interval_start=run.data_interval_start,
            data_interval_end=run.data_interval_end,
        )
        for place, update in enumerate(finished.outcome.assets)
    ]


def together(known: Iterable[str], more: Iterable[AssetEvent]) -> tuple[str, ...]:
    """Ids of both, in an order that tells nothing of who came first."""
    return tuple(sorted({*known, *(event.event_id for event in more)}))

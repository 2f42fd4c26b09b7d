"""Wide runs: many attempts end together, and one commit folds them all into the run.

Firestore takes about one write per second and document for long, and a thousand commits that race for one document
would mostly undo each other. So an attempt of a wide run is first *reported*, in its own document, which nobody else
writes; and one delayed message for all that report within a slice of time folds them. Whatever is forgotten on the
way, the sweep finds: it looks at the same documents.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import replace

from brisa.engine import Decision
from brisa.errors import UnavailableError
from brisa.model.codec import dumps, encode
from brisa.model.events import Event, Finished
from brisa.model.run import Attempt, Run, is_task
from brisa.model.states import AttemptState
from brisa.model.work import Fold
from brisa.ports.clock import Clock
from brisa.ports.store import StateStore, Stored, Update, Write
from brisa.services.runs import Runs

log = logging.getLogger(__name__)

ABOVE = 10
"""How many attempts of a run may be outstanding while each still commits its own end."""
BATCH = 200
"""How many attempts one commit folds at most."""
LARGEST_BATCH = 4_000_000
"""Characters of the attempts in one commit: Firestore takes 10 MiB at once."""
_SHORTEST, _LONGEST = 0.25, 2.0
_PER_SECOND = 400
"""Attempts that may well end within a second: a wide run's slices are so long that few of them are needed."""


def finished(attempt: Attempt) -> Finished:
    """The event that a reported, or finished, attempt is to its run. Its outcome is written."""
    assert attempt.outcome is not None  # noqa: S101  both states say so
    return Finished(
        attempt=attempt.key,
        outcome=attempt.outcome,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at or attempt.started_at,
    )


class Folding:
    """Decides which runs are wide, and folds them. Safe between threads and processes."""

    def __init__(self, store: StateStore, clock: Clock, runs: Runs, *, above: int = ABOVE) -> None:
        """``above``: how many attempts may be outstanding before a run counts as wide."""
        self._store = store
        self._clock = clock
        self._runs = runs
        self._above = above

    def is_wide(self, run: Run) -> bool:
        """Whether so many attempts are outstanding that each had better be reported."""
        return _outstanding(run) > self._above

    def ask(self, run: Run) -> None:
        """An attempt of ``run`` has been reported: have it folded at the end of this slice of time."""
        width = min(_LONGEST, max(_SHORTEST, 2.0 ** math.ceil(math.log2(_outstanding(run) / _PER_SECOND))))
        end = (math.floor(self._clock.now() / width) + 1) * width
        try:
            self._runs.send([Fold(run=run.key, not_before=end)])
        except UnavailableError:
            log.warning("run %s of %s: no fold was asked for; the sweep will see to it", run.run_id, run.dag_id)

    def fold(self, fold: Fold) -> int:
        """Fold all that has been reported so far; how many attempts that were. Repeated, it finds nothing.

        :class:`NotFoundError` for a run that was deleted.
        """
        total = 0
        while True:
            folded = self._fold_some(fold)
            total += folded
            if not folded:
                return total

    def _fold_some(self, fold: Fold) -> int:
        batch: list[Stored[Attempt]] = []

        def events(_: Run) -> list[Event]:
            batch[:] = _fitting(self._store.reported(fold.run, limit=BATCH))
            return [finished(stored.record) for stored in batch]

        def also(_: Decision) -> list[Write]:
            return [Update(replace(one.record, state=AttemptState.FINISHED), one.revision) for one in batch]

        self._runs.change(fold.run, events, also=also)
        return len(batch)


def _outstanding(run: Run) -> int:
    return sum(instance.state.waiting and is_task(name) for name, instance in run.tasks.items())


def _fitting(reported: Sequence[Stored[Attempt]]) -> list[Stored[Attempt]]:
    """As many as fit into one commit; one at least."""
    fitting, room = list(reported[:1]), LARGEST_BATCH
    for stored in reported[1:]:
        room -= len(dumps(encode(stored.record)))
        if room < 0:
            break
        fitting.append(stored)
    return fitting

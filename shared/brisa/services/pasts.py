"""Runs that wait for the run before: each knows that one, and that one its followers. No run looks again and again.

The links are made in the commit that makes a run, which the DAG document lets only one process do at a time. Whoever
changes a run then tells its followers; what is lost on the way, the follower's own sweep finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from brisa.engine import past
from brisa.model.events import Past
from brisa.model.run import Run, RunKey
from brisa.model.spec import DagSpec
from brisa.model.states import RunType
from brisa.ports.store import StateStore, Stored, Update, Write

_AT_A_TIME = 25
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_REGULAR = (RunType.SCHEDULED, RunType.BACKFILL)


class Pasts:
    """Links runs of DAGs that look back, and tells what a run waits for in the one before."""

    def __init__(self, store: StateStore, spec_of: Callable[[Run], DagSpec]) -> None:
        self._store = store
        self._spec_of = spec_of

    def linked(self, run: Run, spec: DagSpec) -> tuple[Run, Sequence[Write]]:
        """A new run with the one before, and what must be committed with it.

        The one before is the DAG's latest with an earlier logical date; for a DAG with catchup, the latest that its
        schedule or a backfill made, as in Airflow. Runs of versions that did not look back are nobody's past, but for a
        task that minds not to have been there (``ignore_first_depends_on_past=False``).
        """
        if not spec.looks_back or run.logical_date is None:
            return run, ()
        found = next((one for one in self._before(run) if _counts(one.record, spec)), None)
        known = self._first_ones(run) if found is None else self._followers(found.record)
        if not all(task.ignore_first_depends_on_past for task in spec.tasks):
            found = self._latest_before(run, spec, found)
        later = [one for one in known if _comes_after(one.record, run) and _counts(run, spec)]
        run = replace(run, previous="", followers=tuple(one.record.run_id for one in later))
        writes: list[Write] = []
        if found is not None:
            before = found.record
            run = replace(run, previous=before.run_id, behind=past.behind(before, self._spec_of(before), spec))
            stay = tuple(run_id for run_id in before.followers if run_id not in run.followers)
            writes.append(Update(replace(before, followers=(*stay, run.run_id)), found.revision))
        for one in later:
            still = past.behind(run, spec, self._spec_of(one.record))
            writes.append(Update(replace(one.record, previous=run.run_id, behind=still), one.revision))
        return run, writes

    def told(self, run: Run) -> list[Past]:
        """What the run waits for in the one before, as that is now; nothing to tell if it waits for none."""
        if not run.previous:
            return []
        found = self._store.run(RunKey(run.dag_id, run.previous))
        if found is None:  # it was deleted
            return [Past(behind=())]
        return [Past(behind=past.behind(found.record, self._spec_of(found.record), self._spec_of(run)))]

    def is_news(self, before: Run, after: Run) -> bool:
        """Whether the change matters to runs that follow."""
        if not after.followers:
            return False
        spec = self._spec_of(after)
        return past.behind(before, spec, spec) != past.behind(after, spec, spec)

    def _before(self, run: Run) -> Iterator[Stored[Run]]:
        """Linked runs with earlier logical dates, the latest first."""
        moment = run.logical_date
        while moment is not None:
            page = self._store.linked_runs(run.dag_id, moment.isoformat(), limit=_AT_A_TIME)
            yield from page
            moment = page[-1].record.logical_date if len(page) == _AT_A_TIME else None

    def _latest_before(self, run: Run, spec: DagSpec, linked: Stored[Run] | None) -> Stored[Run] | None:
        """Of the DAG's latest few, and ``linked``, the run with the latest earlier logical date."""
        known = [*([] if linked is None else [linked]), *self._store.runs(run.dag_id, limit=_AT_A_TIME)]
        earlier = [one for one in known if _comes_after(run, one.record) and _counts(one.record, spec)]
        return max(earlier, key=lambda one: one.record.logical_date or _END_OF_TIME, default=None)

    def _first_ones(self, run: Run) -> Iterator[Stored[Run]]:
        """Linked runs with later logical dates that have had none before them, of the next few runs."""
        if run.logical_date is not None:
            page = self._store.dated_runs(run.dag_id, run.logical_date, _END_OF_TIME, limit=_AT_A_TIME)
            yield from (stored for stored in page if stored.record.previous == "")

    def _followers(self, run: Run) -> Iterator[Stored[Run]]:
        for run_id in run.followers:
            found = self._store.run(RunKey(run.dag_id, run_id))
            if found is not None:
                yield found


def _counts(run: Run, spec: DagSpec) -> bool:
    """Whether others may follow the run."""
    return not spec.catchup or run.run_type in _REGULAR


def _comes_after(one: Run, other: Run) -> bool:
    return one.logical_date is not None and other.logical_date is not None and one.logical_date > other.logical_date

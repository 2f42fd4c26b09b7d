"""Waiting for runs, mostly of other DAGs, and for their tasks: whoever waits is told, and need not ask ever again.

What makes it safe: the watch is written *before* the sensor looks, into the very document whose change ends the wait.
So either the sensor sees that change, or the commit of the change sees the watch. While there is no such run the watch
is in the DAG's document, which the commit that makes a run must write, too; and while there is no such DAG, the task
waits for that as others do for an object (:mod:`brisa.services.objects`). An attempt that has not gone to sleep yet
when it is told looks again as soon as it does (:class:`~brisa.model.events.Heard`). A telling that is lost costs no
more than the sensor's own next look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from brisa.engine import watching
from brisa.errors import ConflictError, NotFoundError, UnavailableError
from brisa.model.events import Watched
from brisa.model.run import AttemptKey, Run, RunKey
from brisa.model.watch import Watch
from brisa.ports.clock import Clock
from brisa.ports.store import StateStore, Stored, Update
from brisa.services.elsewhere import run_at, utc
from brisa.services.objects import Waits
from brisa.services.runs import CONFLICTS, Runs

SLACK = 3600.0
"""Seconds by which a look may be late before the watch that it would renew counts no more."""


class Watchers:
    """What one attempt waits for elsewhere."""

    def __init__(self, store: StateStore, clock: Clock, runs: Runs, attempt: AttemptKey, waits: Waits) -> None:
        self._store = store
        self._clock = clock
        self._runs = runs
        self._attempt = attempt
        self._waits = waits

    def await_runs(
        self,
        *,
        dag_id: str,
        run_ids: Sequence[str] | None = None,
        logical_dates: Sequence[str] | None = None,
        task_ids: Sequence[str] = (),
        group: str | None = None,
        allowed: Sequence[str],
        ends: Sequence[str] = (),
        patience: float,
    ) -> bool:
        """Whether the attempt will be woken when, of each of these runs, all is ``allowed`` or something ``ends`` it.

        Look after this has returned: what is so already is not told. ``patience``: after how many seconds the task
        looks again by itself. False, and it must look often, if the DAG is being deleted, or too many wait for it.
        """
        attempt = self._attempt
        watch = Watch(
            dag_id=attempt.dag_id,
            run_id=attempt.run_id,
            task=attempt.name,
            generation=attempt.generation,
            try_number=attempt.try_number,
            task_ids=tuple(task_ids),
            group=group or "",
            allowed=tuple(allowed),
            ends=tuple(ends),
            until=self._clock.now() + patience + SLACK,
        )
        wanted = [replace(watch, awaited_run=run_id) for run_id in run_ids or ()]
        wanted += [replace(watch, awaited_date=utc(date)) for date in logical_dates or ()]
        return all(self._register(dag_id, one) for one in wanted)

    def _register(self, dag_id: str, watch: Watch) -> bool:
        awaits_dag = False
        for _ in range(CONFLICTS):
            # The DAG first: a run that is made after this read changes it.
            stored = self._store.dag(dag_id)
            if stored is None and not awaits_dag:
                self._waits.register_dag(dag_id)
                awaits_dag = True
                continue  # it may have been registered just before that
            if stored is None or stored.record.deleting:
                return stored is None
            dag = stored.record
            found = self._awaited(dag_id, watch.awaited_run, watch.awaited_date)
            try:
                if found is not None:
                    return self._watch(found.record, replace(watch, awaited_run="", awaited_date=None))
                if not watching.has_room(dag.watchers, watch, self._clock.now()):
                    return False
                waiting = watching.joined(dag.watchers, watch, self._clock.now())
                self._store.commit(Update(replace(dag, watchers=waiting), stored.revision))
            except (ConflictError, NotFoundError):
                continue
            return True
        raise UnavailableError(f"DAG {dag_id!r} changes too often to wait for a run of it now; try again")

    def _watch(self, run: Run, watch: Watch) -> bool:
        """Leave the watch with the run, unless it is met."""
        if watching.is_met(watch, run, self._runs.spec(run)):
            return True
        if not watching.has_room(run.watchers, watch, self._clock.now()):
            return False
        self._runs.change(run.key, lambda _: [Watched(watch=watch)])
        return True

    def _awaited(self, dag_id: str, run_id: str, date: datetime | None) -> Stored[Run] | None:
        if date is not None:
            return run_at(self._store, dag_id, date)
        return self._store.run(RunKey(dag_id, run_id))

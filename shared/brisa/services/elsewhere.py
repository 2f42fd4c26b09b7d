"""What a task may ask of other DAGs and their runs: to make a run, and how runs and their tasks are.

Two questions, each answered with what was found rather than with an error, so that the operator that asks can say what
it means for its task:

- ``trigger_dag_run`` → ``status`` is ``triggered`` (with ``run_id``, ``logical_date``, ``state``), ``exists`` (the
  same, of the run that is in the way), ``paused``, ``refused`` (with ``why``), or ``unknown`` (with ``nearest``, the id
  of a DAG that may have been meant, or ``""``).
- ``external_runs`` → ``dag`` is ``there``, ``deleted`` or ``unknown`` (with ``nearest``), ``lacking`` has the ids asked
  for that the DAG does not have, ``runs`` one entry for each run that was asked for and is there: ``run_id``,
  ``logical_date``, ``state``, and ``tasks``, task id → states, one for each of its instances.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from brisa.engine.create import run_id_for
from brisa.engine.watching import states_of
from brisa.errors import ConflictError, UnavailableError
from brisa.model.events import Clear
from brisa.model.json import JsonObject, JsonValue
from brisa.model.params import ParamValidationError
from brisa.model.run import Run, RunKey
from brisa.model.states import RunType
from brisa.ports.store import StateStore, Stored, Update
from brisa.services.runs import CONFLICTS, RunExistsError, Runs

_DATED = (RunType.SCHEDULED, RunType.MANUAL, RunType.BACKFILL)
"""Kinds of runs whose ids tell their logical dates."""


class Elsewhere:
    """Answers about other DAGs."""

    def __init__(self, store: StateStore, runs: Runs) -> None:
        self._store = store
        self._runs = runs

    def trigger_dag_run(
        self,
        *,
        dag_id: str,
        run_id: str,
        conf: JsonObject,
        logical_date: str | None,
        token: str,
        reset: bool,
        unless_paused: bool,
    ) -> JsonValue:
        """Make the run ``run_id``, once for each ``token``: whoever asks again with the same gets the same answer.

        With a ``logical_date``, a run that has that date is in the way, too. With ``reset`` what is in the way is
        cleared, all its tasks, and begins anew.
        """
        stored = self._store.dag(dag_id)
        if stored is None or not stored.record.active:
            return {"status": "unknown", "nearest": self._nearest(dag_id)}
        date = None if logical_date is None else utc(logical_date)
        found = self._store.run(RunKey(dag_id, run_id)) or (None if date is None else run_at(self._store, dag_id, date))
        mine = found is not None and found.record.triggered_by == token
        if unless_paused and stored.record.paused and not mine:
            return {"status": "paused"}
        if found is None:
            try:
                run = self._runs.trigger(dag_id, run_id=run_id, conf=conf, logical_date=date, triggered_by=token)
            except ParamValidationError as error:
                return {"status": "refused", "why": str(error)}
            except RunExistsError:
                found = self._store.run(RunKey(dag_id, run_id))  # it has come in between
            else:
                return _told(run, "triggered")
        if found is None:
            raise UnavailableError(f"run {run_id!r} of DAG {dag_id!r} was made and deleted meanwhile; ask again")
        if found.record.triggered_by == token:
            return _told(found.record, "triggered")
        if not reset:
            return _told(found.record, "exists")
        return _told(self._reset(found.record, token), "triggered")

    def _reset(self, run: Run, token: str) -> Run:
        """Clear all tasks of a run, and write down who did. A crash in between clears them once more."""
        task_ids = tuple(self._runs.spec(run).by_id)
        cleared = self._runs.change(run.key, lambda _: [Clear(task_ids=task_ids)])
        for _ in range(CONFLICTS):
            stored = self._store.run(run.key)
            if stored is None:
                break
            try:
                self._store.commit(Update(replace(stored.record, triggered_by=token), stored.revision))
                break
            except ConflictError:
                continue
        return cleared

    def external_runs(
        self,
        *,
        dag_id: str,
        run_ids: Sequence[str] | None = None,
        logical_dates: Sequence[str] | None = None,
        task_ids: Sequence[str] = (),
        group: str | None = None,
        check: bool = False,
    ) -> JsonValue:
        """The runs of those ids, or of those logical dates (ISO 8601), with the states of ``task_ids``, and of the
        tasks in ``group``. ``check``: whether the DAG, these tasks and this group exist."""
        found = [self._store.run(RunKey(dag_id, run_id)) for run_id in run_ids or ()]
        found += [run_at(self._store, dag_id, utc(date)) for date in logical_dates or ()]
        runs: list[JsonValue] = [
            {**_told(stored.record), "tasks": self._tasks(stored.record, task_ids, group)}
            for stored in found
            if stored is not None
        ]
        answer: dict[str, JsonValue] = {"runs": runs}
        if check:
            answer |= self._checked(dag_id, task_ids, group)
        return answer

    def _tasks(self, run: Run, task_ids: Sequence[str], group: str | None) -> JsonObject:
        return {**states_of(run, self._runs.spec(run), task_ids, group)} if task_ids or group else {}

    def _checked(self, dag_id: str, task_ids: Sequence[str], group: str | None) -> JsonObject:
        stored = self._store.dag(dag_id)
        if stored is None or not stored.record.active:
            return {"dag": "deleted" if stored else "unknown", "nearest": self._nearest(dag_id), "lacking": []}
        spec = self._runs.version(dag_id, stored.record.version).spec
        lacking: list[JsonValue] = [task_id for task_id in task_ids if task_id not in spec.by_id]
        if group and group not in {one.group_id for one in spec.groups}:
            lacking.append(group)
        return {"dag": "there", "nearest": "", "lacking": lacking}

    def _nearest(self, dag_id: str) -> str:
        known = [stored.record.dag_id for stored in self._store.dags() if stored.record.active]
        return next(iter(difflib.get_close_matches(dag_id, known, n=1)), "")


def run_at(store: StateStore, dag_id: str, date: datetime) -> Stored[Run] | None:
    """The run of that logical date: most ids tell it, and reading by id is strongly consistent."""
    for run_type in _DATED:
        found = store.run(RunKey(dag_id, run_id_for(run_type, date)))
        if found is not None and found.record.logical_date == date:
            return found
    return next(iter(store.dated_runs(dag_id, date, date, limit=1)), None)


def utc(text: str) -> datetime:
    """A moment given as ISO 8601; in UTC if it has no zone."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _told(run: Run, status: str = "") -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = {
        "run_id": run.run_id,
        "logical_date": None if run.logical_date is None else run.logical_date.isoformat(),
        "state": run.state.value,
    }
    return {"status": status, **told} if status else told

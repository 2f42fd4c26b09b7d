"""Custom timetables: user code tells when a DAG's next run is, in a process that has loaded the DAG's file.

The planner imports no user code. It sends a :class:`~brisa.model.work.NextRun` to a worker and goes on; the answer is
the cursor of the DAG document, which the planner then finds as it does any other. See ADR 0008.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from brisa.errors import AuthoringError, ConflictError, Location, NotFoundError, UnavailableError
from brisa.model.dag import Dag, DagVersion
from brisa.model.json import JsonValue
from brisa.model.run import Run
from brisa.model.spec import ScheduleKind
from brisa.model.states import OutcomeKind, RunState
from brisa.model.work import NextRun
from brisa.ports.clock import Clock
from brisa.ports.store import StateStore, Stored, Update
from brisa.runtime.request import ANSWER, AttemptRequest
from brisa.runtime.supervisor import Supervisor
from brisa.schedule.due import Interval
from brisa.services.origins import Origins
from brisa.services.planner import cursor_fields
from brisa.services.runs import CONFLICTS, Runs

log = logging.getLogger(__name__)

PATIENCE = 20.0
"""Seconds that a timetable may take to answer."""
AFTER_AN_ERROR = 300.0
"""Seconds until a timetable that gave no answer is asked again, unless its file changes before."""


class Timetables:
    """Asks custom timetables, and notes their answers."""

    def __init__(self, store: StateStore, clock: Clock, runs: Runs, supervisor: Supervisor, origin: Origins) -> None:
        self._store = store
        self._clock = clock
        self._runs = runs
        self._supervisor = supervisor
        self._origin = origin

    def ask(self, question: NextRun) -> None:
        """Let the timetable tell the DAG's next run, if that is still asked; repeated, it changes nothing.

        An error, or no answer in time, is noted in the DAG document, for this DAG alone. Raises
        :class:`~brisa.errors.UnavailableError` when the question should be delivered again.
        """
        stored = self._store.dag(question.dag_id)
        if stored is None or not _asked(stored.record):
            return
        asked = stored.record
        version = self._store.version(asked.dag_id, asked.version)
        if version is None or version.spec.schedule.kind is not ScheduleKind.TIMETABLE:
            return
        fields = self._answer(asked, version)
        for _ in range(CONFLICTS):
            if not _same_question(asked, stored.record):
                return
            dag = replace(stored.record, **fields)
            try:
                self._store.commit(Update(dag, stored.revision))
            except ConflictError:
                stored = self._again(asked.dag_id)
                continue
            self._runs.tell_due(dag)
            return
        raise UnavailableError(f"DAG {asked.dag_id!r} changes too often to note its next run")

    def _again(self, dag_id: str) -> Stored[Dag]:
        stored = self._store.dag(dag_id)
        if stored is None:
            raise NotFoundError(f"there is no DAG {dag_id!r}")
        return stored

    def _answer(self, dag: Dag, version: DagVersion) -> dict[str, Any]:
        """The fields of the DAG document that its timetable's answer gives."""
        location = Location(file=version.spec.file, dag_id=dag.dag_id)
        try:
            return {**cursor_fields(_interval(self._call(dag, version))), "problem": ""}
        except AuthoringError as error:
            problem = str(AuthoringError(f"its timetable does not tell the next run: {error.message}", location))
        log.error("%s", problem)
        return {"problem": problem, "next_run_at": self._clock.now() + AFTER_AN_ERROR}

    def _call(self, dag: Dag, version: DagVersion) -> JsonValue:
        """What user code answers, as JSON; :class:`AuthoringError` for an error of it, or none in time."""
        spec = version.spec
        request = AttemptRequest(
            file=spec.file,
            run=Run(dag_id=dag.dag_id, run_id="next run", version=dag.version, state=RunState.QUEUED),
            task_id="",
            dialect=spec.dialect,
            started_at=self._clock.now(),
            timetable={
                "last": [_text(dag.last_start), _text(dag.last_end)] if dag.last_start else None,
                "earliest": _text(spec.start_date),
                "latest": _text(spec.end_date),
                "catchup": spec.catchup,
            },
        )
        fingerprint, source = self._origin(version)
        with tempfile.TemporaryDirectory(prefix="brisa-timetable-") as folder:
            report = self._supervisor.run(
                request,
                fingerprint=fingerprint,
                source=source,
                log=Path(folder) / "log",
                answer=_no_answer,
                timeout=PATIENCE,
            )
        if report.lost:
            raise UnavailableError(f"the timetable of DAG {dag.dag_id!r} was not asked: {report.outcome.error}")
        if report.outcome.kind is not OutcomeKind.SUCCESS:
            raise AuthoringError(report.outcome.error)
        return report.xcoms.get(ANSWER)


def _asked(dag: Dag) -> bool:
    return dag.active and dag.asks


def _same_question(asked: Dag, dag: Dag) -> bool:
    """Whether the DAG document still waits for the answer to what was asked."""
    return _asked(dag) and (dag.version, dag.last_start) == (asked.version, asked.last_start)


def _interval(answer: JsonValue) -> Interval | None:
    if answer is None:
        return None
    if not isinstance(answer, list) or len(answer) != 3:
        raise AuthoringError(f"the answer {answer!r:.80} is no run")
    start, end, run_at = (datetime.fromisoformat(str(text)) for text in answer)
    return Interval(start, end, run_at)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _no_answer(verb: str, payload: Mapping[str, Any]) -> NoReturn:
    """Timetables are asked apart from any run: they have no XComs, and no Variables and Connections either."""
    raise AuthoringError(f"a timetable can't ask for {verb}: it is asked apart from any run")

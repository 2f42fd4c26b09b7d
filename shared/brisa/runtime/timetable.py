"""Asks a DAG's custom timetable, in the process it is called in: for the next run, or for a manual run's interval."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from brisa.authoring.dag import DAG
from brisa.authoring.exceptions import AirflowTaskTimeout
from brisa.authoring.timetable import DataInterval, TimeRestriction, Timetable
from brisa.errors import AuthoringError
from brisa.model.run import Outcome, Run
from brisa.model.spec import ScheduleKind
from brisa.model.states import OutcomeKind, RunType
from brisa.runtime.dag_run import moment
from brisa.runtime.request import ANSWER, Channel
from brisa.runtime.signals import describe

log: Final = logging.getLogger("brisa.task")


def tell_next_run(dag: DAG, file: str, question: Mapping[str, Any], channel: Channel) -> Outcome:
    """Ask for the run after ``question["last"]``, and push the answer. What user code raises is in the outcome."""
    try:
        answer = _next_run(_custom(dag), question)
    except AirflowTaskTimeout:
        error = "next_dagrun_info took too long"
    except BaseException as raised:  # noqa: BLE001  user code may raise anything; all of it is an outcome
        log.error("%s", traceback.format_exc())
        error = raised.message if isinstance(raised, AuthoringError) else f"{_place(raised, file)}{describe(raised)}"
    else:
        channel.tell("xcom_push", key=ANSWER, value=answer)
        return Outcome(kind=OutcomeKind.SUCCESS)
    return Outcome(kind=OutcomeKind.FAILED, retryable=False, error=error)


def manual_interval(dag: Any, run: Run) -> tuple[datetime, datetime] | None:
    """The data interval that a custom timetable gives a run made by hand, unless whoever made it gave it one."""
    spec = getattr(dag, "schedule_spec", None)
    date = run.logical_date
    if spec is None or spec.kind is not ScheduleKind.TIMETABLE or run.run_type is not RunType.MANUAL:
        return None
    if date is None or not run.data_interval_start == run.data_interval_end == date:
        return None
    interval = _custom(dag).infer_manual_data_interval(run_after=moment(date))
    return _aware(interval[0], "data_interval.start"), _aware(interval[1], "data_interval.end")


def _custom(dag: DAG) -> Timetable:
    if dag.timetable is None:
        raise AuthoringError("the DAG has no timetable any more")
    return dag.timetable


def _next_run(timetable: Timetable, question: Mapping[str, Any]) -> list[str] | None:
    last = None if question["last"] is None else DataInterval(*map(moment, question["last"]))
    restriction = TimeRestriction(moment(question["earliest"]), moment(question["latest"]), question["catchup"])
    info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
    if info is None:
        return None
    due = _aware(info.run_after, "run_after")
    start, end = info.data_interval or (due, due)
    start, end = _aware(start, "data_interval.start"), _aware(end, "data_interval.end")
    if last is not None and start <= last.start:
        raise AuthoringError(f"next_dagrun_info does not lead on: after {last.start} it gives {start}")
    return [one.isoformat() for one in (start, end, due)]


def _aware(value: Any, name: str) -> datetime:
    """A moment that user code gave, as a plain datetime in UTC."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise AuthoringError(f"{name} must be a datetime with a time zone, not {value!r:.80}")
    return datetime.fromtimestamp(value.timestamp(), UTC)


def _place(error: BaseException, file: str) -> str:
    """The innermost line of the DAG file, if it has a part in the error."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(f"/{file}")]
    return f"line {lines[-1]}: " if lines else ""

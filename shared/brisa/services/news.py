"""What people must hear of, and what is counted: told where it is decided, after the commit that makes it so.

A line of the log has :class:`Fields` beside its text; ``event`` says which fact it is, and alerts look for that:
``run_failed``, ``run_stuck``, ``task_failed``, ``file_failed``, ``attempt_lost``, ``repaired``.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from typing import TypedDict

from brisa.engine import attempt_key
from brisa.model.dag import ImportFailure
from brisa.model.events import Event, Finished, Lost
from brisa.model.run import AttemptKey, Run, TaskInstance, TaskKey, is_task
from brisa.model.states import RunState, TaskState
from brisa.ports.telemetry import (
    ATTEMPTS_LOST,
    FILES_FAILED,
    NOWHERE,
    QUEUE_DELAY,
    REPAIRS,
    RUN_DURATION,
    RUNS_ENDED,
    RUNS_STUCK,
    TASK_DURATION,
    TASKS_ENDED,
    Telemetry,
)

log = logging.getLogger(__name__)

_LISTED = 10


class Fields(TypedDict, total=False):
    """What a line of the log is about, as ``extra={"about": …}``: a log that is read by machines has it as fields."""

    event: str
    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    try_number: int
    file: str
    seconds: float
    tasks: list[str]
    kind: str


class News:
    """Tells it. Safe between threads."""

    def __init__(self, telemetry: Telemetry = NOWHERE, *, aloud: bool = False) -> None:
        """``aloud``: whether it is said in the log; a command tells its own in its own way."""
        self.telemetry = telemetry
        self._aloud = aloud
        self._heard = aloud or telemetry is not NOWHERE

    def committed(self, before: Run | None, after: Run, events: Collection[Event] = ()) -> None:
        """``events`` have made ``before`` (``None``: there was no such run) what ``after`` is, and that is stored."""
        if not self._heard:
            return
        for name, instance in _ended(before, after):
            self._task_ended(after, name, instance, events)
        for event in events:
            if isinstance(event, Lost) and before is not None and _counts(event.attempt, before, after):
                self._lost(event.attempt)
        if after.state.terminal and (before is None or before.state is not after.state):
            self._run_ended(after)

    def stuck(self, run: Run, why: str) -> None:
        """The sweep has found that ``run`` does not get on."""
        self.telemetry.count(RUNS_STUCK, dag_id=run.dag_id)
        about = Fields(event="run_stuck", dag_id=run.dag_id, run_id=run.run_id)
        self._say(logging.ERROR, about, "run %s of DAG %s is stuck: %s", run.run_id, run.dag_id, why)

    def repaired(self, key: AttemptKey, kind: str) -> None:
        """The sweep has made good what was missing of an attempt: ``resent`` its message, ``folded`` its outcome into
        the run, or, as it was ``lost``, begun it again."""
        self.telemetry.count(REPAIRS, kind=kind)
        about = _of_attempt("repaired", key)
        about["kind"] = kind
        self._say(logging.INFO, about, "%s: repaired by the sweep (%s)", _words(key), kind)

    def started(self, key: AttemptKey, delay: float) -> None:
        """An attempt begins ``delay`` seconds after it was due."""
        self.telemetry.record(QUEUE_DELAY, max(0.0, delay), dag_id=key.dag_id)

    def file_failed(self, failures: Sequence[ImportFailure]) -> None:
        """A DAG file was loaded, and this is what failed in it."""
        self.telemetry.count(FILES_FAILED, file=failures[0].file)
        for failure in failures:
            first = failure.message.strip().partition("\n")[0]
            self._say(logging.ERROR, Fields(event="file_failed", file=failure.file), "does not load: %s", first)

    def _task_ended(self, run: Run, name: str, instance: TaskInstance, events: Collection[Event]) -> None:
        labels = {"dag_id": run.dag_id, "state": instance.state.value}
        self.telemetry.count(TASKS_ENDED, **labels)
        key = attempt_key(run, name, instance)
        ran = any(isinstance(event, Finished) and event.attempt == key for event in events)
        if ran and instance.started_at is not None and instance.ended_at is not None:
            self.telemetry.record(TASK_DURATION, max(0.0, instance.ended_at - instance.started_at), **labels)
        if instance.state is TaskState.FAILED:
            self._say(logging.ERROR, _of_attempt("task_failed", key), "%s has failed%s", _words(key), _why(events, key))

    def _run_ended(self, run: Run) -> None:
        labels = {"dag_id": run.dag_id, "state": run.state.value}
        took = max(0.0, (run.ended_at or 0.0) - (run.started_at or run.ended_at or 0.0))
        self.telemetry.count(RUNS_ENDED, **labels)
        self.telemetry.record(RUN_DURATION, took, **labels)
        if run.state is RunState.FAILED:
            failed = [name for name, one in run.tasks.items() if one.state is TaskState.FAILED and is_task(name)]
            about = Fields(
                event="run_failed",
                dag_id=run.dag_id,
                run_id=run.run_id,
                seconds=round(took, 3),
                tasks=failed[:_LISTED],
            )
            text = "run %s of DAG %s has failed after %.1f s; failed tasks: %s"
            self._say(logging.ERROR, about, text, run.run_id, run.dag_id, took, _list(failed))

    def _lost(self, key: AttemptKey) -> None:
        self.telemetry.count(ATTEMPTS_LOST, dag_id=key.dag_id)
        self._say(
            logging.WARNING,
            _of_attempt("attempt_lost", key),
            "%s: its worker is lost; it begins again",
            _words(key),
        )

    def _say(self, level: int, about: Fields, text: str, *arguments: object) -> None:
        if self._aloud:
            log.log(level, text, *arguments, extra={"about": about})


def _ended(before: Run | None, after: Run) -> Iterator[tuple[str, TaskInstance]]:
    """Task instances that have ended in between, those in a state that a person has given them among them."""
    known = {} if before is None else before.tasks
    # Most of a wide run's are the very same: this is done at every commit.
    changed = [(name, one) for name, one in after.tasks.items() if known.get(name) is not one]
    for name, instance in changed:
        if not instance.state.terminal or not is_task(name):
            continue
        old = known.get(name)
        if old is None or not old.state.terminal or old.generation != instance.generation:
            yield name, instance


def _counts(key: AttemptKey, before: Run, after: Run) -> bool:
    """Whether the run waited for this attempt, and does no longer."""
    instance = before.tasks.get(key.name)
    return (
        instance is not None
        and attempt_key(before, key.name, instance) == key
        and after.tasks.get(key.name) is not instance
    )


def _why(events: Collection[Event], key: AttemptKey) -> str:
    for event in events:
        if isinstance(event, Finished) and event.attempt == key and event.outcome.error:
            return f": {event.outcome.error}"
        if isinstance(event, Lost) and event.attempt == key:
            return ": its workers were lost again and again"
    return ""


def _of_attempt(event: str, key: AttemptKey) -> Fields:
    return Fields(
        event=event,
        dag_id=key.dag_id,
        run_id=key.run_id,
        task_id=key.task_id,
        map_index=key.map_index,
        try_number=key.try_number,
    )


def _words(key: AttemptKey) -> str:
    name = TaskKey(key.task_id, key.map_index)
    return f"task {name} of run {key.run_id} of DAG {key.dag_id}, try {key.try_number}"


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return (", ".join(names[:_LISTED]) or "none") + more

"""Wakes tasks whose wait for a run is over, after the commit that says so. What is lost, their next look finds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from brisa.engine import attempt_key
from brisa.errors import NotFoundError, UnavailableError
from brisa.model.events import Command, Event, Heard, Wake, Woken
from brisa.model.run import Run, RunKey
from brisa.model.states import TaskState
from brisa.model.watch import Watch

log = logging.getLogger(__name__)

_ASLEEP = (TaskState.UP_FOR_RESCHEDULE, TaskState.DEFERRED)


def wake(commands: Iterable[Command], change: Callable[[RunKey, Callable[[Run], Iterable[Event]]], Any]) -> None:
    """Tell each run that waits, in one change (:meth:`brisa.services.runs.Runs.change`) for all its tasks."""
    told: dict[RunKey, list[Watch]] = {}
    for command in commands:
        if isinstance(command, Wake):
            for watch in command.watches:
                told.setdefault(RunKey(watch.dag_id, watch.run_id), []).append(watch)
    for key, watches in told.items():
        try:
            change(key, lambda run, watches=watches: list(_events(run, watches)))  # type: ignore[misc]
        except NotFoundError:
            continue
        except UnavailableError as error:
            log.warning("run %s of %s was not woken; its sensors will look: %s", key.run_id, key.dag_id, error)


def _events(run: Run, watches: Iterable[Watch]) -> Iterator[Event]:
    """What the watches mean to the run that waits, as it is now: nothing to a task that is over, or in another try."""
    for watch in watches:
        instance = run.task(watch.task)
        if run.state.terminal or (instance.generation, instance.try_number) != (watch.generation, watch.try_number):
            continue
        attempt = attempt_key(run, watch.task, instance)
        if instance.state in _ASLEEP:
            yield Woken(attempt=attempt)
        # Who seems to sleep, or to wait for a retry, may be looking already: a claim is not written into the run.
        if instance.state.waiting:
            yield Heard(attempt=attempt)

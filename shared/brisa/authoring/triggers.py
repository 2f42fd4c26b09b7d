"""Triggers: what a deferred task waits for, as objects that can be made anew from their class path and arguments.

The classes and their meaning are Airflow's:
https://airflow.apache.org/docs/apache-airflow/3.1.0/authoring-and-scheduling/deferring.html. What differs is who runs
them. Airflow has a process that runs all triggers all the time; brisa has none, and runs each one for a short slice
now and then (:mod:`brisa.runtime.deferral`). So ``run`` begins anew with every slice: what it must not forget belongs
into what ``serialize`` gives, as Airflow asks for too.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from glob import glob
from pathlib import Path
from typing import Any, ClassVar, Protocol

from brisa.model.states import TaskState


class TriggerEvent:
    """What a trigger yields when it fires; ``payload`` is handed to the method that goes on, as ``event``."""

    def __init__(self, payload: Any = None) -> None:
        self.payload = payload

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}<{self.payload!r}>"


class BaseTaskEndEvent(TriggerEvent):
    """Base of the events that end the task at once: nothing of its operator is called any more."""

    task_instance_state: ClassVar[TaskState]

    def __init__(self, *, xcoms: Mapping[str, Any] | None = None) -> None:
        """``xcoms`` are pushed for the task."""
        super().__init__(str(self.task_instance_state))
        self.xcoms = xcoms


class TaskSuccessEvent(BaseTaskEndEvent):
    """The task has succeeded."""

    task_instance_state = TaskState.SUCCESS


class TaskFailedEvent(BaseTaskEndEvent):
    """The task has failed; as in Airflow, it is not retried."""

    task_instance_state = TaskState.FAILED


class TaskSkippedEvent(BaseTaskEndEvent):
    """The task is skipped."""

    task_instance_state = TaskState.SKIPPED


class BaseTrigger:
    """Base of all triggers: override :meth:`serialize` and :meth:`run`."""

    looks_once: ClassVar[bool] = False
    """brisa's own: ``run`` looks, and then sleeps until it looks again; one look is all that a slice needs."""

    task_instance: Any = None
    """The task that waits; there while the trigger runs."""
    trigger_id: Any = None

    def __init__(self, **_: Any) -> None:
        """There is nothing to it."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class path, and the keyword arguments with which the class gives an equal trigger.

        They may hold what an XCom may.
        """
        raise NotImplementedError(f"{type(self).__name__} does not override serialize()")

    def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, and yield the event: an ``async def`` with a ``yield``. It must not block its event loop."""
        raise NotImplementedError(f"{type(self).__name__} does not override run()")

    async def cleanup(self) -> None:
        """Called once the trigger has fired, has failed, or its time is up. What it raises is logged."""

    async def on_kill(self) -> None:
        """Called, on a trigger made anew, when a person ends the task while it is deferred: cleared, marked, cancelled.

        It should end what the trigger waits for; :meth:`cleanup` follows. As in Airflow 3.3 it has half a minute, what
        it raises is logged, and it is not called when the trigger's own time is up. Airflow 2 calls ``cleanup`` alone.
        """

    @cached_property
    def log(self) -> logging.Logger:
        """The logger whose lines go to the attempt's log."""
        return logging.getLogger(f"airflow.task.triggers.{type(self).__name__}")

    def __repr__(self) -> str:
        path, kwargs = self.serialize()
        return f"<{path} {', '.join(f'{name}={value}' for name, value in kwargs.items())}>"


class BaseEventTrigger(BaseTrigger):
    """Base of the triggers that assets can be watched with; a task can be deferred to it like to any other."""


@dataclass
class StartTriggerArgs:
    """With ``start_from_trigger``, what the task waits for before anything of its operator is called."""

    trigger_cls: str
    next_method: str
    trigger_kwargs: dict[str, Any] | None = None
    next_kwargs: dict[str, Any] | None = None
    timeout: timedelta | None = None


class Serializable(Protocol):
    """Whatever says how a trigger is made."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """As :meth:`BaseTrigger.serialize`."""
        ...


class DateTimeTrigger(BaseTrigger):
    """Fires at ``moment``, an aware datetime (or text that says one, as ``target_time``).

    brisa does not run it: the task is started again at that very moment.
    """

    def __init__(
        self,
        moment: datetime | None = None,
        *,
        target_time: datetime | str | None = None,
        end_from_trigger: bool = False,
    ) -> None:
        super().__init__()
        if (moment is None) == (target_time is None):
            raise TypeError("DateTimeTrigger takes one of 'moment' and 'target_time'")
        if moment is not None and not isinstance(moment, datetime):
            raise TypeError(f"DateTimeTrigger's moment must be a datetime, not {type(moment).__name__} ({moment!r})")
        given = moment if moment is not None else target_time
        aware = datetime.fromisoformat(given) if isinstance(given, str) else given
        assert aware is not None  # noqa: S101  for the type checker: one of the two is given
        if aware.tzinfo is None:
            raise ValueError(f"DateTimeTrigger's moment {aware.isoformat()} has no time zone; give it one")
        self.moment = aware
        self.end_from_trigger = end_from_trigger

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Its path, and the moment."""
        return (
            "brisa.authoring.triggers.DateTimeTrigger",
            {"moment": self.moment, "end_from_trigger": self.end_from_trigger},
        )

    def event(self) -> TriggerEvent:
        """What it fires."""
        return TaskSuccessEvent() if self.end_from_trigger else TriggerEvent(self.moment)

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Sleep until the moment."""
        while (left := (self.moment - datetime.now(UTC)).total_seconds()) > 0:
            await _sleep(left)
        yield self.event()


class TimeDeltaTrigger(DateTimeTrigger):
    """Fires ``delta`` after it was made; once made, it is a :class:`DateTimeTrigger`."""

    def __init__(self, delta: timedelta, *, end_from_trigger: bool = False) -> None:
        super().__init__(datetime.now(UTC) + delta, end_from_trigger=end_from_trigger)


class FileTrigger(BaseTrigger):
    """Fires when there is a file ``filepath`` (a glob; ``recursive`` gives ``**``), or a folder with a file in it."""

    looks_once = True

    def __init__(self, filepath: str, recursive: bool = False, poke_interval: float = 5.0, **_: Any) -> None:
        super().__init__()
        self.filepath = filepath
        self.recursive = recursive
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Its path, and its arguments."""
        return (
            "brisa.authoring.triggers.FileTrigger",
            {"filepath": self.filepath, "recursive": self.recursive, "poke_interval": self.poke_interval},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look, sleep, look again."""
        while not any(_has_file(Path(found)) for found in glob(self.filepath, recursive=self.recursive)):  # noqa: PTH207
            await _sleep(self.poke_interval)
        yield TriggerEvent(True)


class FileDeleteTrigger(BaseEventTrigger):
    """Fires when there is a file ``filepath``, and deletes it."""

    looks_once = True

    def __init__(self, filepath: str, poke_interval: float = 5.0, **_: Any) -> None:
        super().__init__()
        self.filepath = filepath
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Its path, and its arguments."""
        return (
            "brisa.authoring.triggers.FileDeleteTrigger",
            {"filepath": self.filepath, "poke_interval": self.poke_interval},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look, sleep, look again; delete it."""
        path = Path(self.filepath)
        while not path.is_file():
            await _sleep(self.poke_interval)
        path.unlink()
        yield TriggerEvent(True)


class DirectoryFileDeleteTrigger(BaseEventTrigger):
    """Fires when there is a file ``filename`` in ``directory``, and deletes it; the event has its path.

    Airflow lists a directory once for all triggers that look into it; brisa lets each look for its own file.
    """

    looks_once = True

    def __init__(self, *, directory: str, filename: str, poke_interval: float = 5.0) -> None:
        super().__init__()
        self.directory = directory
        self.filename = filename
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Its path, and its arguments."""
        return (
            "brisa.authoring.triggers.DirectoryFileDeleteTrigger",
            {"directory": self.directory, "filename": self.filename, "poke_interval": self.poke_interval},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look, sleep, look again; delete it."""
        path = Path(self.directory, self.filename)
        while not path.is_file():
            await _sleep(self.poke_interval)
        path.unlink()
        yield TriggerEvent({"filepath": str(path)})


async def _sleep(seconds: float) -> None:
    import asyncio  # costs 30 ms, and most that is imported here is only ever handed over

    await asyncio.sleep(seconds)


def _has_file(path: Path) -> bool:
    return path.is_file() or any(files for _, _, files in os.walk(path))

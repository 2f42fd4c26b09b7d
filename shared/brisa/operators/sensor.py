"""Sensors: tasks that wait until something is so, without holding a worker.

A sensor looks once. When the time has not come it ends with :class:`~brisa.authoring.exceptions.Reschedule`, and the
engine starts it again when the next look is due. ``mode="poke"`` does the same: a worker never sleeps.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from glob import glob
from pathlib import Path
from typing import Any, Protocol

from brisa.authoring.callables import select_kwargs
from brisa.authoring.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    Reschedule,
    TaskDeferralTimeout,
)
from brisa.authoring.operator import BaseOperator
from brisa.authoring.running import current_supervisor
from brisa.errors import AuthoringError

WEEK = 7 * 24 * 3600.0
_AFTER_TIMEOUT = 0.5
RECHECK, LONGEST_RECHECK = 600.0, 3600.0
"""Seconds between two looks of a task that is woken when what it waits for happens: events may be lost. For objects
it is always the first; for other DAGs it doubles, up to the second."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """An object in Cloud Storage: ``name``, or (``prefix``) any whose name begins so."""

    bucket: str
    name: str
    prefix: bool = False


class PokeReturnValue:
    """What ``poke`` may return instead of a bool: whether the wait is over, and then the task's XCom."""

    def __init__(self, is_done: bool, xcom_value: Any = None) -> None:
        self.is_done = is_done
        self.xcom_value = xcom_value

    def __bool__(self) -> bool:
        return self.is_done


class Waiting(Protocol):
    """What a sensor needs to know of its task instance."""

    run_id: str
    waited: float
    """Seconds between the first look of this try and this one."""
    reschedule_count: int
    """How often this try has looked before."""


class BaseSensorOperator(BaseOperator):
    """Base of all sensors: override ``poke(context)``. Durations are seconds or timedeltas.

    - ``poke_interval``: between two looks (60 s); with ``exponential_backoff`` it doubles each time, with jitter, and
      never exceeds ``max_wait``.
    - ``timeout``: from the first look of this try on (7 days); then the task fails for good, or with ``soft_fail`` is
      skipped.
    - ``silent_fail``: an error in ``poke`` counts as "not yet". ``never_fail``: it skips the task.
    - ``mode``: ``poke`` or ``reschedule``; both are run as reschedule.

    A sensor that says what it is ``awaiting`` is woken by the event, where brisa hears of it, and otherwise looks
    every :data:`RECHECK` seconds at most.
    """

    ui_color = "#e6f1f2"
    valid_modes: Sequence[str] = ("poke", "reschedule")
    holds_no_worker = True

    def __init__(
        self,
        *,
        poke_interval: timedelta | float = 60,
        timeout: timedelta | float = WEEK,
        soft_fail: bool = False,
        mode: str = "poke",
        exponential_backoff: bool = False,
        max_wait: timedelta | float | None = None,
        silent_fail: bool = False,
        never_fail: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.poke_interval = _seconds("poke_interval", poke_interval)
        self.timeout = _seconds("timeout", timeout)
        self.max_wait = None if max_wait is None else _seconds("max_wait", max_wait)
        if mode not in self.valid_modes:
            raise AuthoringError(f"mode must be one of {', '.join(self.valid_modes)}, not {mode!r}")
        if soft_fail and never_fail:
            raise AuthoringError("soft_fail and never_fail are mutually exclusive, you can not provide both.")
        self.mode = mode
        self.soft_fail = soft_fail
        self.exponential_backoff = exponential_backoff
        self.silent_fail = silent_fail
        self.never_fail = never_fail

    def poke(self, context: Any) -> bool | PokeReturnValue:
        """Look once: whether the wait is over."""
        raise AirflowException(f"{type(self).__name__} does not override poke()")

    def awaiting(self) -> Awaited | None:
        """The object whose arrival may end the wait; ``None`` if it is something else."""
        return None

    def execute(self, context: Any) -> Any:
        """Look once; the XCom when the wait is over, else :class:`Reschedule`, or the end of the patience."""
        begun = time.monotonic()
        ti: Waiting = context["ti"]
        found = self._look(context)
        rest = max(self.next_interval(ti, ti.waited), min(self._recheck(ti), self.timeout - ti.waited + _AFTER_TIMEOUT))
        woken = not found and self._listen(context, rest)
        if woken:
            found = self._look(context)  # it may have come just before anybody listened for it
        if found:
            self.log.info("Success criteria met. Exiting.")
            return found.xcom_value if isinstance(found, PokeReturnValue) else None
        waited = ti.waited + time.monotonic() - begun
        if waited > self.timeout:
            message = (
                f"Sensor has timed out; run duration of {waited:.1f} seconds exceeds "
                f"the specified timeout of {self.timeout}."
            )
            raise AirflowSkipException(message) if self.soft_fail else AirflowSensorTimeout(message)
        interval = rest if woken else self.next_interval(ti, waited)
        self.log.info("Not yet. Looking again in %.1f s%s", interval, ", or when it comes" * woken)
        raise Reschedule(time.time() + interval)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """As :meth:`BaseOperator.resume_execution`; a trigger's timeout is the sensor's, and ``soft_fail`` holds."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except AirflowException as error:
            if self.soft_fail and not isinstance(error, AirflowSkipException):
                raise AirflowSkipException(str(error)) from error
            if isinstance(error, TaskDeferralTimeout):
                raise AirflowSensorTimeout(str(error)) from error
            raise

    def _recheck(self, ti: Waiting) -> float:
        """Seconds until the next look of a sensor that is woken."""
        return RECHECK

    def _listen(self, context: Any, patience: float) -> bool:
        """Whether brisa hears of what is awaited, and wakes the task; asking makes it listen.

        ``patience``: after how many seconds the task looks again in any case.
        """
        awaited, supervisor = self.awaiting(), current_supervisor()
        return (
            awaited is not None
            and supervisor is not None
            and bool(supervisor.ask("await_object", bucket=awaited.bucket, name=awaited.name, prefix=awaited.prefix))
        )

    def _look(self, context: Any) -> bool | PokeReturnValue:
        """``poke``, with what its errors mean."""
        try:
            return self.poke(context)
        except (AirflowSensorTimeout, AirflowTaskTimeout, AirflowFailException) as error:
            for flag in ("soft_fail", "never_fail"):
                if getattr(self, flag):
                    raise AirflowSkipException(f"Skipping due to {flag} is set to True.") from error
            raise
        except AirflowSkipException:
            raise
        except Exception as error:
            if self.silent_fail:
                self.log.exception("Sensor poke failed; taken as not yet")
                return False
            if self.never_fail:
                raise AirflowSkipException("Skipping due to never_fail is set to True.") from error
            raise

    def next_interval(self, ti: Waiting, waited: float) -> float:
        """Seconds until the next look, ``waited`` seconds after the first.

        The jitter of the backoff is drawn from the task's name, so that a repeated attempt asks for the same moment.
        """
        if not self.exponential_backoff:
            return self.poke_interval
        looks = ti.reschedule_count + 1
        least = max(int(self.poke_interval * 2 ** min(looks - 2, 60)), 1)
        name = f"{self.task_id}#{ti.run_id}#{looks}"
        drawn = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())
        interval = min(least + drawn % least, self.timeout - int(waited))
        return max(0.0, min(interval, self.max_wait) if self.max_wait else interval)


class PythonSensor(BaseSensorOperator):
    """Waits until ``python_callable`` returns something true (or a :class:`PokeReturnValue`)."""

    template_fields: Sequence[str] = ("templates_dict", "op_args", "op_kwargs")

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Sequence[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        templates_dict: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.python_callable = python_callable
        self.op_args = op_args or ()
        self.op_kwargs = op_kwargs or {}
        self.templates_dict = templates_dict

    def poke(self, context: Any) -> bool | PokeReturnValue:
        """Call the function."""
        context["templates_dict"] = self.templates_dict
        kwargs = select_kwargs(self.python_callable, self.op_args, self.op_kwargs, context)
        found = self.python_callable(*self.op_args, **kwargs)
        return found if isinstance(found, PokeReturnValue) else PokeReturnValue(bool(found))


class FileSensor(BaseSensorOperator):
    """Waits for a file, or for a folder with a file in it. ``filepath`` may be a glob; ``recursive`` gives ``**``.

    A relative path is looked up in the ``path`` of the connection ``fs_conn_id``, or in ``/`` where there is none.
    """

    template_fields: Sequence[str] = ("filepath",)
    ui_color = "#91818a"

    def __init__(
        self,
        *,
        filepath: str,
        fs_conn_id: str = "fs_default",
        recursive: bool = False,
        deferrable: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filepath = filepath
        self.fs_conn_id = fs_conn_id
        self.recursive = recursive
        self.deferrable = deferrable

    @property
    def path(self) -> str:
        """The full path, or glob."""
        supervisor = current_supervisor()
        connection = supervisor.ask("connection", conn_id=self.fs_conn_id) if supervisor else None
        extra = (connection or {}).get("extra") or {}
        folder = (json.loads(extra) if isinstance(extra, str) else extra).get("path") or "/"
        return os.path.join(folder, self.filepath)  # noqa: PTH118  a glob is no path

    def poke(self, context: Any) -> bool:
        """Whether it is there."""
        pattern = self.path
        self.log.info("Poking for file %s", pattern)
        return any(_has_file(Path(found)) for found in glob(pattern, recursive=self.recursive))  # noqa: PTH207  as given


def _has_file(path: Path) -> bool:
    return path.is_file() or any(files for _, _, files in os.walk(path))


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, int | float) and value >= 0:
        return float(value)
    raise AuthoringError(f"{name} must be a timedelta or a number of seconds that is not negative, not {value!r}")

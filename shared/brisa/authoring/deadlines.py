"""Deadline alerts: by when a run should have ended, and what is called if it has not. Names and arguments as Airflow's.

``DAG(deadline=DeadlineAlert(reference=DeadlineReference.DAGRUN_QUEUED_AT, interval=timedelta(hours=1),
callback=AsyncCallback(tell)))``; a list of them, too. What is wrong with one is said once its DAG is made, so that the
message can name the DAG.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, NoReturn

from brisa.authoring.source import here
from brisa.authoring.times import to_timedelta, to_utc
from brisa.errors import AuthoringError, Location
from brisa.model.spec import DeadlineKind, DeadlineSpec

MOST_RUNS = 1000
"""Over how many past runs an average is taken at most: they are read whenever a run is made."""
_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")


class BaseDeadlineReference:
    """The moment that a deadline counts from. Those of :class:`DeadlineReference` are all there are."""

    kind: ClassVar[DeadlineKind | None] = None

    @property
    def reference_name(self) -> str:
        """The name of its class."""
        return type(self).__name__

    def fields(self, where: Location) -> dict[str, Any]:
        """What a :class:`~brisa.model.spec.DeadlineSpec` keeps of it, beside its kind."""
        return {}


class DagRunLogicalDateDeadline(BaseDeadlineReference):
    """A run's logical date."""

    kind: ClassVar[DeadlineKind | None] = DeadlineKind.LOGICAL_DATE


class DagRunQueuedAtDeadline(BaseDeadlineReference):
    """When a run was queued, or cleared since."""

    kind: ClassVar[DeadlineKind | None] = DeadlineKind.QUEUED_AT


@dataclass
class FixedDatetimeDeadline(BaseDeadlineReference):
    """One moment for all runs."""

    _datetime: datetime
    kind: ClassVar[DeadlineKind | None] = DeadlineKind.FIXED

    def fields(self, where: Location) -> dict[str, Any]:
        """The moment, in UTC."""
        value = self._datetime
        if not isinstance(value, datetime):
            raise AuthoringError(f"FIXED_DATETIME takes a datetime, not {type(value).__name__} ({value!r:.80})", where)
        if value.tzinfo is None:
            raise AuthoringError(f"FIXED_DATETIME takes a datetime with a time zone; {value!r} has none", where)
        return {"moment": to_utc(value)}


@dataclass
class AverageRuntimeDeadline(BaseDeadlineReference):
    """When a run was made, and as long afterwards as the latest ``max_runs`` took on average, if there are
    ``min_runs`` (by default: as many)."""

    DEFAULT_LIMIT: ClassVar[int] = 10
    kind: ClassVar[DeadlineKind | None] = DeadlineKind.AVERAGE_RUNTIME
    max_runs: int
    min_runs: int | None = None

    def __post_init__(self) -> None:
        self.min_runs = self.max_runs if self.min_runs is None else self.min_runs

    def fields(self, where: Location) -> dict[str, Any]:
        """Both numbers."""
        for name, value in (("max_runs", self.max_runs), ("min_runs", self.min_runs)):
            if not isinstance(value, int) or not 1 <= value <= MOST_RUNS:
                raise AuthoringError(f"AVERAGE_RUNTIME: {name} must be 1 to {MOST_RUNS}, not {value!r:.80}", where)
        return {"max_runs": self.max_runs, "min_runs": self.min_runs}


class DeadlineReference:
    """The moments that deadlines can count from."""

    DAGRUN_LOGICAL_DATE: BaseDeadlineReference = DagRunLogicalDateDeadline()
    DAGRUN_QUEUED_AT: BaseDeadlineReference = DagRunQueuedAtDeadline()

    class TYPES:
        """Which of them are known when a run is made, and which when it is queued."""

        DAGRUN_CREATED = (DagRunLogicalDateDeadline, FixedDatetimeDeadline, AverageRuntimeDeadline)
        DAGRUN_QUEUED = (DagRunQueuedAtDeadline,)
        DAGRUN = DAGRUN_CREATED + DAGRUN_QUEUED

    @classmethod
    def FIXED_DATETIME(cls, dt: datetime) -> BaseDeadlineReference:  # noqa: N802  Airflow's name
        """One moment, with its time zone, for all runs."""
        return FixedDatetimeDeadline(dt)

    @classmethod
    def AVERAGE_RUNTIME(cls, max_runs: int = 0, min_runs: int | None = None) -> BaseDeadlineReference:  # noqa: N802
        """As long after a run was made as the latest runs took on average."""
        return AverageRuntimeDeadline(max_runs or AverageRuntimeDeadline.DEFAULT_LIMIT, min_runs)


def deadline_reference(*_: Any) -> NoReturn:
    """Refuses: Airflow asks a reference of one's own in its scheduler, with a session of its database."""
    raise AuthoringError(
        "a deadline reference of one's own asks Airflow's database, which is not here; there are: "
        "DeadlineReference.DAGRUN_QUEUED_AT, DAGRUN_LOGICAL_DATE, FIXED_DATETIME and AVERAGE_RUNTIME",
        here(),
    )


@dataclass(frozen=True)
class VariableInterval:
    """An interval that a Variable has, in whole seconds, whenever a run is made."""

    key: str


class Callback:
    """What is called when a deadline is missed, with ``kwargs``, and with ``context`` if it takes that.

    A function, a notifier's class, or the dotted path of one.
    """

    def __init__(self, callback_callable: Callable[..., Any] | str, kwargs: Mapping[str, Any] | None = None) -> None:
        self.callback_callable = callback_callable
        self.kwargs: dict[str, Any] = dict(kwargs or {})

    @property
    def path(self) -> str:
        """Where it is: module and name."""
        function = self.callback_callable
        if isinstance(function, str):
            return function.strip()
        return f"{function.__module__}.{getattr(function, '__qualname__', type(function).__qualname__)}"

    def check(self, where: Location) -> None:
        """Refuse what can't be called."""
        function = self.callback_callable
        kind = type(self).__name__
        if isinstance(function, str):
            if not _PATH.fullmatch(function.strip()):
                raise AuthoringError(f"{kind}({function!r:.80}): that is no dotted path of a function", where)
        elif not callable(function):
            raise AuthoringError(f"{kind}({function!r:.80}): that is not a function", where)
        if "context" in self.kwargs:
            raise AuthoringError(f"{kind}: its kwargs can't have a 'context', which it is given", where)


class AsyncCallback(Callback):
    """A coroutine function, or a notifier that can be awaited."""

    def check(self, where: Location) -> None:
        """As of any; what can't be awaited is refused, too."""
        super().check(where)
        function = self.callback_callable
        awaitable = inspect.iscoroutinefunction(function) or hasattr(function, "__await__")
        if not isinstance(function, str) and not awaitable:
            raise AuthoringError(f"AsyncCallback takes an async function; for {self.path} use SyncCallback", where)


class SyncCallback(Callback):
    """A plain function, or a notifier. ``executor`` is accepted, and has no effect."""

    def __init__(
        self,
        callback_callable: Callable[..., Any] | str,
        kwargs: Mapping[str, Any] | None = None,
        executor: str | None = None,
    ) -> None:
        super().__init__(callback_callable, kwargs)
        self.executor = executor


class DeadlineAlert:
    """``callback`` is called once for each run that has not ended ``interval`` after ``reference``."""

    def __init__(
        self,
        reference: BaseDeadlineReference,
        interval: timedelta | VariableInterval,
        callback: Callback,
        name: str | None = None,
    ) -> None:
        self.reference = reference
        self.interval = interval
        self.callback = callback
        self.name = name
        self._made_at = here()

    def to_spec(self, dag_id: str) -> DeadlineSpec:
        """As data, without its callback; :class:`AuthoringError` for what is wrong with it."""
        where = Location(self._made_at.file, self._made_at.line, dag_id)
        reference: Any = self.reference
        callback: Any = self.callback
        if not isinstance(reference, BaseDeadlineReference) or reference.kind is None:
            raise AuthoringError(f"reference must be one of DeadlineReference, not {reference!r:.80}", where)
        if not isinstance(callback, AsyncCallback | SyncCallback):
            raise AuthoringError(f"callback must be an AsyncCallback or a SyncCallback, not {callback!r:.80}", where)
        callback.check(where)
        fields: dict[str, Any] = {"kind": reference.kind, "name": self.name or "", **reference.fields(where)}
        if isinstance(self.interval, VariableInterval):
            return DeadlineSpec(variable=str(self.interval.key), **fields)
        interval = to_timedelta("interval", self.interval, where)
        if interval is None:
            raise AuthoringError("a deadline needs an interval, such as timedelta(hours=1)", where)
        return DeadlineSpec(interval=interval.total_seconds(), **fields)


def alerts(deadline: Any, where: Location) -> list[DeadlineAlert] | None:
    """What a DAG is given as ``deadline``, as a list."""
    if deadline is None:
        return None
    found = list(deadline) if isinstance(deadline, Iterable) and not isinstance(deadline, str) else [deadline]
    for alert in found:
        if not isinstance(alert, DeadlineAlert):
            raise AuthoringError(
                f"deadline must be a DeadlineAlert or a list of them, not {type(alert).__name__} ({alert!r:.80})", where
            )
        alert.to_spec(where.dag_id)
    return found

"""What brisa tells of itself: numbers, and spans of traces. Where nobody listens it costs next to nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from brisa.model.trace import Trace

_CURRENT: ContextVar[Trace | None] = ContextVar("brisa.trace", default=None)


def current_trace() -> Trace | None:
    """The trace of what this thread works on, if it has one: of the innermost span, else of the request."""
    return _CURRENT.get()


def traceparent() -> str:
    """What tells others of :func:`current_trace`, in a header or a variable of that name; empty if there is none."""
    trace = current_trace()
    return "" if trace is None else trace.header


@contextmanager
def within(trace: Trace | None) -> Iterator[None]:
    """Work on something of ``trace`` meanwhile."""
    token = _CURRENT.set(trace)
    try:
        yield
    finally:
        _CURRENT.reset(token)


class Kind(StrEnum):
    """What is done with the numbers of a metric."""

    COUNTER = "counter"
    """They are added up."""
    HISTOGRAM = "histogram"
    """They are put into :data:`BUCKETS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """Something that is counted or measured. ``unit`` is UCUM's, as OpenTelemetry has it: ``s``, or ``{run}``."""

    name: str
    kind: Kind = Kind.COUNTER
    unit: str
    labels: tuple[str, ...] = ()
    """What tells its series apart: never a run, of which there are ever more."""
    description: str


RUNS_ENDED = Metric(
    name="brisa.dag_run.ended",
    unit="{run}",
    labels=("dag_id", "state"),
    description="DAG runs that have ended, success or failed; once more after a clear.",
)
RUN_DURATION = Metric(
    name="brisa.dag_run.duration",
    kind=Kind.HISTOGRAM,
    unit="s",
    labels=("dag_id", "state"),
    description="From the start of a DAG run to its end.",
)
RUNS_STUCK = Metric(
    name="brisa.dag_run.stuck",
    unit="{run}",
    labels=("dag_id",),
    description="Times that the sweep has found a DAG run stuck.",
)
TASKS_ENDED = Metric(
    name="brisa.task_instance.ended",
    unit="{task_instance}",
    labels=("dag_id", "state"),
    description="Task instances that have ended, in whichever state, also by a person's word.",
)
TASK_DURATION = Metric(
    name="brisa.task_instance.duration",
    kind=Kind.HISTOGRAM,
    unit="s",
    labels=("dag_id", "state"),
    description="From the start of a task instance's last try to its end.",
)
QUEUE_DELAY = Metric(
    name="brisa.task_instance.queue_delay",
    kind=Kind.HISTOGRAM,
    unit="s",
    labels=("dag_id",),
    description="From the moment at which an attempt was due to its start: the lag of the scheduling.",
)
ATTEMPTS_LOST = Metric(
    name="brisa.attempt.lost",
    unit="{attempt}",
    labels=("dag_id",),
    description="Attempts whose worker was lost; the same try runs again.",
)
TICK_DURATION = Metric(
    name="brisa.planner.tick.duration",
    kind=Kind.HISTOGRAM,
    unit="s",
    description="How long a tick of the planner takes.",
)
REPAIRS = Metric(
    name="brisa.sweep.repairs",
    unit="{repair}",
    labels=("kind",),
    description="What the sweep has made good: resent (a message), folded (an outcome), lost (an attempt).",
)
FILES_FAILED = Metric(
    name="brisa.dag_file.failed",
    unit="{load}",
    labels=("file",),
    description="Times that a DAG file was loaded and failed.",
)
STORE_OPERATIONS = Metric(
    name="brisa.store.operations",
    unit="{operation}",
    labels=("kind",),
    description="Documents read, written and deleted, and messages sent (operations), as Google bills them.",
)
METRICS = (
    RUNS_ENDED,
    RUN_DURATION,
    RUNS_STUCK,
    TASKS_ENDED,
    TASK_DURATION,
    QUEUE_DELAY,
    ATTEMPTS_LOST,
    TICK_DURATION,
    REPAIRS,
    FILES_FAILED,
    STORE_OPERATIONS,
)
"""All there are."""
BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0)
"""Upper bounds of a histogram's buckets, in seconds: from a tick to a day's work."""


class Telemetry(Protocol):
    """Takes numbers and spans. Safe between threads; returns at once; never raises because of who listens."""

    def count(self, metric: Metric, number: int = 1, /, **labels: str) -> None:
        """Add ``number`` to a counter's series. ``labels`` are those of the metric, all of them."""
        ...

    def record(self, metric: Metric, value: float, /, **labels: str) -> None:
        """One measurement of a histogram's series."""
        ...

    def observe(self, metric: Metric, totals: Callable[[], Mapping[str, int]], /) -> None:
        """A counter with one label that is kept elsewhere: ``totals`` gives its value → the sum so far, whenever
        somebody looks."""
        ...

    def span(self, name: str, /, **attributes: str | int) -> AbstractContextManager[None]:
        """A span around what is done meanwhile, a child of :func:`current_trace`, which it is for whatever is within.

        An error that leaves it is written down with it, and goes on.
        """
        ...

    def flush(self) -> None:
        """Hand over what is still here: this process may be stopped, or may not get to work, from now on."""
        ...


class Nowhere:
    """Nobody listens. What is within a span belongs to the trace around it."""

    def count(self, metric: Metric, number: int = 1, /, **labels: str) -> None:
        """Nothing."""

    def record(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Nothing."""

    def observe(self, metric: Metric, totals: Callable[[], Mapping[str, int]], /) -> None:
        """Nothing."""

    def span(self, name: str, /, **attributes: str | int) -> AbstractContextManager[None]:
        """Nothing around it."""
        return _NOTHING

    def flush(self) -> None:
        """Nothing."""


_NOTHING = nullcontext()
NOWHERE = Nowhere()

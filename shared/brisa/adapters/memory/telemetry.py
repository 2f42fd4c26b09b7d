"""Telemetry that is kept, for tests to look at."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from brisa.model.trace import Trace
from brisa.ports.telemetry import Metric, current_trace, within

Series = tuple[str, ...]
"""A metric's name, then the values of its labels in their order."""


@dataclass(slots=True, kw_only=True)
class Span:
    """A span as it was begun, and how it ended."""

    name: str
    trace: Trace
    parent: Trace | None
    attributes: Mapping[str, str | int]
    error: str = ""
    """The name of the error that left it."""
    ended: bool = False


@dataclass(slots=True)
class MemoryTelemetry:
    """A :class:`~brisa.ports.telemetry.Telemetry` that ends with its process. Labels that a metric does not have, or
    lacks, are a :class:`ValueError`."""

    counts: Counter[Series] = field(default_factory=Counter)
    records: dict[Series, list[float]] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    """In the order in which they began."""
    flushes: int = 0
    _observed: list[tuple[Metric, Callable[[], Mapping[str, int]]]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def count(self, metric: Metric, number: int = 1, /, **labels: str) -> None:
        """Keep it."""
        with self._lock:
            self.counts[_series(metric, labels)] += number

    def record(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Keep it."""
        with self._lock:
            self.records.setdefault(_series(metric, labels), []).append(value)

    def observe(self, metric: Metric, totals: Callable[[], Mapping[str, int]], /) -> None:
        """Look when somebody asks for :meth:`observed`."""
        self._observed.append((metric, totals))

    def observed(self) -> Mapping[Series, int]:
        """What those that are kept elsewhere are at now."""
        return {(metric.name, value): sum_ for metric, totals in self._observed for value, sum_ in totals().items()}

    def span(self, name: str, /, **attributes: str | int) -> AbstractContextManager[None]:
        """Keep it."""
        return self._span(name, attributes)

    @contextmanager
    def _span(self, name: str, attributes: Mapping[str, str | int]) -> Iterator[None]:
        parent, number = current_trace(), next(self._ids)
        trace = Trace(parent.trace_id if parent else f"{number:032x}", f"{number:016x}", True)
        span = Span(name=name, trace=trace, parent=parent, attributes=attributes)
        self.spans.append(span)
        try:
            with within(trace):
                yield
        except BaseException as error:
            span.error = type(error).__name__
            raise
        finally:
            span.ended = True

    def flush(self) -> None:
        """Count it."""
        self.flushes += 1


def _series(metric: Metric, labels: Mapping[str, str]) -> Series:
    if set(labels) != set(metric.labels):
        raise ValueError(f"{metric.name} has the labels {metric.labels}, not {tuple(labels)}")
    return (metric.name, *(labels[name] for name in metric.labels))

"""The port's verbs as instruments and spans of OpenTelemetry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from opentelemetry import trace as spans
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Counter, Histogram, Observation
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from brisa._version import __version__
from brisa.model.trace import Trace
from brisa.ports.telemetry import BUCKETS, METRICS, STORE_OPERATIONS, Kind, Metric, current_trace, within

if TYPE_CHECKING:  # whoever makes one has them
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import TracerProvider

SCOPE = "brisa"
_FLUSH_MILLISECONDS = 5_000


class OtelTelemetry:
    """A :class:`~brisa.ports.telemetry.Telemetry` over providers of OpenTelemetry's SDK, which are this process's own:
    nothing of OpenTelemetry's global state is set, so tasks may have providers of theirs."""

    def __init__(self, meters: MeterProvider, tracers: TracerProvider | None) -> None:
        """Without ``tracers`` nobody looks at spans."""
        self._meters = meters
        self._tracers = tracers
        self._meter = meters.get_meter(SCOPE, __version__)
        self._tracer = None if tracers is None else tracers.get_tracer(SCOPE, __version__)
        made = [metric for metric in METRICS if metric is not STORE_OPERATIONS]
        self._counters = {metric: self._counter(metric) for metric in made if metric.kind is Kind.COUNTER}
        self._histograms = {metric: self._histogram(metric) for metric in made if metric.kind is Kind.HISTOGRAM}

    def _counter(self, metric: Metric) -> Counter:
        return self._meter.create_counter(metric.name, metric.unit, metric.description)

    def _histogram(self, metric: Metric) -> Histogram:
        return self._meter.create_histogram(
            metric.name, metric.unit, metric.description, explicit_bucket_boundaries_advisory=BUCKETS
        )

    def count(self, metric: Metric, number: int = 1, /, **labels: str) -> None:
        """To the metric's counter."""
        self._counters[metric].add(number, labels)

    def record(self, metric: Metric, value: float, /, **labels: str) -> None:
        """To the metric's histogram."""
        self._histograms[metric].record(value, labels)

    def observe(self, metric: Metric, totals: Callable[[], Mapping[str, int]], /) -> None:
        """An asynchronous counter."""
        (label,) = metric.labels

        def look(_: CallbackOptions) -> Iterator[Observation]:
            for value, total in totals().items():
                yield Observation(total, {label: value})

        self._meter.create_observable_counter(metric.name, [look], metric.unit, metric.description)

    def span(self, name: str, /, **attributes: str | int) -> AbstractContextManager[None]:
        """A span whose attributes are ``brisa.dag_id`` and so on."""
        if self._tracer is None:
            return nullcontext()
        return self._span(self._tracer, f"brisa.{name}", {f"brisa.{key}": value for key, value in attributes.items()})

    @contextmanager
    def _span(self, tracer: spans.Tracer, name: str, attributes: Mapping[str, str | int]) -> Iterator[None]:
        with tracer.start_as_current_span(name, _within(current_trace()), attributes=attributes) as span:
            made = span.get_span_context()
            with within(Trace(f"{made.trace_id:032x}", f"{made.span_id:016x}", made.trace_flags.sampled)):
                yield

    def flush(self) -> None:
        """Hand over what is still here, or give up after some seconds."""
        if self._tracers is not None:
            self._tracers.force_flush(_FLUSH_MILLISECONDS)
        self._meters.force_flush(_FLUSH_MILLISECONDS)


def _within(trace: Trace | None) -> Context:
    """The context in which a span of ``trace`` is begun: of this very process, or of whoever has sent a request."""
    if trace is None or not trace.span_id:
        return Context()
    here = spans.get_current_span()
    if f"{here.get_span_context().span_id:016x}" == trace.span_id:
        return spans.set_span_in_context(here, Context())
    flags = TraceFlags(TraceFlags.SAMPLED if trace.sampled else TraceFlags.DEFAULT)
    remote = SpanContext(int(trace.trace_id, 16), int(trace.span_id, 16), is_remote=True, trace_flags=flags)
    return spans.set_span_in_context(NonRecordingSpan(remote), Context())

"""Who listens, as the environment says by OpenTelemetry's own variables.

``OTEL_EXPORTER_OTLP_ENDPOINT`` (or that of one signal, ``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT``,
``OTEL_EXPORTER_OTLP_METRICS_ENDPOINT``) is a collector's address; ``OTEL_EXPORTER_OTLP_HEADERS``,
``OTEL_RESOURCE_ATTRIBUTES``, ``OTEL_TRACES_SAMPLER`` and the others have the meaning that OpenTelemetry's specification
gives them (its page "Environment variables").
"""

from __future__ import annotations

import math
import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from brisa._version import __version__
from brisa.errors import BrisaError

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    from brisa.adapters.otel.telemetry import OtelTelemetry

_OTLP = "OTEL_EXPORTER_OTLP_ENDPOINT"
_TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
_METRICS = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
ENDPOINTS = (_OTLP, _TRACES, _METRICS)
"""Any of these asks for telemetry."""
_NOT_YET = 3_600_000.0
"""Milliseconds after which spans are sent though nobody has asked for it."""
_MISSING = "the packages for telemetry are not installed: `pip install 'brisa[telemetry]'`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """The telemetry of a process, and what it shows to Prometheus."""

    telemetry: OtelTelemetry
    page: Callable[[], tuple[bytes, str]] | None = None
    """The metrics as they are now, in Prometheus's text format, and that format's media type."""


def connect(
    service: str, *, prometheus: bool = False, at_once: bool = False, environment: Mapping[str, str] = os.environ
) -> Exposed:
    """Telemetry of ``service`` for whoever listens; :class:`~brisa.errors.BrisaError` without the packages for it.

    ``prometheus``: keep the metrics for whoever asks for the page. ``at_once``: nothing is sent in the background, but
    by ``flush`` alone: for a process that works only while it answers a request.
    """
    try:
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource

        from brisa.adapters.otel.telemetry import OtelTelemetry

        own = {"service.name": service, "service.version": __version__, "service.instance.id": uuid.uuid4().hex}
        told = OTELResourceDetector().detect().attributes  # OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES
        resource = Resource.create({name: value for name, value in own.items() if name not in told})
        readers, page = _readers(prometheus, at_once, environment)
        meters = MeterProvider(metric_readers=readers, resource=resource)
        return Exposed(telemetry=OtelTelemetry(meters, _tracers(resource, at_once, environment)), page=page)
    except ImportError as error:
        raise BrisaError(f"{_MISSING} ({error})") from error


def _readers(
    prometheus: bool, at_once: bool, environment: Mapping[str, str]
) -> tuple[list[MetricReader], Callable[[], tuple[bytes, str]] | None]:
    readers: list[MetricReader] = []
    page: Callable[[], tuple[bytes, str]] | None = None
    if environment.get(_OTLP) or environment.get(_METRICS):
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter(), math.inf if at_once else None))
    if prometheus:
        from opentelemetry.exporter.prometheus import PrometheusMetricReader
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

        registry = CollectorRegistry()
        readers.append(PrometheusMetricReader(scope_info_enabled=False, registry=registry))

        def shown() -> tuple[bytes, str]:
            return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4

        page = shown
    return readers, page


def _tracers(resource: Resource, at_once: bool, environment: Mapping[str, str]) -> TracerProvider | None:
    if not environment.get(_OTLP) and not environment.get(_TRACES):
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    tracers = TracerProvider(resource=resource)
    later = _NOT_YET if at_once else None
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=later))
    return tracers

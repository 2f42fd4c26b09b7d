"""Telemetry by OpenTelemetry's SDK, to whoever listens: a collector (OTLP over HTTP), or Prometheus."""

from brisa.adapters.otel.connect import ENDPOINTS, Exposed, connect

__all__ = ["ENDPOINTS", "Exposed", "connect"]

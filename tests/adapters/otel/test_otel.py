"""Telemetry by OpenTelemetry: what its SDK is given, what Prometheus is shown, what a collector is sent."""

from __future__ import annotations

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry import trace as spans
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from brisa.adapters.memory import MemoryTelemetry
from brisa.adapters.otel import connect
from brisa.adapters.otel.telemetry import OtelTelemetry
from brisa.bootstrap.listening import Listening, listening
from brisa.model.trace import Trace
from brisa.ports import telemetry as port
from brisa.ports.telemetry import METRICS, NOWHERE, RUN_DURATION, RUNS_ENDED, STORE_OPERATIONS, current_trace, within
from tests.support.program import environment

REMOTE = Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", True)


def recording() -> OtelTelemetry:
    """One that keeps its spans and metrics in memory."""
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(InMemorySpanExporter()))
    return OtelTelemetry(MeterProvider([InMemoryMetricReader()]), tracers)


each = pytest.mark.parametrize(
    "telemetry",
    [NOWHERE, MemoryTelemetry(), recording(), OtelTelemetry(MeterProvider(), None)],
    ids=["nowhere", "memory", "otel", "otel without traces"],
)


def here() -> Trace:
    """The trace of this thread, which has one."""
    trace = current_trace()
    assert trace is not None
    return trace


@each
def test_the_contract_of_spans(telemetry):
    """What is within a span belongs to the trace around it, whoever listens; after it all is as before."""
    with within(REMOTE):
        with telemetry.span("attempt", dag_id="d", map_index=-1):
            inner = here()
            assert inner.trace_id == REMOTE.trace_id
            with telemetry.span("claim"):
                assert here().trace_id == REMOTE.trace_id
            assert here() == inner
        assert current_trace() == REMOTE
    assert current_trace() is None


@each
def test_an_error_leaves_a_span(telemetry):
    """As it is."""
    with pytest.raises(ZeroDivisionError), telemetry.span("tick"):
        raise ZeroDivisionError
    assert current_trace() is None


@each
def test_the_contract_of_numbers(telemetry):
    """Every metric is taken with its labels."""
    for metric in METRICS:
        labels = dict.fromkeys(metric.labels, "x")
        if metric is STORE_OPERATIONS:
            telemetry.observe(metric, lambda: {"reads": 3})
        elif metric.kind is port.Kind.COUNTER:
            telemetry.count(metric, 2, **labels)
        else:
            telemetry.record(metric, 1.5, **labels)
    telemetry.flush()


def test_labels_are_those_of_the_metric():
    """The fake holds services to it."""
    with pytest.raises(ValueError, match="labels"):
        MemoryTelemetry().count(RUNS_ENDED, dag_id="d")


def test_spans_are_opentelemetrys():
    """A tree below the span of whoever sent the request, with attributes, and the error of the one that had it."""
    exporter, tracers = InMemorySpanExporter(), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry = OtelTelemetry(MeterProvider(), tracers)
    with within(REMOTE), pytest.raises(ZeroDivisionError), telemetry.span("attempt", dag_id="d", try_number=2):
        with telemetry.span("claim"):
            pass
        raise ZeroDivisionError

    claim, attempt = exporter.get_finished_spans()
    assert attempt.parent is not None
    assert claim.parent is not None
    assert (attempt.name, claim.name) == ("brisa.attempt", "brisa.claim")
    assert f"{attempt.context.trace_id:032x}" == REMOTE.trace_id
    assert (f"{attempt.parent.span_id:016x}", attempt.parent.is_remote) == (REMOTE.span_id, True)
    assert (claim.parent.span_id, claim.parent.is_remote) == (attempt.context.span_id, False)
    assert attempt.attributes == {"brisa.dag_id": "d", "brisa.try_number": 2}
    assert attempt.status.status_code is spans.StatusCode.ERROR
    assert claim.status.status_code is spans.StatusCode.UNSET


def test_who_samples_is_asked():
    """A trace that whoever began it does not record is not recorded here (OpenTelemetry's default sampler)."""
    exporter, tracers = InMemorySpanExporter(), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry = OtelTelemetry(MeterProvider(), tracers)
    with within(REMOTE._replace(sampled=False)), telemetry.span("attempt"):
        assert here().trace_id == REMOTE.trace_id
        assert not here().sampled
    assert exporter.get_finished_spans() == ()


def test_what_prometheus_is_shown():
    """Each metric by Prometheus's name for it, with its labels and what it is."""
    exposed = connect("brisa-test", prometheus=True, environment={})
    telemetry = exposed.telemetry
    telemetry.count(RUNS_ENDED, dag_id="sales", state="failed")
    telemetry.count(RUNS_ENDED, 2, dag_id="sales", state="failed")
    telemetry.record(RUN_DURATION, 3.0, dag_id="sales", state="failed")
    telemetry.observe(STORE_OPERATIONS, lambda: {"reads": 7})
    assert exposed.page is not None
    page, kind = exposed.page()

    assert kind.startswith("text/plain; version=0.0.4")
    found = {family.name: family for family in text_string_to_metric_families(page.decode())}
    (ended,) = found["brisa_dag_run_ended"].samples
    assert (ended.name, ended.labels, ended.value) == (
        "brisa_dag_run_ended_total",
        {"dag_id": "sales", "state": "failed"},
        3.0,
    )
    assert found["brisa_dag_run_ended"].documentation == RUNS_ENDED.description
    buckets = {sample.labels.get("le"): sample.value for sample in found["brisa_dag_run_duration_seconds"].samples}
    assert (buckets["1.0"], buckets["5.0"], buckets["+Inf"]) == (0.0, 1.0, 1.0)
    (reads,) = found["brisa_store_operations"].samples
    assert (reads.labels, reads.value) == ({"kind": "reads"}, 7.0)
    (target,) = found["target_info"].samples
    assert target.labels["service_name"] == "brisa-test"


class Collector:
    """A collector's HTTP side, which keeps what it is sent."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                collector.received.append((self.path, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format, *args) -> None:  # noqa: A002
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.fixture
def collector(monkeypatch):
    """One that the environment names."""
    made = Collector()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=prod")
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_collector_is_sent_everything_at_a_flush(collector):
    """Nothing before it, and all that there is by then: a function's process does not work in between."""
    telemetry = listening("brisa-worker", at_once=True).telemetry
    with within(REMOTE), telemetry.span("attempt", dag_id="d"):
        telemetry.count(RUNS_ENDED, dag_id="d", state="success")
    assert collector.received == []
    telemetry.flush()

    bodies = dict(collector.received)
    (traces,) = ExportTraceServiceRequest.FromString(bodies["/v1/traces"]).resource_spans
    (span,) = traces.scope_spans[0].spans
    assert (span.name, span.trace_id.hex(), span.parent_span_id.hex()) == ("brisa.attempt", *REMOTE[:2])
    (metrics,) = ExportMetricsServiceRequest.FromString(bodies["/v1/metrics"]).resource_metrics
    assert [metric.name for metric in metrics.scope_metrics[0].metrics] == ["brisa.dag_run.ended"]
    named = {one.key: one.value.string_value for one in traces.resource.attributes}
    assert (named["service.name"], named["deployment.environment.name"]) == ("brisa-worker", "prod")


def test_a_collector_that_is_away(monkeypatch, caplog):
    """Is nobody's error but the log's: the work goes on."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    telemetry = listening("brisa-worker", at_once=True).telemetry
    with telemetry.span("tick"):
        telemetry.count(RUNS_ENDED, dag_id="d", state="success")
    telemetry.flush()
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert [text.split()[:3] for text in told] == [["Failed", "to", "export"]] * 2


def test_nobody_listens():
    """Then there is none, and nothing of it is loaded."""
    assert listening("brisa", environment={}) == Listening()
    probe = (
        "import sys; from brisa.bootstrap.listening import listening as l; l('b', environment={}); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", probe], env=environment(), capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "brisa.adapters.otel.connect" in loaded
    assert not [name for name in loaded if name.startswith(("opentelemetry", "prometheus_client"))]

"""The reference has every metric, span and event that the code has, and no other."""

from __future__ import annotations

import re

from prometheus_client.parser import text_string_to_metric_families

from brisa.adapters.otel import connect
from brisa.ports.telemetry import METRICS, STORE_OPERATIONS, Kind
from brisa.services import news
from tests.support.documents import DOCS, ROOT

PAGE = (DOCS / "reference" / "telemetry.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table of a section, without its heading; without backquotes."""
    table = PAGE.partition(f"\n## {heading}\n")[2].partition("\n| --- ")[2].partition("\n\n")[0]
    return [[cell.strip().replace("`", "") for cell in row.strip("|").split("|")] for row in table.splitlines()[1:]]


def shown() -> dict[str, str]:
    """Metric → the name under which Prometheus is shown it: of a histogram without ``_bucket`` and so on."""
    exposed = connect("brisa", prometheus=True, environment={})
    for metric in METRICS:
        labels = dict.fromkeys(metric.labels, metric.name)
        if metric is STORE_OPERATIONS:
            exposed.telemetry.observe(metric, lambda: {STORE_OPERATIONS.name: 1})
        elif metric.kind is Kind.COUNTER:
            exposed.telemetry.count(metric, **labels)
        else:
            exposed.telemetry.record(metric, 1.0, **labels)
    assert exposed.page is not None
    page = exposed.page()[0].decode()
    described = {metric.description: metric.name for metric in METRICS}
    return {
        described[family.documentation]: family.name + ("_total" if family.type == "counter" else "")
        for family in text_string_to_metric_families(page)
        if family.documentation in described
    }


def test_the_metrics() -> None:
    """Names, Prometheus's names, kinds, units, labels, and what they are."""
    prometheus = shown()
    assert rows("Metrics") == [
        [
            metric.name,
            prometheus[metric.name],
            metric.kind.value,
            metric.unit,
            ", ".join(metric.labels),
            metric.description,
        ]
        for metric in METRICS
    ]


def test_no_label_names_a_run() -> None:
    """Of runs there are ever more: each would be a series for ever."""
    assert {label for metric in METRICS for label in metric.labels} == {"dag_id", "state", "kind", "file"}
    assert all(metric.name.startswith("brisa.") for metric in METRICS)


def test_the_spans() -> None:
    """Those that services make."""
    code = "\n".join(file.read_text("utf-8") for file in (ROOT / "shared/brisa/services").glob("*.py"))
    made = {f"brisa.{name}" for name in re.findall(r'span\(\s*"(\w+)"', code)}
    assert {name for row in rows("Spans") for name in row[0].split(", ")} == made


def test_the_alerts_that_are_shown() -> None:
    """They are about metrics that Prometheus is shown."""
    page = (DOCS / "how-to" / "observe.md").read_text("utf-8")
    named = {re.sub(r"_bucket$", "", name) for name in re.findall(r"\bbrisa_\w+", page)}
    assert len(named) == 4
    assert named <= set(shown().values())


def test_the_queries_that_are_shown() -> None:
    """They look for fields and events that lines have."""
    page = (DOCS / "how-to" / "observe.md").read_text("utf-8")
    fields = set(re.findall(r"jsonPayload\.(\w+)", page))
    assert fields == {"event", "dag_id", "run_id", "task_id", "try_number"}
    assert fields <= set(news.Fields.__annotations__)
    words = {
        word for line in page.splitlines() if "jsonPayload.event=" in line for word in re.findall(r'"(\w+)"', line)
    }
    assert words <= {row[0] for row in rows("Lines of the log")}


def test_the_events() -> None:
    """Those of the news."""
    told = set(re.findall(r"``(\w+)``", (news.__doc__ or "").partition("alerts look for that:")[2]))
    assert {row[0] for row in rows("Lines of the log")} == told

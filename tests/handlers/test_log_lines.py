"""What anybody logs within a function is a line that Cloud Logging takes apart, with the request's trace."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import pytest

from brisa.adapters.cloudtasks import encode_work
from brisa.handlers.log_lines import Lines, handling, log_in_lines, name_traces_after
from brisa.handlers.worker import WORKER
from brisa.model.run import Outcome
from brisa.model.states import OutcomeKind
from brisa.model.trace import Trace
from brisa.ports.telemetry import within
from tests.handlers.deployment import Deployment, request
from tests.support.builders import dag, task
from tests.support.site import Site

ID, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@contextmanager
def function_log() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What a function's process writes meanwhile: the lines, each as a dict. Set up twice, as by two requests."""
    root, own = logging.getLogger(), logging.getLogger("brisa")
    before, level = list(root.handlers), own.level
    with redirect_stdout(io.StringIO()) as written:
        log_in_lines()
        log_in_lines()
        try:
            yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
        finally:
            root.handlers[:] = before
            own.setLevel(level)


def test_a_warning_of_a_service():
    """Its text, its severity, who says so, and nothing that is not known; once, however often it was set up."""
    with function_log() as log:
        logging.getLogger("brisa.services.runs").warning("run %s\nof %s: messages not sent", "r", "d")
        assert log() == [
            {"severity": "WARNING", "message": "run r\nof d: messages not sent", "logger": "brisa.services.runs"}
        ]


def test_within_a_request():
    """A line has the function, the trace, and whatever it is about."""
    about = {"event": "task_failed", "dag_id": "d", "run_id": "r", "task_id": "t", "map_index": 3, "try_number": 2}
    with function_log() as log:
        with within(Trace(ID, SPAN, True)), handling("worker"):
            name_traces_after("my-project")
            logging.getLogger("brisa.services.news").error("task t has failed", extra={"about": about})
        logging.getLogger("brisa.services.news").info("after it")

    told, later = log()
    assert told == {
        "severity": "ERROR",
        "message": "task t has failed",
        "logger": "brisa.services.news",
        "function": "worker",
        **about,
        "logging.googleapis.com/trace": f"projects/my-project/traces/{ID}",
        "logging.googleapis.com/spanId": SPAN,
        "logging.googleapis.com/trace_sampled": True,
    }
    assert later == {"severity": "INFO", "message": "after it", "logger": "brisa.services.news"}


def test_an_error_has_its_traceback():
    """Apart, where Error Reporting looks for it."""
    with function_log() as log:
        try:
            raise ValueError("inner workings")
        except ValueError:
            logging.getLogger("brisa.services.planner").exception("DAG 'd' could not be planned")
    (told,) = log()
    assert told["message"] == "DAG 'd' could not be planned"
    assert told["stack_trace"].startswith("Traceback")
    assert told["stack_trace"].endswith("ValueError: inner workings")


@pytest.mark.parametrize(("name", "said"), [("brisa.x", True), ("google.auth", False)])
def test_what_is_information(name, said):
    """Is said by brisa, and by no library."""
    with function_log() as log:
        logging.getLogger(name).info("something")
    assert bool(log()) == said


def test_what_can_not_be_json():
    """Whatever is said becomes a line: a log that fails is worse than one that is odd."""
    record = logging.LogRecord("brisa", logging.WARNING, "x", 1, "it is %s", ("\udcff" * 5000,), None)
    assert len(json.loads(Lines().format(record))["message"]) == 1024


def test_a_failed_run_is_told_by_the_worker():
    """The whole way: a request whose task fails writes the task's line, the run's, then its own; all of one trace."""
    deployment = Deployment()
    failed = Outcome(kind=OutcomeKind.FAILED, error="ValueError: no")
    site = deployment.site = Site(dag(task("t0")), {"t0": lambda _: failed})
    deployment.store, deployment.queue, deployment.counts = site.store, site.queue, site.counts
    deployment.clock, deployment.worker, deployment.telemetry = site.clock, site.worker, site.telemetry
    run = site.trigger()
    message = encode_work(site.take())
    with function_log() as log:
        deployment.call(WORKER, request(message, headers={"traceparent": f"00-{ID}-{SPAN}-01"}))

    of_task, of_run, own = log()
    assert [of_task["event"], of_run["event"], own["outcome"]] == ["task_failed", "run_failed", "handled"]
    assert {(line["dag_id"], line["run_id"], line["function"]) for line in (of_task, of_run, own)} == {
        ("d", run.run_id, "worker")
    }
    assert {line["logging.googleapis.com/trace"] for line in (of_task, of_run, own)} == {
        f"projects/my-project/traces/{ID}"
    }
    finish = next(span for span in site.telemetry.spans if span.name == "finish")
    assert of_run["logging.googleapis.com/spanId"] == finish.trace.span_id
    assert own["logging.googleapis.com/spanId"] == SPAN
    assert site.telemetry.flushes == 1

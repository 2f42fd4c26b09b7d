"""The log of a function: each line a JSON object on standard output, which Cloud Logging takes apart.

``severity``, ``message`` and ``logging.googleapis.com/…`` are fields that it knows (its page "Structured logging"); all
others it keeps under ``jsonPayload``. A line has the trace of the request within which it is written.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from brisa.model.json import JsonValue
from brisa.ports.telemetry import current_trace

LONGEST = 1024
"""Characters of one value: much of it comes from outside."""
_LONGEST_TRACEBACK = 16 * 1024
_FUNCTION: ContextVar[str] = ContextVar("brisa.function", default="")
_PROJECT: ContextVar[str] = ContextVar("brisa.project", default="")
_STANDARD = logging.Formatter()


@contextmanager
def handling(function: str) -> Iterator[None]:
    """A request of ``function`` is handled meanwhile: each line says so."""
    function_before, project_before = _FUNCTION.set(function), _PROJECT.set("")
    try:
        yield
    finally:
        _FUNCTION.reset(function_before)
        _PROJECT.reset(project_before)


def name_traces_after(project: str) -> None:
    """From now on, while the request is handled, lines have their trace: its name begins with the project's."""
    _PROJECT.set(project)


def line(severity: str, message: str, fields: Mapping[str, JsonValue], traceback: str = "") -> str:
    """One line, without its end. Of a traceback the end counts: there is the error."""
    whole = {"severity": severity, "message": message, **fields, **_traced()}
    text = {name: value[:LONGEST] if isinstance(value, str) else value for name, value in whole.items()}
    if traceback:
        text["stack_trace"] = traceback[-_LONGEST_TRACEBACK:]
    return json.dumps(text)


def _traced() -> dict[str, JsonValue]:
    trace, project = current_trace(), _PROJECT.get()
    if trace is None or not project:
        return {}
    told: dict[str, JsonValue] = {"logging.googleapis.com/trace": f"projects/{project}/traces/{trace.trace_id}"}
    if trace.span_id:
        told["logging.googleapis.com/spanId"] = trace.span_id
        told["logging.googleapis.com/trace_sampled"] = trace.sampled
    return told


class Lines(logging.Formatter):
    """Makes such a line of what anybody logs; with the fields that come as ``extra={"about": …}``."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        function, about = _FUNCTION.get(), getattr(record, "about", None)
        fields: dict[str, JsonValue] = {"logger": record.name}
        if function:
            fields["function"] = function
        if isinstance(about, Mapping):
            fields |= about
        severity = record.levelname if record.levelno >= logging.DEBUG else "DEFAULT"
        traceback = _STANDARD.formatException(record.exc_info) if record.exc_info else ""
        return line(severity, record.getMessage(), fields, traceback)


def log_in_lines() -> None:
    """Have this process log so: brisa's own from INFO on, of libraries what is a warning. Once is enough."""
    root = logging.getLogger()
    if not any(isinstance(handler.formatter, Lines) for handler in root.handlers):
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(Lines())
        root.addHandler(handler)
        logging.getLogger("brisa").setLevel(logging.INFO)

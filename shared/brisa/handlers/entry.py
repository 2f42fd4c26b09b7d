"""The log line of a request: one JSON object on standard output, which Cloud Logging takes apart."""

from __future__ import annotations

import json
import re
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field

from brisa.model.json import JsonValue

LONGEST = 1024
"""Characters of one value: much of it comes from outside."""
_LONGEST_TRACE = 16 * 1024
_TRACE = re.compile(r"([0-9a-fA-F]{32})(?:/|;|$)")


@dataclass(slots=True, kw_only=True)
class Entry:
    """What is to be said of one request, filled in while it is handled."""

    function: str
    outcome: str = ""
    """One or two words: what was done, or why not."""
    detail: str = ""
    """A sentence, where there is more to say."""
    traceback: str = ""
    trace: str = ""
    """The header X-Cloud-Trace-Context."""
    project: str = ""
    values: dict[str, JsonValue] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def note(self, **values: JsonValue) -> None:
        """Add fields, or change them."""
        self.values.update(values)

    def cost(self, before: Mapping[str, int], after: Mapping[str, int]) -> None:
        """Add what the process has spent meanwhile: with several requests at a time, they share it."""
        self.note(**{name: after[name] - before.get(name, 0) for name in ("reads", "writes", "operations")})

    def fail(self, error: Exception) -> None:
        """Add an error that is a defect, with its traceback."""
        self.detail = f"{type(error).__name__}: {error}"
        # The end of it is where the error is.
        self.traceback = "".join(traceback.format_exception(error))[-_LONGEST_TRACE:]

    def write(self, status: int) -> None:
        """Print it. In one call, so that lines of other threads do not get into it."""
        line: dict[str, JsonValue] = {
            "severity": "INFO" if status < 400 else "WARNING" if status < 500 or status == 503 else "ERROR",
            "message": f"{self.function}: {self.outcome}" + (f": {self.detail}" if self.detail else ""),
            "function": self.function,
            "outcome": self.outcome,
            "status": status,
            "milliseconds": round((time.monotonic() - self.started) * 1000, 1),
            **self.values,
        }
        found = _TRACE.match(self.trace)
        if found and self.project:
            line["logging.googleapis.com/trace"] = f"projects/{self.project}/traces/{found[1].lower()}"
        text = {name: value[:LONGEST] if isinstance(value, str) else value for name, value in line.items()}
        if self.traceback:
            text["stack_trace"] = self.traceback
        sys.stdout.write(json.dumps(text) + "\n")
        sys.stdout.flush()

"""The log line of a request: one JSON object on standard output, see :mod:`brisa.handlers.log_lines`."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field

from brisa.handlers.log_lines import line
from brisa.model.json import JsonValue


@dataclass(slots=True, kw_only=True)
class Entry:
    """What is to be said of one request, filled in while it is handled."""

    function: str
    outcome: str = ""
    """One or two words: what was done, or why not."""
    detail: str = ""
    """A sentence, where there is more to say."""
    traceback: str = ""
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
        self.traceback = "".join(traceback.format_exception(error))

    def write(self, status: int) -> None:
        """Print it. In one call, so that lines of other threads do not get into it."""
        severity = "INFO" if status < 400 else "WARNING" if status < 500 or status == 503 else "ERROR"
        fields: dict[str, JsonValue] = {
            "function": self.function,
            "outcome": self.outcome,
            "status": status,
            "milliseconds": round((time.monotonic() - self.started) * 1000, 1),
            **self.values,
        }
        message = f"{self.function}: {self.outcome}" + (f": {self.detail}" if self.detail else "")
        sys.stdout.write(line(severity, message, fields, self.traceback) + "\n")
        sys.stdout.flush()

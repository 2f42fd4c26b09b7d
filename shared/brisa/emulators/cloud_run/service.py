"""The part of the Cloud Run Admin API v2 that there is: ``GET /`` is health.

``POST /v2/JOB:run``, ``GET /v2/JOB/executions``, ``GET /v2/EXECUTION``, ``POST /v2/EXECUTION:cancel``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from brisa.emulators.cloud_run.checks import JOB, asked
from brisa.emulators.cloud_run.executions import Execution, Executions
from brisa.emulators.http_side import Handler, HttpSide
from brisa.emulators.refused import Refused

_STATUS = {"INVALID_ARGUMENT": 400, "NOT_FOUND": 404}
_MOST_BYTES = 1 << 20
_JOB = re.compile(rf"/v2/({JOB.pattern})")
_EXECUTION = re.compile(rf"/v2/({JOB.pattern}/executions/[a-z0-9-]+)")


class Service(HttpSide):
    """Answers as the module says."""

    def __init__(self, port: int, executions: Executions) -> None:
        super().__init__(port, _Handler)
        self.executions = executions


class _Handler(Handler):
    server: Service  # type: ignore[mutable-override] # nobody else makes one

    def do_GET(self) -> None:  # noqa: N802 (the base class names it)
        """Health, and what there is."""
        path = self.path.partition("?")[0]
        if path == "/":
            self.answer(200, '{"service": "cloud run emulator"}')
        elif found := _EXECUTION.fullmatch(path):
            name = found[1]
            self._answer(lambda: self.server.executions.get(name).resource())
        elif path.endswith("/executions") and (found := _JOB.fullmatch(path.removesuffix("/executions"))):
            job = found[1]
            self._answer(lambda: {"executions": [one.resource() for one in self.server.executions.of(job)]})
        else:
            self.answer(404)

    def do_POST(self) -> None:  # noqa: N802 (the base class names it)
        """Run and cancel."""
        body = self.rfile.read(min(_MOST_BYTES, int(self.headers.get("Content-Length", 0))))
        path, _, verb = self.path.partition("?")[0].partition(":")
        if verb == "run" and (found := _JOB.fullmatch(path)):
            job = found[1]
            self._answer(lambda: _operation(self.server.executions.run(job, asked(body))))
        elif verb == "cancel" and (found := _EXECUTION.fullmatch(path)):
            name = found[1]
            self._answer(lambda: _operation(self.server.executions.cancel(name)))
        else:
            self.answer(404)

    def _answer(self, act: Callable[[], dict[str, Any]]) -> None:
        try:
            self.answer(200, json.dumps(act()))
        except Refused as refused:
            code = _STATUS[refused.status]
            error = {"code": code, "message": str(refused), "status": refused.status}
            self.answer(code, json.dumps({"error": error}))


def _operation(execution: Execution) -> dict[str, Any]:
    """A long-running operation: it is done when the execution is, which nobody waits for."""
    location = execution.job.partition("/jobs/")[0]
    metadata = {"@type": "type.googleapis.com/google.cloud.run.v2.Execution", **execution.resource()}
    return {"name": f"{location}/operations/{execution.name.rpartition('-')[2]}", "metadata": metadata}

"""One request to the api function, on its way to a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from werkzeug import Request

from brisa.handlers.bodies import decoded_object, read_body
from brisa.handlers.parts import ApiParts
from brisa.model.run import RunKey

LIMIT = 1 << 20
"""Bytes of a body."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, by whom, and of what: the ids in its path."""

    request: Request
    parts: ApiParts
    ids: dict[str, str]

    @property
    def dag_id(self) -> str:
        """The DAG's."""
        return self.ids["dag_id"]

    @property
    def run_key(self) -> RunKey:
        """The run's."""
        return RunKey(self.dag_id, self.ids["dag_run_id"])

    def body(self) -> dict[str, Any]:
        """The JSON object of its body."""
        return decoded_object(read_body(self.request, LIMIT))

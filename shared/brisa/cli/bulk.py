"""Many things made by few requests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from brisa.cli.api import Api
from brisa.errors import BrisaError

_ENTITIES, _BYTES = 200, 500_000
"""What one request has at most; the API takes a body of 1 MiB."""


def make_all(api: Api, kind: str, entities: Sequence[dict[str, Any]], name: str, existing: str) -> int:
    """Make them by the API's bulk request, and return how many were made; ``name`` is the field that names one.

    ``existing`` says what becomes of those that are there: ``overwrite``, ``skip``, or ``fail``, which makes none.
    """
    if existing == "fail":
        there = {one[name] for one in api.all(kind, key=kind)} & {one[name] for one in entities}
        if there:
            raise BrisaError(f"these {kind} are there already, and nothing was imported: {', '.join(sorted(there))}")
    made = 0
    for batch in _batches(entities):
        action = {"action": "create", "entities": batch, "action_on_existence": existing}
        done = api.patch(kind, body={"actions": [action]})["create"]
        made += len(done["success"])
        if done["errors"]:
            raise BrisaError("; ".join(str(one["error"]) for one in done["errors"]) + f"; {made} were imported")
    return made


def _batches(entities: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for one in entities:
        length = len(json.dumps(one))
        if batch and (len(batch) == _ENTITIES or size + length > _BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += length
    if batch:
        yield batch

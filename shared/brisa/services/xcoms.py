"""XComs: small values live in their attempt's document, large ones in the blob store."""

from __future__ import annotations

import json
from collections.abc import Mapping

from brisa.errors import NotFoundError
from brisa.model.codec import dumps
from brisa.model.json import JsonValue
from brisa.model.run import Attempt, AttemptKey, RunKey, XCom
from brisa.ports.blobs import Blobs

INLINE_LIMIT = 32 * 1024
"""Bytes of JSON up to which an XCom stays in its attempt's document."""


def run_folder(key: RunKey) -> str:
    """Where the blobs of a run are; no other run's are below it."""
    return f"{key.dag_id}/{key.run_id.replace('%', '%25').replace('/', '%2F')}"


def attempt_folder(key: AttemptKey) -> str:
    """Where the blobs of an attempt's task instance are."""
    index = "" if key.map_index < 0 else f"[{key.map_index}]"
    return f"{run_folder(key.run_key)}/{key.task_id}{index}"


def log_name(key: AttemptKey) -> str:
    """The blob that holds the log of one attempt."""
    return f"logs/{attempt_folder(key)}/{key.generation}.{key.try_number}.{key.seq}.log"


def xcom_folder(key: AttemptKey) -> str:
    """Where the large XComs of one attempt are."""
    return f"xcoms/{attempt_folder(key)}/{key.generation}.{key.try_number}.{key.seq}"


def blobs_of(attempt: Attempt) -> list[str]:
    """The names of all blobs of an attempt: its log, and its large XComs."""
    return [name for name in (attempt.log, *(xcom.blob for xcom in attempt.xcoms.values())) if name]


def store_values(blobs: Blobs, key: AttemptKey, values: Mapping[str, JsonValue]) -> dict[str, XCom]:
    """What the attempt's document keeps of ``values``; large ones are written to the blob store first."""
    kept = {}
    for name, value in values.items():
        data = dumps(value).encode(errors="surrogatepass")
        if len(data) <= INLINE_LIMIT:
            kept[name] = XCom(value=value, size=len(data))
        else:
            blob = f"{xcom_folder(key)}/{name}.json"
            blobs.put(blob, data)
            kept[name] = XCom(blob=blob, size=len(data))
    return kept


def load_value(blobs: Blobs, xcom: XCom) -> JsonValue:
    """The value of an XCom, wherever it is."""
    if not xcom.blob:
        value: JsonValue = xcom.value  # type: ignore[assignment]  # written by store_values
        return value
    data = blobs.get(xcom.blob)
    if data is None:
        raise NotFoundError(f"the XCom's value {xcom.blob!r} is gone from the blob store")
    loaded: JsonValue = json.loads(data.decode(errors="surrogatepass"))
    return loaded

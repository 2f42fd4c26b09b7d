#!/usr/bin/env python3
"""Prints what is missing of the declared indexes and fields: arguments of `gcloud firestore`, a command to a line.

    firestore_indexes.py INDEXES.json < PRESENT.json

PRESENT is a list of three: what `gcloud firestore indexes composite list`, `indexes fields list` and `fields ttls list`
tell as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]


def missing(declared: Json, present: list[list[Json]]) -> Iterator[list[str]]:
    """The commands, without `gcloud firestore`."""
    composite, fields, expiring, *_ = present
    known = {_index(_group(index), index) for index in composite}
    for index in declared["indexes"]:
        if _index(index["collectionGroup"], index) not in known:
            yield ["indexes", "composite", "create", *_where(index), "--query-scope=collection", *_columns(index)]

    set_already = {(_group(field), _field(field)): _ways(field["indexConfig"]) for field in fields}
    expires = {(_group(field), _field(field)) for field in expiring}
    for field in declared["fieldOverrides"]:
        at = (field["collectionGroup"], field["fieldPath"])
        wanted = frozenset(index["order"] for index in field["indexes"])
        if set_already.get(at) != wanted:
            ways = [f"--index=order={index['order'].lower()}" for index in field["indexes"]]
            yield ["indexes", "fields", "update", at[1], *_where(field), *(ways or ["--disable-indexes"])]
        if field.get("ttl") and at not in expires:
            yield ["fields", "ttls", "update", at[1], *_where(field), "--enable-ttl"]


def _where(declared: Json) -> list[str]:
    return [f"--collection-group={declared['collectionGroup']}"]


def _columns(index: Json) -> Iterator[str]:
    for field in index["fields"]:
        way = f"order={field['order'].lower()}" if "order" in field else f"array-config={field['arrayConfig'].lower()}"
        yield f"--field-config=field-path={field['fieldPath']},{way}"


def _index(group: str, index: Json) -> tuple[str, ...]:
    """What makes an index that index; Firestore itself adds the document's name to its end."""
    columns = (field for field in index["fields"] if field["fieldPath"] != "__name__")
    return (group, *(f"{field['fieldPath']} {field.get('order') or field.get('arrayConfig')}" for field in columns))


def _ways(config: Json) -> frozenset[str]:
    found = (field for index in config.get("indexes", []) for field in index["fields"])
    return frozenset(field.get("order", "") for field in found)


def _group(resource: Json) -> str:
    """``projects/P/databases/D/collectionGroups/GROUP/…``."""
    return str(resource["name"]).split("/")[5]


def _field(resource: Json) -> str:
    return str(resource["name"]).split("/")[7]


if __name__ == "__main__":
    for command in missing(json.loads(Path(sys.argv[1]).read_text("utf-8")), json.load(sys.stdin)):
        print(" ".join(command))

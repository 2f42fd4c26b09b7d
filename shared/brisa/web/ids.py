"""Ids that Airflow's API needs and brisa does not have: made of the key, so that they stay the same."""

from __future__ import annotations

import hashlib
import json
from uuid import UUID, uuid5

_NAMESPACE = UUID("5f3b1c0e-7a52-4c1d-9a8e-62726973612e")
_BITS = 53
"""What every JSON reader takes for a whole number exactly."""


def uuid(*key: str | int) -> UUID:
    """The id of what has this key."""
    return uuid5(_NAMESPACE, json.dumps(key))


def number(*key: str | int) -> int:
    """The number of what has this key, above 0."""
    digest = hashlib.blake2b(json.dumps(key).encode(), digest_size=8).digest()
    return (int.from_bytes(digest) >> (64 - _BITS)) or 1

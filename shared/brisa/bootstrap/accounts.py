"""The accounts of a home: its key for tokens, and its first admin."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from brisa.adapters.local.private import keep_private, kept_key, replace
from brisa.errors import BrisaError, StorageError
from brisa.ports.clock import Clock
from brisa.ports.store import StateStore
from brisa.services.users import FIRST, Users

_HOURS = 24.0
"""Airflow's ``jwt_expiration_time``: a day."""
_KEY_BYTES = 32
_MOST_HOURS = 24.0 * 365


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAdmin:
    """Who can log in to a new home."""

    username: str
    password: str
    file: Path
    """Where the password is kept."""


def token_key(home: Path) -> bytes:
    """The key that signs the home's tokens; made once. :class:`~brisa.errors.StorageError`."""
    file = home / "api.key"
    key = kept_key(file, lambda: secrets.token_hex(_KEY_BYTES).encode())
    if len(key) < _KEY_BYTES:
        raise StorageError(f"the key file {file} is damaged: delete it, and another one is made; then log in again")
    return key


def token_seconds() -> float:
    """Seconds that a token is good for: ``$BRISA_TOKEN_HOURS``, else a day."""
    given = os.environ.get("BRISA_TOKEN_HOURS") or str(_HOURS)
    try:
        hours = float(given)
    except ValueError:
        hours = 0.0
    if not 0 < hours <= _MOST_HOURS:
        raise BrisaError(
            f"BRISA_TOKEN_HOURS is {given!r}: it must be a number of hours above 0, {_MOST_HOURS:g} at most"
        )
    return hours * 3600


def first_admin(home: Path, store: StateStore, clock: Clock) -> FirstAdmin | None:
    """Make the first account of a home that has none, and keep its password in a file for the owner's eyes only."""
    if store.users():
        return None
    password = secrets.token_urlsafe(15)
    for name in ("brisa.db", "brisa.db-wal", "brisa.db-shm"):  # from now on they hold what passwords are checked with
        if (home / name).exists():
            keep_private(home / name)
    file = home / "admin-password.txt"
    replace(file, f"{password}\n".encode())  # first: an account whose password nobody knows would be no use
    Users(store, clock).create_first(password)
    return FirstAdmin(username=FIRST, password=password, file=file)

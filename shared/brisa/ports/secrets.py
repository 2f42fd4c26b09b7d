"""Secrets: Connections, and whatever else must not be read by who can read the state store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

LARGEST_SECRET = 65_536
"""Bytes of a secret's UTF-8 text: Secret Manager's limit (its page "Quotas and limits")."""


class Secrets(Protocol):
    """Texts by name, kept so that the store's file, or its database, alone does not give them away.

    Any text is a name. Every verb may raise :class:`~brisa.errors.UnavailableError` (try again later) or
    :class:`~brisa.errors.StorageError` (a person must act). Neither error, nor any log line, ever holds a value.
    """

    def get(self, name: str) -> str | None:
        """The secret's current text, or ``None`` if there is none."""
        ...

    def put(self, name: str, value: str) -> None:
        """Set it; what it was before can't be read any more. :class:`~brisa.errors.StorageError` above
        :data:`LARGEST_SECRET` bytes. Idempotent."""
        ...

    def delete(self, name: str) -> None:
        """Remove it; nothing happens if it isn't there."""
        ...

    def names(self) -> Sequence[str]:
        """The names of all secrets, sorted."""
        ...

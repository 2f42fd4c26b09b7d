"""Secrets as a dictionary."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from brisa.adapters.secretmanager.payload import decode, encode


class MemorySecrets:
    """A :class:`~brisa.ports.secrets.Secrets` that ends with its process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._payloads: dict[str, bytes] = {}

    def get(self, name: str) -> str | None:
        """The secret's current text, or ``None`` if there is none."""
        with self._lock:
            data = self._payloads.get(name)
        return None if data is None else decode(name, data)

    def put(self, name: str, value: str) -> None:
        """Set it."""
        data = encode(name, value)
        with self._lock:
            self._payloads[name] = data

    def delete(self, name: str) -> None:
        """Remove it, if it is there."""
        with self._lock:
            self._payloads.pop(name, None)

    def names(self) -> Sequence[str]:
        """The names of all secrets, sorted."""
        with self._lock:
            return sorted(self._payloads)

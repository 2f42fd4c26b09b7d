"""Blobs: logs of attempts and XComs too large for their document."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Blobs(Protocol):
    """Bytes by name. A name is relative, with ``/`` between parts; parts are made safe by the adapter, so any text
    (``..``, unicode, ``/`` encoded as ``%2F``) names exactly one blob and never leaves the store."""

    def put(self, name: str, data: bytes) -> None:
        """Write a blob whole; readers see the old or the new one. Overwrites. Raises StorageError when full."""
        ...

    def get(self, name: str, offset: int = 0, length: int | None = None) -> bytes | None:
        """The bytes from ``offset`` on (empty if beyond the end), at most ``length`` (1 or more) of them; ``None`` if
        there is no such blob."""
        ...

    def delete(self, name: str) -> None:
        """Remove it; nothing happens if it isn't there."""
        ...

    def delete_folder(self, name: str) -> None:
        """Remove every blob whose name begins with ``name`` and ``/``, as far as its path was not too long to be kept
        in full. Idempotent; after an error some may be left."""
        ...

    def spool(self, name: str) -> Path:
        """A local file that a child process appends to while ``get`` of the same name already reads it.

        ``seal`` must follow. Parent folders exist on return; the file may not.
        """
        ...

    def seal(self, name: str) -> None:
        """The spool file is complete: publish it. Idempotent."""
        ...

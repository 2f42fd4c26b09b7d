"""The bytes of a secret's text. Secret Manager's limits hold for every adapter, so that none takes what another can't.

The service refuses an empty payload. An empty text is therefore one byte that no text in UTF-8 has.
"""

from __future__ import annotations

from brisa.errors import StorageError
from brisa.ports.secrets import LARGEST_SECRET

_EMPTY = b"\xff"


def encode(name: str, value: str) -> bytes:
    """The payload that carries ``value``; :class:`~brisa.errors.StorageError` if it is too large."""
    data = value.encode("utf-8", "surrogatepass")
    if len(data) > LARGEST_SECRET:
        raise StorageError(
            f"secret {name[:200]!r} has {len(data)} bytes, and at most {LARGEST_SECRET} can be kept: "
            "keep what is large elsewhere, and its key or its address here"
        )
    return data or _EMPTY


def decode(name: str, data: bytes) -> str:
    """The text in a payload; :class:`~brisa.errors.StorageError` for one that holds none."""
    if data == _EMPTY:
        return ""
    text = _text(data)
    if text is None:
        raise StorageError(f"secret {name[:200]!r} is no text in UTF-8: somebody else has written it; set it again")
    return text


def _text(data: bytes) -> str | None:
    # The error holds the bytes: it must not come along, not even as the context of ours.
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None

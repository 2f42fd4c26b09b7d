"""File names for any text, one to one: what a blob is called on disk."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=@+:,")
_LONGEST_PART = 150  # file systems take 255 bytes
_LONGEST_PATH = 1000  # Linux takes 4,096 bytes, macOS 1,024, the folder in front included
_HASHED = "%~"  # no encoded character looks like this


def safe_path(name: str) -> PurePosixPath:
    """The relative path of the blob ``name``: different for different names, and never outside.

    ``/`` makes folders. In each part, what is not plain ASCII is percent-encoded. Dots are kept in the last part only,
    which always has one (``a`` becomes ``a.``): so no file has the name of a folder, and no part is hidden, ``.`` or
    ``..``. A part, or a path, that is too long ends in a hash.
    """
    *folders, file = name.split("/")
    parts = [_shorten(_encode(folder, b"")) for folder in folders]
    path = "/".join([*parts, _file(file)])
    if len(path) > _LONGEST_PATH:
        path = _HASHED + _hash(name) + "."
    return PurePosixPath(path)


def safe_folder(name: str) -> PurePosixPath:
    """Where the blobs are whose names begin with ``name`` and ``/``."""
    return PurePosixPath("/".join(_shorten(_encode(folder, b"")) for folder in name.split("/")))


def _file(part: str) -> str:
    encoded = _encode(part, b".")
    if encoded.startswith("."):
        encoded = "%2E" + encoded[1:]
    if encoded.endswith("."):
        encoded = encoded[:-1] + "%2E"
    # A hash has no dot, and needs one like any other file.
    encoded = _shorten(encoded)
    return encoded if "." in encoded else encoded + "."


def _encode(part: str, also_plain: bytes) -> str:
    if not part:
        return "%"
    plain = _PLAIN.union(also_plain)
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in part.encode("utf-8", "surrogatepass"))


def _shorten(encoded: str) -> str:
    if len(encoded) <= _LONGEST_PART:
        return encoded
    return encoded[:80].replace(".", "_") + _HASHED + _hash(encoded)


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

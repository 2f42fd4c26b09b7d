"""Which objects of a bucket can be files of a folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_LONGEST_PART = 255
"""Bytes that file systems take."""


def unusable(names: Iterable[str]) -> dict[str, str]:
    """Those of ``names``, paths relative to a folder, that can't be files in it, and why.

    Where one object has the name of another's folder (``a`` and ``a/b``), the folder stays. Names that
    :func:`is_left_alone` are no concern.
    """
    reasons = {name: _reason(name) for name in names if not is_left_alone(name)}
    folders = {folder for name, reason in reasons.items() if not reason for folder in folders_of(name)}
    for name, reason in reasons.items():
        if not reason and name in folders:
            reasons[name] = "other objects have it as their folder"
    return {name: reason for name, reason in reasons.items() if reason}


def is_left_alone(name: str) -> bool:
    """Whether an object is no file by its nature: the placeholder of a folder, or Python's bytecode."""
    return not name or name.endswith("/") or "__pycache__" in name.split("/")


def folders_of(name: str) -> Iterator[str]:
    """The folders that a path is in, without the root, from the inmost outwards."""
    while name := name.rpartition("/")[0]:
        yield name


def _reason(name: str) -> str:
    try:
        parts = name.encode().split(b"/")
    except UnicodeEncodeError:
        return "it is not Unicode"
    if not all(parts):
        return "it is absolute, or a part of it is empty"
    if {b".", b".."}.intersection(parts):
        return "a part of it is . or .."
    if b"\0" in name.encode():
        return "it has a NUL character"
    if max(map(len, parts)) > _LONGEST_PART:
        return f"a part of it is longer than {_LONGEST_PART} bytes"
    return ""

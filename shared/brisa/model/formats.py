"""The format of what is stored and sent: one number, by which a brisa knows what a newer one has written.

It is in each document and each message as ``format``, unless it is 1. What may change without a new number, and what
a new one takes, is told in shared/docs/adr/0025-document-formats.md.
"""

from __future__ import annotations

from typing import Any

from brisa.errors import DecodeError, NewerFormatError

READ = 1
"""The newest format that is read. All older ones are."""
WRITTEN = 1
"""The format that is written: one that the release before reads, so that one can go back to it."""
_FIELD = "format"


def stamped(data: dict[str, Any], written: int = WRITTEN) -> dict[str, Any]:
    """``data``, the JSON form of a record, with the format that it is ``written`` in."""
    return data if written == 1 else {_FIELD: written, **data}


def check_format(kind: str, data: object) -> None:
    """Refuse, with a :class:`~brisa.errors.NewerFormatError`, what a newer brisa has written of a ``kind`` of record.

    Whatever a newer format holds, it is an object with its number.
    """
    if not isinstance(data, dict):
        return
    found = data.get(_FIELD, 1)
    if type(found) is not int or found < 1:
        raise DecodeError(f"not a {kind}: its format is no number")
    if found > READ:
        raise NewerFormatError(
            f"this {kind} has format {found}, and this brisa reads formats up to {READ}: a newer one has written it. "
            "It was left as it is. Install that brisa, or a later one"
        )

"""Document ids: a hash in front, then the parts of the key as a person reads them.

Firestore splits its work by ranges of keys, so ids that rise together (run ids begin with their date) would all fall
on one server: see "Designing for scale" in its documents. The hash spreads them. An id has at most 1,500 bytes, no
``/``, is not ``.`` or ``..`` and does not look like ``__x__``; percent-encoding and the hash see to that, whatever
users write.
"""

from __future__ import annotations

import hashlib
from urllib.parse import quote, unquote

LONGEST = 1000
"""Bytes of the readable part; what is longer is cut, and told apart by a longer hash. Ids stay far below 1,500."""

_SEPARATOR = ","
_SHORT, _LONG = 4, 16


def document_id(*parts: str | int) -> str:
    """The id of the document that ``parts`` name: ``9a3c51f0,ventas,manual__1``. No two keys share one."""
    readable = _SEPARATOR.join(quote(str(part), safe=":+@", errors="surrogatepass") for part in parts)
    if len(readable) <= LONGEST:
        return f"{_hash(readable, _SHORT)}{_SEPARATOR}{readable}"
    return f"{_hash(readable, _LONG)}{_SEPARATOR}{readable[:LONGEST]}"


def parts_of(name: str) -> tuple[str, ...] | None:
    """The parts that made a document id, as text; ``None`` where they were too long to be kept whole."""
    digest, _, readable = name.partition(_SEPARATOR)
    if len(digest) != 2 * _SHORT:
        return None
    return tuple(unquote(part, errors="surrogatepass") for part in readable.split(_SEPARATOR))


def _hash(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()

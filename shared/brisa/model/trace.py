"""Which trace a piece of work belongs to, as W3C's Trace Context has it (the header ``traceparent``)."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from brisa.model.run import RunKey

_W3C = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_GOOGLE = re.compile(r"(?!0{32})([0-9a-fA-F]{32})(?:/(\d{1,20})?(?:;o=(\d))?)?")
_SAMPLED = 1


class Trace(NamedTuple):
    """A trace, and the span in it that whatever begins now is a child of.

    ``trace_id`` is 32 digits of hexadecimal, ``span_id`` 16, or empty where nobody has said which span.
    """

    trace_id: str
    span_id: str
    sampled: bool = False
    """Whether whoever began it records it."""

    @property
    def header(self) -> str:
        """The value of ``traceparent``, version 00; empty without a span, which it can't do without."""
        return f"00-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}" if self.span_id else ""


def read_trace(traceparent: str, google: str = "") -> Trace | None:
    """What a request's headers say: ``traceparent``, else ``X-Cloud-Trace-Context`` (``TRACE/SPAN;o=1``, the span in
    decimal), which Google sends too (its page "Trace context"). ``None`` if neither is one."""
    found = _W3C.fullmatch(traceparent)
    if found:
        return Trace(found[1], found[2], bool(int(found[3], 16) & _SAMPLED))
    found = _GOOGLE.fullmatch(google)
    if not found:
        return None
    span = int(found[2] or 0)
    return Trace(found[1].lower(), f"{span:016x}" if 0 < span < 1 << 64 else "", found[3] == "1")


def trace_of(run: RunKey) -> Trace:
    """The trace of a run whose messages bring none: the same, whoever asks, and sampled. Nobody records its first span,
    which stands for the run."""
    text = "\x1f".join(run).encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(text, digest_size=24, person=b"brisa trace").hexdigest()
    return Trace(digest[:32], digest[32:], True)

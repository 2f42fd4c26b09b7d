"""Hides secrets in text: ``***`` stands for each, as written and as other programs like to write it.

Where secrets overlap, the one that begins first is hidden, of several the longest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import quote, quote_plus

from brisa.authoring.secrets import MASK, SHORTEST
from brisa.runtime.request import Channel

_to_ascii = json.JSONEncoder().encode  # bound here, as user code may replace json.dumps
_to_json = json.JSONEncoder(ensure_ascii=False).encode
_CUT: Final = re.compile(r"…( \(\d+ characters in all\))?\Z")


class Masker:
    """Knows secrets, and hides them."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._bytes: re.Pattern[bytes] | None = None
        self._longest = 0

    def __bool__(self) -> bool:
        return bool(self._forms)

    def add(self, secret: str) -> None:
        """From now on ``secret`` is hidden; one that is shorter than :data:`SHORTEST` is not."""
        new = {form for form in forms(secret) if len(form) >= SHORTEST} if len(secret) >= SHORTEST else set()
        if not new <= self._forms:
            self._forms |= new
            ordered = sorted(self._forms, key=lambda form: (-len(form), form))
            self._pattern = re.compile("|".join(map(re.escape, ordered)))
            raw = sorted((_raw(form) for form in self._forms), key=lambda form: (-len(form), form))
            self._bytes = re.compile(b"|".join(map(re.escape, raw)))
            self._longest = len(raw[0])

    def text(self, text: str) -> str:
        """``text`` with the secrets hidden."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def begun(self, text: str) -> int:
        """How many characters at the end of ``text`` may be the beginning of a secret."""
        ends = range(min(len(text), max(map(len, self._forms), default=0) - 1), 0, -1)
        return next((size for size in ends if any(form.startswith(text[-size:]) for form in self._forms)), 0)

    def cut(self, text: str) -> str:
        """As :meth:`text` for one that may have been cut, with an ellipsis, in the middle of a secret."""
        cut = _CUT.search(text)
        if cut is None:
            return self.text(text)
        kept = self.text(text[: cut.start()])
        return kept[: len(kept) - self.begun(kept)] + cut[0]

    def stream(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The bytes of ``pieces`` with the secrets hidden, wherever one piece ends and the next begins."""
        if self._bytes is None:
            yield from pieces
            return
        held = b""
        for piece in pieces:
            held += piece
            shown, done = self._hidden(held, len(held) - self._longest + 1)
            held = held[done:]
            yield shown
        yield self._hidden(held, len(held))[0]

    def _hidden(self, held: bytes, until: int) -> tuple[bytes, int]:
        """What stands for ``held`` up to ``until``, or to the end of the secret that is there; and where that is."""
        assert self._bytes is not None  # noqa: S101  for the type checker
        shown, done = [], 0
        for match in self._bytes.finditer(held):
            if match.start() >= until:
                break
            shown += [held[done : match.start()], MASK.encode()]
            done = match.end()
        end = max(done, until)
        return b"".join([*shown, held[done:end]]), end


def forms(secret: str) -> set[str]:
    """The ways in which a secret is written: as it is, in a URL, as Python and as JSON write it between quotes."""
    written = {secret, repr(secret)[1:-1], _to_ascii(secret)[1:-1], _to_json(secret)[1:-1]}
    whole = secret.encode(errors="surrogatepass")
    return written | {quote(whole), quote(whole, safe=""), quote_plus(whole)}


def _raw(form: str) -> bytes:
    """As a log has it."""
    return form.encode(errors="backslashreplace")


class HidingChannel:
    """See :class:`~brisa.runtime.request.Channel`; what people see of template fields and errors has no secrets."""

    def __init__(self, channel: Channel, masker: Masker) -> None:
        self._channel = channel
        self._masker = masker

    def ask(self, verb: str, /, **payload: Any) -> Any:
        """Ask ``channel``."""
        return self._channel.ask(verb, **payload)

    def tell(self, verb: str, /, **payload: Any) -> None:
        """Tell ``channel``."""
        if verb == "rendered":
            payload["fields"] = {name: self._masker.cut(text) for name, text in payload["fields"].items()}
        if verb == "ended":
            payload["outcome"] = {**payload["outcome"], "error": self._masker.cut(payload["outcome"].get("error", ""))}
        self._channel.tell(verb, **payload)

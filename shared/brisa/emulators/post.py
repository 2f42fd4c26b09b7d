"""One POST to a function on this machine, by a service account."""

from __future__ import annotations

import http.client
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from brisa.emulators.tokens import token
from brisa.errors import EmulatorError


class Post(Protocol):
    """Posts to one place."""

    def __call__(self, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the answer; 0 when there is none, or no token."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls what: ``account`` calls the function at ``url``, with tokens of ``google``."""

    url: str
    account: str
    google: str
    timeout: float
    """Seconds that an answer may take."""
    sign: Callable[[str, str, str], str] = token

    def __call__(self, headers: Mapping[str, str], body: bytes) -> int:
        """See :class:`Post`. The token's audience is the function's address."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=self.timeout)
        try:
            bearer = self.sign(self.google, self.account, self.url)
            sent = {**headers, "Authorization": f"Bearer {bearer}"}
            connection.request("POST", parts.path or "/", body=body, headers=sent)
            return connection.getresponse().status
        except (EmulatorError, OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


def loopback(text: str) -> str:
    """``text`` if it is an address on this machine, else ``ValueError``: nothing leaves it, whatever was asked for."""
    parts = urlsplit(text)
    host = parts.hostname or ""
    if parts.scheme != "http" or not parts.port or not (host == "localhost" or ipaddress.ip_address(host).is_loopback):
        raise ValueError(text)
    return text

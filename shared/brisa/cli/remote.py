"""A brisa elsewhere: which one is meant, and requests to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from brisa._version import __version__
from brisa.cli.profiles import Profile, read_profile
from brisa.errors import BrisaError, IdentityError

if TYPE_CHECKING:
    from brisa.web.answered import Answered

_SECONDS = (10.0, 60.0)
"""To connect, and for an answer."""


class UnreachableError(BrisaError):
    """Nobody answers at an address; says what may help."""


def chosen(url: str | None, token: str | None, name: str | None) -> Remote | None:
    """The brisa that options, or else the environment, name; ``None``: the home of here."""
    if url is not None and name is not None:
        raise click.UsageError("give --url or --profile, not both: a profile's token is for its own address")
    name = name or (None if url else os.environ.get("BRISA_PROFILE") or None)
    profile = read_profile(name) if name else None
    url = url or (profile.url if profile else os.environ.get("BRISA_URL") or None)
    if url is None:
        return None
    token = token or (profile.token if profile else "") or os.environ.get("BRISA_TOKEN", "")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise click.UsageError("that is no token: it has characters that no token has")
    return Remote(url=_checked(url), token=token, profile=profile or Profile(url=url))


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        plain = not (parts.query or parts.fragment or parts.username is not None)
    except ValueError:
        good = plain = False
    if not (good and plain):
        raise click.UsageError(f"{url[:200]!r} is no address like https://brisa.example.com")
    return url.rstrip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A brisa elsewhere."""

    url: str
    token: str
    profile: Profile

    def connect(self) -> HttpChannel:
        """Ready to ask. :class:`~brisa.errors.IdentityError` if Google gives no token."""
        google = self.profile.google and not self.token
        return HttpChannel(self.url, _google_token(self.profile.audience or self.url) if google else self.token)


class HttpChannel:
    """Requests over HTTP, with a token."""

    def __init__(self, url: str, token: str) -> None:
        import requests

        self._url = url
        self._session = requests.Session()
        self._token = token
        self.hints: Mapping[int, str] = MappingProxyType(
            {
                401: f"get a token with `brisa api-token --url {url}`, and give it in BRISA_TOKEN or in a profile",
                403: "your role does not allow that",
                429: "wait a little",
                500: "its log says more",
                502: "is it running?",
                503: "try again in a moment",
            }
        )

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answered:
        """The answer; redirects are not followed, so that nobody else gets the token. :class:`UnreachableError`."""
        import requests

        from brisa.web.answered import Answered

        headers = {**headers, "User-Agent": f"brisa/{__version__}"}
        try:
            response = self._session.request(
                method,
                f"{self._url}{target}",
                headers=headers,
                data=body or None,
                auth=self._authorize,
                timeout=_SECONDS,
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            raise UnreachableError(
                f"{self._url} has no certificate that this machine trusts: {_cause(error)}"
            ) from error
        except requests.exceptions.Timeout as error:
            raise UnreachableError(f"{self._url} does not answer in time") from error
        except requests.exceptions.ConnectionError as error:
            raise UnreachableError(
                f"nobody answers at {self._url}: is `brisa standalone` running there, and is that its port?"
            ) from error
        except requests.exceptions.RequestException as error:
            raise UnreachableError(f"{self._url} can't be asked: {_cause(error)}") from error
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answered(response.status_code, names, response.content)

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def _authorize(self, request: Any) -> Any:
        """Else requests would take what a .netrc says."""
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _cause(error: BaseException) -> str:
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]  # one of them is there
    return str(error) or type(error).__name__


def _google_token(audience: str) -> str:
    """An identity token of Google's for who this is."""
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import Request
    from google.oauth2.id_token import fetch_id_token

    try:
        token: str = fetch_id_token(Request(), audience)  # type: ignore[no-untyped-call]  # has no types
    except (GoogleAuthError, ValueError) as error:
        raise IdentityError(
            f"Google gives no identity token: {error}; name a service account's key in GOOGLE_APPLICATION_CREDENTIALS, "
            "or give one yourself: BRISA_TOKEN=$(gcloud auth print-identity-token)"
        ) from error
    return token

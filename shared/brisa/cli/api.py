"""The HTTP API, as commands ask it: that of a home, in this process, or that of a brisa elsewhere."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode

import click

from brisa.cli.output import folder_options, options, verbose_option
from brisa.errors import BrisaError

if TYPE_CHECKING:
    from brisa.bootstrap import State
    from brisa.web.answered import Answered

PREFIX = "/api/v2"
PAGE = 100
"""Entries that one answer has at most."""
Query = Mapping[str, Any]


class ApiError(BrisaError):
    """The API has refused something; ``status`` is HTTP's, or 0 where the answer is none of brisa's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Channel(Protocol):
    """Carries requests."""

    hints: Mapping[int, str]
    """Status → what to do about it."""

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answered:
        """The answer to one request; ``target`` is its path, quoted, and query."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class Api:
    """What commands ask. All verbs raise :class:`ApiError` for an answer that is none."""

    def __init__(self, channel: Channel, state: State | None = None) -> None:
        self._channel = channel
        self.state = state
        """That of the home, where the API is of one."""

    def get(self, *path: str, query: Query | None = None) -> Any:
        """What is at ``path``, of which each part is quoted; the first may be a path of several parts."""
        return self._json("GET", path, query)

    def post(self, *path: str, body: Any = None, query: Query | None = None) -> Any:
        """As POST answers."""
        return self._json("POST", path, query, body)

    def patch(self, *path: str, body: Any = None, query: Query | None = None) -> Any:
        """As PATCH answers."""
        return self._json("PATCH", path, query, body)

    def put(self, *path: str, body: Any = None, query: Query | None = None) -> Any:
        """As PUT answers."""
        return self._json("PUT", path, query, body)

    def delete(self, *path: str, query: Query | None = None) -> Any:
        """As DELETE answers."""
        return self._json("DELETE", path, query)

    def text(self, *path: str, query: Query | None = None) -> tuple[str, Mapping[str, str]]:
        """What is at ``path`` as text, and the answer's headers."""
        answered = self._send("GET", path, query, None, "text/plain")
        return answered.body.decode(errors="replace"), answered.headers

    def all(self, *path: str, key: str, query: Query | None = None, limit: int | None = None) -> list[Any]:
        """All entries of a list, or the first ``limit``, page after page; ``key`` is where an answer has them."""
        found: list[Any] = []
        while limit is None or len(found) < limit:
            size = PAGE if limit is None else min(PAGE, limit - len(found))
            page = self.get(*path, query={**(query or {}), "limit": size, "offset": len(found)})
            found += page[key]
            if not page[key] or len(found) >= (page.get("total_entries") or 0):
                break
        return found

    def _json(self, method: str, path: Sequence[str], query: Query | None, body: Any = None) -> Any:
        answered = self._send(method, path, query, body, "application/json")
        try:
            return json.loads(answered.body) if answered.body else None
        except ValueError:
            raise ApiError(0, "the answer is not JSON: is that the address of a brisa?") from None

    def _send(self, method: str, path: Sequence[str], query: Query | None, body: Any, accept: str) -> Answered:
        headers = {"Accept": accept} | ({} if body is None else {"Content-Type": "application/json"})
        content = b"" if body is None else json.dumps(body).encode()
        answered = self._channel.answer(method, _target(path, query or {}), headers, content)
        if not 200 <= answered.status < 300:
            told = _told(answered)
            if told is None:
                raise ApiError(0, f"the answer has status {answered.status}: is that the address of a brisa?")
            hint = self._channel.hints.get(answered.status, "")
            raise ApiError(answered.status, told + (f"; {hint}" if hint else ""))
        return answered


def _target(path: Sequence[str], query: Query) -> str:
    first, *parts = path
    for part in parts:
        if part in ("", ".", ".."):
            raise BrisaError(f"{part!r} is no name")
    root = first if first.startswith("/") else f"{PREFIX}/{first}"
    target = "/".join([root, *(quote(part, safe="") for part in parts)])
    asked = {name: value for name, value in query.items() if value is not None}
    plain = {name: str(value).lower() if isinstance(value, bool) else value for name, value in asked.items()}
    return f"{target}?{urlencode(plain, doseq=True)}" if plain else target


def _told(answered: Answered) -> str | None:
    """What an answer says is wrong; ``None`` if it is none of brisa's."""
    try:
        detail = json.loads(answered.body)["detail"]
    except (ValueError, TypeError, KeyError):
        return None
    if isinstance(detail, list):
        return "; ".join(
            f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" if len(one.get("loc", ())) > 1 else str(one["msg"])
            for one in detail
        )
    return str(detail)


class _Home:
    """The API of a home."""

    hints: Mapping[int, str] = {}

    def __init__(self, state: State) -> None:
        from brisa.web.local import LocalApp

        # What has failed is raised here; its trace is shown to who asks for it.
        logging.getLogger("brisa.web.problems").setLevel(logging.CRITICAL)
        app = LocalApp(state)
        self.answer = app.answer
        self.close = app.close


@contextmanager
def local_api(home_given: str | None, dags_given: str | None, *, look: bool = True) -> Iterator[Api]:
    """That of a home; ``look`` at the DAG files first, for what is about DAGs."""
    from brisa.bootstrap import dags_folder, home_folder, open_state, refresh

    home = home_folder(home_given)
    with open_state(home) as state:
        if look:
            refresh(state, dags_folder(home, dags_given))
        channel = _Home(state)
        try:
            yield Api(channel, state)
        finally:
            channel.close()


def api_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """A command that is given the API, as its first argument, of whichever brisa its options say; DAG files are looked
    at before."""
    return _with_api(function, look=True)


def plain_api_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same without a look at the DAG files: for what is not about DAGs."""
    return _with_api(function, look=False)


def _with_api(function: Callable[..., Any], *, look: bool) -> Callable[..., Any]:
    @functools.wraps(function)
    def command(
        *arguments: Any,
        home_given: str | None,
        dags_given: str | None,
        url: str | None,
        token: str | None,
        profile: str | None,
        **given: Any,
    ) -> Any:
        from brisa.cli.remote import chosen

        if home_given is not None and (url is not None or profile is not None):
            raise click.UsageError("give --home, or --url or --profile, not both")
        far = None if home_given is not None else chosen(url, token, profile)
        if far is None:
            if token is not None:
                raise click.UsageError("--token goes with --url or --profile")
            with local_api(home_given, dags_given, look=look) as api:
                return function(api, *arguments, **given)
        channel = far.connect()
        try:
            return function(Api(channel), *arguments, **given)
        finally:
            channel.close()

    decorated: Callable[..., Any] = options(folder_options, remote_options)(command)
    return decorated


url_option = click.option(
    "--url", metavar="URL", help="The address of a brisa elsewhere [$BRISA_URL; else a home of here]."
)
profile_option = click.option(
    "--profile", metavar="NAME", help="Address and token of that name in profiles.toml [$BRISA_PROFILE]."
)
remote_options = options(
    url_option,
    click.option("--token", metavar="TOKEN", help="What it is sent to show who asks [$BRISA_TOKEN]."),
    profile_option,
    verbose_option,
)


def known(
    ask: Callable[[], Any], names: Callable[[], Sequence[str]], name: str, message: str, listing: Sequence[str]
) -> Any:
    """What ``ask`` answers; if it is not found, ``message`` with the nearest of ``names``, or the command that lists
    them."""
    from brisa.cli.words import nearest
    from brisa.errors import NotFoundError

    try:
        return ask()
    except ApiError as error:
        if error.status != 404:
            raise
    try:
        there = names()
    except ApiError:  # what is wrong has been said
        there = []
    raise NotFoundError(f"{message}{nearest(name, there, *listing)}")

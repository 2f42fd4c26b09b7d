"""Who is in which group, by the Cloud Identity API's ``memberships:checkTransitiveMembership``.

The service account that brisa runs as has to see the groups: as their member, or by Workspace's role Groups Reader. The
method is there for Workspace Enterprise and Cloud Identity Premium alone (its page); elsewhere it answers 403.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Protocol, cast
from urllib.parse import quote

from brisa.errors import UnavailableError
from brisa.ports.clock import Clock

log = logging.getLogger(__name__)

API = "https://cloudidentity.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/cloud-identity.groups.readonly"
KEPT = 300.0
"""Seconds before it is asked again whether somebody is in a group."""
_REMEMBERED = 10_000
_TIMEOUT = 5.0
_QUOTING = ("'", '"', "\\")


class Response(Protocol):
    """An answer over HTTP."""

    @property
    def status_code(self) -> int: ...
    def json(self) -> Any:
        """What it says; ``ValueError`` if that is no JSON."""
        ...


class Session(Protocol):
    """Sends requests with this process's credentials; requests' own errors are ``OSError``."""

    def get(self, url: str, *, params: Mapping[str, str], timeout: float) -> Response:
        """The answer to GET."""
        ...


def connect() -> Session:
    """A session with this process's own credentials."""
    import google.auth
    from google.auth.transport.requests import AuthorizedSession

    credentials, _ = google.auth.default(scopes=[SCOPE])
    return cast(Session, AuthorizedSession(credentials))  # type: ignore[no-untyped-call] # typed in part


class CloudIdentityGroups:
    """A :class:`~brisa.ports.identity.Groups` that remembers answers for five minutes."""

    def __init__(self, session: Session, clock: Clock, api: str = API) -> None:
        self._session = session
        self._clock = clock
        self._api = api
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], tuple[bool, float]] = OrderedDict()
        """(group, e-mail) → whether it is in it, and when that was asked."""
        self._names: dict[str, str] = {}
        """E-mail address of a group → what Google calls it; it never changes."""

    def has(self, group: str, email: str) -> bool:
        """See the port."""
        key = (group, email)
        now = self._clock.now()
        with self._lock:
            known = self._known.get(key)
        if known is not None and 0 <= now - known[1] < KEPT:
            return known[0]
        found = self._ask(group, email)
        with self._lock:
            self._known[key] = (found, now)
            self._known.move_to_end(key)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found

    def _ask(self, group: str, email: str) -> bool:
        if any(sign in email for sign in _QUOTING):  # it goes into an expression
            return False
        name = self._names.get(group)
        if name is None:
            answer = self._get("/v1/groups:lookup", {"groupKey.id": group}, group)
            name = answer.get("name") if answer is not None else None
            if not isinstance(name, str) or not name.startswith("groups/"):
                return False
            self._names[group] = name
        path = f"/v1/groups/{quote(name.removeprefix('groups/'), safe='')}/memberships:checkTransitiveMembership"
        answer = self._get(path, {"query": f"member_key_id == '{email}'"}, group)
        return answer is not None and answer.get("hasMembership") is True

    def _get(self, path: str, params: Mapping[str, str], group: str) -> Mapping[str, Any] | None:
        """The answer; ``None`` if we are told that there is no such thing, or that it is not ours to see."""
        from google.auth.exceptions import GoogleAuthError

        try:
            response = self._session.get(self._api + path, params=params, timeout=_TIMEOUT)
            status = response.status_code
            answer = response.json() if status == 200 else {}
        except (OSError, ValueError, GoogleAuthError) as error:
            raise UnavailableError(f"Cloud Identity does not answer: {type(error).__name__}") from error
        if status in (403, 404):
            log.warning("Cloud Identity shows us no group %r (%d): its members get no role by it", group, status)
            return None
        if status != 200 or not isinstance(answer, dict):
            raise UnavailableError(f"Cloud Identity does not answer as it should: status {status}")
        return answer

"""Who has which role in a deployment: a document that maps members, named as in IAM policies, to roles.

::

    admin: ["user:ana@example.com", "serviceAccount:ci@project.iam.gserviceaccount.com"]
    op: ["group:data@example.com"]
    viewer: ["domain:example.com"]

Whoever is not in it may do nothing. Of several roles, the one that may most counts.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from brisa.errors import BrisaError
from brisa.model.access import Role
from brisa.ports.clock import Clock
from brisa.ports.identity import Caller

log = logging.getLogger(__name__)

KEPT = 60.0
"""Seconds before the document is read again."""
_SERVICE_ACCOUNTS = ".gserviceaccount.com"
_EMAIL = re.compile(r"[^\s@'\"\\/]+@[^\s@'\"\\/]+")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]+")
_LARGEST = 1 << 20
_DOWNWARD = tuple(reversed(Role))


class PolicyError(BrisaError):
    """The policy document can't be understood; says where."""


class Kind(StrEnum):
    """Of a member, by IAM's words."""

    USER = "user"
    SERVICE_ACCOUNT = "serviceAccount"
    DOMAIN = "domain"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody, or some, that a policy names."""

    kind: Kind
    name: str
    """An e-mail address, or a domain; in small letters."""

    def fits(self, caller: Caller) -> bool:
        """Whether it is ``caller``, by what the token says alone: groups have to be asked."""
        email = caller.email.lower()
        match self.kind:
            case Kind.USER:
                return email == self.name and not email.endswith(_SERVICE_ACCOUNTS)
            case Kind.SERVICE_ACCOUNT:
                return email == self.name and email.endswith(_SERVICE_ACCOUNTS)
            case Kind.DOMAIN:
                return caller.domain.lower() == self.name
            case Kind.GROUP:
                return False


@dataclass(frozen=True, slots=True)
class Policy:
    """Who has which role."""

    members: Mapping[Role, Sequence[Member]]

    def role(self, caller: Caller, in_group: Callable[[str, str], bool]) -> Role | None:
        """The highest role of ``caller``, or ``None``.

        ``in_group`` is :meth:`brisa.ports.identity.Groups.has`; it is not asked where it would make no difference.
        """
        for role in _DOWNWARD:
            members = self.members.get(role, ())
            if any(member.fits(caller) for member in members):
                return role
            if any(in_group(member.name, caller.email.lower()) for member in members if member.kind is Kind.GROUP):
                return role
        return None


def read_policy(text: str) -> Policy:
    """The policy of a document in YAML, or JSON, which is YAML too. :class:`PolicyError`."""
    import yaml

    try:
        if len(text) > _LARGEST:
            raise PolicyError("the policy has more than 1 MiB")
        found = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise PolicyError(f"the policy is no YAML: {' '.join(str(error).split())[:300]}") from error
    if not isinstance(found, dict):
        raise PolicyError("the policy is no mapping of roles to members")
    known = {role.value: role for role in Role}
    members: dict[Role, list[Member]] = {}
    for name, named in found.items():
        if name not in known:
            raise PolicyError(f"the policy has a role {str(name)[:100]!r}: there are only {', '.join(known)}")
        if not isinstance(named, list):
            raise PolicyError(f"the policy has no list of members for the role {name}")
        members[known[name]] = [_member(str(name), one) for one in named]
    return Policy(members)


def admins(emails: Collection[str]) -> Policy:
    """A policy by which these, and nobody else, may do everything."""
    kinds = ((Kind.SERVICE_ACCOUNT if one.lower().endswith(_SERVICE_ACCOUNTS) else Kind.USER, one) for one in emails)
    return Policy({Role.ADMIN: [Member(kind, one.lower()) for kind, one in kinds]})


def _member(role: str, text: object) -> Member:
    kind, _, name = text.partition(":") if isinstance(text, str) else ("", "", "")
    known = {one.value: one for one in Kind}
    fits = _DOMAIN if kind == Kind.DOMAIN else _EMAIL
    if kind not in known or not fits.fullmatch(name):
        raise PolicyError(
            f"the policy's role {role} has a member {str(text)[:200]!r}: write user:E-MAIL, serviceAccount:E-MAIL, "
            "group:E-MAIL or domain:DOMAIN"
        )
    if (kind == Kind.SERVICE_ACCOUNT) != name.lower().endswith(_SERVICE_ACCOUNTS) and kind != Kind.DOMAIN:
        raise PolicyError(
            f"the policy's role {role} has a member {text!r}: addresses of service accounts end in {_SERVICE_ACCOUNTS}"
            ", and no others do"
        )
    return Member(known[kind], name.lower())


class Policies:
    """The policy as it is now, read again each minute. Safe between threads."""

    def __init__(self, read: Callable[[], str], clock: Clock) -> None:
        """``read`` gives the document's text, or raises a :class:`~brisa.errors.BrisaError`."""
        self._read = read
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: Policy | None = None
        self._read_at = float("-inf")

    def current(self) -> Policy:
        """It. A document that can't be read or understood any more leaves the last good one in force, and a line in
        the log; where there has been none, its error is raised."""
        kept = self._fresh()
        if kept is not None:
            return kept
        known = self._kept
        if known is None:
            with self._lock:
                return self._fresh() or self._renewed()
        if not self._lock.acquire(blocking=False):  # somebody reads it already
            return known
        try:
            return self._renewed()
        finally:
            self._lock.release()

    def _fresh(self) -> Policy | None:
        return self._kept if 0 <= self._clock.now() - self._read_at < KEPT else None

    def _renewed(self) -> Policy:
        now = self._clock.now()
        try:
            self._kept = read_policy(self._read())
        except BrisaError as error:
            if self._kept is None:
                raise
            log.error("the policy of a minute ago stays in force: %s", error)
        self._read_at = now
        return self._kept

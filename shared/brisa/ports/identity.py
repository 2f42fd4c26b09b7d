"""Who calls a function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody whose token was found to be good."""

    email: str
    subject: str = ""
    domain: str = ""
    """The Google Workspace or Cloud Identity domain that the account belongs to (the claim ``hd``). Not simply that of
    the e-mail address: anybody can make a Google account for an address of any mail server."""


class Groups(Protocol):
    """Google groups. Safe to call from several threads."""

    def has(self, group: str, email: str) -> bool:
        """Whether ``email`` is a member of ``group`` (its e-mail address), itself or through other groups.

        ``False`` for a group that there is not, or that we may not see. :class:`~brisa.errors.UnavailableError` when
        it can't be told now.
        """
        ...


class Verifier(Protocol):
    """Tells whom a bearer token speaks for. Safe to call from several threads."""

    def verify(self, token: str) -> Caller:
        """The caller that ``token`` (a JWT in compact form) names.

        Raises :class:`~brisa.errors.IdentityError`, which says what is wrong with it and never quotes it, unless it
        is signed by the issuer, in time, made for this audience, and its e-mail is verified and one of those that
        may call. :class:`~brisa.errors.UnavailableError` when the issuer's keys can't be had.
        """
        ...

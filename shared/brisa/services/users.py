"""Accounts of an embedded brisa: who may log in, with which password, as which role."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Protocol

from brisa.errors import BrisaError, ConflictError, NotFoundError, UnavailableError
from brisa.model.access import Role
from brisa.model.user import User
from brisa.ports.clock import Clock
from brisa.ports.store import Create, Delete, StateStore, Stored, Update, Write
from brisa.services.runs import CONFLICTS

FIRST = "admin"
"""The name of the account that a new home gets."""
SHORTEST, LONGEST = 8, 256
"""Characters of a password."""
NAME = "[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}"
"""Names of accounts, as a pattern."""
_AT_ONCE = 2
"""Passwords that are checked at the same time: each takes 19 MiB meanwhile."""


class UserError(BrisaError):
    """An account can't be so: its name or password won't do, or nobody would be left to manage accounts."""


class UserExistsError(UserError):
    """There is an account of that name already."""


class Hasher(Protocol):
    """Hashes passwords; what it makes holds all that is needed to compare."""

    def hash(self, password: str) -> str:
        """With a new salt each time."""
        ...

    def verify(self, digest: str, password: str, /) -> object:
        """Raises argon2's ``VerificationError`` unless ``digest`` is of ``password``."""
        ...


def hasher() -> Hasher:
    """Argon2id with OWASP's parameters (its Password Storage Cheat Sheet): 19 MiB, two passes, about 40 ms."""
    from argon2 import PasswordHasher  # only who checks or sets a password pays for it

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Users:
    """Manages the accounts. What changes what somebody may do, or how they prove who they are, voids their tokens."""

    def __init__(self, store: StateStore, clock: Clock, make_hasher: Callable[[], Hasher] = hasher) -> None:
        self._store = store
        self._clock = clock
        self._make_hasher = make_hasher
        self._room = threading.BoundedSemaphore(_AT_ONCE)

    def get(self, username: str) -> User:
        """One account; :class:`~brisa.errors.NotFoundError`."""
        return self._stored(username).record

    def list(self) -> Sequence[User]:
        """All accounts, by name."""
        return [stored.record for stored in self._store.users()]

    def create(self, user: User, password: str) -> User:
        """Make the account ``user``, and return it. :class:`UserExistsError`, :class:`UserError`."""
        if not re.fullmatch(NAME, user.username):
            raise UserError(
                "a user's name has 1 to 100 letters, digits and . _ @ + - (without accents), a letter or digit first"
            )
        digest, epoch = self._hash(password), self._epoch(0)
        made = replace(user, password_hash=digest, created_at=self._clock.now(), epoch=epoch)
        try:
            self._store.commit(Create(made))
        except ConflictError as error:
            raise UserExistsError(f"there is a user {user.username!r} already") from error
        return made

    def create_first(self, password: str) -> User:
        """Make :data:`FIRST`, an admin."""
        return self.create(User(username=FIRST, role=Role.ADMIN), password)

    def update(
        self,
        username: str,
        *,
        role: Role | None = None,
        active: bool | None = None,
        password: str | None = None,
        email: str | None = None,
        first_name: str | None = None,
        last_name: str | None = None,
    ) -> User:
        """Change what is given, all of it or nothing. :class:`UserError` rather than no active admin."""
        digest = None if password is None else self._hash(password)

        def changed(user: User) -> User:
            new = replace(
                user,
                role=user.role if role is None else role,
                active=user.active if active is None else active,
                password_hash=user.password_hash if digest is None else digest,
                email=user.email if email is None else email,
                first_name=user.first_name if first_name is None else first_name,
                last_name=user.last_name if last_name is None else last_name,
            )
            voids = (user.role, user.active, user.password_hash) != (new.role, new.active, new.password_hash)
            return replace(new, epoch=self._epoch(user.epoch)) if voids else new

        return self._change(username, changed)

    def delete(self, username: str) -> None:
        """Remove the account. :class:`UserError` for the last active admin."""
        for _ in range(CONFLICTS):
            stored = self._stored(username)
            try:
                self._store.commit(Delete(stored.record), *self._witness(stored.record, None))
                return
            except ConflictError:
                continue
        raise _busy()

    def verify(self, username: str, password: str) -> User | None:
        """The account, if it is active and this is its password.

        Takes the same work whether there is such an account or not. The same password, wrong or right, always does.
        """
        from argon2.exceptions import InvalidHashError, VerificationError

        stranger = self._stranger  # made before it is told whether there is such an account
        stored = self._store.user(username) if re.fullmatch(NAME, username) else None
        user = None if stored is None else stored.record
        known = user is not None and user.active and bool(user.password_hash)
        digest = user.password_hash if user is not None and known else stranger
        try:
            with self._room:
                self._hasher.verify(digest, password[: LONGEST + 1])
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return None
        return user if known else None

    @cached_property
    def _hasher(self) -> Hasher:
        return self._make_hasher()

    @cached_property
    def _stranger(self) -> str:
        """What the passwords of nobody are compared with: no password that is allowed has it."""
        return self._hasher.hash(secrets.token_urlsafe(LONGEST))

    def _hash(self, password: str) -> str:
        if not SHORTEST <= len(password) <= LONGEST:
            raise UserError(f"a password has {SHORTEST} to {LONGEST} characters")
        try:
            with self._room:
                return self._hasher.hash(password)
        except UnicodeEncodeError:
            raise UserError("the password is not text") from None

    def _epoch(self, before: int) -> int:
        """A later one; by the clock, so that it is also later than those of a former account of the same name."""
        return max(before + 1, int(self._clock.now() * 1000))

    def _stored(self, username: str) -> Stored[User]:
        stored = self._store.user(username) if re.fullmatch(NAME, username) else None
        if stored is None:
            raise NotFoundError(f"there is no user {username[:100]!r}")
        return stored

    def _change(self, username: str, change: Callable[[User], User]) -> User:
        for _ in range(CONFLICTS):
            stored = self._stored(username)
            user = change(stored.record)
            try:
                self._store.commit(Update(user, stored.revision), *self._witness(stored.record, user))
                return user
            except ConflictError:
                continue
        raise _busy()

    def _witness(self, before: User, after: User | None) -> Sequence[Write]:
        """What is to be written beside a change: where it takes an admin away, another one as they are, so that two
        admins who take away each other do not both succeed."""
        if not _governs(before) or (after is not None and _governs(after)):
            return ()
        others = (one for one in self._store.users() if one.record.username != before.username and _governs(one.record))
        other = next(others, None)
        if other is None:
            raise UserError(f"{before.username!r} is the last active admin: make another one first")
        return (Update(other.record, other.revision),)


def _governs(user: User) -> bool:
    return user.active and user.role is Role.ADMIN


def _busy() -> UnavailableError:
    return UnavailableError("the accounts change too often; try again")

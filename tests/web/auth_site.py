"""The API of a home with users: real passwords and tokens, and a hash that takes no time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from brisa.model.access import Role
from brisa.model.user import User
from brisa.services.users import Users
from brisa.web.accounts import Accounts
from brisa.web.tokens import Tokens
from tests.web.application import Served
from tests.web.site import WebSite

KEY = b"k" * 64
DAY = 86400.0


def quick_hasher() -> PasswordHasher:
    """As little work as argon2 takes."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class CountingHasher:
    """Quick, and keeps with what passwords were compared."""

    def __init__(self) -> None:
        self._hasher = quick_hasher()
        self.verified: list[str] = []

    def hash(self, password: str) -> str:
        """As argon2."""
        return self._hasher.hash(password)

    def verify(self, digest: str, password: str, /) -> bool:
        """As argon2."""
        self.verified.append(digest)
        return self._hasher.verify(digest, password)


def password(name: str) -> str:
    """The password of a user of the site."""
    return f"password of {name}"


class AuthSite(WebSite):
    """A home with a user for each role, named like it; and clients whose paths begin at the root."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.users = Users(self.store, self.clock, quick_hasher)
        self.tokens = Tokens(KEY, self.clock, seconds=DAY)
        self.accounts = Accounts(self.store, self.clock, self.users, self.tokens)
        for role in Role:
            self.users.create(User(username=role.value, role=role), password(role.value))
        self.backend = replace(self.backend, guard=self.accounts, accounts=self.accounts)
        self.app = Served(self.backend)

    def browser(self, *, https: bool = False, address: str = "testclient") -> TestClient:
        """A client without a token, which keeps cookies."""
        scheme = "https" if https else "http"
        return TestClient(
            self.app,
            f"{scheme}://testserver",
            raise_server_exceptions=False,
            follow_redirects=False,
            client=(address, 50000),
        )

    def token(self, name: str) -> str:
        """A token of a user's, got with the password."""
        response = self.browser().post("/auth/token", json={"username": name, "password": password(name)})
        assert response.status_code == 201, response.text
        return str(response.json()["access_token"])

    def bearer(self, token: str) -> TestClient:
        """A client that sends a token."""
        client = self.browser()
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    def user(self, name: str) -> TestClient:
        """A client that sends a token of a user's."""
        return self.bearer(self.tokens.issue(self.users.get(name)))

    def session(self, name: str, **options: Any) -> tuple[TestClient, str]:
        """A browser that has logged in, and its CSRF token."""
        client = self.browser(**options)
        response = client.post("/auth/login", json={"username": name, "password": password(name)})
        assert response.status_code == 200, response.text
        return client, response.json()["csrf_token"]

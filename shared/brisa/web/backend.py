"""What the routes work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Protocol, cast

from fastapi import Depends, Request

from brisa.model.access import Actor
from brisa.ports.blobs import Blobs
from brisa.ports.clock import Clock
from brisa.ports.secrets import Secrets
from brisa.ports.store import StateStore
from brisa.services.deletion import Deletion
from brisa.services.runs import Runs
from brisa.web.accounts import Accounts


class Guard(Protocol):
    """Tells who asks. Safe to call from several threads."""

    def identify(self, request: Request) -> Actor:
        """Whoever sent ``request``. Raises :class:`~brisa.errors.IdentityError` if that can't be told, and
        :class:`~brisa.adapters.oidc.StrangerError` for somebody known who has no role at all."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """The services behind the routes, of a home or of a deployment."""

    store: StateStore
    accounts: Accounts | None = None
    """Where brisa itself has users with passwords."""
    runs: Runs
    clock: Clock
    blobs: Blobs
    secrets: Secrets
    deletion: Deletion
    guard: Guard


def _backend(request: Request) -> Backend:
    return cast(Backend, request.app.state.backend)


Uses = Annotated[Backend, Depends(_backend)]
"""The type of a route's parameter ``backend``."""

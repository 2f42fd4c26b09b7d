"""What the routes work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Protocol, cast

from fastapi import Depends, Request

from brisa.model.access import Actor
from brisa.ports.blobs import Blobs
from brisa.ports.clock import Clock
from brisa.ports.secrets import Secrets
from brisa.ports.store import StateStore
from brisa.services.changes import Changes
from brisa.services.deletion import Deletion
from brisa.services.health import Beats, no_beats
from brisa.services.runs import Runs

if TYPE_CHECKING:  # only who has accounts pays for passwords and tokens
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
    changes: Changes
    guard: Guard
    triggered_by: str = "rest_api"
    """What runs that are triggered here say of how."""
    reload: Callable[[str], None] | None = None
    """Has a DAG file, by its name in the bundle, loaded again soon; ``None`` where nobody can be asked."""
    beats: Beats = no_beats
    """What works in the background of this process, or, for a home's commands, of its standalone process."""
    metrics: Callable[[], tuple[bytes, str]] | None = None
    """What Prometheus is shown, and its media type; ``None`` where nothing is kept for it."""
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What it was told in other ways than by its environment, for people: section → name → value."""


def _backend(request: Request) -> Backend:
    return cast(Backend, request.app.state.backend)


Uses = Annotated[Backend, Depends(_backend)]
"""The type of a route's parameter ``backend``."""

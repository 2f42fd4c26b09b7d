"""Each route says which permission it takes, or that it is for everybody; without either it has no place here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, cast

from fastapi import Depends, HTTPException, Request

from brisa.model.access import Actor, Permission
from brisa.web.backend import Uses


class Needs:
    """A dependency: lets somebody with ``permission`` through, and notes who it is; ``None`` lets everybody through."""

    def __init__(self, permission: Permission | None) -> None:
        self.permission = permission

    def __call__(self, request: Request, backend: Uses) -> None:
        """401 without a good token, 403 without the permission."""
        if self.permission is None:
            return
        actor = backend.guard.identify(request)
        request.state.actor = actor
        if not actor.role.may(self.permission):
            raise HTTPException(403, "Forbidden")


def needs(permission: Permission) -> Any:
    """What a route lists in its ``dependencies``."""
    return Depends(Needs(permission))


FOR_EVERYBODY = Depends(Needs(None))
"""What a route lists that takes no token."""


def _actor(request: Request) -> Actor:
    return cast(Actor, request.state.actor)


Asker = Annotated[Actor, Depends(_actor)]
"""The type of a route's parameter that tells who asks; there is one only beside :func:`needs`."""


def declared(dependencies: list[Any]) -> list[Permission | None]:
    """The permissions that a route's ``dependencies`` declare."""
    calls: list[Callable[..., Any] | None] = [one.dependency for one in dependencies]
    return [call.permission for call in calls if isinstance(call, Needs)]

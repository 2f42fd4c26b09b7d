"""Each route says which permission it takes, or that it is for everybody; without either it has no place here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, cast

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from brisa.model.access import Actor, Permission
from brisa.web.backend import Uses

_BEARER = Security(HTTPBearer(auto_error=False))
"""Only for the document that clients are generated from."""


class Needs:
    """A dependency: lets somebody with ``permission`` through, and notes who it is."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, request: Request, backend: Uses, _: HTTPAuthorizationCredentials | None = _BEARER) -> None:
        """401 without a good token, 403 without the permission."""
        actor = backend.guard.identify(request)
        request.state.actor = actor
        if not actor.role.may(self.permission):
            raise HTTPException(403, "Forbidden")


class Nothing:
    """A dependency: lets everybody through."""

    def __call__(self) -> None:
        """Nothing to do."""


def needs(permission: Permission) -> Any:
    """What a route lists in its ``dependencies``."""
    return Depends(Needs(permission))


FOR_EVERYBODY = Depends(Nothing())
"""What a route lists that takes no token."""


def _actor(request: Request) -> Actor:
    return cast(Actor, request.state.actor)


Asker = Annotated[Actor, Depends(_actor)]
"""The type of a route's parameter that tells who asks; there is one only beside :func:`needs`."""


def declared(dependencies: list[Any]) -> list[Permission | None]:
    """The permissions that a route's ``dependencies`` declare; ``None`` where it says that it is for everybody."""
    calls: list[Callable[..., Any] | None] = [one.dependency for one in dependencies]
    return [call.permission if isinstance(call, Needs) else None for call in calls if isinstance(call, Needs | Nothing)]

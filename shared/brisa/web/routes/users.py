"""Users and roles: paths, bodies and answers of Airflow's FAB auth manager. Each user has one role; roles are fixed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import HTTPException, Query

from brisa.errors import NotFoundError
from brisa.model.access import GRANTS, Permission, Role
from brisa.model.user import User
from brisa.services.users import UserError, UserExistsError
from brisa.web.backend import Uses
from brisa.web.paging import Limit, Offset, in_order, page, sorted_by
from brisa.web.permissions import needs
from brisa.web.routes.tokens import accounts
from brisa.web.routing import problems, routes
from brisa.web.schemas.users import (
    Action,
    ActionResource,
    Resource,
    RoleCollectionResponse,
    RoleName,
    RoleResponse,
    UserBody,
    UserCollectionResponse,
    UserPatchBody,
    UserResponse,
)

router = routes("FabAuthManager", "/auth/fab/v1")
_READ, _EDIT = needs(Permission.READ_USERS), needs(Permission.EDIT_USERS)
_KEYS: Mapping[str, Callable[[User], Any]] = {
    "id": lambda user: (user.created_at, user.username),
    "username": lambda user: user.username,
    "email": lambda user: user.email,
    "first_name": lambda user: user.first_name,
    "last_name": lambda user: user.last_name,
    "active": lambda user: user.active,
    "created_on": lambda user: user.created_at,
}
_ROLES: Mapping[str, Role] = {role.value: role for role in Role}
_FIELD = f"({'|'.join(UserPatchBody.model_fields)})"
Mask = Annotated[str, Query(json_schema_extra={"pattern": f"^ *{_FIELD}( *, *{_FIELD})* *$"})] | None
"""Names of fields, with commas between."""
_VERBS = {"read": "can_read", "edit": "can_edit", "delete": "can_delete", "trigger": "can_create"}


@router.get("/users", dependencies=[_READ], responses=problems(400, 404))
def get_users(
    backend: Uses, order_by: Annotated[list[str], sorted_by(_KEYS)], limit: Limit = 100, offset: Offset = 0
) -> UserCollectionResponse:
    """All users."""
    users = in_order(accounts(backend).users.list(), order_by, _KEYS, "id")
    return UserCollectionResponse(users=[_view(one) for one in page(users, limit, offset)], total_entries=len(users))


@router.get("/users/{username}", dependencies=[_READ], responses=problems(404))
def get_user(username: str, backend: Uses) -> UserResponse:
    """One user."""
    return _view(accounts(backend).users.get(username))


@router.post("/users", dependencies=[_EDIT], responses=problems(400, 404, 409))
def create_user(body: UserBody, backend: Uses) -> UserResponse:
    """Make a user."""
    user = User(
        username=body.username,
        email=body.email,
        first_name=body.first_name,
        last_name=body.last_name,
        role=Role.VIEWER if body.roles is None else _role(body.roles),
    )
    users = accounts(backend).users
    return _view(_done(lambda: users.create(user, body.password.get_secret_value())))


@router.patch("/users/{username}", dependencies=[_EDIT], responses=problems(400, 404))
def update_user(username: str, body: UserPatchBody, backend: Uses, update_mask: Mask = None) -> UserResponse:
    """Change a user: what the body has, and of that only what ``update_mask`` names, with commas between.

    Another role or password, or not being active, voids all their tokens.
    """
    if body.username not in (None, username):
        raise HTTPException(400, "a user's name can't be changed")
    mask = None if update_mask is None else {name.strip() for name in update_mask.split(",")}
    if mask is not None and mask - set(UserPatchBody.model_fields):
        raise HTTPException(400, f"update_mask names no fields of a user: {', '.join(sorted(mask))[:200]}")
    wanted = body.model_dump(exclude_none=True, exclude={"username"}, include=mask)
    if "roles" in wanted:
        wanted["role"] = _role(body.roles or [])
        del wanted["roles"]
    if body.password is not None and "password" in wanted:
        wanted["password"] = body.password.get_secret_value()
    users = accounts(backend).users
    return _view(_done(lambda: users.update(username, **wanted)))


@router.delete("/users/{username}", status_code=204, dependencies=[_EDIT], responses=problems(400, 404))
def delete_user(username: str, backend: Uses) -> None:
    """Remove a user, but never the last active admin."""
    users = accounts(backend).users
    _done(lambda: users.delete(username))


@router.get("/roles", dependencies=[_READ], responses=problems(400))
def get_roles(
    order_by: Annotated[list[str], sorted_by(["name"])], limit: Limit = 100, offset: Offset = 0
) -> RoleCollectionResponse:
    """All roles, and what each may do."""
    roles = in_order(Role, order_by, {"name": lambda role: role.value}, "name")
    return RoleCollectionResponse(
        roles=[_role_view(role) for role in page(roles, limit, offset)], total_entries=len(roles)
    )


@router.get("/roles/{name}", dependencies=[_READ], responses=problems(404))
def get_role(name: str) -> RoleResponse:
    """One role."""
    role = _ROLES.get(name.lower())
    if role is None:
        raise NotFoundError(f"Role with name {name[:100]!r} does not exist.")
    return _role_view(role)


def _role(roles: list[RoleName]) -> Role:
    if len(roles) != 1:
        raise HTTPException(400, "a user has one role")
    role = _ROLES.get(roles[0].name.lower())
    if role is None:
        raise HTTPException(400, f"there is no role {roles[0].name!r}: only {', '.join(map(str.title, _ROLES))}")
    return role


def _role_view(role: Role) -> RoleResponse:
    pairs = [permission.value.partition(":") for permission in sorted(GRANTS[role])]
    return RoleResponse(
        name=role.value.title(),
        actions=[
            ActionResource(action=Action(name=_VERBS[verb]), resource=Resource(name=what)) for what, _, verb in pairs
        ],
    )


def _done(change: Callable[[], Any]) -> Any:
    try:
        return change()
    except UserExistsError as error:
        raise HTTPException(409, str(error)) from error
    except UserError as error:
        raise HTTPException(400, str(error)) from error


def _view(user: User) -> UserResponse:
    return UserResponse(
        username=user.username,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        roles=[RoleName(name=user.role.value.title())],
        active=user.active,
        created_on=datetime.fromtimestamp(user.created_at, UTC),
    )

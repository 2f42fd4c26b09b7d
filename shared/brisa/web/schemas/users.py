"""Bodies and answers about logging in, users and roles: those of Airflow's FAB auth manager, and some more."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, SecretStr

from brisa.model.access import Role
from brisa.services.users import LONGEST, NAME, SHORTEST
from brisa.web.schemas.base import Answer, Body

_LONG = 256


NewPassword = Annotated[
    SecretStr, Field(max_length=4 * _LONG, json_schema_extra={"minLength": SHORTEST, "maxLength": LONGEST})
]


class LoginBody(Body):
    """Who somebody says they are."""

    username: str = Field(max_length=_LONG)
    password: SecretStr = Field(max_length=4 * _LONG)


class LoginResponse(Answer):
    """A token, to be sent as ``Authorization: Bearer …``."""

    access_token: str


class MeResponse(Answer):
    """Who asks."""

    username: str
    role: str
    permissions: list[str] = Field(description="What the role may do, such as `dags:read`.")
    passwords: bool = Field(description="Whether there are passwords here, and not identities of Google's.")
    csrf_token: str | None = Field(None, description="For X-CSRF-Token; only with a browser's session.")


class OwnPasswordBody(Body):
    """A change of the own password."""

    old_password: SecretStr = Field(max_length=4 * _LONG)
    password: NewPassword


class RoleName(Body):
    """A role, by its name."""

    name: str = Field(max_length=_LONG, json_schema_extra={"enum": [role.value.title() for role in Role]})


OneRole = Annotated[list[RoleName], Field(json_schema_extra={"minItems": 1, "maxItems": 1})]
"""A list of one."""


class Action(Answer):
    """What is done."""

    name: str


class Resource(Answer):
    """What it is done to."""

    name: str


class ActionResource(Answer):
    """A permission."""

    action: Action
    resource: Resource


class RoleResponse(Answer):
    """A role, and what it may do."""

    name: str
    actions: list[ActionResource]


class RoleCollectionResponse(Answer):
    """The roles."""

    roles: list[RoleResponse]
    total_entries: int


class UserBody(Body):
    """A user to make."""

    username: str = Field(max_length=_LONG, json_schema_extra={"pattern": f"^{NAME}$"})
    password: NewPassword
    email: str = Field("", max_length=_LONG)
    first_name: str = Field("", max_length=_LONG)
    last_name: str = Field("", max_length=_LONG)
    roles: OneRole | None = Field(None, description="Viewer if there is none.")


class UserPatchBody(Body):
    """What is to be changed of a user."""

    username: str | None = Field(None, max_length=_LONG, description="The same as in the path: a name stays.")
    password: NewPassword | None = None
    email: str | None = Field(None, max_length=_LONG)
    first_name: str | None = Field(None, max_length=_LONG)
    last_name: str | None = Field(None, max_length=_LONG)
    roles: OneRole | None = None
    active: bool | None = None


class UserResponse(Answer):
    """A user."""

    username: str
    email: str
    first_name: str
    last_name: str
    roles: list[RoleName]
    active: bool
    created_on: datetime


class UserCollectionResponse(Answer):
    """The users."""

    users: list[UserResponse]
    total_entries: int

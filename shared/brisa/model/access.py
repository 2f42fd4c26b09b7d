"""Who may do what: roles, and the permissions that each has. As Airflow's roles of the same names (its page "Access
control": Viewer, User, Op, Admin)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """What a route lets somebody do; every route declares one."""

    READ_DAGS = "dags:read"
    """DAGs, their tasks, versions, statistics, warnings, and files that don't load."""
    EDIT_DAGS = "dags:edit"
    DELETE_DAGS = "dags:delete"
    READ_CODE = "code:read"
    READ_RUNS = "runs:read"
    """Runs and task instances."""
    TRIGGER_RUNS = "runs:trigger"
    EDIT_RUNS = "runs:edit"
    """Clear, mark, annotate, cancel."""
    DELETE_RUNS = "runs:delete"
    READ_LOGS = "logs:read"
    READ_XCOMS = "xcoms:read"
    EDIT_XCOMS = "xcoms:edit"
    """Also what tasks and assets keep in their state stores."""
    READ_ASSETS = "assets:read"
    EDIT_ASSETS = "assets:edit"
    READ_BACKFILLS = "backfills:read"
    EDIT_BACKFILLS = "backfills:edit"
    READ_POOLS = "pools:read"
    EDIT_POOLS = "pools:edit"
    READ_VARIABLES = "variables:read"
    EDIT_VARIABLES = "variables:edit"
    READ_CONNECTIONS = "connections:read"
    EDIT_CONNECTIONS = "connections:edit"
    READ_SERVER = "server:read"
    """Plugins, providers, jobs."""
    READ_CONFIG = "config:read"
    READ_AUDIT = "audit:read"
    READ_USERS = "users:read"
    EDIT_USERS = "users:edit"
    OWN = "own:edit"
    """What concerns only who asks: favourites, the own account, logging out."""


class Role(StrEnum):
    """A named set of permissions; each has those of the one before."""

    VIEWER = "viewer"
    USER = "user"
    OP = "op"
    ADMIN = "admin"

    def may(self, permission: Permission) -> bool:
        """Whether it has ``permission``."""
        return permission in GRANTS[self]


_VIEWER = frozenset(
    {
        Permission.READ_DAGS,
        Permission.READ_CODE,
        Permission.READ_RUNS,
        Permission.READ_LOGS,
        Permission.READ_XCOMS,
        Permission.READ_ASSETS,
        Permission.READ_BACKFILLS,
        Permission.READ_POOLS,
        Permission.READ_SERVER,
        Permission.OWN,
    }
)
_USER = _VIEWER | {
    Permission.EDIT_DAGS,
    Permission.DELETE_DAGS,
    Permission.TRIGGER_RUNS,
    Permission.EDIT_RUNS,
    Permission.DELETE_RUNS,
    Permission.EDIT_ASSETS,
    Permission.EDIT_BACKFILLS,
}
_OP = _USER | {
    Permission.EDIT_XCOMS,
    Permission.EDIT_POOLS,
    Permission.READ_VARIABLES,
    Permission.EDIT_VARIABLES,
    Permission.READ_CONNECTIONS,
    Permission.EDIT_CONNECTIONS,
    Permission.READ_CONFIG,
}
GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.USER: _USER,
    Role.OP: _OP,
    Role.ADMIN: frozenset(Permission),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks for something, once that is proved."""

    name: str
    """A user's name, or an e-mail address."""
    role: Role
    by_cookie: bool = False
    """Whether a browser said so by itself: then a change needs the session's CSRF token too."""

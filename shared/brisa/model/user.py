"""Who may log in to an embedded brisa."""

from __future__ import annotations

from dataclasses import dataclass

from brisa.model.access import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One account. Times are seconds since the epoch."""

    username: str
    role: Role = Role.VIEWER
    password_hash: str = ""
    """In argon2's own notation; empty: nobody can log in as them."""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    active: bool = True
    created_at: float = 0.0
    epoch: int = 0
    """Rises with each change of the password, the role, or of being active: tokens of an earlier one are void."""
    favourites: tuple[str, ...] = ()
    """Ids of the DAGs that they have marked."""

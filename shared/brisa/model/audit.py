"""What somebody has changed."""

from __future__ import annotations

from dataclasses import dataclass, field

from brisa.model.json import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change: who, what, when, from where. Never holds a secret."""

    entry_id: int
    """When it was, in microseconds since the epoch, or a little more: no two have the same."""
    event: str
    """Airflow's word for it: the name of the API's method, or ``cli_`` and the command."""
    owner: str
    """A user's name, or an e-mail address."""
    origin: str = ""
    """The address of the machine, or ``cli``."""
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None
    try_number: int | None = None
    extra: JsonObject = field(default_factory=dict)
    """What else was asked for."""

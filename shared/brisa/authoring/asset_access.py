"""Who may write and read an asset."""

from __future__ import annotations

from dataclasses import dataclass, field

from brisa.authoring.source import here
from brisa.errors import AuthoringError


@dataclass
class AssetAccessControl:
    """Which teams' events count, and for whom (Airflow 3.3 with several teams). brisa has one team: all events do."""

    producer_teams: list[str] = field(default_factory=list)
    consumer_teams: list[str] | None = None
    allow_global: bool = True
    """Whether those of producers without a team count, too."""

    def __post_init__(self) -> None:
        for name in ("producer_teams", "consumer_teams"):
            for team in getattr(self, name) or ():
                if not isinstance(team, str) or not team.strip():
                    raise AuthoringError(
                        f"AssetAccessControl: {name} are texts that are not empty, not {team!r}", here()
                    )
        if not isinstance(self.allow_global, bool):
            raise AuthoringError(
                f"AssetAccessControl: allow_global must be True or False, not {self.allow_global!r}", here()
            )

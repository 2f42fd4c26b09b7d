"""What a person chose for the emulators of a home; it travels to their keeper as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the local cloud is run. The emulators of ``brisa standalone`` need none of it."""

    slots: int = 8
    """Tasks that the worker runs at once, and that the queue sends it."""
    unpaused: bool = False
    """Whether new DAGs begin unpaused."""
    duplicates: int = 0
    """How many times more every task, event and tick is delivered: at least once means that this happens."""
    tick_every: float = 60.0
    """Seconds between two ticks of the scheduler."""
    functions_folder: str = ""
    """Where the functions are, instead of brisa's own."""

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """The other way round."""
        return cls(**json.loads(text))

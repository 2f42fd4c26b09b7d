"""What a task waits for in a run of another DAG."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One task instance waits for a run: kept with that run, or with its DAG while there is no such run.

    It is over once all that is waited for is in one of the states ``allowed``, or any of it in one of ``ends``. That is
    the tasks ``task_ids`` and those in ``group``, each with all its instances; without either, the run itself.
    """

    dag_id: str
    """Of the run that waits, as ``run_id``."""
    run_id: str
    task: str
    """By which that run knows the task instance."""
    generation: int = 0
    """Of the task instance, as the try."""
    try_number: int = 1
    awaited_run: str = ""
    """The id of the run that is waited for, of a watch kept with a DAG; or ``awaited_date``, its logical date."""
    awaited_date: datetime | None = None
    task_ids: tuple[str, ...] = ()
    group: str = ""
    allowed: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    until: float = 0.0
    """When it counts no more, unless the task has looked again and renewed it (seconds since the epoch)."""

    def renews(self, other: Watch) -> bool:
        """Whether the same task instance asks the same again, perhaps in a later try."""
        return self._question == other._question

    @property
    def _question(self) -> tuple[object, ...]:
        asker = self.dag_id, self.run_id, self.task
        return *asker, self.awaited_run, self.awaited_date, self.task_ids, self.group

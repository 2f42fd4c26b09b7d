"""What a sensor waits for outside of its run: an object in Cloud Storage, or a DAG that there is not yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from brisa.model.run import RunKey, TaskKey

DAGS = "@dags"
"""In the place of a bucket, as no bucket can be called: the ids of the DAGs that there are."""


class WaitKey(NamedTuple):
    """What names a wait: who waits, and for which objects of which bucket."""

    bucket: str
    name: str
    prefix: bool
    """Whether any object counts whose name begins with ``name``."""
    dag_id: str
    run_id: str
    task_id: str
    map_index: int

    @property
    def run_key(self) -> RunKey:
        """The run that waits."""
        return RunKey(self.dag_id, self.run_id)

    @property
    def task_key(self) -> TaskKey:
        """The task instance of that run."""
        return TaskKey(self.task_id, self.map_index)

    def met_by(self, bucket: str, name: str) -> bool:
        """Whether the object ``name`` of ``bucket`` is what is waited for."""
        return bucket == self.bucket and (name.startswith(self.name) if self.prefix else name == self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One task instance waits for an object. Written before the sensor looks, so that no object slips in between."""

    key: WaitKey
    generation: int = 0
    """Of the task instance, as the try."""
    try_number: int = 1
    asked_at: float = 0.0
    """Seconds since the epoch."""
    met_by: str = ""
    """The object that has come since, as ``name#generation``; empty while there is none."""

"""What a child process is told of the attempt that it runs, and how it talks to its supervisor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from brisa.model.json import JsonObject, JsonValue
from brisa.model.run import UNMAPPED, AttemptKey, Run

ANSWER = "next_run"
"""The key under which the answer of a custom timetable is pushed: [beginning, end, due] in ISO 8601, or null."""
DEFERRAL = "__brisa_deferral__"
"""The key under which a deferred attempt pushes what the next one goes on from; no ``xcom_pull`` ever shows it."""


CALLBACK_LIMIT = 300.0
"""Seconds that a callback of a task may take, and all of a DAG's."""
KILL_LIMIT = 30.0
"""Seconds that the ``on_kill`` of a trigger may take, as in Airflow 3.3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """The deadline that an attempt is to tell of: its place in :attr:`~brisa.model.spec.DagSpec.deadlines`."""

    place: int
    moment: float
    """Seconds since the epoch."""
    tasks: tuple[str, ...] = ()
    """Ids of the tasks that are late, of an SLA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRequest:
    """One attempt to run. Times are seconds since the epoch.

    ``max_tries`` is the number of the last try allowed, as in :class:`~brisa.model.run.TaskInstance`. ``seq`` counts
    the pokes, and re-runs after a lost worker, of this try. ``run`` comes without its tasks; ``task_states`` has the
    states that the run's tasks had when the attempt was claimed.
    """

    file: str
    """The DAG file, relative to the bundle."""
    task_id: str
    run: Run
    map_index: int = UNMAPPED
    try_number: int = 1
    max_tries: int = 1
    generation: int = 0
    seq: int = 0
    dialect: int = 3
    started_at: float
    first_started_at: float | None = None
    """When the first attempt of this try began; ``None`` if this is it."""
    hostname: str = ""
    log: str = ""
    test_mode: bool = False
    refused: str = ""
    """Why, if the task must not run: its attempt fails with this."""
    run_ended: str = ""
    """Why, if not the task is to be run but the DAG's callbacks are to be called: the run is over."""
    only_render: bool = False
    """If the task is not to be run, but its template fields are to be told."""
    kill: bool = False
    """If not the task is to be run but its trigger to be told that a person has ended it."""
    missed: Missed | None = None
    """If not the task is to be run but somebody is to be told of this deadline."""
    task_states: Mapping[str, str] = field(default_factory=dict)
    timetable: JsonObject | None = None
    """If not a task is to be run but the DAG's custom timetable to be asked for the next run: ``last`` (the last data
    interval | null), ``earliest``, ``latest`` (ISO 8601 | null), ``catchup``."""

    @property
    def dag_id(self) -> str:
        """The DAG's id."""
        return self.run.dag_id

    @property
    def key(self) -> AttemptKey:
        """What names the attempt."""
        return AttemptKey(
            dag_id=self.run.dag_id,
            run_id=self.run.run_id,
            task_id=self.task_id,
            map_index=self.map_index,
            generation=self.generation,
            try_number=self.try_number,
            seq=self.seq,
        )


class Channel(Protocol):
    """The child's line to its supervisor. All payloads and answers are JSON.

    Verbs of ``ask``, their payloads and answers:

    - ``xcom_pull`` {task_ids: list | null, key, map_indexes: list | null, dag_id, run_id, include_prior_dates} → rows
      [task id, map index, value]: in the order of ``task_ids``, then by map index; oldest first when ``task_ids`` is
      null (any task). An absent XCom has no row.
    - ``variable`` {key} → text | null. ``set_variable`` {key, value: text | null, description?: text} → null.
    - ``state`` {asset: name | null, key} → [value, expires_at: seconds since the epoch | null] | null: what the asset,
      or (null) the task instance keeps. ``set_state`` {asset, key, value, expires_at} → null.
    - ``delete_state`` {asset, key} → null. ``clear_state`` {asset} → null.
    - ``connection`` {conn_id} → {conn_type, host, login, password, schema, port, extra, description} | null.
    - ``previous_success`` {} → {data_interval_start, data_interval_end, start_date, end_date, logical_date: ISO 8601 |
      null} of the latest successful run before this one | null.
    - ``await_object`` {bucket, name, prefix: bool} → whether brisa hears of such an object, and wakes the task.
    - ``task_states`` {dag_id, run_id} → {task id: state}.
    - ``deferred`` {} → what an earlier attempt of this try has pushed as :data:`DEFERRAL` | null.
    - ``kept_xcom`` {key} → [value] that this try pushed before it was deferred | null.
    - ``trigger_dag_run`` {dag_id, run_id, conf, logical_date: ISO 8601 | null, token, reset: bool,
      unless_paused: bool} → {status, run_id, …}; see :mod:`brisa.services.elsewhere`.
    - ``external_runs`` {dag_id, run_ids: list | null, logical_dates: list of ISO 8601 | null, task_ids: list, group:
      text | null, check: bool} → {runs: list, …}; see there too.
    - ``await_runs`` {dag_id, run_ids, logical_dates, task_ids, group: as above; allowed, ends: lists of states,
      patience: seconds} → whether brisa wakes the task when each run is such that all of it is in ``allowed``, or any
      of it in ``ends``; see :mod:`brisa.services.watchers`.
    - ``triggering_asset_events`` {} → the events that the run was made for, the first first: each {uri, name, timestamp
      (seconds since the epoch), extra, aliases: list}, and of the source (null for one from outside) {dag_id, run_id,
      task_id, map_index, logical_date, data_interval_start, data_interval_end: ISO 8601}.
    - ``asset_events`` {uri or alias, after, before: seconds since the epoch | null, ascending: bool, limit: int | null}
      → the same of the events of an asset, or told through an alias.

    Verbs of ``tell``: ``ended`` {outcome, within}: the task has, and its callbacks take so many seconds at most;
    ``xcom_push`` {key, value}; ``rendered`` {fields: {name: text}}; ``secret`` {text}: no log may
    show it.
    """

    def ask(self, verb: str, /, **payload: Any) -> Any:
        """Send a question and wait for its answer. Raises whatever the answer's failure says."""
        ...

    def tell(self, verb: str, /, **payload: JsonValue) -> None:
        """Send something that needs no answer; arrives before anything sent later."""
        ...

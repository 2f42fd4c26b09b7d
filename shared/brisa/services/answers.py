"""What user code may ask of brisa while it runs: XComs, Variables, Connections, states, the last success."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from brisa.authoring.connections import connection_from_environment, named
from brisa.engine import attempt_key
from brisa.engine.mapping import instances, is_expanded
from brisa.errors import NotFoundError
from brisa.model.json import JsonValue
from brisa.model.run import AttemptKey, Run, RunKey, TaskKey, XCom, task_names
from brisa.model.states import OutcomeKind, TaskState
from brisa.model.variable import OWN
from brisa.ports.blobs import Blobs
from brisa.ports.store import StateStore
from brisa.runtime.request import DEFERRAL
from brisa.services.asset_answers import AssetAnswers
from brisa.services.elsewhere import Elsewhere
from brisa.services.objects import Waits
from brisa.services.runs import Runs
from brisa.services.states import States
from brisa.services.variables import variable
from brisa.services.watchers import Watchers
from brisa.services.xcoms import load_value

Secret: TypeAlias = Callable[[str], str | None]
"""A secret's text by its name: :meth:`brisa.ports.secrets.Secrets.get`."""


def no_secret(_: str) -> None:
    """There are no secrets."""


class Answers:
    """Answers one attempt's questions; ``snapshot`` is the run as it was when the attempt was claimed."""

    def __init__(
        self,
        store: StateStore,
        blobs: Blobs,
        snapshot: Run,
        *,
        secret: Secret = no_secret,
        waits: Waits | None = None,
        attempt: AttemptKey | None = None,
        runs: Runs | None = None,
        watchers: Watchers | None = None,
    ) -> None:
        """``secret`` has the Connections, as :func:`connection_secret` names them; ``waits`` and ``watchers`` are the
        attempt's own.

        ``attempt`` names it. With ``runs`` it may ask for what there is of other DAGs.
        """
        self._store = store
        self._secret = secret
        self._waits = waits
        self._blobs = blobs
        self._snapshot = snapshot
        self._attempt = attempt
        self.kept: dict[str, XCom] = {}
        """What the try had pushed when it was deferred, once the attempt has asked whether it was."""
        of_assets = AssetAnswers(store, snapshot)
        self._verbs: dict[str, Callable[..., JsonValue]] = {
            "xcom_pull": self.xcom_pull,
            "variable": self.variable,
            "set_variable": self.set_variable,
            "connection": self.connection,
            "await_object": self.await_object,
            "previous_success": self.previous_success,
            "task_states": self.task_states,
            "deferred": self.deferred,
            "kept_xcom": self.kept_xcom,
            **States(store, attempt).verbs,
            "triggering_asset_events": of_assets.triggering_asset_events,
            "asset_events": of_assets.asset_events,
        }
        if runs is not None:
            elsewhere = Elsewhere(store, runs)
            self._verbs |= {
                "trigger_dag_run": elsewhere.trigger_dag_run,
                "external_runs": elsewhere.external_runs,
            }
        if watchers is not None:
            self._verbs["await_runs"] = watchers.await_runs

    def __call__(self, verb: str, payload: Mapping[str, Any]) -> JsonValue:
        """The answer to ``verb``; :class:`NotFoundError` for one that isn't known."""
        try:
            answer = self._verbs[verb]
        except KeyError:
            raise NotFoundError(f"tasks can't ask for {verb!r}") from None
        return answer(**payload)

    def xcom_pull(
        self,
        *,
        key: str,
        task_ids: Sequence[str] | None = None,
        map_indexes: Sequence[int] | None = None,
        dag_id: str | None = None,
        run_id: str | None = None,
        include_prior_dates: bool = False,
    ) -> JsonValue:
        """Rows [task id, map index, value]; see :class:`brisa.runtime.request.Channel`."""
        if key == DEFERRAL:
            return []
        run_key = RunKey(dag_id or self._snapshot.dag_id, run_id or self._snapshot.run_id)
        rows = self._pull(self._run(run_key), task_ids, key, map_indexes)
        if not rows and include_prior_dates and self._snapshot.logical_date is not None:
            for stored in self._store.runs(run_key.dag_id):
                earlier = stored.record.logical_date
                if earlier is not None and earlier < self._snapshot.logical_date:
                    rows = self._pull(stored.record, task_ids, key, map_indexes)
                    if rows:
                        break
        return rows

    def _run(self, key: RunKey) -> Run:
        if key == self._snapshot.key:
            return self._snapshot
        found = self._store.run(key)
        if found is None:
            raise NotFoundError(f"there is no run {key.run_id!r} of DAG {key.dag_id!r}")
        return found.record

    def _pull(
        self, run: Run, task_ids: Sequence[str] | None, key: str, map_indexes: Sequence[int] | None
    ) -> list[JsonValue]:
        if task_ids is None:
            ended = [(run.task(name).ended_at or 0.0, name) for name in task_names(run)]
            names = [name for _, name in sorted(ended)]
        else:
            run = self._newest(run, task_ids)
            names = [name for task_id in task_ids for name in _names(run, task_id)]
        keys = [
            attempt_key(run, name, run.task(name))
            for name in names
            if _may_have_pushed(run, name) and (map_indexes is None or TaskKey.of(name).map_index in map_indexes)
        ]
        return [
            [stored.record.key.task_id, stored.record.key.map_index, load_value(self._blobs, stored.record.xcoms[key])]
            for stored in self._store.attempts_of(keys)
            if stored is not None and key in stored.record.xcoms
        ]

    def _newest(self, run: Run, task_ids: Sequence[str]) -> Run:
        """The run as the snapshot has it, unless one of the tasks was not over then: read it again."""
        names = (name for task_id in task_ids for name in _names(run, task_id))
        if run is self._snapshot and not all(run.task(name).state.terminal for name in names):
            found = self._store.run(run.key)
            if found is not None:
                self._snapshot = found.record
                return found.record
        return run

    def variable(self, *, key: str) -> JsonValue:
        """A Variable's text: from ``AIRFLOW_VAR_KEY`` or ``BRISA_VAR_KEY``, else from the store; ``None`` if unset."""
        return variable(self._store, key)

    def set_variable(self, *, key: str, value: str | None, description: str | None = None) -> JsonValue:
        """Set or (``None``) remove a Variable, and describe it; :class:`ValueError` for a name that is brisa's own."""
        if key.startswith(OWN):
            raise ValueError(f"the name of a Variable can't begin with {OWN!r}")
        described = {} if description is None else {key: description}
        self._store.set_variables([(key, value)], descriptions=described)
        return None

    def connection(self, *, conn_id: str) -> JsonValue:
        """A Connection, as URI or JSON: from the environment (``AIRFLOW_CONN_ID``), else a secret; or ``None``."""
        fields = connection_from_environment(conn_id)
        if fields is not None:
            return dict(fields)
        text = self._secret(connection_secret(conn_id))
        return None if text is None else dict(named(conn_id, text))

    def await_object(self, *, bucket: str, name: str, prefix: bool) -> JsonValue:
        """Whether brisa will hear of such an object, and wake the task; if so, look once more before sleeping."""
        return self._waits is not None and self._waits.register(bucket, name, prefix)

    def previous_success(self) -> JsonValue:
        """Dates of the latest successful run before this one."""
        if self._snapshot.logical_date is None:
            return None
        run = self._store.previous_success(self._snapshot.dag_id, self._snapshot.logical_date.isoformat())
        if run is None:
            return None
        return {
            "run_id": run.run_id,
            "data_interval_start": _iso(run.data_interval_start),
            "data_interval_end": _iso(run.data_interval_end),
            "logical_date": _iso(run.logical_date),
            "start_date": _iso(None if run.started_at is None else datetime.fromtimestamp(run.started_at, UTC)),
            "end_date": _iso(None if run.ended_at is None else datetime.fromtimestamp(run.ended_at, UTC)),
        }

    def deferred(self) -> JsonValue:
        """What the attempt goes on from, if an earlier one of its try ended as deferred; attempts in between may be
        lost. Their number, and the state that the task was in, mostly tell without a read that none did."""
        key = self._attempt
        if key is None:
            return None
        instance = self._snapshot.task(key.name)
        if instance.state is TaskState.UP_FOR_RESCHEDULE or instance.losses >= key.seq:
            return None
        for seq in reversed(range(key.seq)):
            stored = self._store.attempt(key._replace(seq=seq))
            outcome = None if stored is None else stored.record.outcome
            if stored is None or outcome is None:
                continue
            if outcome.kind is not OutcomeKind.DEFERRED or DEFERRAL not in stored.record.xcoms:
                return None
            self.kept = {name: xcom for name, xcom in stored.record.xcoms.items() if name != DEFERRAL}
            return load_value(self._blobs, stored.record.xcoms[DEFERRAL])
        return None

    def kept_xcom(self, *, key: str) -> JsonValue:
        """[value] that the try had pushed when it was deferred, or ``None``."""
        return [load_value(self._blobs, self.kept[key])] if key in self.kept else None

    def task_states(self, *, dag_id: str | None = None, run_id: str | None = None) -> JsonValue:
        """Task id → state, for the tasks that something has happened to."""
        found = self._store.run(RunKey(dag_id or self._snapshot.dag_id, run_id or self._snapshot.run_id))
        return {} if found is None else {name: found.record.task(name).state.value for name in task_names(found.record)}


def _may_have_pushed(run: Run, name: str) -> bool:
    """Whether a task instance may have XComs: without a try, only those that a person gave it."""
    instance = run.task(name)
    return instance.try_number > 0 or instance.state.terminal


def _names(run: Run, task_id: str) -> Sequence[str]:
    """By which names the run knows a task: its own, or those of its instances, by index."""
    entry = run.task(task_id)
    return instances(task_id, entry.length or 0) if is_expanded(entry) else [task_id]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def connection_secret(conn_id: str) -> str:
    """The name of the secret that holds a Connection."""
    return f"connections/{conn_id}"

"""A task's template fields as they would be: rendered in a process of its own, as a worker does, and no more."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from brisa.bootstrap import PRELOAD, State, dags_folder, home_secret, import_limit
from brisa.engine.create import create_run
from brisa.errors import BrisaError, NotFoundError
from brisa.model.params import resolve_params
from brisa.model.run import UNMAPPED, Run, RunKey
from brisa.model.states import OutcomeKind, RunType
from brisa.runtime.request import AttemptRequest
from brisa.runtime.supervisor import Supervisor
from brisa.services.answers import Answers


def rehearsed(
    state: State,
    dags_given: str | None,
    dag_id: str,
    task_id: str,
    *,
    run_id: str | None,
    date: datetime,
    map_index: int | None,
) -> Mapping[str, Any]:
    """Name → text. Of a run of the home, or (``run_id`` is ``None``) of one that there might be at ``date``."""
    stored = state.store.dag(dag_id)
    if stored is None:
        raise NotFoundError(f"there is no DAG {dag_id!r}")
    run = None if run_id is None else state.store.run(RunKey(dag_id, run_id))
    version = state.runs.version(dag_id, stored.record.version if run is None else run.record.version)
    now = state.clock.now()
    pretended = _pretended(version, date, now) if run is None else run.record
    request = AttemptRequest(
        file=version.spec.file,
        run=pretended,
        task_id=task_id,
        map_index=UNMAPPED if map_index is None else map_index,
        dialect=version.spec.dialect,
        started_at=now,
        only_render=True,
    )
    folder = dags_folder(state.home, dags_given)
    supervisor = Supervisor(folder, preload=PRELOAD, load_limit=import_limit())
    with closing(supervisor), tempfile.TemporaryDirectory(prefix="brisa-") as nowhere:
        supervisor.start()
        report = supervisor.run(
            request,
            fingerprint=version.fingerprint or version.version,
            log=Path(nowhere) / "log",
            answer=Answers(state.store, state.blobs, pretended, secret=home_secret(state.home)),
            timeout=import_limit(),
        )
    if report.outcome.kind is not OutcomeKind.SUCCESS:
        raise BrisaError(f"task {task_id!r} of DAG {dag_id!r} can't be rendered: {report.outcome.error}")
    return report.rendered


def _pretended(version: Any, date: datetime, now: float) -> Run:
    from brisa.schedule.due import manual_interval

    interval = manual_interval(version.spec.schedule, date)
    return create_run(
        version,
        run_type=RunType.MANUAL,
        logical_date=date,
        interval=(interval.start, interval.end),
        run_after=now,
        now=now,
        run_id=f"manual__{date.isoformat()}",
        conf=None,
        params=resolve_params(version.spec.params, {}),
        triggered_by="cli",
    )

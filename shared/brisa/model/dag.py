"""What the store knows of a DAG beyond its file: the DAG document, its versions, and files that failed to load."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from brisa.model.asset import AssetQueue
from brisa.model.backfill import Backfill
from brisa.model.pool import DEFAULT_POOL
from brisa.model.spec import DagSpec, ScheduleKind
from brisa.model.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class DagSummary:
    """What lists of DAGs tell of the current version, so that they need not read it."""

    display_name: str = ""
    """Empty: the id."""
    description: str = ""
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    kind: ScheduleKind = ScheduleKind.NONE
    timetable: str = ""
    """The schedule, as its author wrote it."""
    cron: str = ""
    intervals: bool = True
    """As :attr:`brisa.model.spec.ScheduleSpec.intervals`."""
    partitioned: bool = False
    on_assets: bool = False
    """Whether assets start runs, alone or beside the schedule."""
    start_date: datetime | None = None
    max_active_tasks: int = 16
    max_failures: int = 0
    """After so many failed runs in a row it is paused; 0: never."""
    limits_tasks: bool = False
    """Whether some task has a limit of its own to how many of it run at once."""
    pools: tuple[str, ...] = ()
    """Names of the pools that its tasks take slots of, the default one aside, sorted."""

    @classmethod
    def of(cls, spec: DagSpec) -> DagSummary:
        """What ``spec`` tells of itself."""
        schedule = spec.schedule
        return cls(
            display_name=str(spec.display.get("display_name", "")),
            description=spec.description,
            tags=spec.tags,
            owners=spec.owners,
            kind=schedule.kind,
            timetable=schedule.summary,
            cron=schedule.cron,
            intervals=schedule.intervals,
            partitioned="partitions" in schedule.extra,
            on_assets="assets" in schedule.extra,
            start_date=spec.start_date,
            max_active_tasks=spec.max_active_tasks,
            max_failures=int(str(spec.display.get("max_consecutive_failed_dag_runs", 0))),
            limits_tasks=any(
                task.max_active_tis_per_dag is not None or task.max_active_tis_per_dagrun is not None
                for task in spec.tasks
            ),
            pools=tuple(sorted({task.pool for task in spec.tasks} - {DEFAULT_POOL})),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dag:
    """The DAG document. Times without a datetime type are seconds since the epoch.

    ``next_run_at`` is when the schedule's next run is due (``None``: never by itself); that run has the data interval
    ``next_start`` … ``next_end``. The cursor does not move while there are ``max_active_runs``. Without ``next_start``
    it is when the DAG's custom timetable must be asked for the run.
    """

    dag_id: str
    version: str
    """Hash of the current version."""
    file: str = ""
    active: bool = True
    """False when its file is gone."""
    paused: bool = True
    next_run_at: float | None = None
    next_start: datetime | None = None
    next_end: datetime | None = None
    last_start: datetime | None = None
    last_end: datetime | None = None
    """The data interval of the last run that a custom timetable gave: with that it is asked for the next one."""
    problem: str = ""
    """Why the custom timetable did not tell the next run, if it was asked and did not."""
    max_active_runs: int = 16
    active_runs: tuple[str, ...] = ()
    """Ids of the runs that have begun and not ended."""
    waiting_runs: tuple[str, ...] = ()
    """Ids of the runs that wait for room, or for the DAG to be unpaused, the first to begin first."""
    updated_at: float = 0.0
    fingerprint: str = ""
    """What the bundle said of its file when the current version was loaded, where that is the same for every process
    (objects' generations in a bucket); else empty."""
    backfill: Backfill | None = None
    """The backfill that is not completed. Its runs count into its own limit, not into the DAG's, as in Airflow."""
    deleting: bool = False
    """Whether all that is known of it is being deleted, this document last; then it is no longer active."""
    summary: DagSummary | None = None
    """What its current version tells of itself; ``None`` if an earlier brisa has registered it."""

    @property
    def asks(self) -> bool:
        """Whether its custom timetable has to be asked before there can be another run."""
        return self.next_run_at is not None and self.next_start is None

    asset_queue: AssetQueue = field(default_factory=dict)
    """What has happened to the assets that it is scheduled on, since it last ran for that."""
    assets_due_at: float | None = None
    """Since when that is enough for a run; ``None`` while it is not."""
    asset_run_at: float = 0.0
    """The date of the last run that was made for assets."""
    watchers: tuple[Watch, ...] = ()
    """Tasks that wait for runs of it that do not exist yet: who makes such a run hands them over to it."""

    @property
    def due_at(self) -> float | None:
        """When the planner must look at this DAG; ``None`` while only something else (room, a person) can move it."""
        if self.deleting:
            return 0.0
        if self.paused or not self.active:
            return None
        return 0.0 if self.backfill is not None and self.backfill.wants_more else self.run_due_at

    @property
    def full(self) -> bool:
        """Whether as many runs are active as may be; ``max_active_runs`` of 0 sets no limit, as in Airflow."""
        return 0 < self.max_active_runs <= len(self.active_runs)

    @property
    def run_due_at(self) -> float | None:
        """When the next run, a backfill's aside, may begin, unless the DAG is paused; ``None``: when there is room."""
        if self.full:
            return None
        if self.waiting_runs:
            return 0.0
        return min((due for due in (self.assets_due_at, self.next_run_at) if due is not None), default=None)

    def due_by(self, moment: float) -> bool:
        """Whether the planner must look at this DAG at ``moment``, or earlier."""
        return self.due_at is not None and self.due_at <= moment


@dataclass(frozen=True, slots=True, kw_only=True)
class DagVersion:
    """One version of a DAG: what it says and the source that said it; immutable."""

    dag_id: str
    version: str
    spec: DagSpec
    source: str = ""
    created_at: float = 0.0
    fingerprint: str = ""
    """As :attr:`Dag.fingerprint`: a changed helper beside the file makes another version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFailure:
    """A DAG file that did not load: shown to people until it does."""

    file: str
    message: str
    line: int = 0
    source: str = ""
    """What that line says, as far as it is known."""
    traceback: str = ""
    seen_at: float = 0.0
    fingerprint: str = ""
    """As :attr:`Dag.fingerprint`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledFile:
    """What came of a DAG file when it was last loaded: while that is still so, it need not be loaded again."""

    fingerprint: str
    dag_ids: tuple[str, ...] = ()
    """Ids of the DAGs that it defines."""
    failed: bool = False
    """Whether something in it did not load."""

"""Whole pictures of a DAG: its graph, the states of its tasks in many runs, its days, what it will do next.

These are brisa's own: Airflow's console has private routes for them, or pages through lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.model.dag import DagVersion
from brisa.model.run import UNMAPPED, Run, RunKey
from brisa.model.spec import TaskSpec
from brisa.ports.search import Bound, RunSearch
from brisa.schedule.due import Interval
from brisa.schedule.preview import pending, preview
from brisa.schedule.times import zone
from brisa.services.task_instances import TaskInstances
from brisa.web.backend import Backend, Uses
from brisa.web.dags import known_dag
from brisa.web.filters import Moment
from brisa.web.graph import group_nodes, label_of
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.run_search import asked
from brisa.web.runs import TYPES
from brisa.web.schemas.dag_runs import DAGRunsQuery, DagRunState
from brisa.web.schemas.overview import (
    CalendarDay,
    CalendarResponse,
    DagRecentRuns,
    Edge,
    GridResponse,
    InstanceSpan,
    NextRun,
    NextRunsResponse,
    RecentRunsResponse,
    RunSummary,
    RunTimelineResponse,
    StructureResponse,
    TaskNode,
)
from brisa.web.times import moment
from brisa.web.versions import hash_of, versions_of

router = routes("Overview")
_DAGS, _RUNS = needs(Permission.READ_DAGS), needs(Permission.READ_RUNS)
_RUN = "/dags/{dag_id}/dagRuns/{dag_run_id}"
_MOST_COUNTED, _PAGE = 5000, 500
"""Runs that a calendar counts, and how many of them are read at once."""
_LATEST = (("run_after", True),)


@router.get("/dags/{dag_id}/structure", dependencies=[_DAGS], responses=problems(404))
def get_structure(dag_id: str, backend: Uses, version_number: int | None = None) -> StructureResponse:
    """The tasks, groups and edges of a DAG's current version, or another."""
    version, number = _version(backend, dag_id, version_number)
    spec = version.spec
    return StructureResponse(
        dag_id=dag_id,
        version_number=number,
        tasks=[_task(task) for task in spec.tasks],
        groups=group_nodes(spec),
        edges=[
            Edge(source_id=above, target_id=task.task_id, label=_labels(task).get(above))
            for task in spec.tasks
            for above in task.upstream
        ],
    )


@router.get("/dags/{dag_id}/grid", dependencies=[_RUNS], responses=problems(400, 404))
def get_grid(dag_id: str, backend: Uses, query: Annotated[DAGRunsQuery, Query()]) -> GridResponse:
    """A page of a DAG's runs, the latest first, and the states of all tasks in each; as to which runs, see the list of
    runs."""
    known_dag(backend.store, dag_id)
    search = asked(backend.store, dag_id, query)
    found = backend.store.find_runs(search if query.order_by else replace(search, order=_LATEST))
    return _grid(backend, dag_id, [stored.record for stored in found.runs], found.total)


@router.get(f"{_RUN}/grid", dependencies=[_RUNS], responses=problems(404))
def get_run_grid(dag_id: str, dag_run_id: str, backend: Uses) -> GridResponse:
    """The same of one run."""
    run = TaskInstances(backend.store, backend.runs).run(RunKey(dag_id, dag_run_id))
    return _grid(backend, dag_id, [run], 1)


@router.get(f"{_RUN}/timeline", dependencies=[_RUNS], responses=problems(404))
def get_run_timeline(dag_id: str, dag_run_id: str, backend: Uses) -> RunTimelineResponse:
    """When each task instance of a run began and ended."""
    service = TaskInstances(backend.store, backend.runs)
    run = service.run(RunKey(dag_id, dag_run_id))
    return RunTimelineResponse(
        dag_id=dag_id,
        run=_summaries(backend, [run])[0],
        instances=[
            InstanceSpan(
                task_id=one.key.task_id,
                map_index=one.key.map_index,
                state=one.state.value,
                try_number=one.try_number,
                start_date=moment(one.started_at),
                end_date=moment(one.entry.ended_at),
            )
            for one in service.of_runs([run])
        ],
    )


@router.get("/recentRuns", dependencies=[_RUNS], responses=problems())
def get_recent_runs(
    backend: Uses,
    dag_ids: Annotated[list[str], Query(max_length=100)],
    limit: Annotated[int, Query(ge=1, le=30)] = 14,
) -> RecentRunsResponse:
    """The latest runs of each of these DAGs."""
    return RecentRunsResponse(
        dags=[
            DagRecentRuns(
                dag_id=dag_id,
                runs=[_summary(stored.record) for stored in backend.store.runs(dag_id, limit=limit)],
            )
            for dag_id in dict.fromkeys(dag_ids)
        ]
    )


@router.get("/dags/{dag_id}/calendar", dependencies=[_RUNS], responses=problems(400, 404))
def get_calendar(
    dag_id: str,
    backend: Uses,
    run_after_gte: Moment,
    run_after_lt: Moment,
    timezone: Annotated[str, Query(max_length=64)] = "UTC",
) -> CalendarResponse:
    """How many runs became due on each day of ``timezone``, by state; of many runs the latest are counted."""
    known_dag(backend.store, dag_id)
    in_zone = zone(timezone)
    bounds = (Bound("run_after", ">=", run_after_gte.timestamp()), Bound("run_after", "<", run_after_lt.timestamp()))
    days: dict[str, Counter[str]] = {}
    counted = total = 0
    while counted < _MOST_COUNTED:
        found = backend.store.find_runs(
            RunSearch(dag_ids=(dag_id,), bounds=bounds, order=_LATEST, limit=_PAGE, offset=counted)
        )
        total = found.total
        for stored in found.runs:
            day = datetime.fromtimestamp(stored.record.run_after, in_zone).date().isoformat()
            days.setdefault(day, Counter())[stored.record.state.value] += 1
        counted += len(found.runs)
        if len(found.runs) < _PAGE:
            break
    return CalendarResponse(
        dag_id=dag_id,
        days=[CalendarDay(date=day, states=dict(states)) for day, states in sorted(days.items())],
        truncated=counted < total,
    )


@router.get("/dags/{dag_id}/nextRuns", dependencies=[_DAGS], responses=problems(404))
def get_next_runs(dag_id: str, backend: Uses, limit: Annotated[int, Query(ge=1, le=500)] = 10) -> NextRunsResponse:
    """When a DAG's schedule makes its next runs, and how many of them are due by now."""
    dag = known_dag(backend.store, dag_id)
    spec = _version(backend, dag_id, None)[0].spec
    now = datetime.fromtimestamp(backend.clock.now(), UTC)
    planned = None
    if dag.next_start is not None and dag.next_end is not None and dag.next_run_at is not None:
        planned = Interval(dag.next_start, dag.next_end, datetime.fromtimestamp(dag.next_run_at, UTC))
    due = pending(
        spec.schedule,
        planned,
        start_date=spec.start_date,
        end_date=spec.end_date,
        catchup=spec.catchup,
        now=now,
    )
    return NextRunsResponse(
        dag_id=dag_id,
        next_runs=[
            NextRun(run_after=one.run_at, data_interval_start=one.start, data_interval_end=one.end)
            for one in preview(spec.schedule, spec.start_date, spec.end_date, now, limit)
        ],
        due=due.runs,
        more_due=due.more,
    )


def _grid(backend: Backend, dag_id: str, runs: list[Run], total: int) -> GridResponse:
    states: dict[str, list[str | None]] = {}
    counts: dict[str, list[dict[str, int] | None]] = {}
    for place, of_run in enumerate(TaskInstances(backend.store, backend.runs).states_of(runs)):
        for (task_id, map_index), state in of_run.items():
            if map_index == UNMAPPED:
                states.setdefault(task_id, [None] * len(runs))[place] = state.value
                continue
            of_task = counts.setdefault(task_id, [None] * len(runs))
            counted = of_task[place] = of_task[place] or {}
            counted[state.value] = counted.get(state.value, 0) + 1
    return GridResponse(
        dag_id=dag_id, total_entries=total, runs=_summaries(backend, runs), states=states, counts=counts
    )


def _version(backend: Backend, dag_id: str, number: int | None) -> tuple[DagVersion, int | None]:
    """A version of a DAG, and the number that it has."""
    dag = known_dag(backend.store, dag_id)
    named = dag.version if number is None else hash_of(backend.store, dag_id, number)
    version = None if named is None else backend.store.version(dag_id, named)
    if version is None:
        raise NotFoundError(f"The DagVersion with dag_id: `{dag_id}` and version_number: `{number}` was not found")
    told = versions_of(backend.store, {dag_id: dag}).get((dag_id, version.version))
    return version, None if told is None else told.version_number


def _task(task: TaskSpec) -> TaskNode:
    shown = task.display
    return TaskNode(
        task_id=task.task_id,
        label=label_of(task),
        operator=task.operator,
        group_id=task.group_id or None,
        trigger_rule=task.trigger_rule.value,
        is_mapped=task.is_mapped,
        is_setup=task.is_setup,
        is_teardown=task.is_teardown,
        doc_md=_text(shown.get("doc_md")),
        ui_color=_text(shown.get("ui_color")),
    )


def _labels(task: TaskSpec) -> Mapping[str, str]:
    labels = task.display.get("labels")
    return {above: str(text) for above, text in labels.items()} if isinstance(labels, Mapping) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _summaries(backend: Backend, runs: Iterable[Run]) -> list[RunSummary]:
    """Runs of one DAG, with the numbers of their versions."""
    runs = list(runs)
    versions = versions_of(backend.store, {run.dag_id: None for run in runs})
    numbers = {key: one.version_number for key, one in versions.items()}
    return [_summary(run, numbers.get((run.dag_id, run.version))) for run in runs]


def _summary(run: Run, number: int | None = None) -> RunSummary:
    return RunSummary(
        dag_run_id=run.run_id,
        state=DagRunState(run.state.value),
        run_type=TYPES[run.run_type],
        run_after=moment(run.run_after),
        logical_date=run.logical_date,
        start_date=moment(run.started_at),
        end_date=moment(run.ended_at),
        duration=None if run.started_at is None or run.ended_at is None else round(run.ended_at - run.started_at, 6),
        version_number=number,
        note=run.note or None,
    )

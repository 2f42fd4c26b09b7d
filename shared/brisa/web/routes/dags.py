"""DAGs: lists, details, pausing, favourites, deletion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from brisa.model.access import Permission
from brisa.model.dag import Dag, DagSummary
from brisa.model.run import Run
from brisa.model.states import RunState
from brisa.model.work import Chore
from brisa.ports.store import StateStore
from brisa.services.deletion import DeletionError
from brisa.services.favourites import Favourites
from brisa.services.pausing import set_paused
from brisa.web.backend import Backend, Uses
from brisa.web.constants import BUNDLE_NAME, NO_STATE
from brisa.web.dags import dag_view, details_view, known_dag, summary_of, timetable_type
from brisa.web.filters import Moment, within
from brisa.web.paging import Limit, Offset, begins, in_order, listed, matches, page, sorted_by
from brisa.web.permissions import Asker, needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.dag_runs import DagRunState
from brisa.web.schemas.dags import (
    DAGCollectionResponse,
    DAGDetailsResponse,
    DAGPatchBody,
    DAGResponse,
    DAGTagCollectionResponse,
)
from brisa.web.times import moment

router = routes("DAG")
_READ, _EDIT = needs(Permission.READ_DAGS), needs(Permission.EDIT_DAGS)
_DAG = "/dags/{dag_id}"
_CHANGEABLE = "is_paused"
Mask = Annotated[
    list[str],
    Query(default_factory=list, json_schema_extra={"items": {"type": "string", "enum": [_CHANGEABLE]}, "maxItems": 1}),
]


class _Shown(NamedTuple):
    dag: Dag
    summary: DagSummary
    latest: Run | None = None

    @property
    def name(self) -> str:
        return self.summary.display_name or self.dag.dag_id


_Test = Callable[[_Shown], bool]
_KEYS: Mapping[str, Callable[[_Shown], Any]] = {
    "dag_id": lambda one: one.dag.dag_id,
    "dag_display_name": lambda one: one.name,
    "next_dagrun": lambda one: one.dag.next_start,
    "next_dagrun_run_after": lambda one: one.dag.next_run_at,
    "start_date": lambda one: one.summary.start_date,
    "state": lambda one: one.latest and one.latest.state.value,
    "last_run_state": lambda one: one.latest and one.latest.state.value,
    "last_run_start_date": lambda one: one.latest and one.latest.started_at,
}


class Narrowed(BaseModel):
    """Which DAGs a list is narrowed to, and which page of them."""

    model_config = ConfigDict(extra="ignore")

    limit: int = Field(default=50, ge=0)
    offset: int = Field(default=0, ge=0)
    tags: list[str] = Field(default_factory=list)
    tags_match_mode: Literal["any", "all"] | None = None
    owners: list[str] = Field(default_factory=list)
    dag_id_pattern: str | None = None
    dag_id_prefix_pattern: str | None = None
    exclude_stale: bool = True
    paused: bool | None = None

    def tests(self) -> list[_Test]:
        """What a DAG that is meant passes: only that which is asked for, as there may be thousands of DAGs."""
        found: list[_Test] = []
        if self.exclude_stale:
            found.append(lambda one: one.dag.active)
        if self.paused is not None:
            found.append(lambda one: one.dag.paused is self.paused)
        if self.dag_id_pattern is not None:
            found.append(lambda one: matches(self.dag_id_pattern, one.dag.dag_id))
        if self.dag_id_prefix_pattern is not None:
            found.append(lambda one: begins(self.dag_id_prefix_pattern, one.dag.dag_id))
        if self.tags:
            enough = all if self.tags_match_mode == "all" else any
            found.append(lambda one: enough(tag in one.summary.tags for tag in self.tags))
        if self.owners:
            found.append(lambda one: any(wanted in owner for wanted in self.owners for owner in one.summary.owners))
        return found


class NarrowedChange(Narrowed):
    """The same for a change."""

    update_mask: Mask


class Listed(Narrowed):
    """All that the list of DAGs may be narrowed to. What is said of a run is said of the DAG's latest."""

    dag_display_name_pattern: str | None = None
    dag_display_name_prefix_pattern: str | None = None
    has_import_errors: bool | None = None
    last_dag_run_state: DagRunState | None = None
    bundle_name: str | None = None
    bundle_version: str | None = None
    has_asset_schedule: bool | None = None
    asset_dependency: str | None = None
    dag_run_start_date_gte: Moment | None = None
    dag_run_start_date_gt: Moment | None = None
    dag_run_start_date_lte: Moment | None = None
    dag_run_start_date_lt: Moment | None = None
    dag_run_end_date_gte: Moment | None = None
    dag_run_end_date_gt: Moment | None = None
    dag_run_end_date_lte: Moment | None = None
    dag_run_end_date_lt: Moment | None = None
    dag_run_state: Annotated[list[str], listed(*RunState, NO_STATE)]
    order_by: Annotated[list[str], sorted_by(_KEYS)]
    is_favorite: bool | None = None
    timetable_type: list[str] = Field(default_factory=list)

    def tests(self) -> list[_Test]:
        """What a DAG that is meant passes, as far as it tells that itself."""
        found = super().tests()
        if self.dag_display_name_pattern is not None:
            found.append(lambda one: matches(self.dag_display_name_pattern, one.name))
        if self.dag_display_name_prefix_pattern is not None:
            found.append(lambda one: begins(self.dag_display_name_prefix_pattern, one.name))
        if self.bundle_name not in (None, BUNDLE_NAME) or self.bundle_version is not None:
            found.append(lambda _: False)
        if self.has_asset_schedule is not None:
            found.append(lambda one: one.summary.on_assets is self.has_asset_schedule)
        if self.timetable_type:
            found.append(lambda one: timetable_type(one.summary) in self.timetable_type)
        return found

    @property
    def asks_for_runs(self) -> bool:
        """Whether the latest runs must be read."""
        of_runs = ("dag_run_start_date_", "dag_run_end_date_")
        ranges = any(value is not None for name, value in self if name.startswith(of_runs))
        by_run = any("last_run" in name for name in self.order_by)
        return ranges or by_run or bool(self.dag_run_state) or self.last_dag_run_state is not None

    def wants_run(self, run: Run | None) -> bool:
        """Whether a DAG with this latest run is meant."""
        state = None if run is None else run.state.value
        return (
            self.last_dag_run_state in (None, state)
            and (not self.dag_run_state or state in self.dag_run_state)
            and within(self, "dag_run_start_date", None if run is None else moment(run.started_at))
            and within(self, "dag_run_end_date", None if run is None else moment(run.ended_at))
        )


@router.get("/dags", dependencies=[_READ], responses=problems(400))
def get_dags(backend: Uses, asker: Asker, query: Annotated[Listed, Query()]) -> DAGCollectionResponse:
    """DAGs whose files are there, or all."""
    check_states(query.dag_run_state)
    store = backend.store
    failing = failing_files(store)
    found = _meant(store, query)
    if query.has_import_errors is not None:
        found = [one for one in found if (one.dag.file in failing) is query.has_import_errors]
    if query.is_favorite is not None:
        marked = Favourites(store, asker.name).all()
        found = [one for one in found if (one.dag.dag_id in marked) is query.is_favorite]
    if query.asset_dependency is not None:
        dependent = _dependent(store, query.asset_dependency.lower())
        found = [one for one in found if one.dag.dag_id in dependent]
    if query.asks_for_runs:
        with_runs = (one._replace(latest=_latest(store, one.dag)) for one in found)
        found = [one for one in with_runs if query.wants_run(one.latest)]
    ordered = in_order(found, query.order_by, _KEYS, "dag_id") if query.order_by else found
    shown = page(ordered, query.limit, query.offset)
    return DAGCollectionResponse(
        dags=[dag_view(one.dag, one.summary, failing) for one in shown], total_entries=len(found)
    )


@router.patch("/dags", dependencies=[_EDIT], responses=problems(400, 404))
def patch_dags(
    body: DAGPatchBody,
    backend: Uses,
    query: Annotated[NarrowedChange, Query()],
) -> DAGCollectionResponse:
    """Pause or unpause a page of DAGs: without ``dag_id_pattern`` or ``dag_id_prefix_pattern`` none, as in Airflow."""
    _check_mask(query.update_mask)
    if not query.dag_id_pattern and not query.dag_id_prefix_pattern:
        return DAGCollectionResponse(dags=[], total_entries=0)
    found = _meant(backend.store, query)
    failing = failing_files(backend.store)
    changed = [
        dag_view(_pause(backend, one.dag.dag_id, body.is_paused), one.summary, failing)
        for one in page(found, query.limit, query.offset)
    ]
    return DAGCollectionResponse(dags=changed, total_entries=len(found))


@router.get(_DAG, dependencies=[_READ], responses=problems(404))
def get_dag(dag_id: str, backend: Uses) -> DAGResponse:
    """One DAG."""
    return _view(backend, known_dag(backend.store, dag_id))


@router.get(f"{_DAG}/details", dependencies=[_READ], responses=problems(404))
def get_dag_details(dag_id: str, backend: Uses, asker: Asker) -> DAGDetailsResponse:
    """One DAG, with what only its version knows."""
    dag = known_dag(backend.store, dag_id)
    spec = backend.runs.version(dag_id, dag.version).spec
    favourite = dag_id in Favourites(backend.store, asker.name).all()
    return details_view(backend.store, dag, spec, failing_files(backend.store), favourite=favourite)


@router.patch(_DAG, dependencies=[_EDIT], responses=problems(400, 404))
def patch_dag(dag_id: str, body: DAGPatchBody, backend: Uses, update_mask: Mask) -> DAGResponse:
    """Pause or unpause a DAG."""
    _check_mask(update_mask)
    known_dag(backend.store, dag_id)
    return _view(backend, _pause(backend, dag_id, body.is_paused))


@router.delete(_DAG, status_code=204, dependencies=[needs(Permission.DELETE_DAGS)], responses=problems(404, 409))
def delete_dag(dag_id: str, backend: Uses) -> None:
    """Remove a DAG with its runs and all that is known of it; 409 while runs of it have not ended.

    The planner does the rest: a DAG may have more runs than one request has time for. If its file is still there, the
    next look at the files brings the DAG back, as in Airflow.
    """
    known_dag(backend.store, dag_id)
    try:
        backend.deletion.flag(dag_id)
    except DeletionError as error:
        raise HTTPException(409, str(error)) from error
    backend.runs.send([Chore(dags=(dag_id,), asked_at=backend.clock.now())])


@router.post(f"{_DAG}/favorite", status_code=204, dependencies=[needs(Permission.OWN)], responses=problems(404, 409))
def favorite_dag(dag_id: str, backend: Uses, asker: Asker) -> None:
    """Mark a DAG as a favourite of whoever asks; 409 if it is one."""
    known_dag(backend.store, dag_id)
    favourites = Favourites(backend.store, asker.name)
    if dag_id in favourites.all():
        raise HTTPException(409, "Dag is already marked as favorite")
    favourites.add(dag_id)


@router.post(f"{_DAG}/unfavorite", status_code=204, dependencies=[needs(Permission.OWN)], responses=problems(404, 409))
def unfavorite_dag(dag_id: str, backend: Uses, asker: Asker) -> None:
    """Take that mark away; 409 if there is none."""
    known_dag(backend.store, dag_id)
    if not Favourites(backend.store, asker.name).remove(dag_id):
        raise HTTPException(409, "Dag is not marked as favorite")


@router.get("/dagTags", dependencies=[_READ], responses=problems(400))
def get_dag_tags(
    backend: Uses,
    order_by: Annotated[list[str], sorted_by(["name"])],
    limit: Limit = 50,
    offset: Offset = 0,
    tag_name_pattern: str | None = None,
    tag_name_prefix_pattern: str | None = None,
) -> DAGTagCollectionResponse:
    """All tags of the DAGs whose files are there."""
    tags = {tag for one in _all(backend.store) if one.dag.active for tag in one.summary.tags}
    found = [tag for tag in tags if matches(tag_name_pattern, tag) and begins(tag_name_prefix_pattern, tag)]
    ordered = in_order(found, order_by, {"name": lambda tag: tag}, "name")
    return DAGTagCollectionResponse(tags=list(page(ordered, limit, offset)), total_entries=len(found))


def failing_files(store: StateStore) -> frozenset[str]:
    """The DAG files that do not load."""
    return frozenset(failure.file for failure in store.import_failures())


def check_states(states: Sequence[str]) -> None:
    """422 for what is no state of a run; ``none`` is one that none has."""
    known = [state.value for state in RunState]
    if any(state not in (*known, NO_STATE) for state in states):
        raise HTTPException(422, f"Invalid value for state. Valid values are {', '.join(known)}")


def _all(store: StateStore) -> Iterator[_Shown]:
    """All DAGs but those that are being deleted, by id."""
    return (_Shown(one.record, summary_of(store, one.record)) for one in store.dags() if not one.record.deleting)


def _meant(store: StateStore, query: Narrowed) -> list[_Shown]:
    """The DAGs that ``query`` means, as far as they tell that themselves, by id."""
    tests = query.tests()
    return [one for one in _all(store) if all(test(one) for test in tests)]


def _latest(store: StateStore, dag: Dag) -> Run | None:
    return next((stored.record for stored in store.runs(dag.dag_id, limit=1)), None)


def _dependent(store: StateStore, text: str) -> set[str]:
    """Ids of the DAGs that are scheduled on an asset whose name or uri has ``text`` in it."""
    assets = (one.record for one in store.assets() if not one.record.key.alias)
    found = (one for one in assets if text in one.key.uri.lower() or text in one.name.lower())
    return {dag_id for one in found for dag_id in one.consumers}


def _view(backend: Backend, dag: Dag) -> DAGResponse:
    return dag_view(dag, summary_of(backend.store, dag), failing_files(backend.store))


def _check_mask(mask: Sequence[str]) -> None:
    if mask and list(mask) != [_CHANGEABLE]:
        raise HTTPException(400, "Only `is_paused` field can be updated through the REST API")


def _pause(backend: Backend, dag_id: str, paused: bool) -> Dag:
    dag = set_paused(backend.store, backend.clock, dag_id, paused)
    if not paused:
        # Whoever unpauses a DAG looks what it does, and does not want to wait for the next tick.
        backend.runs.send([Chore(dags=(dag_id,), asked_at=backend.clock.now())])
    return dag

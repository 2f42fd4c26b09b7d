"""What a client's search for runs asks of the store."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from fastapi import HTTPException

from brisa.model.states import RunState, RunType
from brisa.ports.search import Bound, RunSearch, Text
from brisa.ports.store import Found, StateStore
from brisa.web.constants import EVERYTHING, NO_STATE
from brisa.web.dags import known_dag, summary_of
from brisa.web.paging import disallowed, page_size, prefixes
from brisa.web.runs import TYPES, run_views
from brisa.web.schemas.dag_runs import (
    FIELDS,
    DAGRunCollectionResponse,
    DAGRunRanges,
    DAGRunsBatchBody,
    DAGRunsQuery,
    DagRunType,
)

_OPERATORS: Mapping[str, str] = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}
_RANGES = ("run_after", "logical_date", "start_date", "end_date", "duration", "updated_at")
_MOST_ALTERNATIVES, _LONGEST_PATTERN = 50, 1000


def asked(store: StateStore, dag_id: str, query: DAGRunsQuery) -> RunSearch:
    """What the list of runs asks for. Raises 400 and 422 for what can't be."""
    dag_ids: tuple[str, ...] = () if dag_id == EVERYTHING else (dag_id,)
    if query.consuming_asset_pattern is not None:
        dag_ids = _consumers(store, query.consuming_asset_pattern, dag_ids)
    return RunSearch(
        dag_ids=dag_ids,
        versions=_versions(store, dag_ids, query),
        states=_states(query.state),
        run_types=_run_types(query),
        texts=tuple(_texts(query)),
        bounds=(*_bounds(query), *_days(store, dag_id, query)),
        conf_contains=query.conf_contains,
        order=ordered(query.order_by),
        limit=page_size(query.limit),
        offset=min(query.offset, _FAR) if query.cursor is None else _place(query.cursor),
    )


def asked_in_body(body: DAGRunsBatchBody) -> RunSearch:
    """The same for the search that has a body. Raises 400."""
    return RunSearch(
        dag_ids=tuple(body.dag_ids or ()),
        states=tuple("none" if state is None else state.value for state in body.states or ()),
        bounds=tuple(_bounds(body)),
        conf_contains=body.conf_contains or "",
        order=ordered([body.order_by] if body.order_by else []),
        limit=page_size(body.page_limit),
        offset=min(body.page_offset, _FAR),
    )


def answer(store: StateStore, search: RunSearch, cursor: str | None = None) -> DAGRunCollectionResponse:
    """The page that was asked for; with a ``cursor``, also those of the pages before and after."""
    found = store.find_runs(search)
    answered = DAGRunCollectionResponse(
        dag_runs=run_views(store, [stored.record for stored in found.runs]), total_entries=found.total
    )
    if cursor is not None:
        answered.next_cursor, answered.previous_cursor = _cursors(search, found)
    return answered


def ordered(order_by: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """The order that ``order_by`` asks for. Raises 400 for an unknown field."""
    names = [(name.removeprefix("-"), name.startswith("-")) for name in order_by or ["id"]]
    for name, _ in names:
        if name not in FIELDS:
            raise disallowed(name)
    return tuple((FIELDS[name], descending) for name, descending in names)


def _states(wanted: Sequence[str]) -> tuple[str, ...]:
    known = [state.value for state in RunState]
    if any(state not in (*known, NO_STATE) for state in wanted):
        raise HTTPException(422, f"Invalid value for state. Valid values are {', '.join(known)}")
    return tuple(wanted)


def _run_types(query: DAGRunsQuery) -> tuple[str, ...]:
    known = [one.value for one in DagRunType]
    if any(one not in known for one in query.run_type):
        raise HTTPException(422, f"Invalid value for run type. Valid values are {', '.join(known)}")
    wanted = set(query.run_type)
    if query.consuming_asset_pattern is not None:
        wanted = wanted & {DagRunType.ASSET_TRIGGERED} if wanted else {DagRunType.ASSET_TRIGGERED}
    if not wanted:
        return () if not query.run_type else ("none",)
    # Airflow's word may stand for several of ours, or for none.
    return tuple(one.value for one in RunType if TYPES[one] in wanted) or ("none",)


def _versions(store: StateStore, dag_ids: Sequence[str], query: DAGRunsQuery) -> tuple[tuple[str, str], ...] | None:
    if query.bundle_version is not None:
        return ()
    if not query.dag_version:
        return None
    known = dag_ids or [one.record.dag_id for one in store.dags()]
    by_dag: dict[str, list[str]] = {}
    for one in store.version_ids(list(known)):
        by_dag.setdefault(one.dag_id, []).append(one.version)
    wanted = set(query.dag_version)
    return tuple(
        (dag_id, version)
        for dag_id, versions in by_dag.items()
        for number, version in enumerate(versions, 1)
        if number in wanted
    )


def _texts(query: DAGRunsQuery) -> Iterator[Text]:
    for name, field in (
        ("run_id", "run_id"),
        ("dag_id", "dag_id"),
        ("triggering_user_name", "triggering_user"),
        ("partition_key", "partition_key"),
    ):
        whole = field == "partition_key"  # there a bar is a character like any other
        pattern, prefix = getattr(query, f"{name}_pattern"), getattr(query, f"{name}_prefix_pattern")
        if pattern and pattern != "~":
            yield Text(field, _checked([pattern] if whole else [one.strip() for one in pattern.split("|")]))
        if prefix and prefix != "~":
            yield Text(field, _checked([prefix] if whole else prefixes(prefix)), prefix=True)


def _checked(patterns: Sequence[str]) -> tuple[str, ...]:
    if len(patterns) > _MOST_ALTERNATIVES or any(len(pattern) > _LONGEST_PATTERN for pattern in patterns):
        raise HTTPException(
            400, f"a pattern has at most {_MOST_ALTERNATIVES} alternatives, of {_LONGEST_PATTERN} characters"
        )
    return tuple(pattern for pattern in patterns if pattern)


def _bounds(ranges: DAGRunRanges) -> Iterator[Bound]:
    for name in _RANGES:
        for end, operator in _OPERATORS.items():
            value = getattr(ranges, f"{name}_{end}", None)
            if value is not None:
                yield Bound(FIELDS[name], operator, value.timestamp() if isinstance(value, datetime) else value)


def _days(store: StateStore, dag_id: str, query: DAGRunsQuery) -> Iterator[Bound]:
    """Whole days of partition dates, in the zone of the DAG's timetable."""
    if query.partition_date_gte is None and query.partition_date_lte is None:
        return
    from brisa.schedule.times import zone

    dag = None if dag_id == EVERYTHING else known_dag(store, dag_id)
    if dag is None or not summary_of(store, dag).partitioned:
        raise HTTPException(
            400,
            f"Dag with dag_id: '{dag_id}' is not partitioned; partition_date_gte and partition_date_lte are not "
            "supported.",
        )
    version = store.version(dag_id, dag.version)
    local = zone(version.spec.schedule.timezone) if version else UTC

    def begin(day: date) -> float:
        return datetime.combine(day, time(), local).timestamp()

    if query.partition_date_gte is not None:
        yield Bound("partition_date", ">=", begin(query.partition_date_gte))
    if query.partition_date_lte is not None and query.partition_date_lte < date.max:
        yield Bound("partition_date", "<", begin(query.partition_date_lte + timedelta(days=1)))


def _consumers(store: StateStore, text: str, dag_ids: Sequence[str]) -> tuple[str, ...]:
    """Those of these DAGs, or of all, that are scheduled on an asset with ``text`` in its name or uri."""
    low = text.lower()
    assets = (one.record for one in store.assets() if not one.record.key.alias)
    found = {
        dag_id for one in assets if low in one.key.uri.lower() or low in one.name.lower() for dag_id in one.consumers
    }
    # An empty tuple would ask for all.
    return tuple(sorted(found.intersection(dag_ids) if dag_ids else found)) or ("",)


_FAR = 1 << 53
"""Beyond any run."""


def _place(cursor: str) -> int:
    """The offset that a cursor stands for. Raises 400 for what is none."""
    if not cursor:
        return 0
    try:
        text = base64.b64decode(f"{cursor}{'=' * (-len(cursor) % 4)}", altchars=b"-_", validate=True).decode()
        return min(int(text), _FAR) if text.isascii() and text.isdigit() and len(text) < 20 else _no_cursor()
    except (binascii.Error, ValueError):
        return _no_cursor()


def _no_cursor() -> int:
    raise HTTPException(400, "Invalid cursor token")


def _cursors(search: RunSearch, found: Found) -> tuple[str | None, str | None]:
    after = search.offset + len(found.runs)
    following = _token(after) if found.runs and after < found.total else None
    return following, _token(max(0, search.offset - search.limit)) if search.offset and search.limit else None


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode().rstrip("=")

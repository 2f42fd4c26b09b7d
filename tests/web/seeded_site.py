"""A home in which there is some of everything that the API tells of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from brisa.model.dag import ImportFailure
from brisa.model.run import AttemptKey, Outcome
from brisa.model.spec import GroupSpec, ScheduleKind, ScheduleSpec
from brisa.model.states import OutcomeKind
from brisa.ports.store import Put
from brisa.runtime.supervisor import Report
from brisa.services.asset_documents import asset_writes
from brisa.services.states import AssetStates, States
from brisa.web.ids import number
from tests.services.test_asset_events import add
from tests.support.builders import dag, task
from tests.web.auth_site import AuthSite

X: dict[str, Any] = {"asset": "s3://b/x", "name": "x"}
Y: dict[str, Any] = {"asset": "y"}
ALIAS: dict[str, Any] = {"alias": "z"}
DONE, UNDER_WAY = "done", "under-way"


@cache
def seeded() -> AuthSite:
    """The same for all tests of a process: :func:`restore` it.

    A run of ``d`` has ended and one is under way; ``other`` has a backfill; ``both`` waits for assets.
    """
    spec = dag(
        task("make", display={"outlets": [X, ALIAS]}),
        task("m", "make", mapped={"x": 2}, group_id="g"),
        task("last", "m"),
        groups=(GroupSpec(group_id="g"),),
    )
    web = AuthSite(spec=spec, plays={"m": lambda key: _pushed(key.map_index)})
    web.backend = replace(web.backend, reload=lambda _: None)
    store = web.store
    store.commit(
        *asset_writes(store, "d", None, spec, web.clock.now()),
        Put(ImportFailure(file="broken.py", message="no", traceback="…")),
    )
    on_both = ScheduleSpec(kind=ScheduleKind.ASSETS, extra={"assets": {"all": [X, Y]}})
    daily = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 * * *")
    add(web.site, dag(task("t"), dag_id="both", schedule=on_both), file="both.py")
    add(web.site, dag(task("t"), dag_id="other", schedule=daily))
    web.site.trigger(run_id=DONE)
    web.site.work()
    web.blobs.put(f"logs/d/{DONE}/make/0.1.0.log", b"2024-01-01T00:00:00.100Z INFO    stdout | hello\n")
    web.site.trigger(run_id=UNDER_WAY, logical_date=datetime(2024, 1, 2, tzinfo=UTC))
    States(store, AttemptKey("d", DONE, "make", -1), now=web.clock.now).set_state(key="kept", value=[1])
    AssetStates(store, web.clock).set("x", "kept", {"a": 1})
    with web.user("admin") as admin:
        for path, body in _MADE:
            response = admin.post(f"/api/v2/{path}", json=body)
            assert response.status_code in (200, 201), (path, response.text)
    return web


def end(web: AuthSite) -> None:
    """End the run that is under way."""
    response = web.user("admin").patch(f"/api/v2/dags/d/dagRuns/{UNDER_WAY}", json={"state": "success"})
    assert response.status_code == 200, response.text


Contents = tuple[dict[Any, Any], ...]


def contents(web: AuthSite) -> Contents:
    """All that is kept in a home."""
    store: Any = web.store
    records = {kind: {**found} for kind, found in store._records.items() if found}
    return records, *({**one} for one in (store._variables, *_elsewhere(web)))


def restore(web: AuthSite, before: Contents) -> None:
    """Put back what :func:`contents` has told."""
    store: Any = web.store
    records, variables, *others = before
    store._records = defaultdict(dict, {kind: {**found} for kind, found in records.items()})
    store._variables = {**variables}
    for one, kept in zip(_elsewhere(web), others, strict=True):
        one.clear()
        one.update(kept)


def _elsewhere(web: AuthSite) -> Sequence[dict[Any, Any]]:
    return web.secrets._payloads, web.blobs._blobs, web.site.queue._entries


_MADE: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("variables", {"key": "v", "value": "1"}),
    ("variables", {"key": "v/secret", "value": {"password": "s3cret"}}),
    ("connections", {"connection_id": "c", "conn_type": "http", "password": "s3cret", "extra": '{"token": "t"}'}),
    ("pools", {"name": "p", "slots": 2}),
    (f"dags/d/dagRuns/{DONE}/taskInstances/make/xcomEntries", {"key": "k", "value": [1]}),
    ("backfills", {"dag_id": "other", "from_date": "2023-10-01T00:00:00Z", "to_date": "2023-10-03T00:00:00Z"}),
    ("assets/events", {"asset_id": number("asset", "s3://b/x")}),
)


def _pushed(value: int) -> Report:
    return Report(outcome=Outcome(kind=OutcomeKind.SUCCESS), xcoms={"return_value": value})


def known(web: AuthSite) -> dict[str, list[str | int]]:
    """A path's parameter → what of its kind is there; the same in each of these homes."""
    admin = web.user("admin")
    backfills = admin.get("/api/v2/backfills", params={"dag_id": "~"}).json()["backfills"]
    return {
        "dag_id": ["d", "both", "other", "~"],
        "dag_run_id": [DONE, UNDER_WAY],
        "task_id": ["make", "m", "last"],
        "group_id": ["g"],
        "map_index": [-1, 0],
        "try_number": [1],
        "task_try_number": [1],
        "version_number": [1],
        "asset_id": [number("asset", "s3://b/x"), number("asset", "y")],
        "asset_alias_id": [number("asset_alias", "z")],
        "backfill_id": [one["id"] for one in backfills],
        "connection_id": ["c"],
        "event_log_id": [one["event_log_id"] for one in admin.get("/api/v2/eventLogs").json()["event_logs"]],
        "file_token": [admin.get("/api/v2/dags/both").json()["file_token"]],
        "import_error_id": [number("import_error", "broken.py")],
        "key": ["kept"],
        "name": ["Admin", "Op"],
        "option": ["parallelism"],
        "pool_name": ["default_pool", "p"],
        "section": ["core"],
        "username": ["viewer", "admin"],
        "variable_key": ["v", "v/secret"],
        "xcom_key": ["return_value", "k"],
    }

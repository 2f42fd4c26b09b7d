"""The audit log through the API."""

from datetime import UTC, datetime
from typing import Any

import pytest

from brisa.model.access import Role
from brisa.model.audit import AuditEntry
from brisa.ports.store import Create
from tests.web.checked import checked

FIRST = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.fixture
def log(web):
    """A site whose log has six entries, a second apart."""
    told: list[tuple[str, str, dict[str, Any]]] = [
        ("post_variable", "ana", {}),
        ("trigger_dag_run", "eva", {"dag_id": "d", "run_id": "r1"}),
        ("trigger_dag_run", "ana", {"dag_id": "d2", "run_id": "r2"}),
        ("post_clear_task_instances", "ana", {"dag_id": "d", "task_id": "t", "map_index": 0, "try_number": 2}),
        ("patch_dag", "Ana", {"dag_id": "d"}),
        ("delete_variable", "eva", {"extra": {"variable_key": "a"}, "origin": "10.0.0.1"}),
    ]
    for number, (event, owner, more) in enumerate(told):
        entry = AuditEntry(entry_id=FIRST + number * 1_000_000, event=event, owner=owner, **more)
        web.store.commit(Create(entry))
    return web


def found(web, **params):
    """Places (from 0) of the entries that are answered, and how many there are."""
    listed = checked("EventLogCollectionResponse", web.admin.get("/eventLogs", params=params))
    return [(entry.event_log_id - FIRST) // 1_000_000 for entry in listed.event_logs], listed.total_entries


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ([0, 1, 2, 3, 4, 5], 6)),
        ({"order_by": "-when", "limit": 2, "offset": 1}, ([4, 3], 6)),
        ({"limit": 0}, ([], 6)),
        ({"dag_id": "d"}, ([1, 3, 4], 3)),
        ({"dag_id": "d", "order_by": "-id", "limit": 1}, ([4], 3)),
        ({"after": "2024-01-01T00:00:01Z", "before": "2024-01-01T00:00:04Z"}, ([2, 3], 2)),
        ({"after": "2024-01-01T01:00:03+01:00"}, ([4, 5], 2)),
        ({"task_id": "t"}, ([3], 1)),
        ({"run_id": "r2"}, ([2], 1)),
        ({"map_index": 0}, ([3], 1)),
        ({"try_number": 2}, ([3], 1)),
        ({"owner": "ana"}, ([0, 2, 3], 3)),
        ({"owner_pattern": "ANA", "order_by": "-id"}, ([4, 3, 2, 0], 4)),
        ({"event": "trigger_dag_run", "dag_id": "d"}, ([1], 1)),
        ({"event_pattern": "variable|patch"}, ([0, 4, 5], 3)),
        ({"event_prefix_pattern": "post_"}, ([0, 3], 2)),
        ({"dag_id_pattern": "d"}, ([1, 2, 3, 4], 4)),
        ({"dag_id_prefix_pattern": "d2"}, ([2], 1)),
        ({"included_events": ["post_variable", "delete_variable"]}, ([0, 5], 2)),
        ({"excluded_events": ["trigger_dag_run"]}, ([0, 3, 4, 5], 4)),
        ({"included_events": ["patch_dag"], "excluded_events": ["patch_dag"]}, ([], 0)),
        ({"order_by": ["owner", "-id"]}, ([4, 3, 2, 0, 5, 1], 6)),
        ({"order_by": "-event", "limit": 2}, ([1, 2], 6)),
    ],
)
def test_entries_are_found(log, params, expected):
    """As Airflow finds them."""
    assert found(log, **params) == expected


def test_one_entry(log):
    """All that is noted, and nothing of who may not see it."""
    one = log.admin.get(f"/eventLogs/{FIRST + 5_000_000}").json()
    assert one == {
        "event_log_id": FIRST + 5_000_000,
        "when": "2024-01-01T00:00:05Z",
        "dag_id": None,
        "task_id": None,
        "run_id": None,
        "map_index": None,
        "try_number": None,
        "event": "delete_variable",
        "logical_date": None,
        "owner": "eva",
        "extra": '{"variable_key": "a", "origin": "10.0.0.1"}',
        "dag_display_name": None,
        "task_display_name": None,
    }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/eventLogs/7", 404),
        ("/eventLogs/-7", 404),
        (f"/eventLogs/{2**70}", 404),
        ("/eventLogs/x", 422),
        ("/eventLogs?order_by=map_index", 400),
        ("/eventLogs?before=x", 422),
        ("/eventLogs?limit=-1", 422),
    ],
)
def test_what_can_not_be_found(log, path, status):
    """Each with its status."""
    response = log.admin.get(path)
    assert response.status_code == status
    assert response.json()["detail"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.USER, Role.OP])
def test_it_is_for_admins(web, role):
    """As in Airflow."""
    assert web.client(role).get("/eventLogs").status_code == 403

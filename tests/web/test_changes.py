"""What has changed, as pages that show it are told."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from brisa.model.dag import ImportFailure
from brisa.model.run import RunKey
from brisa.ports.store import Delete, Put
from brisa.services.changes import Changes, Part
from tests.support.builders import chain
from tests.support.site import Site
from tests.web.site import WebSite


@pytest.fixture
def site() -> Site:
    """A home."""
    return Site(chain(1))


@pytest.fixture
def changes(site: Site) -> Changes:
    """Looks once by itself, and then when it is told to."""
    return Changes(site.store, interval=3600)


def test_runs_and_their_dags_are_told(site: Site, changes: Changes) -> None:
    """Those that have changed since the cursor, and no others."""
    before = changes.wait(None, 0)
    assert before.reset
    run = site.trigger()
    changes.look()
    told = changes.wait(before.cursor, 0)
    assert (told.reset, told.runs, told.parts) == (False, (RunKey("d", run.run_id),), frozenset())
    changes.look()
    assert changes.wait(told.cursor, 0).runs == ()
    site.work()
    changes.look()
    assert changes.wait(told.cursor, 0).runs == (RunKey("d", run.run_id),)


def test_a_slow_look_does_not_undo_a_quick_one(site: Site, changes: Changes, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has read before is no change after."""
    has_read, go = threading.Event(), threading.Event()
    runs = site.store.running_runs

    def read() -> Any:
        found = runs()
        if threading.current_thread().name == "changes":  # its own look is the slow one
            has_read.set()
            assert go.wait(20)
        return found

    monkeypatch.setattr(site.store, "running_runs", read)
    first = changes.wait(None, 0)
    assert has_read.wait(20)
    run = site.trigger()
    quick = threading.Thread(target=changes.look)
    quick.start()
    quick.join(0.2)  # it is over by now if it does not wait for the slow one
    go.set()
    quick.join()
    told = changes.wait(first.cursor, 20)
    assert told.runs == (RunKey("d", run.run_id),)
    assert changes.wait(told.cursor, 0.3).runs == ()


def test_files_that_do_not_load_are_told(site: Site, changes: Changes) -> None:
    """When one comes, when it fails for another reason, and when it loads again."""
    cursor = changes.wait(None, 0).cursor
    for write in (
        Put(ImportFailure(file="a.py", message="no")),
        Put(ImportFailure(file="a.py", message="still no")),
        Delete(ImportFailure(file="a.py", message="")),
    ):
        site.store.commit(write)
        changes.look()
        told = changes.wait(cursor, 0)
        assert told.parts == frozenset({Part.IMPORT_ERRORS})
        assert told.dags == ()
        cursor = told.cursor


def test_a_cursor_of_elsewhere_says_nothing(changes: Changes) -> None:
    """Then anything may have changed."""
    assert changes.wait("elsewhere.1", 0).reset


def test_what_somebody_does_is_told() -> None:
    """A Variable is no DAG and no run: that the audit log has an entry tells of it."""
    web = WebSite()
    first = asked(web)
    assert (first["reset"], first["actions"], first["import_errors"]) == (True, False, False)
    assert web.admin.post("/variables", json={"key": "a", "value": "1"}).status_code == 201
    web.backend.changes.look()
    told = asked(web, since=first["cursor"])
    assert (told["reset"], told["actions"], told["import_errors"]) == (False, True, False)
    assert (told["dags"], told["runs"]) == ([], [])


def asked(web: WebSite, **query: Any) -> dict[str, Any]:
    """The API's answer, without waiting."""
    response = web.admin.get("/changes", params={"wait": 0, **query})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found

"""What old things are, and that they go with all that belongs to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from brisa.model.run import RunKey
from brisa.services.audit import Audit
from brisa.services.cleaning import Cleaning
from brisa.services.clearing import Clearing, Selection
from tests.support.builders import dag, task
from tests.support.site import Site


@pytest.fixture
def site() -> Site:
    """A DAG ``d`` with three runs that have ended an hour after each other."""
    site = Site(dag(task("t0")))
    for number in range(3):
        site.trigger(run_id=f"r{number}")
        site.work()
        site.clock.advance(3600)
    return site


def now(site: Site) -> datetime:
    """The site's time."""
    return datetime.fromtimestamp(site.clock.now(), UTC)


def test_runs_that_ended_before(site: Site) -> None:
    """The oldest first; the latest one stays, however old it is."""
    cleaning = Cleaning(site.store, site.deletion)

    assert [run.run_id for run in cleaning.old_runs(now(site))] == ["r0", "r1"]
    assert [run.run_id for run in cleaning.old_runs(now(site) - timedelta(hours=2.5))] == ["r0"]
    assert [run.run_id for run in cleaning.old_runs(now(site), ["other"])] == []


def test_they_go_with_what_belongs_to_them(site: Site) -> None:
    """Twice is as once."""
    cleaning = Cleaning(site.store, site.deletion)
    (first, _) = cleaning.old_runs(now(site))

    assert cleaning.remove_run(first)
    assert cleaning.remove_run(first)
    assert site.store.run(first.key) is None
    assert not site.store.attempts(first.key)


def test_one_that_has_begun_again_stays(site: Site) -> None:
    """It was cleared between the look and the deletion, and runs."""
    cleaning = Cleaning(site.store, site.deletion)
    (first, _) = cleaning.old_runs(now(site))
    Clearing(site.store, site.runs).clear(Selection(dag_id="d", run_ids=("r0",)))

    assert not cleaning.remove_run(first)
    assert site.run(RunKey("d", "r0")).state.value == "running"


def test_entries_of_before(site: Site) -> None:
    """More than one commit's worth of them."""
    audit, cleaning = Audit(site.store, site.clock), Cleaning(site.store, site.deletion)
    for _ in range(230):
        audit.add("post_pool", owner="ana")
        site.clock.advance(1)
    audit.add("delete_pool", owner="ana")

    before = now(site)
    assert cleaning.count_entries(before) == 230
    assert cleaning.remove_entries(before) == 230
    assert [entry.event for entry in site.store.audit_entries(limit=9)] == ["delete_pool"]

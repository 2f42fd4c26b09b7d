"""Which runs asset events make, and what they are told, as the real Airflow did it (tests/oracle/assets.json)."""

from __future__ import annotations

from typing import Any

import pytest

from brisa.model.asset import AssetUpdate
from brisa.model.events import MarkRun
from brisa.model.json import JsonValue
from brisa.model.run import AttemptKey, Outcome
from brisa.model.states import OutcomeKind, RunState
from brisa.services.pausing import set_paused
from tests.engine.oracle import answers
from tests.services.test_asset_events import add, consumer, runs_of
from tests.support.builders import dag, task
from tests.support.site import Site

OURS: dict[str, list[list[int]]] = {
    # Airflow dates a run by when its last asset was first queued, and leaves to the next run what happened since, even
    # the very event that made this one.
    "asset and its own alias": [[0, 1], [2]],
}


@pytest.mark.parametrize("dialect", [2, 3])
@pytest.mark.parametrize("row", answers("assets"), ids=lambda row: row["name"])
def test_asset_events_make_the_runs_that_airflow_makes(row: dict[str, Any], dialect: int) -> None:
    """Conditions, pauses and full DAGs, step by step."""
    limit = row["limit"]
    lasts = {"use": lambda _: Outcome(kind=OutcomeKind.DEFERRED, resume_at=4e9)}
    site = Site(dag(task("make")), lasts if limit else {})
    add(site, consumer("c", row["schedule"], max_active_runs=limit or 16, dialect=dialect))
    for number, step in enumerate(row["steps"].split()):
        site.clock.advance(1)
        if step in ("pause", "unpause"):
            set_paused(site.store, site.clock, "c", step == "pause")
        elif step == "end":
            end(site)
        else:
            happen(site, step, number)
        site.planner.tick()
        handle_all(site)
    found = [sorted(extra_of(site, event_id) for event_id in run.asset_events) for run in runs_of(site, "c")]
    assert found == OURS.get(row["name"], row["runs"])


def happen(site: Site, step: str, number: int) -> None:
    """A task ends that has changed assets."""
    names, _, alias = step.partition("@")
    updates = tuple(
        AssetUpdate(uri=f"s3://bucket/{name}", extra={"n": number}, aliases=(alias,) if alias else ()) for name in names
    )

    def make(_: AttemptKey) -> Outcome:
        return Outcome(kind=OutcomeKind.SUCCESS, assets=updates)

    site.supervisor._plays["make"] = make
    site.trigger(run_id=f"step{number}")
    handle_all(site)


def handle_all(site: Site) -> None:
    """Handle what is due now; time stands still."""
    while messages := site.queue.take(site.clock.now(), limit=1, owner=site.owner):
        site.handle(messages[0])
        site.queue.done(messages[0].name)


def end(site: Site) -> None:
    """What is under way comes to its end."""
    for run in runs_of(site, "c"):
        site.runs.change(run.key, lambda _: [MarkRun(state=RunState.SUCCESS)])


def extra_of(site: Site, event_id: str) -> Any:
    """The step at which an event happened."""
    (stored,) = site.store.asset_events_of([event_id])
    assert stored is not None
    number: JsonValue = stored.record.extra["n"]
    return number

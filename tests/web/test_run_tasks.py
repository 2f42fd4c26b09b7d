"""All tasks of a run in one answer."""

from __future__ import annotations

import pytest

from brisa.model.access import Role
from brisa.model.run import Outcome
from brisa.model.spec import GroupSpec
from brisa.model.states import OutcomeKind
from tests.support.builders import dag, task
from tests.web.site import WebSite

TASKS = "/dags/d/dagRuns/r/tasks"
SUCCESS, FAILED = Outcome(kind=OutcomeKind.SUCCESS), Outcome(kind=OutcomeKind.FAILED, retryable=False)


@pytest.fixture
def web():
    """A run ``r`` of ``a >> g.m (three instances, one of which fails) >> b``."""
    web = WebSite(
        dag(
            task("a", retries=2),
            task("g.m", "a", mapped={"x": 3}, group_id="g"),
            task("b", "g.m"),
            groups=(GroupSpec(group_id="g"),),
        ),
        plays={"g.m": lambda key: FAILED if key.map_index == 1 else SUCCESS},
    )
    web.site.trigger(run_id="r")
    return web


def test_the_tasks_of_a_run(web):
    """Each with its state, or how many of its instances are in which; and what somebody noted."""
    web.site.work()
    web.admin.patch("/dags/d/dagRuns/r/taskInstances/g.m", params={"map_index": 2}, json={"note": "look"})
    answer = web.admin.get(TASKS).json()
    a, m, b = answer["tasks"]
    assert (a["state"], a["counts"], a["try_number"], a["max_tries"], a["group_id"]) == ("success", None, 1, 2, None)
    assert a["start_date"] <= a["end_date"]
    assert (m["state"], m["counts"], m["is_mapped"], m["notes"]) == (None, {"success": 2, "failed": 1}, True, 1)
    assert (m["label"], m["group_id"]) == ("m", "g")
    assert (b["state"], b["start_date"], b["try_number"]) == ("upstream_failed", None, 0)
    assert [group["group_id"] for group in answer["groups"]] == ["g"]


def test_the_tasks_of_a_run_under_way(web):
    """What is not expanded yet has a state of its own; what goes on has no end."""
    a, m, b = web.admin.get(TASKS).json()["tasks"]
    assert (a["state"], a["end_date"]) == ("queued", None)
    assert (m["state"], m["counts"], m["is_mapped"]) == ("none", None, True)
    assert b["state"] == "none"


def test_the_tasks_of_no_run(web):
    """404; and nobody without a token sees any."""
    assert web.admin.get("/dags/d/dagRuns/none/tasks").status_code == 404
    assert web.client(Role.VIEWER).get(TASKS).status_code == 200
    assert web.client().get(TASKS).status_code == 401

"""What DAGs cost, worked by hand from what their runs were."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from brisa.model.run import AttemptKey, Outcome
from brisa.model.states import OutcomeKind
from brisa.services.cost import IDLE, Load, Operations, bill, load_prices
from tests.services.test_asset_events import add
from tests.support.builders import dag, task
from tests.support.site import DAY, SUCCESS
from tests.web.site import WebSite

MONTH = 730 / 24
"""Days of it, as it is billed."""


def cost(web: WebSite, **query: Any) -> dict[str, Any]:
    """What the API answers."""
    response = web.admin.get("/cost", params=query)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def lines(found: dict[str, Any]) -> dict[str, float]:
    """Item → amount of a DAG's bill."""
    return {line["item"]: line["amount"] for line in found["lines"]}


def site(**plays: Any) -> WebSite:
    """A site whose DAG is ``t0 >> t1``, of which each takes three seconds unless told otherwise."""
    web: WebSite = WebSite(plays={"t0": lambda _: works(web), "t1": lambda _: works(web), **plays})
    return web


def works(web: WebSite, seconds: float = 3.0, outcome: Outcome = SUCCESS) -> Outcome:
    """Lets time pass while a task runs."""
    web.clock.advance(seconds)
    return outcome


def run(web: WebSite, times: int = 1) -> None:
    """Makes runs, and works until they have ended."""
    for number in range(times):
        web.site.trigger(
            run_id=f"{web.clock.now()}", logical_date=DAY + timedelta(days=number, seconds=web.clock.now())
        )
        web.site.work()


def test_a_dag_that_has_run_thirty_times_is_worked_by_hand() -> None:
    """Thirty runs in thirty days are one a day: 30.4 in a month of 730 hours; idle costs are not among a DAG's."""
    web = site()
    run(web, 30)
    answer = cost(web)
    (found,) = answer["dags"]
    assert (found["tasks_per_run"], found["seconds_per_task"]) == (2, 3)
    assert found["runs_per_month"] == pytest.approx(MONTH)
    tasks = 2 * MONTH
    by_hand = {
        "run_cpu": tasks * 3.1 + MONTH * 0.2,  # 3.05 s is billed as 3.1
        "run_memory": tasks * 3.1 + MONTH * 0.2 * 0.5,
        "run_requests": tasks + MONTH,
        "queue_operations": 2 * (tasks + MONTH),
        "firestore_reads": tasks + 2 * MONTH,
        "firestore_writes": 3 * tasks + 4 * MONTH,
        "storage_data": tasks * 4 / 1024 / 1024,
        "storage_class_a": tasks,
    }
    assert lines(found) == pytest.approx(by_hand)
    assert found["usd"] == pytest.approx(sum(line["usd"] for line in found["lines"]))
    assert (answer["currency"], answer["region"], answer["total_entries"]) == ("USD", "us-west1 (Oregon)", 1)


def test_it_is_what_the_command_line_foresees() -> None:
    """A bill for the same load, and that of nothing, which is told once."""
    web = site()
    run(web, 30)
    answer = cost(web)
    prices = load_prices()
    load = Load(dags=Decimal(1), runs_per_day=Decimal(1), tasks=Decimal(2), seconds=Decimal(3))
    idle = float(bill(IDLE, Operations(), prices).total)
    assert answer["idle_usd"] == pytest.approx(idle)
    assert answer["idle_usd"] + answer["dags"][0]["usd"] == pytest.approx(float(bill(load, Operations(), prices).total))


def test_a_dag_without_runs_costs_nothing_more() -> None:
    """Nor does one whose runs are all older than thirty days."""
    web = site()
    add(web.site, dag(task("t"), dag_id="empty"))
    run(web)
    web.clock.advance(31 * 86_400)
    for found in cost(web)["dags"]:
        assert (found["runs_per_month"], found["usd"], found["lines"]) == (0, 0, []), found["dag_id"]


def test_tries_count_and_what_has_nothing_to_run_does_not() -> None:
    """A task that fails once calls a worker twice; an empty one none."""
    web: WebSite = WebSite(
        dag(task("t0", retries=1), task("t1", "t0", empty=True)),
        plays={
            "t0": lambda key: works(
                web, 2.0, SUCCESS if key.try_number == 2 else Outcome(kind=OutcomeKind.FAILED, error="no")
            )
        },
    )
    run(web)
    (found,) = cost(web)["dags"]
    assert (found["tasks_per_run"], found["seconds_per_task"]) == (2, 2)


def test_a_sensor_costs_its_looks_and_not_the_time_between() -> None:
    """An hour of waiting with a look each twenty minutes is four looks."""

    def look(key: AttemptKey) -> Outcome:
        if key.seq == 3:
            return SUCCESS
        return Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=web.clock.now() + 1200)

    web = site(t1=look)
    run(web)
    (found,) = cost(web)["dags"]
    assert found["tasks_per_run"] == 5
    assert found["seconds_per_task"] == pytest.approx((3 + 4 * 0.5) / 5)


def test_a_task_that_still_runs_does_not_make_the_others_quicker() -> None:
    """How long tasks take is told by those that have ended."""
    web = site()
    run(web)
    web.site.trigger(run_id="under way", logical_date=DAY)
    web.site.handle(web.site.take())
    (found,) = cost(web)["dags"]
    assert (found["tasks_per_run"], found["seconds_per_task"]) == (2, 3)


def test_pages() -> None:
    """By id, as many as asked for; what it costs to do nothing is told on each."""
    web = site()
    for name in ("c", "a", "b"):
        add(web.site, dag(task("t"), dag_id=name))
    first, second = cost(web, limit=2), cost(web, limit=2, offset=2)
    assert [one["dag_id"] for one in (*first["dags"], *second["dags"])] == ["a", "b", "c", "d"]
    assert first["total_entries"] == second["total_entries"] == 4
    assert first["idle_usd"] == second["idle_usd"] > 0

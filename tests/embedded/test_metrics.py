"""A standalone process whose metrics Prometheus asks for, after a run that succeeded and one that failed."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.documents import DOCS, typed
from tests.support.program import Home, Standalone
from tests.support.waiting import until

DAGS = """
from brisa import DAG, task

for dag_id in ("good", "bad"):
    with DAG(dag_id, schedule=None):

        @task
        def work(name):
            if name == "bad":
                raise ValueError("no good")

        work(dag_id)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """With two DAGs, and a file that does not load."""
    made = Home(tmp_path / "home")
    made.write("both.py", DAGS)
    made.write("broken.py", "from airflow import DAG\nraise ValueError('not now')\n")
    return made


def asked(running: Standalone, **headers: str) -> httpx2.Response:
    """What /metrics answers."""
    running.wait_for("API http")
    (url,) = re.findall(r"API (\S+)", running.text())
    return httpx2.get(f"{url}/metrics", headers=headers, timeout=30)


def sums(page: str) -> dict[tuple[str, ...], float]:
    """(name, values of its labels in the order of their names) → value, of counters and of how often was measured."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name.endswith(("_total", "_count"))
    }


def test_what_prometheus_finds(home: Home) -> None:
    """By the page's commands, with their token: runs and tasks, how long, files that do not load, what it has cost."""
    begin, make_user, make_token = typed((DOCS / "how-to" / "observe.md").read_text("utf-8"))
    assert begin == ["standalone", "--metrics"]
    assert make_token[-2:] == [">", "brisa.token"]
    with home.standalone(*begin[1:], "--unpaused") as running:
        for dag_id in ("good", "bad"):
            home.call("dags", "trigger", dag_id, "-r", "mine")
        until(lambda: [home.states(one) for one in ("good", "bad")] == [["success"], ["failed"]], what="both ends")
        assert asked(running).status_code == 401
        assert home.call(*make_user).returncode == 0
        token = home.call(*make_token[:-2]).stdout.strip()
        answer = asked(running, Authorization=f"Bearer {token}")
        text = running.text()

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    found = sums(answer.text)
    for kind in ("dag_run", "task_instance"):
        assert found[f"brisa_{kind}_ended_total", "good", "success"] == 1
        assert found[f"brisa_{kind}_ended_total", "bad", "failed"] == 1
        assert found[f"brisa_{kind}_duration_seconds_count", "bad", "failed"] == 1
    assert found["brisa_task_instance_queue_delay_seconds_count", "good"] == 1
    assert found["brisa_planner_tick_duration_seconds_count",] >= 1
    assert found["brisa_dag_file_failed_total", "broken.py"] == 1
    assert found["brisa_store_operations_total", "writes"] > 0
    assert "mine" not in answer.text, "runs are no labels: there are ever more of them"

    assert "ERROR does not load: broken.py:2: ValueError: not now" in text
    assert "ERROR task work of run mine of DAG bad, try 1 has failed: ValueError: no good" in text
    assert re.search(r"ERROR run mine of DAG bad has failed after \d+\.\d s; failed tasks: work", text)


def test_without_being_asked_to(home: Home) -> None:
    """Nothing is kept, and it says how to have it kept."""
    with home.standalone() as running:
        running.wait_for("log in as admin")
        token = home.call("api-token").stdout.strip()
        answer = asked(running, Authorization=f"Bearer {token}")
    assert answer.status_code == 404
    assert "--metrics" in answer.json()["detail"]

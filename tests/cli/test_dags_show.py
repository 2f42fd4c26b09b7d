"""``brisa dags show`` and ``brisa tasks list``: what a DAG is, without running it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.support.program import called

SALES = """
from datetime import datetime
from brisa import DAG, Label, TaskGroup, task
from brisa.operators.bash import BashOperator
from brisa.operators.empty import EmptyOperator

with DAG(
    "sales",
    description="Weekly sales",
    schedule="@weekly",
    start_date=datetime(2024, 1, 1),
    tags=["shop"],
    default_args={"owner": "ana", "retries": 2},
    params={"city": "Lima"},
):
    open("/should/not/run", "w") if False else None
    fetch = BashOperator(task_id="fetch", bash_command="exit 1")
    with TaskGroup("clean") as clean:
        dates = EmptyOperator(task_id="dates")
        with TaskGroup("names"):
            first = EmptyOperator(task_id="first")
            last = EmptyOperator(task_id="last")
            first >> last
    publish = EmptyOperator(task_id="publish", trigger_rule="none_failed")
    fetch >> Label("if there are any") >> dates
    fetch >> first
    clean >> publish
"""

DRAWN = """\
sales  @weekly  from 2024-01-01  tags shop  owner ana
Weekly sales
├─ fetch  BashOperator  → clean.dates (if there are any), clean.names.first
├─ clean
│  ├─ dates  EmptyOperator  → publish
│  └─ names
│     ├─ first  EmptyOperator  → clean.names.last
│     └─ last  EmptyOperator  → publish
└─ publish  EmptyOperator  [none_failed]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The DAG file of sales."""
    file = tmp_path / "sales.py"
    file.write_text(SALES, "utf-8")
    return file


def test_people_see_a_tree(file: Path):
    """Groups, labels, trigger rules and what follows what are drawn as text."""
    done = called("dags", "show", "sales", "-f", file)

    assert (done.stdout, done.stderr, done.returncode) == (DRAWN, "", 0)


def test_programs_get_the_structure(file: Path):
    """JSON holds tasks in topological order, edges, labels and groups; nothing is run."""
    done = called("dags", "show", "sales", "-f", file, "-o", "json")

    told = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert told["tasks"] == ["fetch", "clean.dates", "clean.names.first", "clean.names.last", "publish"]
    assert ["fetch", "clean.dates"] in told["edges"]
    assert told["labels"] == [["fetch", "clean.dates", "if there are any"]]
    assert told["groups"] == [
        {"group_id": "clean", "parent": None},
        {"group_id": "clean.names", "parent": "clean"},
    ]
    assert told["params"] == {"city": "Lima"}
    assert told["task_details"]["publish"]["trigger_rule"] == "none_failed"
    assert told["task_details"]["fetch"] == {
        "operator": "BashOperator",
        "trigger_rule": "all_success",
        "retries": 2,
        "group_id": None,
        "owner": "ana",
    }
    assert (told["schedule"], told["start_date"]) == ("@weekly", "2024-01-01T00:00:00+00:00")


def test_yaml_and_plain_say_the_same(file: Path):
    """YAML is the JSON; plain is a line per task."""
    loaded = yaml.safe_load(called("dags", "show", "sales", "-f", file, "-o", "yaml").stdout)
    plain = called("dags", "show", "sales", "-f", file, "-o", "plain").stdout.splitlines()

    assert [line.split("\t")[0] for line in plain] == loaded["tasks"]
    assert plain[0] == "fetch\tBashOperator\tall_success\t\tclean.dates, clean.names.first"


@pytest.mark.parametrize("output", ["table", "json", "yaml", "plain"])
def test_tasks_are_listed_in_topological_order(output: str, file: Path):
    """``tasks list`` gives ids, operators and owners."""
    done = called("tasks", "list", "sales", "-f", file, "-o", output)

    places = [done.stdout.index(task) for task in ("fetch", "clean.dates", "clean.names.first", "publish")]
    assert places == sorted(places)
    assert done.stdout.count("ana") == 5


def test_mapped_tasks_are_marked(tmp_path: Path) -> None:
    """The drawing tells which tasks have instances."""
    file = tmp_path / "shops.py"
    file.write_text(
        "from brisa import DAG, task\n"
        "with DAG('shops', schedule=None):\n"
        "    @task\n"
        "    def visit(shop): ...\n"
        "    @task\n"
        "    def close(): ...\n"
        "    visit.expand(shop=[1, 2]) >> close()\n",
        "utf-8",
    )
    drawn = called("dags", "show", "shops", "-f", file).stdout
    assert "├─ visit  @task  [mapped]  → close\n" in drawn
    assert "└─ close  @task\n" in drawn

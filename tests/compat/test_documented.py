"""What the documents say of Airflow's names and meanings is so."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from brisa.compat.table import VERSIONS
from brisa.runtime.loader import load_file
from tests.support.airflow_names import COMMAND, PAGE, renewed
from tests.support.trials import run_dag

FROM_AIRFLOW = PAGE.read_text("utf-8")


def test_the_documented_imports_are_those_of_the_table() -> None:
    """Every import path that the page says works is in the table of names, and the other way round."""
    assert renewed(FROM_AIRFLOW) == FROM_AIRFLOW, f"the names have changed; run: {COMMAND}"


def test_the_versions_are_documented() -> None:
    """The page says which versions a file is told."""
    assert all(f"`{version}`" in FROM_AIRFLOW for version in VERSIONS.values())


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("@task.docker\n    def f(): ...", "apache-airflow-providers-docker"),
        ("@task.pyspark\n    def f(): ...", "apache-airflow-providers-apache-spark"),
        ("from airflow.providers.docker.operators.docker import DockerOperator", "no module"),
    ],
)
def test_what_comes_later_is_an_error_with_its_place(tmp_path: Path, line: str, told: str) -> None:
    """The page's first list: the file does not load, and the message has file and line."""
    file = tmp_path / "later.py"
    file.write_text(f"from brisa import DAG, task\nwith DAG('later'):\n    {line}\n", "utf-8")
    [failure] = load_file(tmp_path, file.name).failures

    assert failure.message.startswith("later.py:3")
    assert told in failure.message


def test_what_has_no_effect_yet_is_accepted(tmp_path: Path) -> None:
    """The page's second list: such a DAG loads and runs as if nothing of it were there."""
    file = tmp_path / "kept.py"
    file.write_text(
        "from brisa import DAG, task\n"
        "with DAG('kept', max_active_tasks=1):\n"
        "    @task(pool='nowhere', pool_slots=9, priority_weight=3, depends_on_past=True, wait_for_downstream=True,\n"
        "          run_as_user='nobody', queue='other', max_active_tis_per_dag=1)\n"
        "    def do(): ...\n"
        "    do()\n",
        "utf-8",
    )

    assert run_dag(file, "kept").states == {"do": "success"}


@pytest.mark.parametrize(
    ("imports", "interval", "branch"),
    [
        ("from airflow import DAG\nfrom airflow.decorators import task", "2024-05-01 2024-05-02", True),
        ("from airflow.sdk import DAG, task", "2024-05-02 2024-05-02", False),
        ("from brisa import DAG, task", "2024-05-01 2024-05-02", False),
    ],
    ids=["airflow 2", "airflow 3", "brisa"],
)
def test_the_dialects_differ_as_their_table_says(tmp_path: Path, imports: str, interval: str, branch: bool) -> None:
    """A manual run at midnight: its data interval, and whether a branch that skips leaves its choice as XCom."""
    file = tmp_path / "spoken.py"
    file.write_text(
        f"{imports}\n"
        "import datetime\n"
        "with DAG('spoken', schedule='@daily', start_date=datetime.datetime(2024, 1, 1)):\n"
        "    @task.branch\n"
        "    def choose():\n"
        "        return 'tell'\n"
        "    @task\n"
        "    def tell(data_interval_start=None, data_interval_end=None):\n"
        "        return f'{data_interval_start:%Y-%m-%d} {data_interval_end:%Y-%m-%d}'\n"
        "    @task\n"
        "    def other(): ...\n"
        "    choose() >> [tell(), other()]\n",
        "utf-8",
    )
    tried = run_dag(file, "spoken", datetime(2024, 5, 2, tzinfo=UTC))

    assert tried.xcoms["tell"]["return_value"] == interval
    assert ("choose" in tried.xcoms) == branch

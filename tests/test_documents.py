"""The examples that the documents show run, and do what the documents say."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from brisa.operators.google import bigquery, gcs, hooks, transfers
from brisa.operators.google.clients import bigquery_client, storage_client
from brisa.runtime.loader import load_file
from tests.emulators.local_cloud import local_cloud
from tests.support.documents import DOCS, ROOT, dag_example, example, typed
from tests.support.program import Home, called
from tests.support.trials import run_dag
from tests.support.waiting import until

GOOGLE = DOCS / "how-to" / "use-gcs-and-bigquery.md"


def test_the_readme_example_runs(tmp_path: Path) -> None:
    """The bash task hands its output to the Python task, which counts its words."""
    tried = run_dag(example(ROOT / "README.md", tmp_path), "hello")
    assert tried.states == {"fetch": "success", "count": "success"}
    assert tried.xcoms == {"fetch": {"return_value": "data of 2024-01-01"}, "count": {"return_value": 3}}


def test_the_tutorial_runs(tmp_path: Path) -> None:
    """The tutorial's two tasks run in the order of their call, and its way to break them breaks them."""
    file = example(DOCS / "tutorial" / "first-dag.md", tmp_path)
    tried = run_dag(file, "hello")
    assert tried.xcoms == {"name": {"return_value": "world"}}
    assert "hello, world" in tried.logs["greet"]

    file.write_text(file.read_text("utf-8").replace('return "world"', 'raise ValueError("no")'), "utf-8")
    assert run_dag(file, "hello").states == {"name": "failed", "greet": "upstream_failed"}


def test_the_long_task_runs_where_there_are_no_jobs(tmp_path: Path) -> None:
    """The page's example is a task like any other, embedded; where there are jobs it asks for the one that fits."""
    file = example(DOCS / "how-to" / "run-long-tasks.md", tmp_path)
    tried = run_dag(file, "training")
    assert tried.states == {"train": "success"}


def test_the_readme_shows_the_pipeline_as_it_is() -> None:
    """The task table of `make run` has tasks of the pipeline, each with its operator, in their order."""
    folder = ROOT / "pipelines" / "elevate_marketing"
    [spec] = load_file(folder, "elevate_marketing.py").specs
    tasks = [(task.task_id, task.operator) for task in spec.tasks]
    rows = re.findall(
        r"^([\w.]+) +(@?[\w.]+) +(?:success|skipped) ", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE
    )

    assert len(rows) > 3
    assert rows == [task for task in tasks if task in rows]


@pytest.mark.parametrize("page", [ROOT / "README.md", DOCS / "tutorial" / "first-dag.md"], ids=lambda page: page.name)
def test_the_commands_beside_an_example_work(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command that a page shows with its ``hello.py`` ends well."""
    example(page, tmp_path)
    monkeypatch.chdir(tmp_path)
    commands = [command for command in typed(page.read_text("utf-8")) if command != ["standalone"]]

    assert commands
    for command in commands:
        done = Home(tmp_path / "home").call(*command)
        assert done.returncode == 0, (command, done.stderr)


def test_the_page_on_one_machine_is_a_session_that_works(tmp_path: Path) -> None:
    """The commands of the page, typed in its order beside a running ``standalone``, do what it says."""
    page = DOCS / "how-to" / "run-on-one-machine.md"
    home = Home(tmp_path / "home")
    home.write("sales.py", dag_example(page))
    printed: dict[str, str] = {}

    with home.standalone():
        for command in typed(page.read_text("utf-8")):
            if command[0] != "standalone":
                done = home.call(*command)
                assert done.returncode == 0, (command, done.stderr)
                printed[" ".join(command)] = done.stdout
            if command[:2] == ["dags", "unpause"]:
                until(lambda: home.states("sales") == ["success"], what="the run of the last complete day")

    assert "sales" in printed["dags list"]
    assert printed["dags list-import-errors"] == "Every DAG file loads.\n"
    assert "scheduled__" in printed["dags list-runs sales"]
    assert "2024-05-01: 42" in printed["tasks logs sales by-hand report --follow"]
    assert printed["dags state sales by-hand"] in ("running\n", "success\n")
    assert printed["dags state sales later"] == "queued\n"


def test_the_example_of_the_http_api_works(tmp_path: Path) -> None:
    """Airflow's client gets in with the printed password, at the address that is printed."""
    page = (DOCS / "how-to" / "use-the-http-api.md").read_text("utf-8")
    home = Home(tmp_path / "home")
    with home.standalone() as running:
        running.wait_for("log in as admin")
        (url,) = re.findall(r"API (http\S+)", running.text())
        (code,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        code = code.replace("http://127.0.0.1:8080", url).replace('Path.home() / "brisa"', f"Path({str(home.path)!r})")
        with redirect_stdout(io.StringIO()) as printed:
            exec(code, {})
    assert printed.getvalue() == "default_pool -1\n"


def test_the_example_of_profiles_is_one(tmp_path: Path) -> None:
    """Each profile of the page is read as it says."""
    page = (DOCS / "how-to" / "set-the-command-line-up.md").read_text("utf-8")
    (text,) = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    file = tmp_path / "brisa" / "profiles.toml"
    file.parent.mkdir()
    file.write_text(text.replace("http://lab.example.com:8080", "http://127.0.0.1:1"), "utf-8")
    file.chmod(0o600)

    other = called("pools", "list", "--profile", "other", XDG_CONFIG_HOME=str(tmp_path))
    cut = called("pools", "list", "--profile", "lab", XDG_CONFIG_HOME=str(tmp_path))
    lab = called("pools", "list", "--profile", "lab", "--token", "x", XDG_CONFIG_HOME=str(tmp_path))

    assert other.stderr.startswith(f"Error: there is no profile 'other' in {file}")
    assert "that is no token" in cut.stderr  # the page does not show all of it
    assert "nobody answers at http://127.0.0.1:1" in lab.stderr


def test_the_google_example_loads(tmp_path: Path) -> None:
    """It is a DAG as the page describes it, without any SDK, credentials or emulator."""
    loaded = load_file(tmp_path, example(GOOGLE, tmp_path).name)

    assert not loaded.failures
    [spec] = loaded.specs
    assert [task.task_id for task in spec.tasks][2:] == ["load", "check", "export"]


@pytest.mark.slow
@pytest.mark.bigquery
def test_the_google_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the emulators, the file that is there is waited for, loaded, checked and exported."""
    for name, value in local_cloud()[1].items():
        monkeypatch.setenv(name, value)
    with storage_client() as client:
        bucket = client.create_bucket("documented-orders")
        bucket.blob("orders/2024-01-01.csv").upload_from_string("id,amount\n1,2.50\n2,4.00\n")
        tried = run_dag(example(GOOGLE, tmp_path), "orders", bucket=bucket.name)
        assert set(tried.states.values()) == {"success"}, tried.logs
        assert bucket.blob("checked/2024-01-01.csv").download_as_text().count("\n") == 3
    with bigquery_client() as client:
        client.delete_dataset("shop", delete_contents=True)


def test_a_trial_takes_no_time_as_its_page_says(tmp_path: Path) -> None:
    """Three hours until a retry, and ten minutes of looks, pass at once; the durations are those of brisa's clock."""
    file = tmp_path / "slow.py"
    file.write_text(
        "from datetime import timedelta\n"
        "from brisa import DAG, task\n"
        "with DAG('slow'):\n"
        "    @task(retries=1, retry_delay=timedelta(hours=3))\n"
        "    def again(ti=None):\n"
        "        if ti.try_number == 1:\n"
        "            raise ValueError('once')\n"
        "    @task.sensor(timeout=600, poke_interval=60)\n"
        "    def never():\n"
        "        return False\n"
        "    again() >> never()\n",
        "utf-8",
    )
    tried = run_dag(file, "slow")

    assert tried.states == {"again": "success", "never": "failed"}
    assert "run duration of 6" in tried.logs["never"]


def test_every_google_operator_is_documented() -> None:
    """The page's table has the operators, sensors and hooks of the four modules, each in its row."""
    rows = dict(
        re.findall(r"^\| `(brisa\.operators\.google\.\w+)` \| (.*) \|$", GOOGLE.read_text("utf-8"), re.MULTILINE)
    )
    for module in (bigquery, gcs, hooks, transfers):
        assert set(re.findall(r"`(\w+)`", rows[module.__name__])) == set(module.__all__)

"""The functions' source: the same bytes for the same files, and all that a function needs to start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from brisa.emulators import functions, project
from brisa.emulators.local_cloud import LocalCloud
from brisa.emulators.ports import choose, is_free
from tests.infra.commands import ROOT
from tests.infra.heavy import heavy
from tests.support.waiting import until

BUILD = ROOT / "infra" / "build_source.py"
NAMES = ("planner", "worker", "events", "api")
DAG = """
from brisa import DAG, task

with DAG("shipped", schedule=None):
    @task
    def where():
        import brisa
        return brisa.__file__
    where()
"""


def build(output: Path, *arguments: str) -> str:
    """Make the source in a folder; what was printed."""
    command = [sys.executable, "-I", str(BUILD), "--output", str(output), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def names(archive: Path) -> list[str]:
    """What is in a zip."""
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def test_the_same_files_make_the_same_bytes(tmp_path: Path) -> None:
    """Wherever and whenever it is built; a line of a DAG file more makes other ones."""
    dags = tmp_path / "dags"
    dags.mkdir()
    (dags / "shipped.py").write_text(DAG, "utf-8")
    first = build(tmp_path / "one", "--dags", str(dags))
    os.utime(dags / "shipped.py", (1, 1))
    again = build(tmp_path / "two", "--dags", str(dags))
    (dags / "shipped.py").write_text(f"{DAG}\n", "utf-8")
    changed = build(tmp_path / "three", "--dags", str(dags))

    def hashes(printed: str) -> list[str]:
        return [line.split()[1] for line in printed.splitlines()]

    assert hashes(first) == hashes(again)
    assert not set(hashes(first)) & set(hashes(changed))


def test_a_bundle_has_what_a_function_needs_and_no_more(tmp_path: Path) -> None:
    """The entry point, the package with its data, DAG files and the lock; no stand-ins, tests, or compiled files."""
    build(tmp_path)
    for name in NAMES:
        found = names(tmp_path / f"{name}.zip")
        assert {"main.py", "requirements.txt", "brisa/__init__.py", "dags/demo.py", "dags/.airflowignore"} <= set(found)
        assert "brisa/adapters/firestore/indexes.json" in found
        assert not [path for path in found if "__pycache__" in path or path.startswith(("brisa/emulators", "tests"))]
        assert found == sorted(found)
        assert (tmp_path / name / "main.py").read_bytes() == (ROOT / "functions" / name / "main.py").read_bytes()
        lock = (ROOT / "infra" / "locks" / "runtime.txt").read_bytes()
        assert (tmp_path / name / "requirements.txt").read_bytes() == lock
        for folder in (path for path in (tmp_path / name).rglob("*") if path.is_file()):
            assert folder.relative_to(tmp_path / name).as_posix() in found


def test_a_lock_that_is_not_there_is_told(tmp_path: Path) -> None:
    """In one line, with status 2."""
    command = [sys.executable, str(BUILD), "--output", str(tmp_path), "--lock", str(tmp_path / "no.txt")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, f"Error: {tmp_path / 'no.txt'} is not there\n")


# --- started, with only what the bundle says ------------------------------------------------------------------


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the bundle's lock, and nothing else."""
    folder = tmp_path_factory.mktemp("empty") / "environment"
    lock = ROOT / "infra" / "locks" / "runtime.txt"
    make = [str(ROOT / "infra" / "dev" / "make_venv.sh"), sys.executable, str(folder), str(lock)]
    done = subprocess.run(make, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "bin" / "python"


@contextmanager
def served(python: Path, source: Path, name: str, port: int, environment: Mapping[str, str]) -> Iterator[None]:
    """A function, as the framework serves it from its bundle; its log is shown if it does not answer."""
    log = source / f"{name}.log"
    command = [str(python), "-m", "functions_framework", "--source", "main.py", "--target", name]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port), "--signature-type", "http"],
            cwd=source / name,
            env={"PATH": os.environ["PATH"], **environment},
            stdout=out,
            stderr=out,
        )
        try:
            until(lambda: process.poll() is not None or not is_free(port), what=name, seconds=60)
            assert process.poll() is None, log.read_text("utf-8")[-3000:]
            yield
        finally:
            process.terminate()
            process.wait(30)


def ask(url: str, token: str = "", body: Any = None, method: str = "GET") -> tuple[int, str]:
    """Status and text of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.status, response.read().decode()


@heavy
@pytest.mark.slow
@pytest.mark.firestore
@pytest.mark.timeout(600)
def test_all_four_start_from_an_empty_environment_and_run_a_dag(python: Path, tmp_path: Path) -> None:
    """Beside the stand-ins: each says that it is well; a run that the api triggers is run by the worker, whose brisa is
    the bundle's; a tick and an event are taken; what nobody has signed is refused."""
    source = tmp_path / "source"
    build(source)
    with LocalCloud(tmp_path / "home", bigquery=False) as cloud:
        site = cloud.site
        ports = choose(NAMES, {})
        urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        told = {"BRISA_WORKER_URL": urls["worker"], "BRISA_PLANNER_URL": urls["planner"]}

        def one(name: str) -> AbstractContextManager[None]:
            environment = {**functions.environment(name, site), **told, "BRISA_AUDIENCE": urls[name]}
            return served(python, source, name, ports[name], environment)

        with one("planner"), one("worker"), one("events"), one("api"):
            for name in NAMES:
                assert ask(f"{urls[name]}/health") == (200, "ok")
            tick = ask(urls["planner"], cloud.token(project.SCHEDULER, urls["planner"]), method="POST")
            assert json.loads(tick[1]) == {"dags": 0, "runs": 0, "handed_on": 0}
            register(site, tmp_path / "dags", urls["api"], cloud.token(project.DEVELOPER, urls["api"]))
            token = cloud.token(project.DEVELOPER, urls["api"])
            runs = f"{urls['api']}/api/v2/dags/shipped/dagRuns"
            ask(f"{urls['api']}/api/v2/dags/shipped", token, {"is_paused": False}, "PATCH")
            ask(runs, token, {"dag_run_id": "first", "logical_date": None}, "POST")

            def state() -> str:
                return str(json.loads(ask(f"{runs}/first", token)[1])["state"])

            until(lambda: state() in ("success", "failed"), what="the run", seconds=60)
            assert state() == "success"
            xcom = json.loads(ask(f"{runs}/first/taskInstances/where/xcomEntries/return_value", token)[1])
            assert Path(xcom["value"]).is_relative_to(source / "worker")
            with pytest.raises(urllib.error.HTTPError, match="401"):
                ask(urls["worker"], "x.y.z", {}, "POST")


def register(site: Any, dags: Path, api: str, token: str) -> None:
    """What the build does with DAG files: upload them, and wait until their versions are there."""
    dags.mkdir()
    (dags / "shipped.py").write_text(DAG, "utf-8")
    location = f"gs://{project.DAGS_BUCKET}/{project.DAGS_PREFIX.rstrip('/')}"
    command = [sys.executable, str(ROOT / "infra" / "register.py"), "--location", location, "--api", api]
    done = subprocess.run(
        [*command, "--dags", str(dags), "--patience", "60"],
        env={**os.environ, **functions.clients(site), "BRISA_TOKEN": token},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("registered: shipped\n")

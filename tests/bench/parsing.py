"""How quickly DAG files are loaded, beside Airflow on the very same files."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from brisa.bootstrap import PRELOAD
from brisa.compat.table import VERSIONS
from brisa.model.codec import decode
from brisa.model.spec import DagSpec
from brisa.runtime.supervisor import Supervisor

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
AIRFLOW = ROOT / "build" / f"airflow-{VERSIONS[2]}" / "bin" / "python"
FILES = 200
TASKS = 50
ROUNDS = 3


@contextmanager
def folder_of(count: int) -> Iterator[Path]:
    """A folder with so many copies of the file of 50 tasks, each with a DAG id of its own."""
    text = (HERE / "fifty_tasks.py").read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            name = f"fifty_tasks_{number:03}"
            Path(folder, f"{name}.py").write_text(text.replace('"fifty_tasks"', f'"{name}"'), "utf-8")
        yield Path(folder)


def file() -> dict[str, float]:
    """What the registry waits for when a file is new: a process for it, its import, its specs on this side."""
    times = []
    with folder_of(25) as folder:
        supervisor = Supervisor(folder, preload=PRELOAD)
        try:
            supervisor.start()
            for path in sorted(folder.iterdir()):
                begun = time.perf_counter()
                loaded = supervisor.load(path.name, "")
                specs = [decode(DagSpec, spec) for spec in loaded["specs"]]
                times.append(time.perf_counter() - begun)
                assert [len(spec.tasks) for spec in specs] == [TASKS], loaded["failures"]
        finally:
            supervisor.close()
    return {"parse_file_ms": statistics.median(times) * 1000}


def folder() -> dict[str, float]:
    """A folder in one process: ours, and the peer's if it is here. In turn, since the machine has better moments."""
    ours, theirs = [], []
    peer = AIRFLOW.exists()
    if not peer:
        print(f"parse_vs_airflow is left out: there is no Airflow {VERSIONS[2]} here; `make conformance` installs it.")
    for _ in range(ROUNDS):
        with folder_of(FILES) as files, tempfile.TemporaryDirectory() as home:
            ours.append(_seconds([sys.executable, "-m", "tests.bench.load_folder", str(files)], os.environ, ROOT))
            if peer:
                theirs.append(_seconds([str(AIRFLOW), str(HERE / "dagbag.py"), str(files)], _airflow(home), home))
    seconds = statistics.median(ours)
    figures = {"parse_folder_s": seconds}
    if theirs:
        figures["parse_folder_airflow_s"] = statistics.median(theirs)
        figures["parse_vs_airflow"] = seconds / figures["parse_folder_airflow_s"]
    return figures


def _seconds(command: list[str], environment: Mapping[str, str], home: str | Path) -> float:
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seconds, dags, tasks = json.loads(done.stdout.splitlines()[-1])
    assert (dags, tasks) == (FILES, FILES * TASKS)
    return float(seconds)


def _airflow(home: str) -> dict[str, str]:
    """The environment of the peer: a home that is gone afterwards, and nothing of whoever runs this."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "BRISA", "PYTHON"))}
    return kept | {
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }

"""The main job survives its orchestrator: ten kill -9 in one run, and each BigQuery load is done once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from brisa.bootstrap import open_state, set_paused
from brisa.emulators import Emulators
from brisa.model.run import Run, RunKey
from tests.support.trials import PIPELINES
from tests.support.waiting import within

pytestmark = [pytest.mark.slow, pytest.mark.bigquery, pytest.mark.timeout(600)]

FOLDER = PIPELINES / "elevate_marketing"
KILLS = 10


@contextmanager
def standalone(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``brisa standalone``, which finds the emulators in its environment; killed with SIGKILL in the end."""
    options = ["--home", str(home), "--dags-folder", str(FOLDER), "--port", "0"]
    command = [sys.executable, "-m", "brisa", "standalone", *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def test_ten_kills_and_each_load_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed at ten random moments and started again, the run ends in success; no job was sent to BigQuery twice."""
    seed = int.from_bytes(os.urandom(4))
    chance = random.Random(seed)
    home = tmp_path / "home"
    emulators = Emulators(home)
    for name, value in emulators.start().items():
        monkeypatch.setenv(name, value)
    try:
        upload(tmp_path / "exports")
        keys = [trigger(home, "killed-0")]
        for _ in range(KILLS):
            with standalone(home):
                ended = ended_within(home, keys[-1], chance.uniform(0.3, 2.0))
            if ended:  # on a quick machine ten kills take more than one run
                keys.append(trigger(home, f"killed-{len(keys)}"))
        with standalone(home):
            keys = all_runs(home)  # unpausing has made one, for the last complete month
            for key in keys:
                assert ended_within(home, key, 240), f"the run has not ended (seed {seed})"
        check(home, keys, seed)
    finally:
        emulators.stop()


def upload(folder: Path) -> None:
    """Make the exports and put them into the bucket."""
    from brisa.operators.google.clients import storage_client

    subprocess.run([sys.executable, str(FOLDER / "generate.py"), str(folder)], check=True, stdout=subprocess.DEVNULL)
    with storage_client() as client:
        bucket = client.create_bucket("elevate-landing")
        for file in sorted(folder.glob("*.csv")):
            bucket.blob(file.name).upload_from_filename(str(file))


def trigger(home: Path, run_id: str) -> RunKey:
    """Load the DAG and make a run, before anything runs it."""
    from brisa.bootstrap import refresh

    with open_state(home) as state:
        refresh(state, FOLDER)
        run = state.runs.trigger("elevate_marketing", run_id=run_id)
        set_paused(state, "elevate_marketing", False)
        return run.key


def all_runs(home: Path) -> list[RunKey]:
    """Every run of the DAG."""
    with open_state(home) as state:
        return [stored.record.key for stored in state.store.runs("elevate_marketing")]


def ended_within(home: Path, key: RunKey, seconds: float) -> bool:
    """Whether the run has ended after so many seconds, or earlier."""
    with open_state(home) as state:
        return within(lambda: stored_run(state.store.run(key)).state.terminal, seconds)


def stored_run(stored: object) -> Run:
    """The run of a stored record that must be there."""
    record = getattr(stored, "record", None)
    assert isinstance(record, Run)
    return record


def check(home: Path, keys: list[RunKey], seed: int) -> None:
    """Success, in the first try everywhere, with one load job per file and no query that ran twice."""
    from brisa.operators.google.clients import bigquery_client

    with open_state(home) as state:
        for key in keys:
            run = stored_run(state.store.run(key))
            assert run.state.value == "success", f"seed {seed}: {[(t, i.state.value) for t, i in run.tasks.items()]}"
        attempts = [stored.record for key in keys for stored in state.store.attempts(key)]
        errors = {str(one.key): one.outcome.error for one in attempts if one.outcome is not None and one.outcome.error}
        assert not errors, f"seed {seed}: a kill cost a try"
    with bigquery_client() as client:
        jobs = list(client.list_jobs(all_users=True))
    loads = Counter(job.destination.table_id for job in jobs if job.job_type == "load")
    assert loads == dict.fromkeys(("crudo_facebook", "crudo_google", "crudo_youtube"), len(keys)), f"seed {seed}"
    queries = Counter(job.query for job in jobs if job.job_type == "query")
    assert queries, "the pipeline's queries are not listed"
    assert set(queries.values()) == {len(keys)}, f"seed {seed}: {queries}"

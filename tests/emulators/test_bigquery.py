"""The BigQuery emulator's own process: what it adds to local-bigquery."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from brisa.emulators import Emulators
from brisa.emulators.bigquery_server import forget_unfinished, provide_extensions
from brisa.emulators.record import load
from brisa.operators.google.clients import bigquery_client, storage_client
from tests.support.waiting import until


def test_unfinished_jobs_are_forgotten_and_done_ones_kept(tmp_path):
    """Jobs that were running when the emulator was killed are forgotten: submitting them again is possible."""
    with duckdb.connect(str(tmp_path / "emulator.duckdb")) as connection:
        connection.execute("CREATE TABLE jobs (job_id VARCHAR, state VARCHAR)")
        connection.execute("INSERT INTO jobs VALUES ('a', 'DONE'), ('b', 'RUNNING'), ('c', 'PENDING')")
    forget_unfinished(tmp_path)
    with duckdb.connect(str(tmp_path / "emulator.duckdb")) as connection:
        assert connection.execute("SELECT job_id FROM jobs").fetchall() == [("a",)]


def test_an_empty_data_folder_has_no_jobs_to_forget(tmp_path):
    """Nothing is made of a folder without a database, nor of a database without jobs."""
    forget_unfinished(tmp_path)
    assert list(tmp_path.iterdir()) == []
    duckdb.connect(str(tmp_path / "emulator.duckdb")).close()
    forget_unfinished(tmp_path)


@pytest.mark.bigquery
def test_extensions_are_linked_where_duckdb_looks(tmp_path):
    """The extensions of the wheels are linked into the given home, also over links that lead nowhere."""
    assert {"icu", "ducklake", "httpfs"} <= provide_extensions(tmp_path)
    links = sorted(tmp_path.rglob("*.duckdb_extension"))
    assert all(link.is_symlink() and link.exists() for link in links)
    links[0].unlink()
    links[0].symlink_to(tmp_path / "nowhere")
    provide_extensions(tmp_path)
    assert links[0].exists()


@pytest.mark.bigquery
@pytest.mark.slow
def test_the_first_loads_may_come_at_once_and_a_killed_emulator_comes_back(tmp_path, monkeypatch):
    """Six loads at once succeed on a fresh emulator; killed, it comes back with tables and jobs."""
    from google.api_core.exceptions import Conflict

    emulators = Emulators(tmp_path)
    try:
        for name, value in emulators.start().items():
            monkeypatch.setenv(name, value)
        with storage_client() as storage, bigquery_client() as client:
            storage.create_bucket("first").blob("x.csv").upload_from_string("1\n2\n")
            client.create_dataset("d")

            def load_into(number):
                job = client.load_table_from_uri("gs://first/x.csv", f"d.t{number}", job_id=f"job{number}")
                job.result()

            with ThreadPoolExecutor(6) as pool:
                list(pool.map(load_into, range(6)))
            os.kill(load(emulators.layout.record).processes["bigquery"].pid, signal.SIGKILL)
            until(emulators.healthy, 30.0, what="the emulators' health")
            assert client.get_table("d.t0").num_rows == 2
            with pytest.raises(Conflict):
                load_into(0)
    finally:
        emulators.stop()

"""The pipeline elevate_marketing on the emulators: its KPIs are those of an independent computation, to the cent."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from decimal import Decimal

import pytest

from brisa.operators.google.clients import bigquery_client, storage_client
from tests.pipelines.conftest import PIPELINES
from tests.pipelines.elevate_reference import reference, rounded, unique_rows

# There is no BigQuery emulator for a Python other than 3.13: there the whole module is left out by its mark.
pytestmark = [pytest.mark.bigquery, pytest.mark.slow, pytest.mark.timeout(300)]

FILE = "elevate_marketing/elevate_marketing.py"
DAG_ID = "elevate_marketing"
FILES = ("Facebook_2023.csv", "GoogleAds_2023.csv", "YoutubeAds_2023.csv")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The three exports."""
    folder = tmp_path_factory.mktemp("exports")
    subprocess.run([sys.executable, PIPELINES / "elevate_marketing" / "generate.py", folder], check=True, timeout=60)
    return folder


def upload(bucket_name, contents):
    with storage_client() as client:
        bucket = client.create_bucket(bucket_name)
        for name, data in contents.items():
            bucket.blob(name).upload_from_string(data)


@pytest.fixture(scope="module")
def finished(run_pipeline, folder):
    """The pipeline's run over the generated exports."""
    upload("elevate-good", {name: (folder / name).read_bytes() for name in FILES})
    return run_pipeline(FILE, DAG_ID, bucket="elevate-good", dataset="elevate_good")


def test_every_task_ends_as_it_should(finished):
    """With all three files there, everything succeeds but the branch not taken."""
    states = {task_id: instance.state.value for task_id, instance in finished.run.tasks.items()}
    assert finished.run.state.value == "success", finished.errors
    assert states.pop("sin_archivos") == "skipped"
    assert set(states.values()) == {"success"}
    assert len(states) == 20


def test_kpis_equal_the_independent_computation(finished, folder):
    """Every KPI of every month, platform and campaign equals the one computed from the CSVs by other means."""
    expected = reference(folder)
    with bigquery_client() as client:
        found = {
            (row["mes"].month, row["plataforma"], row["campana"]): row for row in client.list_rows("elevate_good.kpis")
        }
    assert found.keys() == expected.keys()
    for key, sums in expected.items():
        row, conversions = found[key], Decimal(sums["conversions"]) / 100
        spent, revenue = (Decimal(sums[name]) / 1_000_000 for name in ("spent", "revenue"))
        assert (row["impresiones"], row["clics"]) == (sums["impressions"], sums["clicks"]), key
        assert row["conversiones"] == conversions, key
        assert (row["gasto_usd"], row["ingresos_usd"]) == (rounded(spent, 2), rounded(revenue, 2)), key
        ratios = {
            "ctr": Decimal(sums["clicks"]) / sums["impressions"],
            "cpc": spent / sums["clicks"],
            "cpa": spent / conversions if conversions else None,
            "roas": revenue / spent,
        }
        for name, value in ratios.items():
            if value is None:
                assert row[name] is None, (key, name)
            else:
                assert abs(Decimal(str(row[name])) - value) <= Decimal("0.00006"), (key, name)


def test_duplicates_totals_and_headers_are_not_counted(finished, folder):
    """The consolidated table has each different row once, and nothing that is no row."""
    with bigquery_client() as client:
        rows = client.query("SELECT plataforma, COUNT(*) AS n FROM elevate_good.campanas GROUP BY plataforma").result()
        assert {row["plataforma"]: row["n"] for row in rows} == unique_rows(folder)
        raw = [client.get_table(f"elevate_good.crudo_{name}").num_rows for name in ("facebook", "google", "youtube")]
    assert sum(raw) > sum(unique_rows(folder).values()) > 100_000


def test_the_export_is_the_table(finished):
    """The CSV in the bucket has the rows of the table of KPIs, under a header."""
    name = f"kpis/kpis_{finished.run.logical_date:%Y%m%d}.csv"
    with storage_client() as client, bigquery_client() as bigquery:
        text = client.bucket("elevate-good").blob(name).download_as_bytes().decode()
        table = list(bigquery.list_rows("elevate_good.kpis"))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == [
        *("mes", "plataforma", "campana", "impresiones", "clics", "conversiones", "gasto_usd", "ingresos_usd"),
        *("ctr", "cpc", "cpa", "roas"),
    ]
    exported = {(row["mes"], row["plataforma"], row["campana"]): Decimal(row["gasto_usd"]) for row in rows}
    assert exported == {(str(row["mes"]), row["plataforma"], row["campana"]): row["gasto_usd"] for row in table}


def test_without_all_three_files_there_is_nothing_to_do(run_pipeline, cloud):
    """When a file is missing its sensor gives up, the run says so and ends well, and nothing is loaded."""
    upload("elevate-empty", {FILES[0]: b"x"})
    finished = run_pipeline(FILE, DAG_ID, bucket="elevate-empty", dataset="elevate_empty")
    assert finished.run.state.value == "success"
    assert finished.state("esperar_facebook") == "success"
    assert finished.state("esperar_google") == finished.state("esperar_youtube") == "skipped"
    assert finished.state("sin_archivos") == "success"
    assert {finished.state(task_id) for task_id in ("preparar", "facebook.cargar", "kpis", "reporte")} == {"skipped"}


def test_a_wrong_column_and_no_rows_fail_by_name(run_pipeline, folder):
    """A file with a renamed column, and one without rows, fail the run at once; file, line and column are named."""
    good = {name: (folder / name).read_bytes() for name in FILES}
    renamed = good["Facebook_2023.csv"].replace(b"Amount spent,", b"Amount spent (USD),", 1)
    header_only = good["YoutubeAds_2023.csv"].split(b"\n")[0] + b"\n"
    upload("elevate-bad", {**good, "Facebook_2023.csv": renamed, "YoutubeAds_2023.csv": header_only})
    finished = run_pipeline(FILE, DAG_ID, bucket="elevate-bad", dataset="elevate_bad")
    assert finished.run.state.value == "failed"
    assert (
        "gs://elevate-bad/Facebook_2023.csv, line 1: column 10, 'Amount spent', is missing"
        in (finished.errors["facebook.revisar"])
    )
    assert "'Amount spent (USD)', is unknown" in finished.errors["facebook.revisar"]
    assert "gs://elevate-bad/YoutubeAds_2023.csv: no rows below the header" in finished.errors["youtube.revisar"]
    assert finished.run.task("facebook.revisar").try_number == 1
    assert finished.state("google.limpiar") == "success"
    assert finished.state("consolidar") == "upstream_failed"

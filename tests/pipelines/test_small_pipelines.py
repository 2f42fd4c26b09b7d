"""The monthly form of elevate_marketing over a year, and a DAG that waits for another."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from brisa.model.backfill import Reprocess
from brisa.operators.google.clients import bigquery_client
from pipelines.fuentes import Falla
from pipelines.fuentes.tiendas import clima
from tests.pipelines.central import forget, rows, text, world

pytestmark = [pytest.mark.bigquery, pytest.mark.slow, pytest.mark.timeout(300)]

PLATFORMS = ("Facebook", "Google Ads", "YouTube Ads")
MONTHS = [datetime(2023, month, 1, tzinfo=UTC) for month in (1, 2, 3, 4)]
LACKING = date(2023, 4, 1)
"""The month in which a platform has nothing."""


def seed():
    """The table that elevate_marketing makes, with four months of one campaign; revenue grows by a tenth."""
    lines = [
        f"SELECT DATE '{month:%Y-%m-%d}' AS mes, '{platform}' AS plataforma, 'Marca' AS campana, 100 AS clics, "
        f"NUMERIC '50' AS gasto_usd, NUMERIC '{100 * 1.1**number:.2f}' AS ingresos_usd, 2.0 AS roas"
        for number, month in enumerate(MONTHS)
        for platform in PLATFORMS
        if month.date() != LACKING or platform != "Facebook"
    ]
    with bigquery_client() as client:
        client.create_dataset("elevate_m")
        client.query("CREATE TABLE elevate_m.kpis AS " + " UNION ALL ".join(lines)).result()


@pytest.fixture(scope="module")
def agency(cloud, tmp_path_factory):
    """Four months on schedule; the table is there two hours after the first should have it."""
    forget("elevate-m", "elevate_m")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELEVATE_BUCKET", "elevate-m")
        patch.setenv("ELEVATE_DATASET", "elevate_m")
        folder = tmp_path_factory.mktemp("elevate")
        begin = MONTHS[1] + timedelta(minutes=1)
        with world(begin, folder, ["elevate_mensual/elevate_mensual.py"]) as made:
            made.month.until(MONTHS[1] + timedelta(hours=2))
            seed()
            made.month.until(datetime(2023, 5, 1, 3, tzinfo=UTC))
            yield made


def month_run(agency, month):
    return agency.month.scheduled("elevate_mensual")[month]


def test_months_are_compared_with_the_month_before(agency):
    """Three of four months have their rows and report; the first began before the table was there."""
    for month in MONTHS[:3]:
        assert month_run(agency, month).state.value == "success", agency.month.errors(month_run(agency, month))
    first = month_run(agency, MONTHS[0])
    assert first.ended_at - first.started_at >= 2 * 3600
    found = rows(
        "SELECT mes, ingresos_usd, ingresos_anterior FROM elevate_m.kpis_mensuales WHERE plataforma = 'Facebook'"
    )
    changes = {
        row["mes"].month: row["ingresos_anterior"] and row["ingresos_usd"] / row["ingresos_anterior"] for row in found
    }
    assert changes[1] is None
    assert float(changes[2]) == pytest.approx(1.1)
    assert float(changes[3]) == pytest.approx(1.1)
    assert "+10%" in text("elevate-m", "informes/202302.html")
    assert "(+10% contra el mes anterior)" in agency.letter("Informe de 03/2023")


def test_a_platform_that_lacks_fails_the_month_until_it_is_there(agency):
    """The check names what is not true; with the platform there the month is run again, and only then has a report."""
    run = month_run(agency, MONTHS[3])
    assert run.state.value == "failed"
    assert "tres_plataformas" in agency.letter("No se pudo completar")
    with bigquery_client() as client:
        client.query(
            "INSERT INTO elevate_m.kpis SELECT DATE '2023-04-01', 'Facebook', 'Marca', 1, NUMERIC '1', NUMERIC '2', 2.0"
        ).result()
    agency.month.backfill("elevate_mensual", MONTHS[3], MONTHS[3])
    assert month_run(agency, MONTHS[3]).state.value == "success"
    assert agency.subjects("Informe de 04/2023")


def test_a_month_twice_changes_nothing(agency):
    """The table stays as it is."""
    everything = "SELECT * FROM elevate_m.kpis_mensuales ORDER BY mes, plataforma"
    before = rows(everything)
    agency.month.backfill("elevate_mensual", MONTHS[1], MONTHS[1], Reprocess.COMPLETED)
    assert month_run(agency, MONTHS[1]).task("mensual").generation == 1
    assert rows(everything) == before


def test_a_month_before_the_data_begins_has_nothing(agency):
    """It ends well, in `sin_datos`, with an e-mail."""
    run = agency.month.trigger("elevate_mensual", datetime(2022, 12, 31, tzinfo=UTC))
    assert run.state.value == "success"
    assert run.task("sin_datos").state.value == "success"
    assert agency.subjects("Sin datos de campañas")


DAYS = [datetime(2024, 5, day, tzinfo=UTC) for day in (2, 3, 4)]
BAD = DAYS[1]


@pytest.fixture(scope="module")
def pair(cloud, tmp_path_factory):
    """Three days of both DAGs; the source of the first is down for two hours on the second day."""
    folder = tmp_path_factory.mktemp("espera")
    with world(DAYS[1] + timedelta(minutes=1), folder, ["external_wait/external_wait.py"]) as made:
        down = BAD + timedelta(days=1)
        made.sources.planear(
            Falla(ruta="/clima/", desde=down.timestamp(), hasta=(down + timedelta(hours=2)).timestamp())
        )
        made.month.until(DAYS[-1] + timedelta(days=1, hours=2))
        yield made


def states(pair, dag_id):
    runs = pair.month.scheduled(dag_id)
    return {day: runs[day].state.value for day in DAYS}


def test_the_wait_ends_as_what_it_waits_for(pair):
    """Well on two days; on the third both fail, the wait as soon as the other has."""
    assert states(pair, "external_source") == {day: "failed" if day == BAD else "success" for day in DAYS}
    assert states(pair, "external_wait") == {day: "failed" if day == BAD else "success" for day in DAYS}
    source, wait = (pair.month.scheduled(dag_id)[BAD] for dag_id in ("external_source", "external_wait"))
    assert 0 <= wait.ended_at - source.ended_at < 5 * 60
    good = pair.month.scheduled("external_wait")[DAYS[0]]
    rain, heat = clima(DAYS[0].date())
    assert pair.month.xcoms(good)["resumir"]["return_value"] == f"2024-05-02: {rain} mm, {heat} °C"


def test_both_are_filled_in_order(pair):
    """The source first, then what waits for it."""
    for dag_id in ("external_source", "external_wait"):
        pair.month.backfill(dag_id, BAD, BAD)
    assert set(states(pair, "external_wait").values()) == {"success"}

"""The plant, hour by hour on its schedule: an outage, an anomaly, dirt, and the same hours again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from brisa.model.backfill import Reprocess
from pipelines.fuentes import Falla
from pipelines.fuentes.planta import MAQUINAS, NAVES, averia, entregas
from pipelines.planta_sensores.lecturas import limpiar
from tests.pipelines.central import forget, rows, text, world

pytestmark = [pytest.mark.bigquery, pytest.mark.slow, pytest.mark.timeout(300)]

HOUR = timedelta(hours=1)
START = datetime(2024, 5, 4, 9, tzinfo=UTC)
HOURS = [START + number * HOUR for number in range(8)]
"""The intervals that are run. One more would be slow; ``python -m tests.pipelines.planta_month`` runs the month."""
DOWN = HOURS[2:4]
"""The intervals whose runs find the gateway down."""
FILES = ("planta_sensores/planta_sensores.py", "planta_sensores/planta_modelo.py")
DAG_ID = "planta_sensores"


@pytest.fixture(scope="module")
def plant(cloud, tmp_path_factory):
    """A trained model, and some hours on schedule with the gateway down for two."""
    forget("planta", "planta")
    with world(START, tmp_path_factory.mktemp("planta"), FILES, pools=["planta_pasarela"]) as made:
        made.sources.planear(
            Falla(ruta="/planta/lecturas", desde=(DOWN[0] + HOUR).timestamp(), hasta=(DOWN[-1] + 2 * HOUR).timestamp())
        )
        made.month.trigger("planta_modelo", datetime(2024, 4, 28, tzinfo=UTC))
        made.month.until(HOURS[-1] + HOUR + timedelta(minutes=30))
        yield made


def states(plant):
    runs = plant.month.scheduled(DAG_ID)
    return {hour: runs[hour].state.value for hour in HOURS}


def table():
    """The readings up to the last of these hours; while other tests let time pass, the schedule goes on."""
    end = f"TIMESTAMP '{HOURS[-1] + HOUR:%Y-%m-%d %H:%M:%S}'"
    return rows(f"SELECT * FROM planta.lecturas WHERE momento < {end} ORDER BY nave, maquina, momento")


def test_an_outage_of_two_hours_fails_two_runs(plant):
    """Each tried three times; the others are not harmed, and the e-mail says what happened and what to do."""
    expected = {hour: "failed" if hour in DOWN else "success" for hour in HOURS}
    assert states(plant) == expected
    failed = plant.month.scheduled(DAG_ID)[DOWN[0]]
    assert plant.month.tries(failed, "extraer") == [3, 3, 3]
    assert failed.task("calidad.limpiar").state.value == "upstream_failed"
    alerts = plant.subjects("No se pudo completar")
    assert len(alerts) == len(DOWN)
    letter = plant.letter("No se pudo completar")
    assert "<b>extraer</b>: «planta_api» no está disponible (respondió 503)" in letter
    assert f"--from-date {DOWN[-1]:%Y-%m-%dT%H:%M:%S}" in letter


def test_a_backfill_of_the_failed_hours_completes_the_table(plant):
    """Then every reading that was delivered is there once, in degrees Celsius."""
    plant.month.backfill(DAG_ID, DOWN[0], DOWN[-1])
    assert set(states(plant).values()) == {"success"}
    first = min(plant.month.scheduled(DAG_ID))
    delivered = [row for hour in (first, *HOURS) for hall in NAVES for row in entregas(hall, hour)]
    clean, figures = limpiar(delivered, first, len(NAVES) * len(MAQUINAS))
    found = table()
    assert figures["repetidas"] > 0
    assert figures["en_fahrenheit"] > 0
    assert [(row["nave"], row["maquina"], row["momento"]) for row in found] == sorted(
        (row["nave"], row["maquina"], datetime.fromisoformat(row["momento"])) for row in clean
    )
    assert sum(row["temperatura"] for row in found) == pytest.approx(sum(row["temperatura"] for row in clean))
    assert max(row["temperatura"] for row in found) < 130


def test_an_anomaly_is_found_and_told(plant):
    """The bad hour that the maintenance log knows is in the table, in the e-mail and on the dashboard."""
    bad = {
        (hall, machine, hour) for hour in HOURS for hall in NAVES for machine in MAQUINAS if averia(hall, machine, hour)
    }
    marked = {(row["nave"], row["maquina"], row["momento"].replace(minute=0)) for row in table() if row["anomalia"]}
    assert bad & marked
    hall, machine, hour = min(bad & marked)
    run = plant.month.scheduled(DAG_ID)[hour]
    assert run.task("avisar_mantenimiento").state.value == "success"
    assert f"<b>{machine}</b> de la nave {hall}, {hour:%H}:00 h" in plant.letter("Revisar 1 máquina")
    quiet = next(
        one for one in HOURS if plant.month.scheduled(DAG_ID)[one].task("avisar_mantenimiento").state.value == "skipped"
    )
    assert plant.month.scheduled(DAG_ID)[quiet].task("resumir").state.value == "success"
    page = text("planta", "planta/tableros/mantenimiento.html")
    assert f"{machine} ({hall})" in page
    assert "<svg" in text("planta", "planta/tableros/produccion.html")


def test_an_hour_twice_changes_nothing(plant):
    """The same intervals again, in success as well: the table stays as it is, row by row."""
    before = table()
    plant.month.backfill(DAG_ID, HOURS[0], HOURS[1], Reprocess.COMPLETED)
    rerun = plant.month.scheduled(DAG_ID)[HOURS[0]].task("central.unir")
    assert (rerun.state.value, rerun.generation) == ("success", 1)
    assert set(states(plant).values()) == {"success"}
    assert table() == before


def test_an_hour_before_the_data_begins_has_nothing(plant):
    """It ends well, in `sin_lecturas`, with an e-mail; nothing is loaded."""
    run = plant.month.trigger(DAG_ID, datetime(2024, 3, 1, tzinfo=UTC))
    assert run.state.value == "success"
    assert run.task("sin_lecturas").state.value == "success"
    assert run.task("central.unir").state.value == "skipped"
    assert plant.subjects("No llegaron lecturas de las")


def test_a_changed_schema_fails_at_once_by_name(plant):
    """A field that is gone is no matter for a retry: the e-mail names the hall, the record and the field."""

    def renamed(answer):
        rows = [{**row, "temp": row["temperatura"]} for row in answer["lecturas"]]
        return {**answer, "lecturas": [{name: row[name] for name in row if name != "temperatura"} for row in rows]}

    plant.sources.planear(Falla(ruta="/planta/lecturas", cambio=renamed, veces=3))
    run = plant.month.trigger(DAG_ID, datetime(2024, 5, 3, tzinfo=UTC))
    assert run.state.value == "failed"
    assert plant.month.tries(run, "extraer") == [1, 1, 1]
    assert "registro 1: falta temperatura; trae " in plant.letter("No se pudo completar")


def test_an_answer_that_breaks_off_is_asked_for_again(plant):
    """Half an answer fails the try; the next one has it whole."""
    plant.sources.planear(Falla(ruta="/planta/lecturas", estado=0, veces=1))
    run = plant.month.trigger(DAG_ID, datetime(2024, 5, 3, 1, tzinfo=UTC))
    assert run.state.value == "success"
    assert sorted(plant.month.tries(run, "extraer")) == [1, 1, 2]

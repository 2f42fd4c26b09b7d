"""A month of the online shop's stock: a damaged file, a late one, a source that is down, products that run out."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from brisa.model.backfill import Reprocess
from pipelines.fuentes import Falla
from pipelines.fuentes.eshopper import HUELGA, archivo_de_llegadas, historia, ventas
from tests.pipelines.central import forget, rows, world

pytestmark = [pytest.mark.bigquery, pytest.mark.slow, pytest.mark.timeout(400)]

DAG_ID = "eshopper"
FIRST, LAST = date(2024, 4, 30), date(2024, 5, 29)
DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
DAMAGED, LATE, DOWN = date(2024, 5, 11), date(2024, 5, 18), date(2024, 5, 21)


def moment(day: date, hour: float = 0) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)


@pytest.fixture(scope="module")
def shop(cloud, tmp_path_factory):
    """Thirty days on schedule; then what failed is mended and run again."""
    forget("eshopper", "eshopper")
    with world(moment(DAYS[1], 0.5), tmp_path_factory.mktemp("eshopper"), ["eshopper/eshopper.py"]) as made:
        for day in DAYS:
            name, text = archivo_de_llegadas(day)
            if day == DAMAGED:
                text = "entrada,dia,sku,cantidad\n20240511-ESH-001,2024-05-1"
            if day != LATE:
                made.sources.entregar(name, text, "eshopper")
        down = moment(DOWN + timedelta(days=1))
        made.sources.planear(
            Falla(ruta="/eshopper/", desde=down.timestamp(), hasta=(down + timedelta(hours=2)).timestamp())
        )
        made.month.until(moment(LAST + timedelta(days=1), 6))
        yield made


def states(shop):
    runs = shop.month.scheduled(DAG_ID)
    return {day: runs[moment(day)].state.value for day in DAYS}


def run_of(shop, day):
    return shop.month.scheduled(DAG_ID)[moment(day)]


def books(day: date = LAST):
    """Product → pieces, by the central table."""
    opened = f"(tipo = 'inicial' OR dia >= '{FIRST}')"
    found = rows(
        f"SELECT sku, SUM(piezas) AS n FROM eshopper.movimientos WHERE dia <= '{day}' AND {opened} GROUP BY sku"
    )
    return {row["sku"]: row["n"] for row in found}


def test_a_damaged_file_and_a_source_that_is_down_fail_their_day_alone(shop):
    """Twenty-eight of thirty days succeed; the alerts name the file, the line and the source."""
    assert Counter(states(shop).values()) == {"success": 28, "failed": 2}
    damaged, down = run_of(shop, DAMAGED), run_of(shop, DOWN)
    assert shop.month.tries(damaged, "fuentes.llegadas") == [1]
    assert "gs://eshopper/llegadas/llegadas_20240511.csv, línea 2: " in shop.month.errors(damaged)["fuentes.llegadas"]
    assert shop.month.tries(down, "fuentes.extraer") == [3, 3, 3]
    letters = [one.html for one in shop.sources.buzon.cartas if "No se pudo completar" in one.asunto]
    assert ["línea 2" in letters[0], "respondió 503" in letters[1]] == [True, True]
    assert f"--from-date {DAMAGED}T00:00:00" in letters[0]


def test_a_missing_file_is_waited_for_and_does_without(shop):
    """After two hours the sensor gives up, and the day goes on without arrivals."""
    run = run_of(shop, LATE)
    assert run.task("esperar_llegadas").state.value == "skipped"
    assert run.task("fuentes.llegadas").state.value == "success"
    assert 2 * 3600 <= run.ended_at - run.started_at < 3 * 3600


def test_products_that_run_out_are_told(shop):
    """While its supplier is on strike ESH-007 is sold out, and logistics is told each day."""
    told = {one.asunto[-10:]: one.html for one in shop.sources.buzon.cartas if "nivel crítico" in one.asunto}
    empty = [day for day in DAYS if HUELGA[1] < day < HUELGA[2] and day not in (DAMAGED, DOWN)]
    for day in empty:
        assert historia()[day, "ESH-007"].existencias == 0
        assert "<td>ESH-007</td>" in told[f"{day}"]


def test_the_model_beats_the_naive_rule(shop):
    """On four weeks that it has not seen, each Monday and at first, in ranking and in F1."""
    trained = [
        run_of(shop, day) for day in DAYS if run_of(shop, day).task("prediccion.entrenar").state.value == "success"
    ]
    assert len(trained) == 5
    for run in trained:
        figures = shop.month.xcoms(run)["prediccion.entrenar"]["return_value"]
        assert figures["precision_media"] > figures["precision_media_ingenua"] + 0.05
        assert figures["f1"] > figures["f1_ingenuo"]


def test_after_the_mending_the_books_are_right(shop):
    """The good file, the late file and the source are there: those days again, and stock is what it is to the piece."""
    for day in (DAMAGED, LATE):
        shop.sources.entregar(*archivo_de_llegadas(day), "eshopper")
    shop.month.backfill(DAG_ID, moment(DAMAGED), moment(DOWN))
    shop.month.backfill(DAG_ID, moment(LATE), moment(LATE), Reprocess.COMPLETED)
    assert set(states(shop).values()) == {"success"}
    known_tomorrow = {
        row["venta"]: row["sku"].upper() for row in ventas(LAST + timedelta(days=1)) if row["dia"] == f"{LAST}"
    }
    late = Counter(known_tomorrow.values())
    truth = {sku: one.existencias + late[sku] for (day, sku), one in historia().items() if day == LAST}
    assert books() == truth
    sold = sum(one.ventas for (day, _), one in historia().items() if FIRST <= day <= LAST)
    yesterdays = rows("SELECT COUNT(*) AS n FROM eshopper.movimientos WHERE tipo = 'ventas' AND dia >= '2024-04-30'")
    assert yesterdays[0]["n"] == sold - late.total()


def test_a_day_twice_changes_nothing(shop):
    """Nor in the movements, nor in the day's state of the stock."""

    def everything():
        day = DAYS[6]
        movements = rows("SELECT * FROM eshopper.movimientos ORDER BY clave")
        return movements, rows(f"SELECT * FROM eshopper.inventario_{day:%Y%m%d} ORDER BY sku")

    shop.month.backfill(DAG_ID, moment(DAYS[6]), moment(DAYS[6]), Reprocess.COMPLETED)
    before = everything()
    shop.month.backfill(DAG_ID, moment(DAYS[6]), moment(DAYS[6]), Reprocess.COMPLETED)
    assert run_of(shop, DAYS[6]).task("publicar").generation == 2
    assert everything() == before


def test_a_day_before_the_data_begins_has_nothing(shop):
    """It ends well, in `sin_movimientos`, with an e-mail."""
    run = shop.month.trigger(DAG_ID, datetime(2023, 12, 20, tzinfo=UTC), minutes=300)
    assert run.state.value == "success"
    assert run.task("sin_movimientos").state.value == "success"
    assert run.task("central.unir").state.value == run.task("publicar").state.value == "skipped"
    assert shop.subjects("Sin movimientos el 2023-12-20")


def test_a_changed_schema_fails_at_once_by_name(shop):
    """The field that is gone is named to the manager."""

    def renamed(found):
        return [{"id" if name == "venta" else name: row[name] for name in row} for row in found]

    shop.sources.planear(Falla(ruta="/eshopper/ventas", cambio=renamed))
    run = shop.month.trigger(DAG_ID, datetime(2024, 4, 20, tzinfo=UTC), minutes=300)
    assert run.state.value == "failed"
    assert "ventas, registro 1: falta venta; trae cantidad, dia, id, sku" in shop.letter("No se pudo completar")

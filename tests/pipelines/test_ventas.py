"""Five weeks of sales and the model that they set off: an outage, a till in cents, too little to learn from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from brisa.model.backfill import Reprocess
from pipelines.fuentes import Falla
from pipelines.fuentes.tiendas import CENTIMOS, TIENDAS, tickets
from tests.pipelines.central import forget, rows, text, world

pytestmark = [pytest.mark.bigquery, pytest.mark.slow, pytest.mark.timeout(400)]

WEEK = timedelta(weeks=1)
WEEKS = [datetime(2024, 4, 15, tzinfo=UTC) + number * WEEK for number in range(5)]
DOWN = WEEKS[2]
FILES = ["ventas_semanales/ventas_semanales.py", "ml_trafico_ventas/ml_trafico_ventas.py"]


@pytest.fixture(scope="module")
def stores(cloud, tmp_path_factory):
    """Five Mondays, the stores' server being down for two hours on one of them; then that week again."""
    forget("ventas", "ventas")
    with world(WEEKS[1] + timedelta(minutes=1), tmp_path_factory.mktemp("ventas"), FILES) as made:
        down = DOWN + WEEK
        made.sources.planear(
            Falla(ruta="/tiendas/", desde=down.timestamp(), hasta=(down + timedelta(hours=2)).timestamp())
        )
        made.month.until(WEEKS[-1] + WEEK + timedelta(hours=3))
        yield made


def week_run(stores, week):
    return stores.month.scheduled("ventas_semanales")[week]


def models(stores):
    return list(stores.month.all_runs("ml_trafico_ventas"))


def expected():
    """(week, store, category) → tickets and euros, from what the tills have, by other means."""
    sums: dict[tuple[date, str, str], tuple[int, Decimal]] = {}
    for week in WEEKS:
        for store in TIENDAS:
            for number in range(7):
                day = (week + timedelta(days=number)).date()
                for row in {row["ticket"]: row for row in tickets(store, day)}.values():
                    amount = str(row["importe"])
                    if store == "puerto":
                        amount = amount.replace(".", "").replace(",", ".")
                    euros = Decimal(amount) / (100 if CENTIMOS[0] <= day <= CENTIMOS[1] and store == "puerto" else 1)
                    if row["estado"] == "cobrado" and euros > 0:
                        key = (week.date(), store, row["categoria"])
                        count, total = sums.get(key, (0, Decimal(0)))
                        sums[key] = (count + 1, total + euros.quantize(Decimal("0.01")))
    return sums


def test_a_week_without_its_source_fails_and_is_filled(stores):
    """One of five fails after three tries, with an alert; a backfill completes the table."""
    states = {week: week_run(stores, week).state.value for week in WEEKS}
    assert states == {week: "failed" if week == DOWN else "success" for week in WEEKS}
    assert stores.month.tries(week_run(stores, DOWN), "obtener") == [3, 3, 3, 3]
    assert "«tiendas_api» no está disponible (respondió 503)" in stores.letter("No se pudo completar")
    stores.month.backfill("ventas_semanales", DOWN, DOWN)
    assert week_run(stores, DOWN).state.value == "success"


def test_the_published_table_is_right_to_the_cent(stores):
    """Without cancelled, repeated and empty tickets, in euros for the week in cents as well."""
    found = rows("SELECT * FROM ventas.semanales")
    assert {
        (row["semana"], row["tienda"], row["categoria"]): (row["tickets"], Decimal(row["importe"])) for row in found
    } == expected()
    assert "<svg" in text("ventas", "tableros/semanales.html")


def test_each_publication_sets_the_model_off(stores):
    """Once for each week, also the one that was filled in; the first had too little to learn from."""
    runs = models(stores)
    assert [run.state.value for run in runs] == ["success"] * len(WEEKS)
    assert runs[0].task("pocos_datos").state.value == "success"
    assert {run.task("informe").state.value for run in runs[1:]} == {"success"}
    assert stores.subjects("Todavía no hay datos suficientes")


def test_the_model_beats_the_mean_of_the_weekday(stores):
    """In cross-validation its error is a fifth smaller at least; it chooses days of the week to come."""
    last = models(stores)[-1]
    figures = stores.month.xcoms(last)["modelo.ajustar"]["return_value"]
    assert figures["dias"] == 7 * len(WEEKS) * len(TIENDAS)
    assert figures["error"] < 0.8 * figures["error_ingenuo"]
    assert figures["r2"] > 0.7
    chosen = rows("SELECT * FROM ventas.promociones")
    first = (WEEKS[-1] + WEEK).date()
    assert 1 <= len(chosen) <= 4
    assert all(first <= row["dia"] < first + WEEK and row["ganancia"] > 0 for row in chosen)
    assert chosen[0]["tienda"] in text("ventas", "tableros/promociones.html")


def test_a_week_twice_changes_nothing(stores):
    """Neither its sales nor the published table."""

    def everything():
        return rows("SELECT * FROM ventas.ventas ORDER BY ticket"), rows("SELECT * FROM ventas.semanales")

    before = everything()
    stores.month.backfill("ventas_semanales", WEEKS[1], WEEKS[1], Reprocess.COMPLETED)
    assert week_run(stores, WEEKS[1]).task("publicar.ventas").generation == 1
    assert everything() == before


def test_a_week_before_the_data_begins_has_nothing(stores):
    """It ends well, in `sin_ventas`, with an e-mail, and sets nothing off."""
    count = len(models(stores))
    run = stores.month.trigger("ventas_semanales", datetime(2023, 12, 4, tzinfo=UTC))
    assert run.state.value == "success"
    assert run.task("sin_ventas").state.value == "success"
    assert run.task("publicar.semanales").state.value == "skipped"
    assert stores.subjects("Sin ventas en la semana del")
    assert len(models(stores)) == count


def test_a_changed_schema_fails_at_once_by_name(stores):
    """The store, the ticket and the field are named."""

    def renamed(found):
        return [{"total" if name == "importe" else name: row[name] for name in row} for row in found]

    stores.sources.planear(Falla(ruta="/tiendas/ventas", cambio=renamed))
    run = stores.month.trigger("ventas_semanales", datetime(2024, 3, 4, tzinfo=UTC))
    assert run.state.value == "failed"
    assert ", registro 1: falta importe; trae categoria, dia, estado" in stores.letter("No se pudo completar")

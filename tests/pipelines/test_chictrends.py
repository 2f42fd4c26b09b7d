"""A month of social networks: pages, limits, a renamed field, a network without data, a crisis of mood."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from brisa.model.backfill import Reprocess
from pipelines.fuentes import Falla
from pipelines.fuentes.frases import FRASES, GUIA
from pipelines.fuentes.nlp import modelo
from pipelines.fuentes.redes import CRISIS, RENOMBRADO, SIN_DATOS, publicaciones
from tests.pipelines.central import forget, rows, text, world

pytestmark = [pytest.mark.bigquery, pytest.mark.slow, pytest.mark.timeout(400)]

DAG_ID = "chictrends"
NETWORKS = ("instagram", "twitter", "facebook")
DAYS = [date(2024, 4, 30) + timedelta(days=number) for number in range(30)]
DOWN = date(2024, 5, 7)


def moment(day: date, hour: float = 0) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)


@pytest.fixture(scope="module")
def brand(cloud, tmp_path_factory):
    """Thirty days on schedule, with the NLP server down for two hours."""
    forget("chictrends", "chictrends")
    folder = tmp_path_factory.mktemp("chictrends")
    with world(moment(DAYS[1], 0.5), folder, ["chictrends/chictrends.py"], ["redes_api"]) as made:
        down = moment(DOWN + timedelta(days=1))
        made.sources.planear(
            Falla(ruta="/nlp/", desde=down.timestamp(), hasta=(down + timedelta(hours=2)).timestamp(), estado=502)
        )
        made.month.until(moment(DAYS[-1] + timedelta(days=1), 3))
        yield made


def run_of(brand, day):
    return brand.month.scheduled(DAG_ID)[moment(day)]


def states(brand):
    return {day: run_of(brand, day).state.value for day in DAYS}


def test_the_pretrained_model_knows_the_labelled_sample():
    """Of 72 sentences that it was not guided by it judges at least 85 % as who wrote them did."""
    assert not {sentence for sentence, _ in FRASES} & {sentence for sentence, _ in GUIA}
    scores = modelo().puntajes([sentence for sentence, _ in FRASES])
    right = sum((score >= 0.5) == bool(mood) for score, (_, mood) in zip(scores, FRASES, strict=True))
    assert right / len(FRASES) >= 0.85


def test_a_server_that_is_down_fails_one_day_and_a_backfill_mends_it(brand):
    """Each network's sentiment was tried four times; the alert says which server; then all days are there."""
    assert states(brand) == {day: "failed" if day == DOWN else "success" for day in DAYS}
    assert brand.month.tries(run_of(brand, DOWN), "red.sentimiento") == [4, 4, 4]
    assert "<b>red.sentimiento</b>: «nlp_api» no está disponible (respondió 502)" in brand.letter("No se pudo")
    brand.month.backfill(DAG_ID, moment(DOWN), moment(DOWN))
    assert set(states(brand).values()) == {"success"}


def test_every_post_is_there_once_with_its_figures(brand):
    """Through pages, repeated posts, a renamed field and numbers as texts: as the networks know them."""
    found = rows("SELECT red, publicacion, dia, alcance, gusta, compartido, comentarios FROM chictrends.publicaciones")
    expected = [
        (red, post["id"], day, post["alcance"], post["gusta"], post["compartido"], len(post["comentarios"]))
        for red in NETWORKS
        for day in DAYS
        for post in publicaciones(red, day)
    ]
    assert sorted(tuple(row.values()) for row in found) == sorted(expected)
    assert DAYS[0] < RENOMBRADO < DAYS[-1]


def test_refusals_were_asked_again(brand):
    """There were occasional errors 500, which a retry mended; the pool kept to the networks' limit."""
    statuses = Counter(line[:3] for line in brand.sources.servidor.peticiones)
    assert statuses["500"] > 0
    assert statuses["429"] == 0
    tries = [number for day in DAYS for number in brand.month.tries(run_of(brand, day), "red.extraer")]
    assert max(tries) == 2


def test_a_network_without_data_is_skipped(brand):
    """The others go on without it."""
    run = run_of(brand, SIN_DATOS)
    skipped = [str(key) for key, one in run.tasks.items() if one.state.value == "skipped" and "extraer" in str(key)]
    assert skipped or "facebook no tiene publicaciones" in brand.month.log(run, "red.extraer")
    reach = rows(f"SELECT COUNT(DISTINCT red) AS n FROM chictrends.publicaciones WHERE dia = '{SIN_DATOS}'")
    assert reach[0]["n"] == 2


def test_the_crisis_is_told_on_its_days(brand):
    """The executives are alerted when a batch of dresses lost its colour, and hardly ever else."""
    alerted = [day for day in DAYS if run_of(brand, day).task("avisar_direccion").state.value == "success"]
    assert set(CRISIS) <= set(alerted)
    assert len(alerted) <= 4
    assert "Los más negativos" in brand.letter(f"descontento el {CRISIS[0]}")
    assert text("chictrends", "tableros/ejecutivo.html").count("<svg") == 3


def test_a_day_twice_changes_nothing(brand):
    """The table stays as it is."""
    everything = "SELECT * FROM chictrends.publicaciones ORDER BY red, publicacion"
    before = rows(everything)
    brand.month.backfill(DAG_ID, moment(DAYS[3]), moment(DAYS[4]), Reprocess.COMPLETED)
    assert run_of(brand, DAYS[3]).task("central.unir").generation == 1
    assert rows(everything) == before


def test_a_day_before_the_data_begins_has_nothing(brand):
    """It ends well, in `sin_publicaciones`, with an e-mail."""
    run = brand.month.trigger(DAG_ID, datetime(2024, 3, 5, tzinfo=UTC))
    assert run.state.value == "success"
    assert run.task("sin_publicaciones").state.value == "success"
    assert run.task("central.unir").state.value == run.task("tablero").state.value == "skipped"
    assert brand.subjects("Sin publicaciones el 2024-03-05")


def test_a_field_that_is_gone_fails_by_name(brand):
    """A name that the field never had is told, at once."""

    def renamed(answer):
        return {**answer, "posts": [{**post, "reach": None, "visto": 1} for post in answer["posts"]]}

    brand.sources.planear(Falla(ruta="/redes/facebook", cambio=renamed))
    run = brand.month.trigger(DAG_ID, datetime(2024, 4, 10, tzinfo=UTC))
    assert run.state.value == "failed"
    assert "facebook: una publicación no trae reach; trae " in brand.letter("No se pudo completar")

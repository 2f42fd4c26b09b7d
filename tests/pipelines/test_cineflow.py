"""The month's recommendations: a run on schedule with the reviews down for two hours, and what is promised else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from brisa.model.backfill import Reprocess
from pipelines.cineflow.rasgos import vistas
from pipelines.fuentes import Falla
from pipelines.fuentes.cine import peliculas, registros, usuarios
from tests.pipelines.central import forget, rows, world

pytestmark = [pytest.mark.bigquery, pytest.mark.slow, pytest.mark.timeout(300)]

DAG_ID = "cineflow"
MAY = datetime(2024, 5, 1, tzinfo=UTC)
NEXT = datetime(2024, 6, 1, tzinfo=UTC)
EVERYTHING = "SELECT * FROM cineflow.recomendaciones ORDER BY mes, usuario, lugar"


@pytest.fixture(scope="module")
def films(cloud, tmp_path_factory):
    """The month of May, run on the first of June, when the reviews are down for two hours."""
    forget("cineflow", "cineflow")
    folder = tmp_path_factory.mktemp("cineflow")
    with world(NEXT + timedelta(minutes=1), folder, ["cineflow/cineflow.py"], ["criticas_publicas"]) as made:
        made.sources.planear(Falla(ruta="/criticas/", estado=503, hasta=(NEXT + timedelta(hours=2)).timestamp()))
        made.month.until(NEXT + timedelta(hours=12))
        yield made


def may(films):
    return films.month.scheduled(DAG_ID)[MAY]


def test_the_run_outlasts_two_hours_without_reviews(films):
    """Its retries, ever further apart, find the reviews again; all goes well then."""
    run = may(films)
    assert run.state.value == "success", films.month.errors(run)
    assert films.month.tries(run, "reunir_criticas")[0] >= 3
    assert run.ended_at - run.started_at >= 2 * 3600
    skipped = {name for name in ("sin_registros", "modelo.no_publicar") if run.task(name).state.value == "skipped"}
    assert skipped == {"sin_registros", "modelo.no_publicar"}


def test_the_model_beats_the_most_watched(films):
    """Of the films that users liked last and it did not know, ten recommendations contain more than ten favourites."""
    figures = films.month.xcoms(may(films))["modelo.entrenar"]["return_value"]
    assert figures["evaluados"] >= 100
    assert figures["aciertos"] > figures["aciertos_populares"] + 0.05
    assert figures["aciertos"] > 0.3


def test_every_user_has_five_films_that_are_new(films):
    """In order, and none that the user has watched in these months."""
    known = {film["id"]: {"runtime": film["minutos"]} for film in peliculas()}
    records = [record for month in (3, 4, 5) for record in registros(date(2024, month, 1))]
    watched, figures = vistas(records, known)
    assert min(figures.values()) > 0
    seen = {(one["usuario"], one["pelicula"]) for one in watched}
    found = rows(EVERYTHING)
    assert len(found) == 5 * len({user for user, _ in seen})
    assert not seen & {(row["usuario"], row["pelicula"]) for row in found}
    scores: dict[str, list[float]] = {}
    for row in found:
        scores.setdefault(row["usuario"], []).append(row["puntaje"])
    assert all(one == sorted(one, reverse=True) for one in scores.values())


def test_those_who_asked_for_it_have_one_e_mail(films):
    """Each with its five films; running the month again changes no row and sends nothing."""
    wanted = sorted(user["correo"] for user in usuarios() if user["avisar"])
    assert sorted(letter.para[0] for letter in films.sources.buzon.cartas) == wanted
    assert films.letter("Tus películas de 2024-05").count("<li>") == 5
    before = rows(EVERYTHING)
    films.month.backfill(DAG_ID, MAY, MAY, Reprocess.COMPLETED)
    run = may(films)
    assert (run.state.value, run.task("central.unir").generation) == ("success", 1)
    assert rows(EVERYTHING) == before
    assert len(films.sources.buzon.cartas) == len(wanted)


def test_a_month_before_the_data_begins_has_nothing(films):
    """It ends well, in `sin_registros`, with an e-mail."""
    run = films.month.trigger(DAG_ID, datetime(2023, 11, 1, tzinfo=UTC), minutes=300)
    assert run.state.value == "success"
    assert run.task("sin_registros").state.value == "success"
    assert run.task("modelo.entrenar").state.value == run.task("anotar_envios").state.value == "skipped"
    assert films.subjects("Sin registros para las recomendaciones de 2023-11")


def test_a_model_that_is_no_better_is_not_used(films):
    """Nothing is published, and the reason is told in percent."""
    films.sources.planear(Falla(ruta="/modelo/entrenar", cambio=lambda figures: {**figures, "aciertos": 0.1}, veces=1))
    run = films.month.trigger(DAG_ID, datetime(2024, 4, 5, tzinfo=UTC), minutes=300)
    assert run.state.value == "success"
    assert run.task("modelo.no_publicar").state.value == "success"
    assert run.task("central.unir").state.value == "skipped"
    assert "El modelo acierta 10%" in films.letter("El modelo no se publicó")


def test_a_changed_schema_fails_at_once_by_name(films):
    """The public API's field is named."""

    def renamed(answer):
        return {
            **answer,
            "results": [{name: row[name] for name in row if name != "runtime"} for row in answer["results"]],
        }

    films.sources.planear(Falla(ruta="/criticas/", cambio=renamed))
    run = films.month.trigger(DAG_ID, datetime(2024, 3, 5, tzinfo=UTC), minutes=300)
    assert run.state.value == "failed"
    assert "críticas, registro 1: falta runtime; trae critic_score, genre, id, title, year" in films.letter(
        "No se pudo"
    )

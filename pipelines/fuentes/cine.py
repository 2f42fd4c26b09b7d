"""A film platform: what its users watched, a public API of film reviews, and the model that it hosts.

Assumptions. 160 films of six genres, 120 users. A user likes two genres; a film is good (its critics' score) or not;
how much a user likes a film is taste + quality + chance, and people mostly watch what they like. From January to June
2024 each user watches 8 to 16 films a month. A quarter of the users want e-mails.

Dirt: 2 % of the records come twice, 3 % are of films that nobody knows any more, the television app counts seconds
where others count minutes (``unidad``), 1 % are watched for no time at all. The reviews API pages (25 to a page),
answers one request at once, and lacks the score of one film in twenty.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from pipelines.fuentes.servidor import Peticion

INICIO = date(2024, 1, 1)
GENEROS = ("drama", "comedia", "acción", "terror", "ciencia ficción", "documental")
POR_PAGINA = 25
_COMIENZOS = (
    "El último",
    "La noche del",
    "Un verano sin",
    "Volver al",
    "El secreto del",
    "Más allá del",
    "Sombras del",
)
_FINALES = ("faro", "río", "invierno", "jardín", "viajero", "espejo", "silencio", "mar", "bosque", "reloj")


@cache
def peliculas() -> tuple[dict[str, Any], ...]:
    """All films: id, title, genre, year, length in minutes, and the critics' mean score (0 to 100)."""
    azar = random.Random("cineflow películas")
    return tuple(
        {
            "id": f"P{numero:03d}",
            "titulo": f"{azar.choice(_COMIENZOS)} {azar.choice(_FINALES)}"
            + (f" {numero // 60 + 1}" if numero > 59 else ""),
            "genero": GENEROS[numero % len(GENEROS)],
            "anio": azar.randint(1975, 2023),
            "minutos": azar.randint(80, 160),
            "critica": round(min(98.0, max(15.0, azar.gauss(62, 16))), 1),
        }
        for numero in range(160)
    )


@cache
def usuarios() -> tuple[dict[str, Any], ...]:
    """All users: id, e-mail address, whether they want e-mails, and the genres that they like (a secret)."""
    azar = random.Random("cineflow usuarios")
    return tuple(
        {
            "id": f"U{numero:03d}",
            "correo": f"u{numero:03d}@cineflow.example",
            "avisar": azar.random() < 0.25,
            "gustos": tuple(azar.sample(GENEROS, 2)),
        }
        for numero in range(120)
    )


@cache
def registros(mes: date) -> tuple[dict[str, Any], ...]:
    """What was watched in a month, with its dirt."""
    if mes < INICIO:
        return ()
    filas: list[dict[str, Any]] = []
    for usuario in usuarios():
        azar = random.Random(f"cineflow {usuario['id']} {mes:%Y%m}")
        vistas: set[str] = set()
        for _ in range(azar.randint(8, 16)):
            pelicula = max(azar.sample(peliculas(), 6), key=lambda una: _agrado(usuario, una) + azar.gauss(0, 0.6))
            if pelicula["id"] in vistas:
                continue
            vistas.add(pelicula["id"])
            parte = min(1.0, max(0.05, azar.gauss(0.35 + 0.3 * _agrado(usuario, pelicula), 0.15)))
            app = azar.choice(("web", "móvil", "tv"))
            minutos = 0 if azar.random() < 0.01 else round(pelicula["minutos"] * parte)
            momento = datetime(mes.year, mes.month, 1, tzinfo=UTC) + timedelta(minutes=azar.randrange(28 * 1440))
            fila = {
                "registro": f"{usuario['id']}-{pelicula['id']}-{mes:%Y%m}",
                "usuario": usuario["id"],
                "pelicula": f"X{azar.randrange(900):03d}" if azar.random() < 0.03 else pelicula["id"],
                "momento": momento.isoformat(),
                "app": app,
                "duracion": minutos * 60 if app == "tv" else minutos,
                "unidad": "s" if app == "tv" else "min",
            }
            filas += [fila, fila] if azar.random() < 0.02 else [fila]
    return tuple(filas)


def _agrado(usuario: dict[str, Any], pelicula: dict[str, Any]) -> float:
    """How much a user likes a film, about -1 to 2."""
    gusto = 1.0 if pelicula["genero"] in usuario["gustos"] else 0.0
    propio = random.Random(f"{usuario['id']} {pelicula['id']}").gauss(0, 0.25)
    return gusto + (float(pelicula["critica"]) - 62) / 32 + propio


def _comportamiento(pedido: Peticion) -> dict[str, Any]:
    """GET /cineflow/comportamiento?mes=2024-05&pagina=1: the platform's own records, 500 to a page."""
    mes, pagina = date.fromisoformat(f"{pedido.consulta['mes']}-01"), int(pedido.consulta.get("pagina", "1"))
    todos = registros(mes)
    return {"registros": todos[(pagina - 1) * 500 : pagina * 500], "paginas": -(-len(todos) // 500)}


def _usuarios(_: Peticion) -> list[dict[str, Any]]:
    """GET /cineflow/usuarios"""
    return [{"id": uno["id"], "correo": uno["correo"], "avisar": uno["avisar"]} for uno in usuarios()]


def _criticas(pedido: Peticion) -> dict[str, Any]:
    """GET /criticas/peliculas?pagina=1: the public API."""
    pagina = int(pedido.consulta.get("pagina", "1"))
    trozo = peliculas()[(pagina - 1) * POR_PAGINA : pagina * POR_PAGINA]
    return {
        "results": [
            {
                "id": una["id"],
                "title": una["titulo"],
                "genre": una["genero"],
                "year": una["anio"],
                "runtime": una["minutos"],
                "critic_score": None if int(una["id"][1:]) % 20 == 7 else una["critica"],
            }
            for una in trozo
        ],
        "next_page": pagina + 1 if pagina * POR_PAGINA < len(peliculas()) else None,
    }


def _entrenar(pedido: Peticion) -> dict[str, Any]:
    """POST /modelo/entrenar {"nombre", "vistas": [{usuario, pelicula, agrado, momento}], "criticas": {id: 0…1}}"""
    from pipelines.fuentes.recomendador import entrenar

    return entrenar(pedido.cuerpo["nombre"], pedido.cuerpo["vistas"], pedido.cuerpo["criticas"])


def _recomendar(pedido: Peticion) -> list[dict[str, Any]]:
    """POST /modelo/recomendar {"nombre", "usuarios": […], "cuantas": 5}"""
    from pipelines.fuentes.recomendador import recomendar

    return recomendar(pedido.cuerpo["nombre"], pedido.cuerpo["usuarios"], int(pedido.cuerpo.get("cuantas", 5)))


RUTAS = {
    "/cineflow/comportamiento": _comportamiento,
    "/cineflow/usuarios": _usuarios,
    "/criticas/peliculas": _criticas,
    "/modelo/entrenar": _entrenar,
    "/modelo/recomendar": _recomendar,
}
LIMITES = {"/criticas/": 1}

"""From raw records to what the model learns from: how much of a film each user watched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Fila = dict[str, Any]
REGISTRO = ("registro", "usuario", "pelicula", "momento", "duracion", "unidad")
CRITICA = ("id", "title", "genre", "runtime", "critic_score")
COLUMNAS = {
    "mes": "DATE",
    "usuario": "STRING",
    "lugar": "INT64",
    "pelicula": "STRING",
    "titulo": "STRING",
    "genero": "STRING",
    "puntaje": "FLOAT64",
}
"""A recommendation: the ``lugar``-th best for a user in a month."""
SEGUNDOS = 60
CRITICA_MEDIA = 0.62
"""What a film without a score counts as."""


def vistas(registros: Iterable[Fila], peliculas: Mapping[str, Fila]) -> tuple[list[Fila], dict[str, int]]:
    """Each user's films, once, with the part that was watched (0 to 1); and what was left out.

    The television app counts seconds. Records of films that the reviews do not know, and of no time, are left out.
    """
    hechas: dict[tuple[str, str], Fila] = {}
    cifras = dict.fromkeys(("registros", "repetidos", "desconocidos", "vacios"), 0)
    vistos: set[str] = set()
    for uno in registros:
        cifras["registros"] += 1
        minutos = uno["duracion"] / (SEGUNDOS if uno["unidad"] == "s" else 1)
        if uno["registro"] in vistos:
            cifras["repetidos"] += 1
        elif uno["pelicula"] not in peliculas:
            cifras["desconocidos"] += 1
        elif minutos <= 0:
            cifras["vacios"] += 1
        else:
            agrado = min(1.0, minutos / peliculas[uno["pelicula"]]["runtime"])
            clave = (uno["usuario"], uno["pelicula"])
            if agrado >= hechas.get(clave, {"agrado": 0.0})["agrado"]:
                hechas[clave] = {
                    "usuario": uno["usuario"],
                    "pelicula": uno["pelicula"],
                    "agrado": round(agrado, 3),
                    "momento": uno["momento"],
                }
        vistos.add(uno["registro"])
    return list(hechas.values()), cifras


def criticas(peliculas: Mapping[str, Fila]) -> dict[str, float]:
    """Each film's score by the critics, from 0 to 1."""
    return {
        clave: CRITICA_MEDIA if una["critic_score"] is None else una["critic_score"] / 100
        for clave, una in peliculas.items()
    }

"""The recommendation model that CineFlow hosts: matrix factorisation, evaluated by what people watch next.

How much each user liked each film is a matrix; a truncated singular value decomposition of it (Koren, Bell and Volinsky
2009, "Matrix factorization techniques for recommender systems") fills the gaps, and the critics' score is added.
Evaluation leaves out the film that each user liked last, trains on the rest, and asks whether it is among the ten first
recommendations (hit rate); beside it stands the rate of the ten most watched films.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

FACTORES = 8
PESO_CRITICA = 0.3
LISTA = 10
GUSTO = 0.5
"""From here on a film was liked."""
Vista = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entrenado:
    """Scores of all films for all users; films seen have none."""

    usuarios: Sequence[str]
    peliculas: Sequence[str]
    puntajes: Any
    """users × films, float; minus infinity where the user has seen the film."""

    def primeras(self, usuario: str, cuantas: int) -> list[tuple[str, float]]:
        """The best films for a user, with their scores."""
        fila = self.puntajes[self.usuarios.index(usuario)]
        orden = np.argsort(-fila, kind="stable")[:cuantas]
        return [(self.peliculas[lugar], float(fila[lugar])) for lugar in orden if np.isfinite(fila[lugar])]


_modelos: dict[str, Entrenado] = {}


def entrenar(nombre: str, vistas: Sequence[Vista], criticas: Mapping[str, float]) -> dict[str, Any]:
    """Train and keep a model by ``nombre``; the figures of its evaluation."""
    if not vistas:
        raise ValueError("no vistas to learn from")
    cifras = _evaluar(vistas, criticas)
    _modelos[nombre] = _ajustar(vistas, criticas)
    return {"nombre": nombre, "usuarios": len(_modelos[nombre].usuarios), **cifras}


def recomendar(nombre: str, usuarios: Sequence[str], cuantas: int) -> list[dict[str, Any]]:
    """The best films for each user that the model knows; ValueError for a model that was never trained."""
    modelo = _modelos.get(nombre)
    if modelo is None:
        raise ValueError(f"there is no model {nombre!r}")
    return [
        {"usuario": usuario, "lugar": lugar, "pelicula": pelicula, "puntaje": round(puntaje, 4)}
        for usuario in usuarios
        if usuario in modelo.usuarios
        for lugar, (pelicula, puntaje) in enumerate(modelo.primeras(usuario, cuantas), start=1)
    ]


def _ajustar(vistas: Sequence[Vista], criticas: Mapping[str, float]) -> Entrenado:
    from sklearn.decomposition import TruncatedSVD

    usuarios = sorted({una["usuario"] for una in vistas})
    peliculas = sorted(criticas)
    fila = {usuario: numero for numero, usuario in enumerate(usuarios)}
    columna = {pelicula: numero for numero, pelicula in enumerate(peliculas)}
    agrado = np.zeros((len(usuarios), len(peliculas)))
    for una in vistas:
        if una["pelicula"] in columna:
            agrado[fila[una["usuario"]], columna[una["pelicula"]]] = una["agrado"]
    descomposicion = TruncatedSVD(n_components=min(FACTORES, len(peliculas) - 1), random_state=7)
    puntajes = descomposicion.fit_transform(agrado) @ descomposicion.components_
    puntajes = puntajes + PESO_CRITICA * np.array([criticas[pelicula] for pelicula in peliculas])
    puntajes[agrado > 0] = -np.inf
    return Entrenado(usuarios, peliculas, puntajes)


def _evaluar(vistas: Sequence[Vista], criticas: Mapping[str, float]) -> dict[str, float]:
    ultimas: dict[str, Vista] = {}
    for una in sorted(vistas, key=lambda una: str(una["momento"])):
        if una["agrado"] >= GUSTO and una["pelicula"] in criticas:
            ultimas[una["usuario"]] = una
    ocultas = {(una["usuario"], una["pelicula"]) for una in ultimas.values()}
    resto = [una for una in vistas if (una["usuario"], una["pelicula"]) not in ocultas]
    conocidos = {una["usuario"] for una in resto}
    pares = sorted(par for par in ocultas if par[0] in conocidos)
    if not pares:
        return {"evaluados": 0, "aciertos": 0.0, "aciertos_populares": 0.0}
    modelo = _ajustar(resto, criticas)
    vistas_por: dict[str, set[str]] = {}
    for una in resto:
        vistas_por.setdefault(una["usuario"], set()).add(una["pelicula"])
    populares = [pelicula for pelicula, _ in Counter(una["pelicula"] for una in resto).most_common()]
    bien = sum(pelicula in [una for una, _ in modelo.primeras(usuario, LISTA)] for usuario, pelicula in pares)
    facil = sum(
        pelicula in [una for una in populares if una not in vistas_por[usuario]][:LISTA] for usuario, pelicula in pares
    )
    return {
        "evaluados": len(pares),
        "aciertos": round(bien / len(pares), 3),
        "aciertos_populares": round(facil / len(pares), 3),
    }

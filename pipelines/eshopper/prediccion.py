"""Which products will run out: a model of the days after a day, and the naive rule that it has to beat.

A logistic regression over splines of what is known of a product. Run-outs are rarer than quiet days, so the classes are
weighted: ``riesgo`` ranks products, and is higher than the probability.

A row is a product at the end of a day; it runs out if its stock is nothing on one of the next ``HORIZONTE`` days. The
naive rule: it does if the stock is less than what ``HORIZONTE`` days of the last week's mean sales take.
"""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from comun.central import guardar, leer_si_existe
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

HORIZONTE = 3
VENTANA = 14
"""Days of the past that a row looks at."""
OBJETO = "eshopper/modelo.pkl"
Fila = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dia:
    """What is known of a product at the end of a day, and what became of it, as far as that is known."""

    sku: str
    dia: date
    rasgos: tuple[float, ...]
    cobertura: float
    """For how many days the stock lasts at the last week's pace."""
    se_agota: bool | None


def dias(filas: Iterable[Fila]) -> list[Dia]:
    """The rows of a history with ``sku``, ``dia``, ``ventas``, ``entradas``, ``existencias`` for each day."""
    por_sku: dict[str, list[Fila]] = defaultdict(list)
    for fila in filas:
        por_sku[fila["sku"]].append(fila)
    hechos: list[Dia] = []
    for sku, suyas in por_sku.items():
        suyas.sort(key=lambda fila: str(fila["dia"]))
        hechos += [
            _dia(sku, suyas[lugar - VENTANA + 1 : lugar + 1], suyas[lugar + 1 : lugar + 1 + HORIZONTE])
            for lugar in range(VENTANA - 1, len(suyas))
        ]
    return hechos


def _dia(sku: str, pasado: Sequence[Fila], futuro: Sequence[Fila]) -> Dia:
    hoy = date.fromisoformat(str(pasado[-1]["dia"]))
    vendidas = [float(fila["ventas"]) for fila in pasado]
    existencias = float(pasado[-1]["existencias"])
    semana = sum(vendidas[-7:]) / 7
    sin_entrada = next((atras for atras, fila in enumerate(reversed(pasado)) if fila["entradas"]), VENTANA)
    cobertura = existencias / max(semana, 0.2)
    return Dia(
        sku=sku,
        dia=hoy,
        rasgos=(
            existencias,
            semana,
            sum(vendidas) / VENTANA,
            sum(vendidas[-2:]) / 2,
            cobertura,
            float(sin_entrada),
            float((hoy + timedelta(days=1)).weekday()),
            float(hoy.day),
        ),
        cobertura=cobertura,
        se_agota=any(fila["existencias"] <= 0 for fila in futuro) if len(futuro) == HORIZONTE else None,
    )


def entrenar(conocidos: Sequence[Dia]) -> Pipeline:
    """A model of the days whose outcome is known."""
    sabidos = [uno for uno in conocidos if uno.se_agota is not None]
    modelo = make_pipeline(
        StandardScaler(), SplineTransformer(n_knots=6), LogisticRegression(max_iter=500, class_weight="balanced")
    )
    return modelo.fit([uno.rasgos for uno in sabidos], [bool(uno.se_agota) for uno in sabidos])


def riesgos(modelo: Pipeline, unos: Sequence[Dia]) -> list[float]:
    """How probable it is that each runs out."""
    return [float(par[1]) for par in modelo.predict_proba([uno.rasgos for uno in unos])] if unos else []


def evaluar(filas: Iterable[Fila], reservados: int) -> dict[str, float]:
    """F1 and average precision on the last days, which the model has not seen, beside the naive rule's."""
    todos = [uno for uno in dias(filas) if uno.se_agota is not None]
    corte = max(uno.dia for uno in todos) - timedelta(days=reservados - 1)
    # What is known of a day only later must not be learnt from: the days just before the cut are left out.
    antes = [uno for uno in todos if uno.dia < corte - timedelta(days=HORIZONTE)]
    despues = [uno for uno in todos if uno.dia >= corte]
    reales = [bool(uno.se_agota) for uno in despues]
    puntajes = riesgos(entrenar(antes), despues)
    return {
        "dias": len(despues),
        "agotados": sum(reales),
        "f1": round(float(f1_score(reales, [uno >= 0.5 for uno in puntajes])), 3),
        "f1_ingenuo": round(float(f1_score(reales, [uno.cobertura < HORIZONTE for uno in despues])), 3),
        "precision_media": round(float(average_precision_score(reales, puntajes)), 3),
        "precision_media_ingenua": round(
            float(average_precision_score(reales, [-uno.cobertura for uno in despues])), 3
        ),
    }


def publicar(modelo: Pipeline, bucket: str) -> str:
    """Into the bucket, for the days to come."""
    return guardar(bucket, OBJETO, pickle.dumps(modelo), "application/octet-stream")


def del_bucket(bucket: str) -> Pipeline | None:
    """The one in the bucket, if there is one. Nobody but these pipelines may write there: pickles are programs."""
    datos = leer_si_existe(bucket, OBJETO)
    return pickle.loads(datos) if datos else None  # noqa: S301  our own bucket

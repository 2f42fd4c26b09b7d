"""What a store will sell on a day, from who walks in: a linear model, judged by what it did not see.

Cross-validation goes forward in time (each part is predicted from those before it), because tomorrow must not teach
yesterday. Beside the model's mean absolute error stands that of the naive one: the store's mean of the weekday so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from statistics import fmean
from typing import Any

from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

PARTES = 5
Fila = Mapping[str, Any]
"""A store's day: tienda, dia, visitas, promocion, lluvia, temperatura, importe."""


def _rasgos(filas: Sequence[Fila]) -> list[list[Any]]:
    return [
        [
            fila["tienda"],
            str(fila["dia"].weekday()),
            fila["visitas"],
            fila["visitas"] * fila["promocion"],
            fila["lluvia"],
            fila["temperatura"],
        ]
        for fila in filas
    ]


def entrenar(filas: Sequence[Fila]) -> Pipeline:
    """A model of these days."""
    import numpy as np

    columnas = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), [0, 1]), (StandardScaler(), [2, 3, 4, 5])
    )
    modelo = make_pipeline(columnas, Ridge(alpha=1.0))
    return modelo.fit(np.array(_rasgos(filas), dtype=object), [fila["importe"] for fila in filas])


def predecir(modelo: Pipeline, filas: Sequence[Fila]) -> list[float]:
    """What each day sells."""
    import numpy as np

    return [max(0.0, float(valor)) for valor in modelo.predict(np.array(_rasgos(filas), dtype=object))]


def evaluar(filas: Sequence[Fila]) -> dict[str, float]:
    """The figures of a cross-validation forward in time."""
    ordenadas = sorted(filas, key=lambda fila: fila["dia"])
    reales, hechas, ingenuas = [], [], []
    for antes, despues in TimeSeriesSplit(PARTES).split(ordenadas):
        sabidas, nuevas = [ordenadas[lugar] for lugar in antes], [ordenadas[lugar] for lugar in despues]
        reales += [fila["importe"] for fila in nuevas]
        hechas += predecir(entrenar(sabidas), nuevas)
        ingenuas += [_ingenua(sabidas, fila) for fila in nuevas]
    return {
        "dias": len(ordenadas),
        "partes": PARTES,
        "error": round(float(mean_absolute_error(reales, hechas)), 1),
        "error_ingenuo": round(float(mean_absolute_error(reales, ingenuas)), 1),
        "r2": round(float(r2_score(reales, hechas)), 3),
        "r2_ingenuo": round(float(r2_score(reales, ingenuas)), 3),
    }


def _ingenua(sabidas: Sequence[Fila], fila: Fila) -> float:
    iguales = [
        una["importe"]
        for una in sabidas
        if una["tienda"] == fila["tienda"] and una["dia"].weekday() == fila["dia"].weekday()
    ]
    return fmean(iguales) if iguales else fmean(una["importe"] for una in sabidas)


def con_fecha(filas: Iterable[Fila]) -> list[dict[str, Any]]:
    """The rows with ``dia`` as a date."""
    return [{**fila, "dia": date.fromisoformat(fila["dia"])} for fila in filas]


def semana_por_venir(filas: Sequence[Fila], pronostico: Sequence[Fila], desde: date) -> list[dict[str, Any]]:
    """Each store's next seven days: the forecast, and as many visitors as on the weekday's last four."""
    dias = []
    for tienda in sorted({fila["tienda"] for fila in filas}):
        suyas = [fila for fila in filas if fila["tienda"] == tienda]
        for tiempo in pronostico:
            if desde <= tiempo["dia"] < desde + timedelta(days=7):
                iguales = [una["visitas"] for una in suyas if una["dia"].weekday() == tiempo["dia"].weekday()]
                dias.append({**tiempo, "tienda": tienda, "visitas": fmean(iguales[-4:]), "promocion": False})
    return dias


def promociones(modelo: Pipeline, dias: Sequence[Fila], cuantas: int) -> list[dict[str, Any]]:
    """The store's days on which a promotion would bring most, best first; one to a store and week at most."""
    con, sin = (predecir(modelo, [{**dia, "promocion": valor} for dia in dias]) for valor in (True, False))
    ganancias = sorted(zip((una - otra for una, otra in zip(con, sin, strict=True)), dias, strict=True), key=_orden)
    elegidas: dict[tuple[str, Any], dict[str, Any]] = {}
    for ganancia, dia in ganancias:
        semana = (dia["tienda"], dia["dia"].isocalendar()[:2])
        if ganancia > 0 and semana not in elegidas and len(elegidas) < cuantas:
            elegidas[semana] = {"tienda": dia["tienda"], "dia": str(dia["dia"]), "ganancia": round(ganancia, 2)}
    return list(elegidas.values())


def _orden(par: tuple[float, Fila]) -> tuple[float, str]:
    return -par[0], f"{par[1]['dia']} {par[1]['tienda']}"

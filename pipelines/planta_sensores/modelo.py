"""Anomalies of machines: how far an hour is from what its machine usually does, by a robust covariance.

A machine's hour becomes three numbers: the mean over its readings of temperature above the air's, vibration, and
pressure, each less the median of the same machine and shift, in units of the robust spread (1.4826 × the median
absolute deviation; the mean of one late reading spreads twice as far as that of an hour's four, and is measured by
that). The score is the Mahalanobis distance by the minimum covariance determinant (Rousseeuw 1984;
scikit-learn's ``EllipticEnvelope``), so that the bad hours in what it is trained on, which are few, do not matter.
"""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from comun.central import guardar, leer_si_existe
from lecturas import POR_HORA
from sklearn.covariance import EllipticEnvelope

Hora = tuple[str, str, str]
"""Hall, machine, and the hour as in 2024-05-01T13."""
Media = tuple[float, int]
"""A mean, and of how many readings it is."""
Fila = dict[str, Any]
ESCALA = 1.4826
OBJETO = "planta/modelo.pkl"


@dataclass(frozen=True, slots=True)
class Modelo:
    """What is kept in the bucket: each machine's usual values and spreads, the ellipse, and the score of alarm."""

    usuales: Mapping[tuple[str, str, bool], tuple[tuple[float, float], ...]]
    elipse: EllipticEnvelope
    umbral: float

    def puntajes(self, filas: Iterable[Mapping[str, Any]]) -> dict[Hora, float]:
        """Score of each machine's hour; hours with a value missing all the time, and unknown machines, have none."""
        rasgos = {hora: self._distancias(hora, medias) for hora, medias in _por_hora(filas).items()}
        conocidas = {hora: valores for hora, valores in rasgos.items() if valores is not None}
        if not conocidas:
            return {}
        return dict(zip(conocidas, (-self.elipse.score_samples(list(conocidas.values()))).tolist(), strict=True))

    def _distancias(self, hora: Hora, medias: tuple[Media, ...]) -> list[float] | None:
        usual = self.usuales.get(_turno(hora))
        if usual is None:
            return None
        return [
            (valor - centro) / (ancho * (POR_HORA / lecturas) ** 0.5)
            for (valor, lecturas), (centro, ancho) in zip(medias, usual, strict=True)
        ]

    def marcar(self, filas: Iterable[Fila]) -> tuple[list[Fila], list[Fila]]:
        """The readings with their hour's score and whether it is an anomaly; and the anomalies, worst first."""
        filas = list(filas)
        puntajes = self.puntajes(filas)
        marcadas = []
        for fila in filas:
            puntaje = puntajes.get(_hora(fila))
            marcadas.append({**fila, "puntaje": puntaje, "anomalia": puntaje is not None and puntaje >= self.umbral})
        malas = sorted(((puntaje, hora) for hora, puntaje in puntajes.items() if puntaje >= self.umbral), reverse=True)
        return marcadas, [
            {"nave": nave, "maquina": maquina, "hora": hora, "puntaje": round(puntaje, 3)}
            for puntaje, (nave, maquina, hora) in malas
        ]

    def publicar(self, bucket: str, objeto: str = OBJETO) -> str:
        """Into the bucket: for every hour to come, or as another object."""
        return guardar(bucket, objeto, pickle.dumps(self), "application/octet-stream")

    @staticmethod
    def del_bucket(bucket: str, objeto: str = OBJETO) -> Modelo | None:
        """The one in the bucket, if there is one. Nobody but these pipelines may write there: pickles are programs."""
        datos = leer_si_existe(bucket, objeto)
        modelo: Modelo | None = pickle.loads(datos) if datos else None  # noqa: S301  our own bucket
        return modelo


def entrenar(filas: Iterable[Mapping[str, Any]], *, esperadas: float = 0.008) -> Modelo:
    """A model of clean readings, some weeks of them; ``esperadas`` is the share of hours that will raise alarm."""
    horas = _por_hora(filas)
    grupos: dict[tuple[str, str, bool], list[tuple[float, ...]]] = defaultdict(list)
    for hora, medias in horas.items():
        grupos[_turno(hora)].append(tuple(valor for valor, _ in medias))
    usuales = {turno: tuple(map(_usual, zip(*valores, strict=True))) for turno, valores in grupos.items()}
    elipse = EllipticEnvelope(random_state=7)
    borrador = Modelo(usuales, elipse, 0.0)
    distancias = [borrador._distancias(hora, medias) for hora, medias in horas.items()]  # noqa: SLF001
    elipse.fit(distancias)
    puntajes = sorted(borrador.puntajes(filas).values())
    return Modelo(usuales, elipse, puntajes[int(len(puntajes) * (1 - esperadas))])


def evaluar(modelo: Modelo, filas: Iterable[Mapping[str, Any]], averias: Iterable[Hora]) -> dict[str, float]:
    """Precision and recall over hours that the model has not seen, against the maintenance log."""
    puntajes = modelo.puntajes(filas)
    alarmas = {hora for hora, puntaje in puntajes.items() if puntaje >= modelo.umbral}
    reales = set(averias) & set(puntajes)
    aciertos = len(alarmas & reales)
    return {
        "horas": len(puntajes),
        "averias": len(reales),
        "alarmas": len(alarmas),
        "precision": aciertos / len(alarmas) if alarmas else 0.0,
        "exhaustividad": aciertos / len(reales) if reales else 0.0,
    }


def _por_hora(filas: Iterable[Mapping[str, Any]]) -> dict[Hora, tuple[Media, ...]]:
    medidas: dict[Hora, list[list[float]]] = defaultdict(lambda: [[], [], []])
    for fila in filas:
        lista = medidas[_hora(fila)]
        if fila["temperatura"] is not None:
            lista[0].append(fila["temperatura"] - fila["ambiente"])
        for lugar, campo in ((1, "vibracion"), (2, "presion")):
            if fila[campo] is not None:
                lista[lugar].append(fila[campo])
    return {
        hora: tuple((fmean(lista), len(lista)) for lista in listas) for hora, listas in medidas.items() if all(listas)
    }


def _hora(fila: Mapping[str, Any]) -> Hora:
    return fila["nave"], fila["maquina"], fila["momento"][:13]


def _turno(hora: Hora) -> tuple[str, str, bool]:
    return hora[0], hora[1], 6 <= int(hora[2][11:13]) < 22


def _usual(valores: tuple[float, ...]) -> tuple[float, float]:
    centro = median(valores)
    return centro, ESCALA * median(abs(valor - centro) for valor in valores) or 1.0

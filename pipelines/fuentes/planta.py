"""The gateway of a manufacturing plant's sensors: three halls, four machines each, a reading every 15 minutes.

Assumptions. A machine's temperature is the air's (real: San Francisco, hourly, 2010, NOAA, shipped by vega_datasets)
plus what it makes itself; vibration and pressure vary about the machine's own level. Night shifts (22 to 6 h, UTC) work
at 60 %. Of 1,000 hours of a machine about eight are bad: overheated, vibrating, or losing pressure, by 1.5 to 6 times
the usual spread, and then the maintenance log has an entry.

Dirt: 2 % of the readings come twice, 1 % not at all, 1 % an hour late; the hall ``sur`` measures in °F from 09:00 to
12:00 (its old gateway is used then), and says so in ``unidad``; 0.5 % have no vibration. The same hour is always
answered with the same readings. Nothing was measured before ``INICIO``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from pipelines.fuentes.servidor import Peticion

INICIO = datetime(2024, 4, 1, tzinfo=UTC)
NAVES = ("norte", "centro", "sur")
MAQUINAS = {
    "prensa": (38.0, 3.2, 6.1),
    "horno": (96.0, 0.9, 2.2),
    "torno": (22.0, 4.6, 4.0),
    "compresor": (41.0, 2.4, 8.4),
}
"""Machine → degrees above the air, vibration in mm/s, pressure in bar."""
DISPERSION = (1.6, 0.22, 0.16)
"""The usual spread of each."""
MALAS = 0.008
TIPOS = ("sobrecalentamiento", "vibración", "pérdida de presión")


@dataclass(frozen=True, slots=True)
class Averia:
    """What maintenance found: a bad hour of a machine."""

    nave: str
    maquina: str
    hora: datetime
    tipo: str
    fuerza: float


def averia(nave: str, maquina: str, hora: datetime) -> Averia | None:
    """The bad hour, if it is one."""
    azar = random.Random(f"avería {nave} {maquina} {hora:%Y%m%d%H}")
    if azar.random() >= MALAS:
        return None
    return Averia(nave, maquina, hora, azar.choice(TIPOS), azar.uniform(1.5, 6.0))


@lru_cache(maxsize=16)
def mediciones(nave: str, hora: datetime) -> tuple[dict[str, Any], ...]:
    """What the machines of a hall did in an hour, before the gateway spoils it."""
    return tuple(_mediciones(nave, hora))


def _mediciones(nave: str, hora: datetime) -> Iterator[dict[str, Any]]:
    turno = 0.6 if hora.hour >= 22 or hora.hour < 6 else 1.0
    for maquina, (calor, vibracion, presion) in MAQUINAS.items():
        mala = averia(nave, maquina, hora)
        azar = random.Random(f"{nave} {maquina} {hora:%Y%m%d%H}")
        for cuarto in range(4):
            ruido = [azar.gauss(0, ancho) for ancho in DISPERSION]
            if mala is not None:
                lugar = TIPOS.index(mala.tipo)
                ruido[lugar] += mala.fuerza * DISPERSION[lugar] * (-1 if mala.tipo == TIPOS[2] else 1)
            momento = hora + timedelta(minutes=15 * cuarto)
            yield {
                "nave": nave,
                "maquina": maquina,
                "momento": momento.isoformat(),
                "ambiente": round(_ambiente(hora), 2),
                "temperatura": round(_ambiente(hora) + calor * turno + ruido[0], 2),
                "unidad": "C",
                "vibracion": round(max(0.0, vibracion * turno + ruido[1]), 3),
                "presion": round(max(0.0, presion + ruido[2]), 3),
            }


def entregas(nave: str, hora: datetime) -> list[dict[str, Any]]:
    """What the gateway delivers for an hour: with its late, missing and repeated readings and its own units."""
    filas = []
    for atraso in (1, 0):
        for medida in mediciones(nave, hora - timedelta(hours=atraso)):
            fila = dict(medida)
            azar = random.Random(f"entrega {nave} {fila['maquina']} {fila['momento']}")
            suerte = azar.random()
            tarde, perdida, doble = suerte < 0.01, 0.01 <= suerte < 0.02, 0.02 <= suerte < 0.04
            if perdida or tarde != bool(atraso):
                continue
            if azar.random() < 0.005:
                fila["vibracion"] = None
            if nave == "sur" and 9 <= hora.hour < 12:
                fila |= {"temperatura": round(fila["temperatura"] * 9 / 5 + 32, 2), "unidad": "F"}
            filas += [fila, fila] if doble else [fila]
    return filas


def _lecturas(pedido: Peticion) -> dict[str, Any]:
    """GET /planta/lecturas?nave=…&desde=…&horas=1"""
    nave, desde = pedido.consulta["nave"], _hora(pedido.consulta["desde"])
    if nave not in NAVES:
        raise ValueError(f"no hall {nave!r}; there are {', '.join(NAVES)}")
    horas = int(pedido.consulta.get("horas", "1"))
    filas: list[dict[str, Any]] = []
    for numero in range(horas):
        hora = desde + timedelta(hours=numero)
        filas += entregas(nave, hora) if hora >= INICIO else []
    return {"nave": nave, "lecturas": filas}


def _bitacora(pedido: Peticion) -> list[dict[str, Any]]:
    """GET /planta/bitacora?desde=…&hasta=…: the maintenance log."""
    desde, hasta = _hora(pedido.consulta["desde"]), _hora(pedido.consulta["hasta"])
    horas = int((hasta - desde) / timedelta(hours=1))
    halladas = (
        averia(nave, maquina, desde + timedelta(hours=numero))
        for numero in range(horas)
        for nave in NAVES
        for maquina in MAQUINAS
    )
    return [
        {"nave": una.nave, "maquina": una.maquina, "hora": una.hora.isoformat(), "tipo": una.tipo}
        for una in halladas
        if una is not None and una.hora >= INICIO
    ]


def _hora(texto: str) -> datetime:
    momento = datetime.fromisoformat(texto)
    return (momento if momento.tzinfo else momento.replace(tzinfo=UTC)).astimezone(UTC)


def _ambiente(hora: datetime) -> float:
    """The air's temperature in °C: that of the same hour of 2010."""
    return _temperaturas()[f"{hora:%m%d%H}"]


@cache
def _temperaturas() -> dict[str, float]:
    import csv
    from importlib.resources import files

    texto = (files("vega_datasets") / "_data" / "sf-temps.csv").read_text("utf-8")
    celsius: dict[str, float] = {}
    for fila in csv.DictReader(texto.splitlines()):
        dia, hora = fila["date"].split()
        celsius[dia[5:7] + dia[8:10] + hora[:2]] = (float(fila["temp"]) - 32) * 5 / 9
    return celsius


RUTAS = {"/planta/lecturas": _lecturas, "/planta/bitacora": _bitacora}

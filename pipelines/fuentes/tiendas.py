"""Four stores: their sales, the people who walk in, and the weather.

Assumptions. Who walks in depends on the weekday, on the season, and on the weather (real: Seattle 2012 to 2015, NOAA,
shipped by vega_datasets; a day of 2024 has the weather of the same day eight or twelve years before): rain keeps people
away from three stores and sends them into the fourth, which is in a mall. A sale is about 9 in 100 visitors, more of
them when the day has a promotion (one day in nine), and is worth 12 to 90, by category. Sales begin on 1 January 2024.

Dirt: 2 % of the tickets come twice, 3 % were cancelled, 1 % have an amount of nothing, the store ``puerto`` writes
amounts as "1.234,50" and bills in cents from 6 May to 12 May (its new till was set up wrongly; ``moneda`` says so).
"""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from pipelines.fuentes.servidor import Peticion

INICIO = date(2024, 1, 1)
TIENDAS = {"centro": 420, "norte": 260, "puerto": 180, "galería": 340}
"""Store → visitors of a usual day."""
BAJO_TECHO = "galería"
CATEGORIAS = {"ropa": 42.0, "calzado": 68.0, "hogar": 27.0, "regalos": 17.0}
CENTIMOS = (date(2024, 5, 6), date(2024, 5, 12))
DIA = timedelta(days=1)


@cache
def _clima() -> dict[tuple[int, int, int], tuple[float, float]]:
    texto = (files("vega_datasets") / "_data" / "seattle-weather.csv").read_text("utf-8")
    filas = csv.DictReader(texto.splitlines())
    return {
        (int(fila["date"][:4]), int(fila["date"][5:7]), int(fila["date"][8:10])): (
            float(fila["precipitation"]),
            float(fila["temp_max"]),
        )
        for fila in filas
    }


def clima(dia: date) -> tuple[float, float]:
    """Millimetres of rain, and the highest temperature in °C."""
    return _clima()[2012 + (dia.year - 2024) % 4, dia.month, dia.day]


def promocion(tienda: str, dia: date) -> bool:
    """Whether the store had one."""
    return random.Random(f"promoción {tienda} {dia}").random() < 1 / 9


def visitas(tienda: str, dia: date) -> int:
    """People who walked in."""
    if dia < INICIO:
        return 0
    lluvia, calor = clima(dia)
    mojado = min(1.0, lluvia / 12)
    efecto = 1 + 0.3 * mojado if tienda == BAJO_TECHO else 1 - 0.35 * mojado
    semana = (0.82, 0.85, 0.9, 0.97, 1.2, 1.45, 0.81)[dia.weekday()]
    azar = random.Random(f"visitas {tienda} {dia}").gauss(1, 0.07)
    return max(0, round(TIENDAS[tienda] * semana * efecto * (1 + (calor - 15) / 200) * azar))


def tickets(tienda: str, dia: date) -> list[dict[str, Any]]:
    """What the store's till has of a day."""
    azar = random.Random(f"tickets {tienda} {dia}")
    tasa = 0.09 * (1.5 if promocion(tienda, dia) else 1.0)
    cuantas = sum(azar.random() < tasa for _ in range(visitas(tienda, dia)))
    filas: list[dict[str, Any]] = []
    for numero in range(cuantas):
        categoria = azar.choice(list(CATEGORIAS))
        importe = round(CATEGORIAS[categoria] * azar.uniform(0.5, 1.9), 2)
        suerte = azar.random()
        en_centimos = tienda == "puerto" and CENTIMOS[0] <= dia <= CENTIMOS[1]
        valor: Any = 0 if suerte < 0.01 else round(importe * 100) if en_centimos else importe
        fila = {
            "ticket": f"{tienda[:2].upper()}{dia:%Y%m%d}{numero:03d}",
            "dia": f"{dia}",
            "categoria": categoria,
            "importe": f"{valor:,.2f}".translate(str.maketrans(",.", ".,")) if tienda == "puerto" else valor,
            "moneda": "céntimos" if en_centimos else "EUR",
            "estado": "anulado" if 0.01 <= suerte < 0.04 else "cobrado",
        }
        filas += [fila, fila] if suerte > 0.98 else [fila]
    return filas


def _dias(pedido: Peticion) -> list[date]:
    desde, hasta = (date.fromisoformat(pedido.consulta[nombre]) for nombre in ("desde", "hasta"))
    return [desde + numero * DIA for numero in range((hasta - desde).days)]


def _tienda(pedido: Peticion) -> str:
    tienda = pedido.consulta["tienda"]
    if tienda not in TIENDAS:
        raise ValueError(f"no store {tienda!r}; there are {', '.join(TIENDAS)}")
    return tienda


RUTAS = {
    "/tiendas/ventas": lambda pedido: [fila for dia in _dias(pedido) for fila in tickets(_tienda(pedido), dia)],
    "/tiendas/trafico": lambda pedido: [
        {"dia": f"{dia}", "tienda": _tienda(pedido), "visitas": visitas(_tienda(pedido), dia)}
        | {"promocion": promocion(_tienda(pedido), dia)}
        for dia in _dias(pedido)
        if dia >= INICIO
    ],
    "/clima/diario": lambda pedido: [
        {"dia": f"{dia}", "lluvia": clima(dia)[0], "temperatura": clima(dia)[1]} for dia in _dias(pedido)
    ],
}

"""An online shop: 40 products, their sales and stock moved day by day from January to July 2024.

Assumptions. Demand is Poisson about a product's mean (1 to 12 a day), higher on Fridays and Saturdays, growing 20 % in
half a year, doubled in one week of promotion each month. What is not in stock is not sold. When stock and what is on
order fall to the reorder point (about 5.5 days of mean demand) an order fills it up to two weeks; it takes 2 to 6 days.
Products with an even number are replenished from the shop's warehouse (``reposiciones``), the others by suppliers
(``llegadas``), who leave one CSV file a day in the bucket. The supplier of ESH-007 is on strike from 10 to 24 May.

Dirt: 2 % of the sales come twice, 2 % a day late, 2 % have the product's id in lower case, 5 % the quantity as text;
files of arrivals end with a blank line. Each night's count of the shelves differs by one or two pieces for one product.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from pipelines.fuentes.servidor import Peticion

INICIO, FIN = date(2024, 1, 1), date(2024, 7, 1)
HUELGA = ("ESH-007", date(2024, 5, 10), date(2024, 5, 24))
CATEGORIAS = ("hogar", "electrónica", "juguetes", "deporte")
DIA = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Producto:
    """A product: its mean demand a day, and the stock at which it is ordered."""

    sku: str
    categoria: str
    demanda: float
    pedir_en: int


PRODUCTOS = tuple(
    Producto(f"ESH-{numero:03d}", CATEGORIAS[numero % 4], demanda, round(demanda * 5.5) + 1)
    for numero, demanda in ((uno, random.Random(f"eshopper {uno}").uniform(1.0, 12.0)) for uno in range(1, 41))
)


@dataclass(frozen=True, slots=True)
class Jornada:
    """What happened to one product in one day; ``existencias`` at its end."""

    entradas: int
    ventas: int
    existencias: int


@cache
def historia() -> dict[tuple[date, str], Jornada]:
    """Every product's every day."""
    dias: dict[tuple[date, str], Jornada] = {}
    for producto in PRODUCTOS:
        azar = random.Random(f"eshopper {producto.sku}")
        existencias, en_camino, dia = round(producto.demanda * 12), dict[date, int](), INICIO
        while dia < FIN:
            entradas = en_camino.pop(dia, 0)
            vendidas = min(existencias + entradas, _poisson(azar, producto.demanda * _temporada(dia)))
            existencias += entradas - vendidas
            if existencias + sum(en_camino.values()) <= producto.pedir_en:
                llega = dia + azar.randint(2, 6) * DIA
                if producto.sku == HUELGA[0] and HUELGA[1] <= llega < HUELGA[2]:
                    llega = HUELGA[2]
                en_camino[llega] = en_camino.get(llega, 0) + round(producto.demanda * 14) - existencias
            dias[dia, producto.sku] = Jornada(entradas, vendidas, existencias)
            dia += DIA
    return dias


def _temporada(dia: date) -> float:
    semana = (0.9, 0.85, 0.9, 1.0, 1.25, 1.35, 0.95)[dia.weekday()]
    return semana * (1 + 0.2 * (dia - INICIO).days / 182) * (2.0 if 15 <= dia.day < 22 else 1.0)


def _poisson(azar: random.Random, media: float) -> int:
    limite, producto, veces = math.exp(-media), azar.random(), 0
    while producto > limite:
        producto *= azar.random()
        veces += 1
    return veces


def ventas(dia: date) -> list[dict[str, Any]]:
    """The sales as the shop's API has them that day: some of the day before, some of today only tomorrow."""
    filas: list[dict[str, Any]] = []
    for propio in (dia - DIA, dia):
        for producto in PRODUCTOS:
            jornada = historia().get((propio, producto.sku))
            for numero in range(jornada.ventas if jornada else 0):
                clave = f"{propio:%Y%m%d}-{producto.sku}-{numero}"
                azar = random.Random(clave)
                if (azar.random() < 0.02) != (propio != dia):
                    continue
                fila: dict[str, Any] = {"venta": clave, "dia": f"{propio}", "sku": producto.sku, "cantidad": 1}
                suerte = azar.random()
                fila["sku"] = producto.sku.lower() if suerte < 0.02 else producto.sku
                fila["cantidad"] = "1" if 0.02 <= suerte < 0.07 else 1
                filas += [fila, fila] if 0.07 <= suerte < 0.09 else [fila]
    return filas


def entradas(dia: date, pares: bool) -> list[dict[str, Any]]:
    """What came in: from the warehouse (``pares``), or from suppliers."""
    return [
        {"entrada": f"{dia:%Y%m%d}-{producto.sku}", "dia": f"{dia}", "sku": producto.sku, "cantidad": jornada.entradas}
        for numero, producto in enumerate(PRODUCTOS, start=1)
        if (jornada := historia().get((dia, producto.sku))) and jornada.entradas and (numero % 2 == 0) == pares
    ]


def archivo_de_llegadas(dia: date) -> tuple[str, str]:
    """The suppliers' file of a day: its name in the bucket, and its text."""
    lineas = [f"{fila['entrada']},{fila['dia']},{fila['sku']},{fila['cantidad']}" for fila in entradas(dia, False)]
    return f"llegadas/llegadas_{dia:%Y%m%d}.csv", "\n".join(["entrada,dia,sku,cantidad", *lineas, "", ""])


def conteo(dia: date) -> list[dict[str, Any]]:
    """What the shelves were counted to hold at the end of the day; one product a little wrong."""
    contado = {producto.sku: historia()[dia, producto.sku].existencias for producto in PRODUCTOS}
    azar = random.Random(f"conteo {dia}")
    contado[azar.choice(PRODUCTOS).sku] += azar.choice((-2, -1, 1))
    return [{"sku": sku, "contado": max(0, cuantos)} for sku, cuantos in contado.items()]


def _por_dia(pedido: Peticion) -> date:
    return date.fromisoformat(pedido.consulta["dia"])


def _historia(pedido: Peticion) -> list[dict[str, Any]]:
    """GET /eshopper/historia?desde=…&hasta=…: each product's days, for those who learn from them."""
    desde, hasta = (date.fromisoformat(pedido.consulta[nombre]) for nombre in ("desde", "hasta"))
    return [
        {"dia": f"{dia}", "sku": sku, "ventas": una.ventas, "entradas": una.entradas, "existencias": una.existencias}
        for (dia, sku), una in historia().items()
        if desde <= dia < hasta
    ]


def _inicial(pedido: Peticion) -> list[dict[str, Any]]:
    """GET /eshopper/inicial?dia=…: the stock with which a day begins, for a shop that starts to keep books."""
    dia = _por_dia(pedido) - DIA
    return [
        {"entrada": f"inicial-{producto.sku}", "dia": f"{dia}", "sku": producto.sku, "cantidad": jornada.existencias}
        for producto in PRODUCTOS
        if (jornada := historia().get((dia, producto.sku)))
    ]


RUTAS = {
    "/eshopper/ventas": lambda pedido: ventas(_por_dia(pedido)),
    "/eshopper/reposiciones": lambda pedido: entradas(_por_dia(pedido), True),
    "/eshopper/conteo": lambda pedido: conteo(_por_dia(pedido)) if _por_dia(pedido) >= INICIO else [],
    "/eshopper/inicial": _inicial,
    "/eshopper/historia": _historia,
}

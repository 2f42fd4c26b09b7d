"""Movements of stock, from three sources in one form: key, day, product, kind, pieces (out is negative)."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from typing import Any

from brisa.authoring.exceptions import AirflowFailException

Fila = dict[str, Any]
COLUMNAS = {"clave": "STRING", "dia": "DATE", "sku": "STRING", "tipo": "STRING", "piezas": "INT64"}
INVENTARIO = {
    "dia": "DATE",
    "sku": "STRING",
    "existencias": "INT64",
    "contado": "INT64",
    "diferencia": "INT64",
    "cobertura": "FLOAT64",
    "riesgo": "FLOAT64",
    "critico": "BOOL",
}
"""The state of each product at the end of a day; ``cobertura`` in days."""
CLAVES = {"ventas": "venta", "reposiciones": "entrada", "inicial": "entrada", "llegadas": "entrada"}
"""Kind of movement → the field of its source that names one."""
ENCABEZADO = ["entrada", "dia", "sku", "cantidad"]


def movimientos(tipo: str, filas: Iterable[Fila]) -> list[Fila]:
    """The movements of one source, each once: products in capitals, quantities as numbers, sales negative."""
    signo = -1 if tipo == "ventas" else 1
    unicos = {
        str(fila[CLAVES[tipo]]): {
            "clave": f"{tipo}/{fila[CLAVES[tipo]]}",
            "dia": str(fila["dia"]),
            "sku": str(fila["sku"]).upper(),
            "tipo": tipo,
            "piezas": signo * int(fila["cantidad"]),
        }
        for fila in filas
    }
    return list(unicos.values())


def leer_llegadas(nombre: str, datos: bytes) -> list[Fila]:
    """The rows of a suppliers' file; fails for good with file, line and column if it can't be read."""
    try:
        texto = datos.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AirflowFailException(f"{nombre}: no es un archivo de texto (byte {error.start})") from None
    lineas = list(csv.reader(texto.splitlines()))
    if not lineas or lineas[0] != ENCABEZADO:
        hallado = ", ".join(lineas[0]) if lineas else "nada"
        raise AirflowFailException(f"{nombre}, línea 1: se esperaba {', '.join(ENCABEZADO)}; hay {hallado}")
    return [_llegada(nombre, numero, linea) for numero, linea in enumerate(lineas[1:], start=2) if linea]


def _llegada(nombre: str, numero: int, linea: list[str]) -> Fila:
    if len(linea) != len(ENCABEZADO):
        raise AirflowFailException(f"{nombre}, línea {numero}: {len(linea)} columnas en lugar de {len(ENCABEZADO)}")
    fila: Fila = dict(zip(ENCABEZADO, linea, strict=True))
    for campo, leer in (("dia", date.fromisoformat), ("cantidad", int)):
        try:
            leer(fila[campo])
        except ValueError:
            raise AirflowFailException(f"{nombre}, línea {numero}: {campo} es {fila[campo]!r}") from None
    return fila

"""Sensor readings: what makes them clean, and how good an hour's delivery was."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

CAMPOS = ("nave", "maquina", "momento", "ambiente", "temperatura", "unidad", "vibracion", "presion")
"""What every reading of the gateway has."""
COLUMNAS = {
    "nave": "STRING",
    "maquina": "STRING",
    "momento": "TIMESTAMP",
    "ambiente": "FLOAT64",
    "temperatura": "FLOAT64",
    "vibracion": "FLOAT64",
    "presion": "FLOAT64",
    "puntaje": "FLOAT64",
    "anomalia": "BOOL",
}
"""The table of readings: degrees Celsius, mm/s, bar; ``puntaje`` is the model's, higher for stranger hours."""
POR_HORA = 4
Fila = dict[str, Any]


def limpiar(filas: Iterable[Fila], desde: datetime, maquinas: int) -> tuple[list[Fila], dict[str, int]]:
    """Each reading once, in degrees Celsius; and the figures of the delivery.

    ``desde`` begins the hour; ``maquinas`` is how many should have been heard of. Readings of before are late ones.
    """
    limpias: dict[tuple[str, str, str], Fila] = {}
    calidad = dict.fromkeys(("recibidas", "repetidas", "tardias", "en_fahrenheit", "incompletas"), 0)
    for recibida in filas:
        calidad["recibidas"] += 1
        fila = dict(recibida)
        clave = (fila["nave"], fila["maquina"], fila["momento"])
        if clave in limpias:
            calidad["repetidas"] += 1
            continue
        if fila["unidad"] == "F":
            calidad["en_fahrenheit"] += 1
            fila["temperatura"] = round((fila["temperatura"] - 32) * 5 / 9, 2)
        calidad["tardias"] += datetime.fromisoformat(fila["momento"]) < desde
        calidad["incompletas"] += any(fila[campo] is None for campo in ("temperatura", "vibracion", "presion"))
        limpias[clave] = {campo: fila[campo] for campo in COLUMNAS if campo in fila}
    del_hora = sum(desde <= datetime.fromisoformat(clave[2]) < desde + timedelta(hours=1) for clave in limpias)
    return list(limpias.values()), {**calidad, "faltan": maquinas * POR_HORA - del_hora}

"""What people see of the stock: the alert to logistics, and the day's page."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from comun import tablero

Fila = Mapping[str, Any]


def alerta(dia: str, hallados: Sequence[Fila]) -> tuple[str, str]:
    """The subject and the body of the e-mail about critical products, worst first."""
    filas = "".join(
        f"<tr><td>{html.escape(uno['sku'])}</td><td>{uno['existencias']}</td><td>{uno['riesgo']:.0%}</td>"
        f"<td>{html.escape(_por_que(uno))}</td></tr>"
        for uno in sorted(hallados, key=lambda uno: (uno["existencias"] > 0, -uno["riesgo"]))
    )
    criticos = sum(uno["critico"] for uno in hallados)
    tabla = (
        "<p>Productos que necesitan reposición o revisión:</p><table><tr><th>producto</th><th>existencias</th>"
        f"<th>riesgo</th><th>motivo</th></tr>{filas}</table>"
    )
    return f"[eshopper] {criticos} producto(s) en nivel crítico el {dia}", tabla


def _por_que(uno: Fila) -> str:
    if uno["existencias"] <= 0:
        return "agotado"
    if uno["critico"]:
        return "se agotaría en tres días"
    return f"el conteo difiere en {uno['diferencia']:+d}"


def _cobertura(uno: Fila) -> object:
    return "–" if uno["cobertura"] is None else uno["cobertura"]


def pagina(dia: str, inventario: Sequence[Fila], dias: Sequence[Fila]) -> str:
    """The state of the stock."""
    agotados = sum(uno["existencias"] <= 0 for uno in inventario)
    criticos = sum(uno["critico"] for uno in inventario)
    peores = sorted(inventario, key=lambda uno: (uno["existencias"] > 0, -uno["riesgo"]))[:12]
    return tablero.pagina(
        "E-Shopper: inventario",
        f"Al cierre del {dia}",
        [
            tablero.cifras(
                {
                    "productos": len(inventario),
                    "piezas": f"{sum(uno['existencias'] for uno in inventario):,}",
                    "agotados": agotados,
                    "en nivel crítico": criticos,
                },
                malas=["agotados", "en nivel crítico"] if criticos else [],
            ),
            tablero.grafico(
                "Piezas por día",
                [f"{fila['dia']:%d/%m}" for fila in dias],
                {
                    "vendidas": [fila["vendidas"] for fila in dias],
                    "recibidas": [fila["recibidas"] for fila in dias],
                },
                "barras",
            ),
            tablero.tabla(
                "Los más urgentes",
                ("producto", "existencias", "cobertura (días)", "riesgo", "diferencia con el conteo"),
                [
                    (uno["sku"], uno["existencias"], _cobertura(uno), f"{uno['riesgo']:.0%}", uno["diferencia"])
                    for uno in peores
                ],
            ),
        ],
    )

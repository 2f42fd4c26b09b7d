"""What people see of the plant: the dashboards of two departments, and the e-mails."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from comun import tablero
from comun.central import consultar_archivo

SQL = Path(__file__).parent / "sql"


def produccion(dataset: str) -> str:
    """How the halls have worked for 24 hours, up to the newest reading."""
    filas = consultar_archivo(SQL / "produccion.sql", dataset)
    horas = sorted({fila["hora"] for fila in filas})
    naves = sorted({fila["nave"] for fila in filas})
    valor = {(fila["nave"], fila["hora"]): fila for fila in filas}

    def serie(campo: str) -> dict[str, list[float | None]]:
        return {nave: [valor[nave, hora][campo] if (nave, hora) in valor else None for hora in horas] for nave in naves}

    etiquetas = [f"{hora:%H:%M}" for hora in horas]
    lecturas = sum(fila["lecturas"] for fila in filas)
    return tablero.pagina(
        "Producción: la planta en 24 horas",
        f"Hasta las {horas[-1]:%H} h del {horas[-1]:%d/%m/%Y} (UTC)",
        [
            tablero.cifras({"lecturas": f"{lecturas:,}", "horas con datos": len(horas), "naves": len(naves)}),
            tablero.grafico("Temperatura media (°C)", etiquetas, serie("temperatura")),
            tablero.grafico("Vibración media (mm/s)", etiquetas, serie("vibracion")),
            tablero.grafico("Presión media (bar)", etiquetas, serie("presion")),
        ],
    )


def mantenimiento(dataset: str) -> str:
    """The state of the machines, and what was strange in seven days."""
    filas = consultar_archivo(SQL / "mantenimiento.sql", dataset)
    total = sum(fila["anomalias"] for fila in filas)
    nombres = [f"{fila['maquina']} ({fila['nave']})" for fila in filas]
    return tablero.pagina(
        "Mantenimiento: estado de los equipos",
        f"Siete días hasta el {max(fila['ultima'] for fila in filas):%d/%m/%Y %H:%M} (UTC)",
        [
            tablero.cifras(
                {"horas con anomalías": total, "máquinas": len(filas)}, malas=["horas con anomalías"] if total else []
            ),
            tablero.grafico(
                "Horas con anomalías por máquina",
                nombres,
                {"anomalías": [fila["anomalias"] for fila in filas]},
                "barras",
            ),
            tablero.tabla(
                "Máquinas",
                ("máquina", "anomalías", "última anomalía", "última lectura", "peor puntaje"),
                [
                    (
                        nombre,
                        fila["anomalias"],
                        f"{fila['ultima_anomalia']:%d/%m %H:%M}" if fila["ultima_anomalia"] else "–",
                        f"{fila['ultima']:%d/%m %H:%M}",
                        "–" if fila["peor_puntaje"] is None else fila["peor_puntaje"],
                    )
                    for nombre, fila in zip(nombres, filas, strict=True)
                ],
            ),
        ],
    )


TABLEROS: Mapping[str, Callable[[str], str]] = {"produccion": produccion, "mantenimiento": mantenimiento}


def mensaje(halladas: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """The subject and the body of the e-mail to maintenance."""
    lineas = "".join(
        f"<li><b>{html.escape(una['maquina'])}</b> de la nave {html.escape(una['nave'])}, {una['hora'][11:13]}:00 h "
        f"(puntaje {una['puntaje']})</li>"
        for una in halladas
    )
    return (
        f"[planta] Revisar {len(halladas)} máquina(s)",
        f"<p>El modelo encontró un comportamiento extraño:</p><ul>{lineas}</ul>",
    )


def resumen(hora: datetime, cifras: Mapping[str, int], halladas: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """The subject and the body of the hourly e-mail to the supervisors."""
    estado = f"{len(halladas)} anomalía(s)" if halladas else "todo en orden"
    lista = "".join(f"<li>{html.escape(nombre.replace('_', ' '))}: {valor}</li>" for nombre, valor in cifras.items())
    return (
        f"[planta] {hora:%d/%m %H:%M}: {estado}",
        f"<p>Lecturas de las {hora:%H:%M} (UTC): {estado}.</p><ul>{lista}</ul>",
    )

"""The executive dashboard, and the alert when the mood turns."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from comun import tablero

Fila = Mapping[str, Any]


def pagina(filas: Sequence[Fila]) -> str:
    """Reach, interaction and mood of each network, day by day."""
    dias = sorted({fila["dia"] for fila in filas})
    redes = sorted({fila["red"] for fila in filas})
    valor = {(fila["red"], fila["dia"]): fila for fila in filas}

    def serie(campo: str) -> dict[str, list[float | None]]:
        return {red: [valor[red, dia][campo] if (red, dia) in valor else None for dia in dias] for red in redes}

    etiquetas = [f"{dia:%d/%m}" for dia in dias]
    alcance, interacciones = (sum(fila[campo] for fila in filas) for campo in ("alcance", "interacciones"))
    hoy = [fila for fila in filas if fila["dia"] == dias[-1]]
    animo = promedio(hoy)
    return tablero.pagina(
        "ChicTrends en las redes",
        f"{dias[0]:%d/%m/%Y} a {dias[-1]:%d/%m/%Y}",
        [
            tablero.cifras(
                {
                    "alcance": f"{alcance:,}",
                    "interacciones": f"{interacciones:,}",
                    "interacción / alcance": f"{interacciones / (alcance or 1):.1%}",
                    "sentimiento de hoy": "–" if animo is None else f"{animo:.0%}",
                },
                malas=["sentimiento de hoy"] if animo is not None and animo < 0.4 else [],
            ),
            tablero.grafico("Sentimiento (0 enojo, 1 contento)", etiquetas, serie("sentimiento")),
            tablero.grafico("Interacciones por día", etiquetas, serie("interacciones")),
            tablero.grafico("Alcance por día", etiquetas, serie("alcance")),
        ],
    )


def promedio(filas: Sequence[Fila]) -> float | None:
    """The mean sentiment, weighted by comments."""
    con = [(fila["sentimiento"], fila["comentarios"]) for fila in filas if fila["sentimiento"] is not None]
    return sum(animo * cuantos for animo, cuantos in con) / sum(cuantos for _, cuantos in con) if con else None


def alerta(dia: str, animo: float, comentarios: Sequence[tuple[float, str]]) -> tuple[str, str]:
    """The subject and the body of the alert: how bad, and the worst comments."""
    peores = "".join(f"<li>{html.escape(texto)}</li>" for _, texto in sorted(comentarios)[:5])
    return (
        f"[chictrends] Alerta: el público está descontento el {dia}",
        f"<p>El sentimiento de los comentarios es {animo:.0%}. Los más negativos:</p><ul>{peores}</ul>",
    )

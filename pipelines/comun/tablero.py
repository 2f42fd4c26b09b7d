"""Dashboards: one HTML page with charts (SVG), figures and tables; it needs no other file and no network."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

Clase = Literal["linea", "barras"]
_ESTILO = """
:root { color-scheme: light; font: 15px/1.45 system-ui, sans-serif; color: #1c2733; background: #f3f5f8 }
body { max-width: 1080px; margin: 0 auto; padding: 24px }
h1 { font-size: 24px; margin: 0 } h2 { font-size: 16px; margin: 0 0 8px }
header p { color: #5a6876; margin: 4px 0 20px }
.cifras { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-bottom: 16px }
.cifra, section { background: #fff; border: 1px solid #dde3ea; border-radius: 8px; padding: 14px 16px }
.cifra b { display: block; font-size: 24px } .cifra span { color: #5a6876 } .mal b { color: #b3261e }
section { margin-bottom: 16px; overflow-x: auto } section svg { width: 100%; height: auto }
table { border-collapse: collapse; width: 100% }
td, th { padding: 5px 10px; border-bottom: 1px solid #e7ebf0; text-align: left }
th { color: #5a6876; font-weight: 600 } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
"""


def pagina(titulo: str, periodo: str, partes: Iterable[str]) -> str:
    """A whole page."""
    return (
        f'<!doctype html><html lang="es"><meta charset="utf-8"><title>{html.escape(titulo)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_ESTILO}</style>'
        f"<body><header><h1>{html.escape(titulo)}</h1><p>{html.escape(periodo)}</p></header>{''.join(partes)}</body></html>"
    )


def cifras(valores: Mapping[str, object], malas: Iterable[str] = ()) -> str:
    """A row of figures: name → value; those in ``malas`` are red."""
    mal = set(malas)
    cajas = (
        f'<div class="cifra{" mal" * (nombre in mal)}"><b>{html.escape(str(valor))}</b>'
        f"<span>{html.escape(nombre)}</span></div>"
        for nombre, valor in valores.items()
    )
    return f'<div class="cifras">{"".join(cajas)}</div>'


def grafico(
    titulo: str, etiquetas: Sequence[str], series: Mapping[str, Sequence[float | None]], clase: Clase = "linea"
) -> str:
    """A chart: one line, or one colour of bars, for each of ``series``, over the ``etiquetas``."""
    import pygal
    from pygal.style import Style

    estilo = Style(
        background="white",
        plot_background="white",
        foreground="#5a6876",
        foreground_strong="#1c2733",
        font_family="system-ui, sans-serif",
        colors=("#2f6fdb", "#e4572e", "#17a398", "#f3a712", "#7d53de", "#5f6c7b"),
        label_font_size=13,
        major_label_font_size=13,
        legend_font_size=14,
        opacity=".9",
        guide_stroke_color="#e7ebf0",
        major_guide_stroke_color="#dde3ea",
    )
    opciones: dict[str, Any] = {
        "js": [],
        "style": estilo,
        "width": 1040,
        "height": 340,
        "legend_at_bottom": True,
        "legend_at_bottom_columns": 6,
        "margin": 8,
        "margin_bottom": 34,
        "truncate_label": -1,
        "truncate_legend": -1,
        "x_label_rotation": 25 if max(map(len, etiquetas), default=0) > 10 else 0,
        "show_dots": len(etiquetas) <= 31,
        "dots_size": 3,
        "stroke_style": {"width": 2},
        "disable_xml_declaration": True,
        "no_data_text": "Sin datos",
    }
    if len(etiquetas) > 12:
        opciones |= {"x_labels_major_every": -(-len(etiquetas) // 10), "show_minor_x_labels": False}
    dibujo = pygal.Bar(**opciones) if clase == "barras" else pygal.Line(**opciones)
    dibujo.x_labels = list(etiquetas)
    for nombre, valores in series.items():
        dibujo.add(nombre, list(valores))
    return f"<section><h2>{html.escape(titulo)}</h2>{dibujo.render(is_unicode=True)}</section>"


def _titulo(columna: str, numero: bool) -> str:
    clase = ' class="n"' if numero else ""
    return f"<th{clase}>{html.escape(columna)}</th>"


def tabla(
    titulo: str, columnas: Sequence[str], filas: Iterable[Sequence[object]], vacia: str = "Sin novedades."
) -> str:
    """A table; numbers stand to the right."""

    def celda(valor: object) -> str:
        clase = ' class="n"' if isinstance(valor, (int, float)) else ""
        return f"<td{clase}>{html.escape(f'{valor:,.2f}' if isinstance(valor, float) else str(valor))}</td>"

    todas = [tuple(fila) for fila in filas]
    cuerpo = "".join(f"<tr>{''.join(map(celda, fila))}</tr>" for fila in todas)
    numeros = [any(isinstance(fila[lugar], (int, float)) for fila in todas) for lugar in range(len(columnas))]
    titulos = "".join(_titulo(columna, numero) for columna, numero in zip(columnas, numeros, strict=True))
    dentro = f"<table><tr>{titulos}</tr>{cuerpo}</table>" if cuerpo else f"<p>{html.escape(vacia)}</p>"
    return f"<section><h2>{html.escape(titulo)}</h2>{dentro}</section>"

"""The business rules of a ticket: what counts as a sale, and for how much."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from brisa.authoring.exceptions import AirflowFailException

Fila = dict[str, Any]
CAMPOS = ("ticket", "dia", "categoria", "importe", "moneda", "estado")
COLUMNAS = {
    "ticket": "STRING",
    "dia": "DATE",
    "tienda": "STRING",
    "categoria": "STRING",
    "importe": "NUMERIC",
}
"""One sale, in euros."""


def limpiar(tienda: str, filas: Iterable[Fila]) -> tuple[list[Fila], dict[str, int]]:
    """The sales: each ticket once, cancelled ones and those of nothing left out; and how many were left out why."""
    ventas: dict[str, Fila] = {}
    cifras = dict.fromkeys(("tickets", "repetidos", "anulados", "de_nada", "en_centimos"), 0)
    for fila in filas:
        cifras["tickets"] += 1
        importe = _importe(tienda, fila)
        if fila["ticket"] in ventas:
            cifras["repetidos"] += 1
        elif fila["estado"] == "anulado":
            cifras["anulados"] += 1
        elif importe <= 0:
            cifras["de_nada"] += 1
        else:
            cifras["en_centimos"] += fila["moneda"] == "céntimos"
            ventas[fila["ticket"]] = {
                "ticket": fila["ticket"],
                "dia": fila["dia"],
                "tienda": tienda,
                "categoria": fila["categoria"],
                "importe": str(importe),
            }
    return list(ventas.values()), cifras


def _importe(tienda: str, fila: Fila) -> Decimal:
    """In euros; ``1.234,50`` is how one store writes it."""
    texto = str(fila["importe"])
    try:
        valor = Decimal(texto.replace(".", "").replace(",", ".") if "," in texto else texto)
    except ArithmeticError:
        raise AirflowFailException(f"tienda {tienda}, ticket {fila['ticket']}: el importe es {texto!r}") from None
    return (valor / 100 if fila["moneda"] == "céntimos" else valor).quantize(Decimal("0.01"))

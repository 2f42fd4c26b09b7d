"""Three networks' APIs in one form: how each pages, and what its fields are called, or were once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from comun.fuente import pedir

from brisa.authoring.exceptions import AirflowFailException

Fila = dict[str, Any]
COLUMNAS = {
    "red": "STRING",
    "publicacion": "STRING",
    "dia": "DATE",
    "alcance": "INT64",
    "gusta": "INT64",
    "compartido": "INT64",
    "comentarios": "INT64",
    "sentimiento": "FLOAT64",
}
"""One post. ``sentimiento`` is the mean of its comments', from 0 (angry) to 1; none without comments."""
CAMPOS: Mapping[str, Mapping[str, str]] = {
    "instagram": {
        "publicacion": "media_id",
        "alcance": "reach",
        "gusta": "like_count|likes",
        "compartido": "shares",
        "textos": "comments",
    },
    "twitter": {
        "publicacion": "id_str",
        "alcance": "public_metrics.impression_count",
        "gusta": "public_metrics.like_count",
        "compartido": "public_metrics.retweet_count",
        "textos": "replies",
    },
    "facebook": {
        "publicacion": "post",
        "alcance": "reach",
        "gusta": "reactions.like",
        "compartido": "shares",
        "textos": "comments",
    },
}
"""Network → our field → theirs; names that a field has had are parted by ``|``, levels by a dot."""


def _instagram(dia: str) -> Iterator[Fila]:
    pagina, paginas = 1, 1
    while pagina <= paginas:
        datos = pedir("chictrends_api", "/redes/instagram", dia=dia, pagina=pagina)
        yield from datos["data"]
        pagina, paginas = pagina + 1, datos["pages"]


def _twitter(dia: str) -> Iterator[Fila]:
    cursor: str | None = "c0"
    while cursor:
        datos = pedir("chictrends_api", "/redes/twitter", dia=dia, cursor=cursor)
        yield from datos["tweets"]
        cursor = datos["next"]


def _facebook(dia: str) -> Iterator[Fila]:
    offset, total = 0, 1
    while offset < total:
        datos = pedir("chictrends_api", "/redes/facebook", dia=dia, offset=offset)
        yield from datos["posts"]
        offset, total = offset + max(1, len(datos["posts"])), datos["total"]


PAGINAS: Mapping[str, Callable[[str], Iterator[Fila]]] = {
    "instagram": _instagram,
    "twitter": _twitter,
    "facebook": _facebook,
}


def publicaciones(red: str, dia: str) -> list[Fila]:
    """A day's posts of a network in our words, each once; with ``textos``, its comments."""
    unicas = {fila["publicacion"]: fila for fila in (_fila(red, dia, una) for una in PAGINAS[red](dia))}
    return list(unicas.values())


def _fila(red: str, dia: str, suya: Fila) -> Fila:
    fila = {nuestro: _valor(red, suya, suyos) for nuestro, suyos in CAMPOS[red].items()}
    textos = [uno["text"] if isinstance(uno, dict) else uno for uno in fila.pop("textos")]
    cifras = {nombre: _numero(fila[nombre]) for nombre in ("alcance", "gusta", "compartido")}
    return {"red": red, "dia": dia, **fila, **cifras, "comentarios": len(textos), "textos": textos}


def _valor(red: str, suya: Fila, nombres: str) -> Any:
    for nombre in nombres.split("|"):
        valor: Any = suya
        for parte in nombre.split("."):
            valor = valor.get(parte) if isinstance(valor, dict) else None
        if valor is not None:
            return valor
    raise AirflowFailException(f"{red}: una publicación no trae {nombres}; trae {', '.join(sorted(suya))}")


def _numero(valor: Any) -> int:
    return int(str(valor).replace(",", ""))

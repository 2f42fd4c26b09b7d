"""Three social networks' APIs about the fashion brand ChicTrends, each in its own words, and the brand's NLP server.

Assumptions. A day has 6 to 10 posts of the brand on each network; reach, likes and shares are log-normal, higher at
weekends. Each post has 0 to 3 comments, drawn from :mod:`frases` (written for this, labelled); about 60 % of the
comments are content, except on 17 and 18 May, when a batch of dresses lost its colour and 80 % complain.

Dirt: each API pages (10 to a page, by number, by cursor, or by offset) and answers two requests at once at most (429);
Instagram's ``like_count`` is ``likes`` from 13 May on; Twitter's posts come twice when a page shifts; Facebook counts
shares as text, and has no data at all for 22 May.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

from pipelines.fuentes.frases import FRASES
from pipelines.fuentes.servidor import Peticion, Rechazo

INICIO = date(2024, 4, 1)
CRISIS = (date(2024, 5, 17), date(2024, 5, 18))
RENOMBRADO = date(2024, 5, 13)
SIN_DATOS = date(2024, 5, 22)
POR_PAGINA = 4


def publicaciones(red: str, dia: date) -> list[dict[str, Any]]:
    """The posts of a day, in no network's words: ``comentarios`` are texts with what their writers felt."""
    if dia < INICIO or (red == "facebook" and dia == SIN_DATOS):
        return []
    azar = random.Random(f"{red} {dia}")
    fin_de_semana = 1.4 if dia.weekday() >= 5 else 1.0
    return [
        {
            "id": f"{red[0]}{dia:%Y%m%d}{numero:02d}",
            "dia": dia,
            "alcance": round(azar.lognormvariate(8.2, 0.5) * fin_de_semana),
            "gusta": round(azar.lognormvariate(5.4, 0.6) * fin_de_semana),
            "compartido": round(azar.lognormvariate(2.6, 0.7) * fin_de_semana),
            "comentarios": list(_comentarios(azar, dia)),
        }
        for numero in range(azar.randint(6, 10))
    ]


def _comentarios(azar: random.Random, dia: date) -> Iterator[tuple[str, int]]:
    contentos = 0.2 if dia in CRISIS else 0.6
    for _ in range(azar.randint(0, 3)):
        animo = 1 if azar.random() < contentos else 0
        yield azar.choice([frase for frase, cual in FRASES if cual == animo]), animo


def _dia(pedido: Peticion) -> date:
    return date.fromisoformat(pedido.consulta["dia"])


def _instagram(pedido: Peticion) -> dict[str, Any]:
    """GET /redes/instagram?dia=…&pagina=1: pages by number."""
    dia, pagina = _dia(pedido), int(pedido.consulta.get("pagina", "1"))
    todas = publicaciones("instagram", dia)
    gusta = "likes" if dia >= RENOMBRADO else "like_count"
    trozo = todas[(pagina - 1) * POR_PAGINA : pagina * POR_PAGINA]
    return {
        "data": [
            {
                "media_id": una["id"],
                "reach": una["alcance"],
                gusta: una["gusta"],
                "shares": una["compartido"],
                "comments": [{"text": texto} for texto, _ in una["comentarios"]],
            }
            for una in trozo
        ],
        "pages": -(-len(todas) // POR_PAGINA),
    }


def _twitter(pedido: Peticion) -> dict[str, Any]:
    """GET /redes/twitter?dia=…&cursor=…: pages by cursor; a page repeats the last post of the one before."""
    dia, cursor = _dia(pedido), pedido.consulta.get("cursor", "c0")
    if not cursor.startswith("c") or not cursor[1:].isdigit():
        raise Rechazo(400, f"no cursor {cursor!r}")
    todas, desde = publicaciones("twitter", dia), int(cursor[1:])
    trozo = todas[max(0, desde - 1) : desde + POR_PAGINA]
    return {
        "tweets": [
            {
                "id_str": una["id"],
                "public_metrics": {
                    "impression_count": una["alcance"],
                    "like_count": una["gusta"],
                    "retweet_count": una["compartido"],
                },
                "replies": [texto for texto, _ in una["comentarios"]],
            }
            for una in trozo
        ],
        "next": f"c{desde + POR_PAGINA}" if desde + POR_PAGINA < len(todas) else None,
    }


def _facebook(pedido: Peticion) -> dict[str, Any]:
    """GET /redes/facebook?dia=…&offset=0: pages by offset; shares as text."""
    dia, offset = _dia(pedido), int(pedido.consulta.get("offset", "0"))
    todas = publicaciones("facebook", dia)
    return {
        "total": len(todas),
        "posts": [
            {
                "post": una["id"],
                "reach": una["alcance"],
                "reactions": {"like": una["gusta"]},
                "shares": f"{una['compartido']:,}",
                "comments": [texto for texto, _ in una["comentarios"]],
            }
            for una in todas[offset : offset + POR_PAGINA]
        ],
    }


def _sentimiento(pedido: Peticion) -> dict[str, Any]:
    """POST /nlp/sentimiento {"textos": […]}: the brand's own server with the pretrained model."""
    from pipelines.fuentes.nlp import modelo

    textos = pedido.cuerpo["textos"]
    if not isinstance(textos, list) or not all(isinstance(texto, str) for texto in textos):
        raise ValueError("textos is to be a list of texts")
    return {"modelo": modelo().nombre, "puntajes": modelo().puntajes(textos)}


RUTAS = {
    "/redes/instagram": _instagram,
    "/redes/twitter": _twitter,
    "/redes/facebook": _facebook,
    "/nlp/sentimiento": _sentimiento,
}
LIMITES = dict.fromkeys(("/redes/instagram", "/redes/twitter", "/redes/facebook"), 2)

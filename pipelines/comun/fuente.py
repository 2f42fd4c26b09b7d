"""Asking a source over HTTP: what it answers becomes a Python value, and what is wrong becomes a sentence."""

from __future__ import annotations

import json
from typing import Any

from brisa.authoring.exceptions import AirflowException, AirflowFailException
from brisa.operators.http import HttpHook

ESPERA = 30
"""Seconds that a source may take to answer."""


def pedir(conexion: str, ruta: str, **consulta: Any) -> Any:
    """GET ``ruta`` of a connection. A failure that may pass is retried by the task; a refusal (4xx) fails for good."""
    return _valor(conexion, HttpHook("GET", conexion).run(ruta, consulta, extra_options=_OPCIONES))


def enviar(conexion: str, ruta: str, cuerpo: Any) -> Any:
    """POST ``cuerpo`` as JSON."""
    return _valor(conexion, HttpHook("POST", conexion).run(ruta, json=cuerpo, extra_options=_OPCIONES))


_OPCIONES = {"check_response": False, "timeout": ESPERA}


def _valor(conexion: str, respuesta: Any) -> Any:
    if 400 <= respuesta.status_code < 500 and respuesta.status_code != 429:
        raise AirflowFailException(
            f"«{conexion}» rechazó la petición ({respuesta.status_code}): {respuesta.text[:200]}"
        )
    if respuesta.status_code >= 400:
        raise AirflowException(f"«{conexion}» no está disponible (respondió {respuesta.status_code})")
    try:
        return json.loads(respuesta.content)
    except ValueError:
        raise AirflowException(f"«{conexion}» envió datos dañados ({len(respuesta.content)} bytes)") from None


def exigir(filas: list[dict[str, Any]], campos: tuple[str, ...], origen: str) -> list[dict[str, Any]]:
    """``filas`` if each has all ``campos``; else fails for good: trying again mends no schema."""
    for numero, fila in enumerate(filas, start=1):
        faltan = [campo for campo in campos if campo not in fila]
        if faltan:
            raise AirflowFailException(
                f"{origen}, registro {numero}: falta {', '.join(faltan)}; trae {', '.join(sorted(fila)) or 'nada'}"
            )
    return filas

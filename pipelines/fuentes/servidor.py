"""One HTTP server for all sources: a table of paths, JSON answers, rate limits, and failures on purpose."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pipelines.fuentes.fallas import Fallas


@dataclass(frozen=True, slots=True, kw_only=True)
class Peticion:
    """What a source is asked: the query of the address, and the JSON of the body."""

    ruta: str
    consulta: Mapping[str, str]
    cuerpo: Any = None


class Rechazo(Exception):
    """The source refuses: an HTTP status and what it says."""

    def __init__(self, estado: int, mensaje: str) -> None:
        super().__init__(mensaje)
        self.estado = estado


Fuente = Callable[[Peticion], Any]
"""Answers a request with what becomes JSON; raises :class:`Rechazo`, or ValueError for a senseless one."""


class Servidor(ThreadingHTTPServer):
    """Serves ``rutas`` (path → source). A path in ``limites`` answers so many requests at once, and others with 429."""

    daemon_threads = True
    request_queue_size = 128  # five, its default, turns away some of those who come at the same time

    def __init__(
        self,
        puerto: int,
        rutas: Mapping[str, Fuente],
        fallas: Fallas,
        reloj: Callable[[], float],
        limites: Mapping[str, int],
    ) -> None:
        super().__init__(("127.0.0.1", puerto), _Manejador)
        self.rutas = rutas
        self.fallas = fallas
        self.reloj = reloj
        self.peticiones: list[str] = []
        """The address of each request, and the status that it was answered with."""
        self._lugares = {ruta: threading.BoundedSemaphore(cuantos) for ruta, cuantos in limites.items()}

    def respuesta(self, direccion: str, cuerpo: bytes) -> tuple[int, bytes]:
        """The status and the body with which a request is answered."""
        partes = urlsplit(direccion)
        fuente = self.rutas.get(partes.path)
        if fuente is None:
            return _error(404, f"there is no {partes.path}; there is {', '.join(sorted(self.rutas))}")
        falla = self.fallas.buscar(partes.path, direccion, self.reloj())
        lugar = next((uno for ruta, uno in self._lugares.items() if partes.path.startswith(ruta)), None)
        if lugar is not None and not lugar.acquire(blocking=False):
            return _error(429, "too many requests at once")
        try:
            if falla is not None and falla.cambio is None and falla.estado:
                return _error(falla.estado, "temporarily unavailable")
            pedido = Peticion(
                ruta=partes.path,
                consulta=dict(parse_qsl(partes.query)),
                cuerpo=json.loads(cuerpo) if cuerpo else None,
            )
            valor = fuente(pedido)
            if falla is not None and falla.cambio is not None:
                return 200, _json(falla.cambio(valor))
            texto = _json(valor)
            return 200, texto if falla is None else texto[: len(texto) // 2]
        except Rechazo as rechazo:
            return _error(rechazo.estado, str(rechazo))
        except (KeyError, ValueError) as error:
            return _error(400, f"bad request: {error}")
        finally:
            if lugar is not None:
                lugar.release()


def _json(valor: Any) -> bytes:
    return json.dumps(valor, ensure_ascii=False, default=str).encode()


def _error(estado: int, mensaje: str) -> tuple[int, bytes]:
    return estado, _json({"error": mensaje})


class _Manejador(BaseHTTPRequestHandler):
    server: Servidor  # type: ignore[mutable-override]  # the one that makes it
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._responder(b"")

    def do_POST(self) -> None:
        self._responder(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def _responder(self, cuerpo: bytes) -> None:
        estado, texto = self.server.respuesta(self.path, cuerpo)
        self.server.peticiones.append(f"{estado} {self.path}")
        self.send_response(estado)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(texto)))
        if estado == 429:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(texto)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name in the standard library
        """Nothing: what was asked is in ``peticiones``."""

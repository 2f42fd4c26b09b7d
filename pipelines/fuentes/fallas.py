"""What goes wrong with a source on purpose: planned failures, and the occasional ones that every API has."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Falla:
    """A planned failure: requests whose path begins with ``ruta`` are answered with ``estado``.

    Between ``desde`` and ``hasta`` (seconds since the epoch, by the sources' clock); the first ``veces`` requests, or
    all. ``estado`` 0: the answer breaks off in the middle, as when a proxy gives up. ``cambio``: they are answered, but
    with what it makes of the answer.
    """

    ruta: str
    estado: int = 503
    desde: float = float("-inf")
    hasta: float = float("inf")
    veces: int | None = None
    cambio: Callable[[Any], Any] | None = None


class Fallas:
    """Decides which requests fail; safe to call from many threads."""

    def __init__(self, *, cada: int = 23) -> None:
        """About one of ``cada`` different requests fails with 500 the first time that it is made; 0 for none."""
        self._cada = cada
        self._planeadas: list[Falla] = []
        self._usadas: dict[int, int] = {}
        self._vistas: set[str] = set()
        self._lock = threading.Lock()

    def planear(self, falla: Falla) -> None:
        """From now on this failure happens too."""
        with self._lock:
            self._planeadas.append(falla)

    def buscar(self, ruta: str, direccion: str, ahora: float) -> Falla | None:
        """The failure of a request, if it has one. ``direccion`` is the path with its query."""
        with self._lock:
            for numero, falla in enumerate(self._planeadas):
                usadas = self._usadas.get(numero, 0)
                if (
                    ruta.startswith(falla.ruta)
                    and falla.desde <= ahora < falla.hasta
                    and (falla.veces is None or usadas < falla.veces)
                ):
                    self._usadas[numero] = usadas + 1
                    return falla
            return Falla(ruta=ruta, estado=500) if self._ocasional(direccion) else None

    def _ocasional(self, direccion: str) -> bool:
        if not self._cada or direccion in self._vistas:
            return False
        self._vistas.add(direccion)
        return hashlib.sha256(direccion.encode()).digest()[0] % self._cada == 0

"""All sources together: what is served where, and the connections by which pipelines find it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from pipelines.fuentes import cine, eshopper, planta, redes, tiendas
from pipelines.fuentes.correo import Buzon
from pipelines.fuentes.fallas import Falla, Fallas
from pipelines.fuentes.servidor import Fuente, Servidor

RUTAS: Mapping[str, Fuente] = {**planta.RUTAS, **eshopper.RUTAS, **redes.RUTAS, **cine.RUTAS, **tiendas.RUTAS}
LIMITES: Mapping[str, int] = {**redes.LIMITES, **cine.LIMITES}
"""Path → how many requests its server answers at once."""
CONEXIONES = (
    "planta_api",
    "eshopper_api",
    "chictrends_api",
    "nlp_api",
    "cineflow_api",
    "criticas_api",
    "modelo_api",
    "tiendas_api",
    "clima_api",
)
"""The connections with the HTTP server; each source has its own, as it would have elsewhere."""


class Fuentes:
    """Both servers: ``with Fuentes() as fuentes``. ``reloj`` is the time that they believe it is."""

    def __init__(
        self,
        *,
        puerto: int = 0,
        puerto_smtp: int = 0,
        carpeta: Path | None = None,
        reloj: Callable[[], float] = time.time,
        ocasionales: int = 23,
    ) -> None:
        """``carpeta``: where e-mails are kept as files. ``ocasionales``: see :class:`Fallas`."""
        self.fallas = Fallas(cada=ocasionales)
        self.buzon = Buzon(puerto_smtp, carpeta)
        self.servidor = Servidor(puerto, RUTAS, self.fallas, reloj, LIMITES)
        self._cierre = ExitStack()

    def __enter__(self) -> Fuentes:
        hilo = threading.Thread(target=self.servidor.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        hilo.start()
        self._cierre.callback(hilo.join)
        self._cierre.callback(self.servidor.server_close)
        self._cierre.callback(self.servidor.shutdown)
        self._cierre.enter_context(self.buzon)
        return self

    def __exit__(self, *_: object) -> None:
        self._cierre.close()

    def planear(self, falla: Falla) -> None:
        """Have something go wrong."""
        self.fallas.planear(falla)

    def entregar(self, nombre: str, texto: str, bucket: str) -> None:
        """Leave a file in a bucket, as those do who deliver files."""
        from brisa.operators.google.clients import storage_client

        with storage_client() as cliente:
            lugar = cliente.lookup_bucket(bucket) or cliente.create_bucket(bucket)
            lugar.blob(nombre).upload_from_string(texto, content_type="text/csv")

    @property
    def url(self) -> str:
        """The address of the HTTP server."""
        return f"http://127.0.0.1:{self.servidor.server_address[1]}"

    @property
    def entorno(self) -> dict[str, str]:
        """The environment by which brisa finds the servers: connections."""
        smtp = f"smtp://127.0.0.1:{self.buzon.puerto}/?disable_ssl=true&disable_tls=true&from_email=brisa%40example.com"
        return {
            **{f"AIRFLOW_CONN_{nombre.upper()}": self.url for nombre in CONEXIONES},
            "AIRFLOW_CONN_SMTP_DEFAULT": smtp,
        }

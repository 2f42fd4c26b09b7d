"""``python -m pipelines.fuentes``: the sources, the mail server, and the local Cloud Storage and BigQuery.

Writes the environment by which brisa finds them all to ``entorno.sh`` in its folder, and runs until Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import threading
from datetime import date, timedelta
from pathlib import Path

from brisa.adapters.local.home import HomeLock
from brisa.emulators import Emulators
from pipelines.elevate_marketing.generate import generate
from pipelines.fuentes.eshopper import archivo_de_llegadas
from pipelines.fuentes.todo import Fuentes

MAYO = date(2024, 5, 1)
"""The month whose files are delivered: what comes over HTTP has no need to be."""
CARPETA = Path(__file__).resolve().parents[2] / "build" / "fuentes"


def main(carpeta: Path, puerto: int, puerto_smtp: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    fin = threading.Event()
    for numero in (signal.SIGINT, signal.SIGTERM):
        signal.signal(numero, lambda *_: fin.set())
    carpeta.mkdir(parents=True, exist_ok=True)
    emuladores = Emulators(carpeta)
    try:
        candado = HomeLock(carpeta)  # the emulators end when nobody has their home
        entorno = emuladores.start()
        with candado, Fuentes(puerto=puerto, puerto_smtp=puerto_smtp, carpeta=carpeta / "correo") as fuentes:
            entorno = {**entorno, **fuentes.entorno, "BRISA_DAGS_FOLDER": str(Path(__file__).resolve().parents[1])}
            os.environ.update(entorno)
            for dia in range(31):
                fuentes.entregar(*archivo_de_llegadas(MAYO + timedelta(days=dia)), "eshopper")
            for exportado in generate(carpeta / "elevate"):
                fuentes.entregar(exportado.name, exportado.read_text("utf-8"), "elevate-landing")
            archivo = carpeta / "entorno.sh"
            archivo.write_text("".join(f"export {nombre}={shlex.quote(valor)}\n" for nombre, valor in entorno.items()))
            print(f"Sources at {fuentes.url}, e-mail is kept in {carpeta / 'correo'}")
            print(f"In another terminal:  . {archivo}", flush=True)
            fin.wait()
    finally:
        emuladores.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pipelines.fuentes", description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=CARPETA, help="where everything is kept [%(default)s]")
    parser.add_argument("--port", type=int, default=0, help="of the HTTP server [any]")
    parser.add_argument("--smtp-port", type=int, default=0, help="of the mail server [any]")
    dado = parser.parse_args()
    main(dado.folder.absolute(), dado.port, dado.smtp_port)

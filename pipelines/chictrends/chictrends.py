"""
### ChicTrends: las redes sociales de cada día

Cada día: extrae en paralelo las métricas de Instagram, Twitter y Facebook, analiza el sentimiento de los comentarios
con el modelo NLP preentrenado del servidor de la empresa, guarda todo en la base central y actualiza el tablero
ejecutivo. Si el público está descontento, avisa a la dirección. Una red sin datos se omite; un día sin publicaciones
termina en `sin_publicaciones`, con un aviso.

*Every day: takes three networks' figures in parallel, has the pretrained NLP model of the company's server judge the
comments, merges all into the central database and renews the executive dashboard. A network without data is skipped.*

Params: `bucket`, `dataset`, `sentimiento_minimo`. Conexiones: `chictrends_api`, `nlp_api`, `smtp_default`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from comun.avisos import anotar_motivo, avisar_fallo, enviar
from comun.central import cargar, consulta, consultar_archivo, guardar, guardar_filas, leer_filas
from comun.fuente import enviar as preguntar
from ejecutivo import alerta, pagina, promedio
from redes import COLUMNAS, publicaciones

from brisa import DAG, Label, Param, TaskGroup, task, task_group
from brisa.authoring.exceptions import AirflowSkipException
from brisa.operators.google.tables import BigQueryCreateEmptyDatasetOperator

SQL = Path(__file__).parent / "sql"
REDES = ["instagram", "twitter", "facebook"]
DIRECCION = "direccion@chictrends.example"

with DAG(
    "chictrends",
    description="Figures and mood of three social networks, for the executives",
    schedule="@daily",
    start_date=datetime(2024, 3, 1),
    catchup=False,
    max_active_runs=1,
    tags=["CF", "marketing", "nlp"],
    default_args={
        "owner": "chictrends",
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": True,
        "on_failure_callback": anotar_motivo,
    },
    params={
        "bucket": Param("chictrends", type="string", minLength=3, description="Where files and the dashboard are"),
        "dataset": Param("chictrends", type="string", pattern=r"^\w+$", description="The central database's dataset"),
        "sentimiento_minimo": Param(0.4, type="number", minimum=0, maximum=1, description="Less than this is an alert"),
    },
    on_failure_callback=avisar_fallo(DIRECCION, "el análisis de las redes sociales"),
    doc_md=__doc__,
) as dag:

    @task_group
    def red(red: str) -> Any:
        """One network, from its API to posts with a sentiment."""

        @task(pool="redes_api")
        def extraer(red: str, params: dict[str, Any], ds: str, ds_nodash: str) -> str:
            """All pages of the day. The pool keeps to the networks' limit; what they refuse is asked again later."""
            filas = publicaciones(red, ds)
            if not filas:
                raise AirflowSkipException(f"{red} no tiene publicaciones del {ds}")
            return guardar_filas(params["bucket"], f"crudas/{ds_nodash}_{red}.json", filas)

        @task
        def sentimiento(objeto: str, params: dict[str, Any]) -> str:
            """Each post with the mean of what the model makes of its comments."""
            filas = leer_filas(params["bucket"], objeto)
            textos = [texto for fila in filas for texto in fila["textos"]]
            puntajes = iter(preguntar("nlp_api", "/nlp/sentimiento", {"textos": textos})["puntajes"] if textos else ())
            for fila in filas:
                suyos = [next(puntajes) for _ in fila["textos"]]
                fila |= {"puntajes": suyos, "sentimiento": sum(suyos) / len(suyos) if suyos else None}
            return guardar_filas(params["bucket"], objeto.replace("crudas/", "analizadas/"), filas)

        return sentimiento(extraer(red))

    @task.branch(trigger_rule="none_failed")
    def reunir(objetos: list[str] | None, params: dict[str, Any], ds_nodash: str) -> str:
        """The posts of all networks in one object; where to go on if there are none."""
        filas = [fila for objeto in objetos or () for fila in leer_filas(params["bucket"], objeto)]
        guardar_filas(params["bucket"], f"comentarios/{ds_nodash}.json", filas)
        solas = [{campo: fila[campo] for campo in COLUMNAS} for fila in filas]
        guardar_filas(params["bucket"], f"publicaciones/{ds_nodash}.json", solas)
        return "central.preparar" if filas else "sin_publicaciones"

    @task
    def sin_publicaciones(ds: str) -> None:
        """Tells that a day has nothing."""
        enviar(
            DIRECCION,
            f"[chictrends] Sin publicaciones el {ds}",
            f"<p>Ninguna red tiene publicaciones del {ds}. El tablero sigue como estaba.</p>",
        )

    with TaskGroup("central") as central:
        preparar = BigQueryCreateEmptyDatasetOperator(
            task_id="preparar", dataset_id="{{ params.dataset }}", if_exists="ignore"
        )
        (
            preparar
            >> cargar(
                "cargar",
                "publicaciones/{{ ds_nodash }}.json",
                "{{ params.dataset }}.publicaciones_{{ ds_nodash }}",
                COLUMNAS,
            )
            >> consulta("unir", "publicaciones")
        )

    @task
    def tablero(params: dict[str, Any]) -> str:
        """The executives' page, from the central database."""
        filas = consultar_archivo(SQL / "ejecutivo.sql", params["dataset"])
        return guardar(params["bucket"], "tableros/ejecutivo.html", pagina(filas), "text/html")

    @task.branch
    def animo(params: dict[str, Any], ds_nodash: str) -> str:
        """Whether the public is content enough."""
        medio = promedio(leer_filas(params["bucket"], f"comentarios/{ds_nodash}.json"))
        return "avisar_direccion" if medio is not None and medio < params["sentimiento_minimo"] else "sin_alerta"

    @task
    def avisar_direccion(params: dict[str, Any], ds: str, ds_nodash: str) -> None:
        """How discontent it is, and what it says."""
        filas = leer_filas(params["bucket"], f"comentarios/{ds_nodash}.json")
        dichos = [par for fila in filas for par in zip(fila["puntajes"], fila["textos"], strict=True)]
        enviar(DIRECCION, *alerta(ds, promedio(filas) or 0.0, dichos))

    @task
    def sin_alerta() -> None:
        """Nothing to do."""

    rama = reunir(red.expand(red=REDES))
    rama >> Label("ninguna") >> sin_publicaciones()
    rama >> Label("hay") >> central >> tablero()
    eleccion = animo()
    central >> eleccion
    eleccion >> Label("descontento") >> avisar_direccion()
    eleccion >> Label("bien") >> sin_alerta()

"""
### Ventas semanales

Cada lunes: obtiene las ventas de la semana de cada tienda, las limpia con las reglas del negocio (anulados, repetidos,
importes de nada, céntimos), las guarda en la base central, comprueba su calidad, y publica la tabla que lee el tablero.
Una semana sin ventas termina en `sin_ventas`, con un aviso.

*Every Monday: gets each store's sales of the week, cleans them by the business rules, keeps them in the central
database, checks their quality, and publishes the table that the dashboard reads.*

Params: `bucket`, `dataset`, `tiendas`. Conexiones: `tiendas_api`, `smtp_default`. Publica el asset `ventas_semanales`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from comun import tablero
from comun.avisos import anotar_motivo, avisar_fallo, enviar
from comun.central import cargar, consulta, consultar, guardar, guardar_filas, leer_filas
from comun.fuente import exigir, pedir
from tickets import CAMPOS, COLUMNAS, limpiar

from brisa import DAG, Asset, Label, Param, TaskGroup, task
from brisa.operators.google.bigquery import BigQueryCheckOperator
from brisa.operators.google.tables import BigQueryCreateEmptyDatasetOperator

GERENCIA = "gerencia@tiendas.example"
TIENDAS = ["centro", "norte", "puerto", "galería"]

with DAG(
    "ventas_semanales",
    description="The week's sales of all stores, clean, for the dashboard",
    schedule="0 0 * * MON",
    start_date=datetime(2023, 11, 6),
    catchup=False,
    max_active_runs=1,
    tags=["CF", "ventas"],
    default_args={
        "owner": "ventas",
        "retries": 2,
        "retry_delay": timedelta(minutes=15),
        "on_failure_callback": anotar_motivo,
    },
    params={
        "bucket": Param("ventas", type="string", minLength=3, description="Where files and the dashboard are"),
        "dataset": Param("ventas", type="string", pattern=r"^\w+$", description="The central database's dataset"),
        "tiendas": Param(TIENDAS, type="array", items={"type": "string"}, minItems=1, description="The stores"),
    },
    on_failure_callback=avisar_fallo(GERENCIA, "las ventas de la semana"),
    doc_md=__doc__,
) as dag:

    @task
    def tiendas(params: dict[str, Any]) -> list[str]:
        """The stores to ask."""
        return list(params["tiendas"])

    @task(map_index_template="{{ task.op_kwargs['tienda'] }}")
    def obtener(
        tienda: str, params: dict[str, Any], data_interval_start: datetime, data_interval_end: datetime, ds_nodash: str
    ) -> str:
        """One store's tickets of the week, as they are."""
        filas = pedir(
            "tiendas_api",
            "/tiendas/ventas",
            tienda=tienda,
            desde=f"{data_interval_start:%Y-%m-%d}",
            hasta=f"{data_interval_end:%Y-%m-%d}",
        )
        exigir(filas, CAMPOS, f"tienda {tienda}")
        return guardar_filas(params["bucket"], f"tickets/{ds_nodash}/{tienda}.json", filas)

    @task.branch
    def aplicar_reglas(objetos: list[str], params: dict[str, Any], ds_nodash: str) -> str:
        """The sales of all stores in one object; where to go on if there are none."""
        ventas = []
        for objeto in objetos:
            tienda = objeto.rpartition("/")[2].removesuffix(".json")
            suyas, cifras = limpiar(tienda, leer_filas(params["bucket"], objeto))
            print(f"{tienda}: {cifras}")
            ventas += suyas
        guardar_filas(params["bucket"], f"ventas/{ds_nodash}.json", ventas)
        return "publicar.preparar" if ventas else "sin_ventas"

    @task
    def sin_ventas(ds: str) -> None:
        """Tells that a week has nothing."""
        enviar(
            GERENCIA,
            f"[ventas_semanales] Sin ventas en la semana del {ds}",
            f"<p>Ninguna tienda tiene ventas en la semana del {ds}. El tablero sigue como estaba.</p>",
        )

    with TaskGroup("publicar") as publicar:
        preparar = BigQueryCreateEmptyDatasetOperator(
            task_id="preparar", dataset_id="{{ params.dataset }}", if_exists="ignore"
        )
        calidad = BigQueryCheckOperator(task_id="calidad", sql="sql/calidad.sql", use_legacy_sql=False, retries=0)
        semanales = consulta("semanales", outlets=[Asset("ventas_semanales")])
        (
            preparar
            >> cargar("cargar", "ventas/{{ ds_nodash }}.json", "{{ params.dataset }}.ventas_{{ ds_nodash }}", COLUMNAS)
            >> consulta("ventas")
            >> calidad
            >> semanales
        )

    @task(task_id="tablero")
    def hacer_tablero(params: dict[str, Any]) -> str:
        """The weeks on a page, from the published table."""
        filas = consultar(f"SELECT * FROM `{params['dataset']}.semanales` ORDER BY semana")  # noqa: S608  our param
        semanas = sorted({fila["semana"] for fila in filas})
        nombres = sorted({fila["tienda"] for fila in filas})

        def total(semana: Any, tienda: str) -> float:
            return sum(float(una["importe"]) for una in filas if (una["semana"], una["tienda"]) == (semana, tienda))

        ultima = [fila for fila in filas if fila["semana"] == semanas[-1]]
        pagina = tablero.pagina(
            "Ventas semanales",
            f"Hasta la semana del {semanas[-1]:%d/%m/%Y}",
            [
                tablero.cifras(
                    {
                        "ventas de la semana (€)": f"{sum(float(una['importe']) for una in ultima):,.0f}",
                        "tickets": f"{sum(una['tickets'] for una in ultima):,}",
                        "semanas": len(semanas),
                    }
                ),
                tablero.grafico(
                    "Ventas por tienda (€)",
                    [f"{semana:%d/%m}" for semana in semanas],
                    {tienda: [total(semana, tienda) for semana in semanas] for tienda in nombres},
                    "barras",
                ),
                tablero.tabla(
                    "La última semana",
                    ("tienda", "categoría", "tickets", "importe (€)"),
                    [(una["tienda"], una["categoria"], una["tickets"], float(una["importe"])) for una in ultima],
                ),
            ],
        )
        return guardar(params["bucket"], "tableros/semanales.html", pagina, "text/html")

    rama = aplicar_reglas(obtener.expand(tienda=tiendas()))
    rama >> Label("ninguna") >> sin_ventas()
    rama >> Label("hay") >> publicar >> hacer_tablero()

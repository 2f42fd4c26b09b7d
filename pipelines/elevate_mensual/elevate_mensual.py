"""
### Elevate Marketing, cada mes

Cada mes: espera la tabla de KPIs que `elevate_marketing` consolida, toma los del mes y los compara con los del
anterior, los guarda, comprueba que no falte ninguna plataforma, y deja un informe en el bucket y en el correo de la
agencia. Un mes sin datos termina en `sin_datos`, con un aviso.

*Every month: waits for the table of KPIs, keeps the month's beside those of the month before, checks them, and leaves a
report in the bucket and in the agency's mail. A month without data ends in `sin_datos`.*

Params: `bucket` and `dataset` (or the variables `ELEVATE_BUCKET`, `ELEVATE_DATASET`). Conexión: `smtp_default`.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Any

from comun import tablero
from comun.avisos import anotar_motivo, avisar_fallo, enviar
from comun.central import consulta, consultar, guardar

from brisa import DAG, Label, Param, task
from brisa.operators.google.bigquery import BigQueryCheckOperator, BigQueryTableExistenceSensor

AGENCIA = "direccion@elevate.example"

with DAG(
    "elevate_mensual",
    description="The month's KPIs beside those of the month before: a table, a report, an e-mail",
    schedule="@monthly",
    start_date=datetime(2022, 12, 1),
    catchup=False,
    max_active_runs=1,
    tags=["CF", "marketing", "gcp"],
    default_args={
        "owner": "elevate",
        "retries": 2,
        "retry_delay": timedelta(minutes=10),
        "on_failure_callback": anotar_motivo,
    },
    params={
        "bucket": Param(os.environ.get("ELEVATE_BUCKET", "elevate-landing"), description="Where the reports go"),
        "dataset": Param(os.environ.get("ELEVATE_DATASET", "elevate"), description="Where the tables are"),
    },
    on_failure_callback=avisar_fallo(AGENCIA, "el informe mensual de campañas"),
    doc_md=__doc__,
) as dag:
    esperar_kpis = BigQueryTableExistenceSensor(
        task_id="esperar_kpis",
        project_id="{{ var.value.get('elevate_proyecto', 'brisa-local') }}",
        dataset_id="{{ params.dataset }}",
        table_id="kpis",
        mode="reschedule",
        poke_interval=600,
        timeout=6 * 3600,
    )

    @task.branch
    def hay_mes(params: dict[str, Any], data_interval_start: datetime) -> str:
        """Whether the year's table has the month."""
        filas = consultar(
            f"SELECT COUNT(*) AS filas FROM `{params['dataset']}.kpis` WHERE mes = @mes",  # noqa: S608  our own param
            mes=data_interval_start.date(),
        )
        return "mensual" if filas[0]["filas"] else "sin_datos"

    @task
    def sin_datos(ds: str) -> None:
        """Tells that there is nothing of the month."""
        enviar(
            AGENCIA,
            f"[elevate] Sin datos de campañas en {ds[:7]}",
            f"<p>Ninguna plataforma tiene campañas en {ds[:7]}; no hay informe.</p>",
        )

    mensual = consulta("mensual")
    comprobar = BigQueryCheckOperator(
        task_id="comprobar",
        sql="SELECT COUNT(DISTINCT plataforma) = 3 AS tres_plataformas FROM `{{ params.dataset }}.kpis_mensuales` "
        "WHERE mes = DATE '{{ data_interval_start | ds }}'",
        use_legacy_sql=False,
        retries=0,
    )

    @task
    def informe(params: dict[str, Any], data_interval_start: datetime) -> dict[str, float]:
        """The month's page in the bucket; its sums."""
        filas = consultar(
            f"SELECT * FROM `{params['dataset']}.kpis_mensuales` WHERE mes = @mes "  # noqa: S608  our own param
            "ORDER BY ingresos_usd DESC",
            mes=data_interval_start.date(),
        )
        sumas = {
            nombre: round(sum(float(fila[nombre] or 0) for fila in filas), 2)
            for nombre in ("gasto_usd", "ingresos_usd", "gasto_anterior", "ingresos_anterior")
        }
        plataformas = sorted({fila["plataforma"] for fila in filas})
        pagina = tablero.pagina(
            "Elevate Marketing: informe del mes",
            f"{data_interval_start:%m/%Y}",
            [
                tablero.cifras(
                    {
                        "gasto (USD)": f"{sumas['gasto_usd']:,.0f}",
                        "ingresos (USD)": f"{sumas['ingresos_usd']:,.0f}",
                        "ROAS": f"{sumas['ingresos_usd'] / (sumas['gasto_usd'] or 1):.2f}",
                        "ingresos, contra el mes anterior": cambio(sumas["ingresos_usd"], sumas["ingresos_anterior"]),
                    }
                ),
                tablero.grafico(
                    "Ingresos por plataforma (USD)",
                    plataformas,
                    {
                        nombre: [
                            sum(float(una[campo] or 0) for una in filas if una["plataforma"] == cual)
                            for cual in plataformas
                        ]
                        for nombre, campo in (("mes anterior", "ingresos_anterior"), ("este mes", "ingresos_usd"))
                    },
                    "barras",
                ),
                tablero.tabla(
                    "Campañas",
                    ("plataforma", "campaña", "gasto", "ingresos", "ROAS", "cambio"),
                    [
                        (
                            una["plataforma"],
                            una["campana"],
                            float(una["gasto_usd"]),
                            float(una["ingresos_usd"]),
                            float(una["roas"] or 0),
                            cambio(float(una["ingresos_usd"]), float(una["ingresos_anterior"] or 0)),
                        )
                        for una in filas
                    ],
                ),
            ],
        )
        guardar(params["bucket"], f"informes/{data_interval_start:%Y%m}.html", pagina, "text/html")
        return sumas

    @task
    def enviar_informe(sumas: dict[str, float], params: dict[str, Any], data_interval_start: datetime) -> None:
        """The month in an e-mail."""
        enviar(
            AGENCIA,
            f"[elevate] Informe de {data_interval_start:%m/%Y}",
            f"<p>Gasto {sumas['gasto_usd']:,.0f} USD, ingresos {sumas['ingresos_usd']:,.0f} USD "
            f"({cambio(sumas['ingresos_usd'], sumas['ingresos_anterior'])} contra el mes anterior).</p>"
            f"<p>gs://{params['bucket']}/informes/{data_interval_start:%Y%m}.html</p>",
        )

    def cambio(ahora: float, antes: float) -> str:
        """How much more or less, in percent."""
        return f"{ahora / antes - 1:+.0%}" if antes else "nuevo"

    rama = hay_mes()
    esperar_kpis >> rama
    rama >> Label("nada") >> sin_datos()
    sumas = informe()
    rama >> Label("hay") >> mensual >> comprobar >> sumas
    enviar_informe(sumas)

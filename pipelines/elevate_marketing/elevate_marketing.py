"""
### Elevate Marketing: campañas de 2023

Cada mes: espera los tres archivos (`Facebook_2023.csv`, `GoogleAds_2023.csv`, `YoutubeAds_2023.csv`) en el bucket, los
carga en BigQuery, los limpia y consolida, calcula CTR, CPC, CPA y ROAS por plataforma, campaña y mes (en dólares), y
exporta el resultado a `gs://BUCKET/kpis/`. Si falta un archivo, termina en `sin_archivos`.

*Every month: waits for the three exports in the bucket, loads them into BigQuery, cleans and consolidates them,
computes CTR, CPC, CPA and ROAS per platform, campaign and month (in US dollars), and exports the result. Without the
three files it ends in `sin_archivos`.*

Params: `bucket` (or the environment variable `ELEVATE_BUCKET`), `dataset`.
"""

from __future__ import annotations

import csv
import io
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from brisa import DAG, Label, Param, TaskGroup, task
from brisa.authoring.exceptions import AirflowFailException
from brisa.operators.google.bigquery import (
    BigQueryCheckOperator,
    BigQueryCreateEmptyDatasetOperator,
    BigQueryInsertJobOperator,
)
from brisa.operators.google.clients import bigquery_client, storage_client
from brisa.operators.google.gcs import GCSObjectExistenceSensor
from brisa.operators.google.transfers import BigQueryToGCSOperator, GCSToBigQueryOperator

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Exporte:
    """One platform's file: its columns as (names that the header may have, column of the raw table)."""

    archivo: str
    columnas: tuple[tuple[str, str], ...]
    """Names that a column has had are parted by ``|``."""

    @property
    def esquema(self) -> list[dict[str, str]]:
        """The raw table: texts, as they are in the file. Numbers and dates are read later, in SQL."""
        return [{"name": columna, "type": "STRING", "mode": "NULLABLE"} for _, columna in self.columnas]


EXPORTES = {
    "facebook": Exporte(
        "Facebook_2023.csv",
        (
            ("Campaign name", "campaign_name"),
            ("Ad set name", "ad_set_name"),
            ("Ad name", "ad_name"),
            ("Country", "country"),
            ("Day", "day"),
            ("Currency", "currency"),
            ("Impressions", "impressions"),
            ("Link clicks", "link_clicks"),
            ("Purchases", "purchases"),
            ("Amount spent", "amount_spent"),
            ("Purchases conversion value", "purchases_conversion_value"),
        ),
    ),
    "google": Exporte(
        "GoogleAds_2023.csv",
        (
            ("Campaign", "campaign"),
            ("Ad group", "ad_group"),
            ("Device", "device"),
            ("Country", "country"),
            ("Day", "day"),
            ("Currency code", "currency_code"),
            ("Impr.", "impr"),
            ("Clicks", "clicks"),
            ("Conversions", "conversions"),
            ("Cost|Spend", "cost"),
            ("Conv. value", "conv_value"),
        ),
    ),
    "youtube": Exporte(
        "YoutubeAds_2023.csv",
        (
            ("Date", "date"),
            ("Campaign", "campaign"),
            ("Ad group", "ad_group"),
            ("Ad format", "ad_format"),
            ("Country", "country"),
            ("Impressions", "impressions"),
            ("Views", "views"),
            ("Clicks", "clicks"),
            ("Conversions", "conversions"),
            ("Cost", "cost"),
            ("Conversion value", "conversion_value"),
            ("TrueView views", "trueview_views"),
        ),
    ),
}

SUMAS = ("impresiones", "clics", "conversiones", "gasto_usd", "ingresos_usd")
"""The columns of the table ``kpis`` that can be added up."""


def problemas(exporte: Exporte, lugar: str, datos: bytes) -> Iterator[str]:
    """What makes a file unusable, each with file, line and column: unknown headers, lost columns, no rows at all."""
    try:
        texto = datos.decode("utf-8")
    except UnicodeDecodeError as error:
        linea = datos.count(b"\n", 0, error.start) + 1
        yield f"{lugar}, line {linea}: not UTF-8 (byte {error.start})"
        return
    esperadas = [nombres.split("|") for nombres, _ in exporte.columnas]
    filas = 0
    for numero, linea_de_texto in enumerate(texto.split("\n"), start=1):
        linea_limpia = linea_de_texto.lstrip("\ufeff").rstrip("\r")
        # Monthly exports that were appended bring their header again, anywhere in the file.
        if numero == 1 or linea_limpia.split(",")[0] in esperadas[0]:
            yield from _encabezado(esperadas, f"{lugar}, line {numero}", linea_limpia)
        elif linea_limpia:
            filas += 1
    if not filas:
        yield f"{lugar}: no rows below the header"


def _encabezado(esperadas: list[list[str]], lugar: str, linea: str) -> Iterator[str]:
    """How a header differs from the columns that the raw table has."""
    if not linea:
        yield f"{lugar}: no header; expected the columns {', '.join(nombres[0] for nombres in esperadas)}"
        return
    halladas = next(csv.reader(io.StringIO(linea)))
    perdidas = [nombres for nombres in esperadas if not set(nombres) & set(halladas)]
    conocidas = {nombre for nombres in esperadas for nombre in nombres}
    extranas = [nombre for nombre in halladas if nombre not in conocidas]
    if perdidas or extranas:
        for nombres in perdidas:
            posicion = esperadas.index(nombres) + 1
            yield f"{lugar}: column {posicion}, {' or '.join(map(repr, nombres))}, is missing"
        for nombre in extranas:
            yield f"{lugar}: column {halladas.index(nombre) + 1}, {nombre!r}, is unknown"
    elif len(halladas) != len(esperadas) or any(
        nombre not in nombres for nombre, nombres in zip(halladas, esperadas, strict=True)
    ):
        yield f"{lugar}: the columns are in another order: {', '.join(halladas)}"


def consulta(nombre: str) -> BigQueryInsertJobOperator:
    """A task that runs ``sql/<nombre>.sql``."""
    return BigQueryInsertJobOperator(
        task_id=nombre.partition("_")[0],
        configuration={"query": {"query": f"sql/{nombre}.sql", "useLegacySql": False}},
    )


with DAG(
    "elevate_marketing",
    description="KPIs of eight campaigns on three platforms, from CSV files in a bucket",
    schedule="@monthly",
    start_date=datetime(2023, 1, 1),
    catchup=False,
    max_active_runs=1,
    tags=["CF", "marketing", "gcp"],
    default_args={"owner": "elevate", "retries": 2, "retry_delay": timedelta(seconds=10)},
    params={
        "bucket": Param(os.environ.get("ELEVATE_BUCKET", "elevate-landing"), description="Where the exports land"),
        "dataset": Param("elevate", description="The BigQuery dataset that the tables are in"),
    },
    doc_md=__doc__,
) as dag:
    sensores = [
        GCSObjectExistenceSensor(
            task_id=f"esperar_{plataforma}",
            bucket="{{ params.bucket }}",
            object=exporte.archivo,
            mode="reschedule",
            poke_interval=5,
            timeout=60,  # short, for a demonstration
            soft_fail=True,
        )
        for plataforma, exporte in EXPORTES.items()
    ]

    @task.branch(trigger_rule="none_failed")
    def hay_archivos(params: dict[str, Any]) -> str:
        """Whether all three files are there: a sensor that gave up is only skipped."""
        bucket = storage_client().bucket(params["bucket"])
        faltan = [exporte.archivo for exporte in EXPORTES.values() if not bucket.blob(exporte.archivo).exists()]
        if faltan:
            log.warning("missing in gs://%s: %s", params["bucket"], ", ".join(faltan))
        return "sin_archivos" if faltan else "preparar"

    @task
    def sin_archivos(params: dict[str, Any]) -> None:
        """Says that there is nothing to do."""
        log.warning("gs://%s does not have all three exports: no KPIs this month", params["bucket"])

    preparar = BigQueryCreateEmptyDatasetOperator(task_id="preparar", dataset_id="{{ params.dataset }}", location="US")
    tasas = consulta("tasas")
    consolidar = consulta("consolidar")
    calidad = BigQueryCheckOperator(task_id="calidad", sql="sql/calidad.sql", use_legacy_sql=False)
    kpis = consulta("kpis")
    exportar = BigQueryToGCSOperator(
        task_id="exportar",
        source_project_dataset_table="{{ params.dataset }}.kpis",
        destination_cloud_storage_uris=["gs://{{ params.bucket }}/kpis/kpis_{{ ds_nodash }}.csv"],
    )

    @task
    def revisar(plataforma: str, params: dict[str, Any]) -> int:
        """Fails, for good, on a file that BigQuery would load wrongly or not at all; returns its size in bytes."""
        exporte = EXPORTES[plataforma]
        lugar = f"gs://{params['bucket']}/{exporte.archivo}"
        datos: bytes = storage_client().bucket(params["bucket"]).blob(exporte.archivo).download_as_bytes()
        hallados = list(problemas(exporte, lugar, datos))
        if hallados:
            raise AirflowFailException("; ".join(hallados))
        return len(datos)

    for plataforma, exporte in EXPORTES.items():
        with TaskGroup(plataforma) as grupo:
            cargar = GCSToBigQueryOperator(
                task_id="cargar",
                bucket="{{ params.bucket }}",
                source_objects=[exporte.archivo],
                destination_project_dataset_table="{{ params.dataset }}.crudo_" + plataforma,
                schema_fields=exporte.esquema,
                skip_leading_rows=1,
                allow_jagged_rows=True,
                write_disposition="WRITE_TRUNCATE",
            )
            revisar(plataforma) >> cargar >> consulta(f"limpiar_{plataforma}")
        preparar >> grupo >> consolidar

    @task
    def reporte(params: dict[str, Any]) -> dict[str, Any]:
        """The year per platform, for the log and for whoever started the run."""
        resumen: dict[str, dict[str, float]] = {}
        for fila in bigquery_client().list_rows(f"{params['dataset']}.kpis"):
            total = resumen.setdefault(fila["plataforma"], dict.fromkeys(SUMAS, 0.0))
            for nombre in SUMAS:
                total[nombre] = round(total[nombre] + float(fila[nombre]), 2)
        for nombre, total in resumen.items():
            log.info(
                "%-12s %12.0f impressions  %9.0f clicks  %12.2f USD spent  ROAS %.2f",
                nombre,
                total["impresiones"],
                total["clics"],
                total["gasto_usd"],
                total["ingresos_usd"] / (total["gasto_usd"] or 1),
            )
        return resumen

    rama = hay_archivos()
    sensores >> rama
    rama >> Label("están los tres") >> preparar >> tasas >> consolidar
    rama >> Label("falta alguno") >> sin_archivos()
    consolidar >> calidad >> kpis >> exportar >> reporte()

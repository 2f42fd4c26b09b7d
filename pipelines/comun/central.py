"""The central database: files of rows in the bucket, the load jobs that read them, and the SQL that merges them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from brisa.operators.google.bigquery import BigQueryInsertJobOperator
from brisa.operators.google.clients import bigquery_client, storage_client
from brisa.operators.google.loads import GCSToBigQueryOperator


def guardar(bucket: str, nombre: str, datos: str | bytes, tipo: str = "application/json") -> str:
    """Put an object into the bucket (made if it isn't there), over what it had; its name. Twice changes nothing."""
    from google.api_core.exceptions import Conflict

    with storage_client() as cliente:
        if cliente.lookup_bucket(bucket) is None:
            with contextlib.suppress(Conflict):  # another task has just made it
                cliente.create_bucket(bucket)
        cliente.bucket(bucket).blob(nombre).upload_from_string(datos, content_type=tipo)
    return nombre


def leer(bucket: str, nombre: str) -> bytes:
    """An object's bytes."""
    with storage_client() as cliente:
        datos: bytes = cliente.bucket(bucket).blob(nombre).download_as_bytes()
    return datos


def leer_si_existe(bucket: str, nombre: str) -> bytes | None:
    """An object's bytes, if there is one."""
    with storage_client() as cliente:
        objeto = cliente.bucket(bucket).get_blob(nombre)
        return None if objeto is None else objeto.download_as_bytes()


def guardar_filas(bucket: str, nombre: str, filas: Iterable[Mapping[str, Any]]) -> str:
    """Rows as an object with a JSON line for each, as load jobs read them."""
    return guardar(bucket, nombre, "".join(f"{json.dumps(fila, ensure_ascii=False)}\n" for fila in filas))


def leer_filas(bucket: str, nombre: str) -> list[dict[str, Any]]:
    """The rows of such an object."""
    return [json.loads(linea) for linea in leer(bucket, nombre).splitlines()]


def consultar(sql: str, **parametros: Any) -> list[dict[str, Any]]:
    """The rows of a query with named parameters: texts, whole numbers, floats, dates and moments."""
    from google.cloud import bigquery

    tipos = {
        "str": "STRING",
        "int": "INT64",
        "float": "FLOAT64",
        "date": "DATE",
        "Date": "DATE",
        "datetime": "TIMESTAMP",
        "DateTime": "TIMESTAMP",
    }
    valores: Sequence[Any] = [
        bigquery.ScalarQueryParameter(nombre, tipos[type(valor).__name__], valor)
        for nombre, valor in parametros.items()
    ]
    with bigquery_client() as cliente:
        trabajo = cliente.query(sql, job_config=bigquery.QueryJobConfig(query_parameters=valores))
        return [dict(fila) for fila in trabajo.result()]


def esquema(**columnas: str) -> list[dict[str, str]]:
    """A table's schema: column → type."""
    return [{"name": nombre, "type": tipo, "mode": "NULLABLE"} for nombre, tipo in columnas.items()]


def cargar(tarea: str, objeto: str, tabla: str, campos: Mapping[str, str], **mas: Any) -> GCSToBigQueryOperator:
    """A task that loads an object of rows into a table of the run's own, which its SQL then merges and drops."""
    return GCSToBigQueryOperator(
        task_id=tarea,
        bucket="{{ params.bucket }}",
        source_objects=[objeto],
        destination_project_dataset_table=tabla,
        source_format="NEWLINE_DELIMITED_JSON",
        schema_fields=esquema(**campos),
        write_disposition="WRITE_TRUNCATE",
        **mas,
    )


def consulta(tarea: str, archivo: str | None = None, **mas: Any) -> BigQueryInsertJobOperator:
    """A task that runs ``sql/<archivo>.sql`` (``sql/<tarea>.sql``) of the pipeline's folder."""
    return BigQueryInsertJobOperator(
        task_id=tarea,
        configuration={"query": {"query": f"sql/{archivo or tarea}.sql", "useLegacySql": False}},
        **mas,
    )


def consultar_archivo(archivo: Path, dataset: str, **parametros: Any) -> list[dict[str, Any]]:
    """The rows of the query in a file, whose tables are in ``{{ dataset }}``."""
    return consultar(archivo.read_text("utf-8").replace("{{ dataset }}", dataset), **parametros)

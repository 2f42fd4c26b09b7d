"""
### Un DAG que espera a otro

`external_source` trae cada día el clima; `external_wait` espera con un `ExternalTaskSensor` a que su tarea `cerrar` del
mismo día termine bien, y entonces lo resume. Si aquella tarea falla, la espera falla enseguida; repetir `cerrar` con
"recursive" repite también la espera (`ExternalTaskMarker`).

*`external_wait` waits for the task `cerrar` of the other DAG's run of the same day. When that fails, so does the wait.*
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from brisa import DAG, task
from brisa.operators.external_task import ExternalTaskMarker, ExternalTaskSensor
from brisa.operators.http import HttpOperator

COMUN: dict[str, Any] = {
    "schedule": "@daily",
    "start_date": datetime(2024, 5, 1),
    "catchup": False,
    "tags": ["CF", "sensores"],
    "doc_md": __doc__,
}

with DAG(
    "external_source",
    description="The DAG that is waited for",
    default_args={"retries": 1, "retry_delay": timedelta(minutes=5)},
    **COMUN,
):
    traer = HttpOperator(
        task_id="traer",
        http_conn_id="clima_api",
        method="GET",
        endpoint="/clima/diario",
        data={"desde": "{{ data_interval_start | ds }}", "hasta": "{{ data_interval_end | ds }}"},
    )

    @task
    def cerrar(texto: str) -> dict[str, Any]:
        """The day's weather."""
        return dict(json.loads(texto)[0])

    cerrar(traer.output) >> ExternalTaskMarker(
        task_id="avisar", external_dag_id="external_wait", external_task_id="esperar"
    )

with DAG("external_wait", description="A DAG that waits for another", **COMUN):
    esperar = ExternalTaskSensor(
        task_id="esperar",
        external_dag_id="external_source",
        external_task_id="cerrar",
        allowed_states=["success"],
        failed_states=["failed", "upstream_failed", "skipped"],
        mode="reschedule",
        poke_interval=60,
        timeout=6 * 3600,
    )

    @task
    def resumir(ti: Any = None, ds: str | None = None) -> str:
        """What the other DAG has found out, in a sentence."""
        clima = ti.xcom_pull(dag_id="external_source", task_ids="cerrar", include_prior_dates=True)
        return f"{ds}: {clima['lluvia']} mm, {clima['temperatura']} °C"

    esperar >> resumir()

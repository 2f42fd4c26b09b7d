"""The alert that a manager understands: one e-mail for a run that failed, with what failed, why, and what to do."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from typing import Any

from brisa.compat.email import send_email

Contexto = Mapping[str, Any]


def anotar_motivo(context: Contexto) -> None:
    """A task's ``on_failure_callback``: keeps why it failed, for the e-mail about the run."""
    context["ti"].xcom_push("motivo", str(context["exception"]))


def avisar_fallo(para: str, negocio: str) -> Callable[[Contexto], None]:
    """A DAG's ``on_failure_callback`` that writes to ``para``; ``negocio`` is what stands still meanwhile."""

    def avisar(context: Contexto) -> None:
        corrida = context["dag_run"]
        fallidas = [una for una in corrida.get_task_instances(state="failed") if not una.task_id.startswith("@")]
        desde, hasta = context["data_interval_start"], context["data_interval_end"]
        motivos = {}
        for una in fallidas:
            dichos = context["ti"].xcom_pull(task_ids=una.task_id, key="motivo", map_indexes=una.map_index)
            motivos[una.task_id] = str(dichos or "sin explicación; ver el registro de la tarea")
        tareas = "".join(
            f"<li><b>{html.escape(nombre)}</b>: {html.escape(motivo)}</li>" for nombre, motivo in motivos.items()
        )
        enviar(
            para,
            f"[{corrida.dag_id}] No se pudo completar: {negocio}",
            f"<p>No se pudo completar <b>{html.escape(negocio)}</b> del período {desde:%d/%m/%Y %H:%M} a "
            f"{hasta:%d/%m/%Y %H:%M} (UTC). Los datos anteriores siguen disponibles y no han cambiado.</p>"
            f"<p>Pasos que fallaron:</p><ul>{tareas}</ul>"
            f"<p>Qué hacer: cuando la causa esté resuelta, repetir el período con<br>"
            f"<code>brisa backfill create --dag-id {corrida.dag_id} --from-date {desde:%Y-%m-%dT%H:%M:%S} "
            f"--to-date {desde:%Y-%m-%dT%H:%M:%S} --reprocess-behavior failed</code></p>",
        )

    return avisar


def enviar(para: str, asunto: str, cuerpo: str) -> None:
    """An e-mail in HTML."""
    send_email(para, asunto, cuerpo)

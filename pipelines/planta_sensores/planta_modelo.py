"""
### Planta: el modelo de anomalías

Cada semana: toma las últimas semanas de lecturas de la pasarela, entrena una covarianza robusta, lo evalúa con la
última semana contra la bitácora de mantenimiento (precisión y exhaustividad), y lo publica en el bucket si es bastante
bueno; si no, sigue el anterior y alguien recibe un aviso.

*Every week: trains the anomaly model on weeks of readings, evaluates it on the last one against the maintenance log,
and publishes it if it is good enough; else the old one stays and somebody is told.*

Params: `bucket`, `semanas`, `precision_minima`, `exhaustividad_minima`. Conexión: `planta_api`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import modelo as m
from comun.avisos import anotar_motivo, avisar_fallo, enviar
from comun.central import guardar_filas, leer_filas
from comun.fuente import exigir, pedir
from lecturas import CAMPOS, limpiar

from brisa import DAG, Asset, Label, Param, task

SEMANA = timedelta(weeks=1)

with DAG(
    "planta_modelo",
    description="Trains and evaluates the plant's anomaly model",
    schedule="@weekly",
    start_date=datetime(2024, 4, 28),
    catchup=False,
    max_active_runs=1,
    tags=["CF", "manufactura", "ml"],
    default_args={
        "owner": "planta",
        "retries": 2,
        "retry_delay": timedelta(minutes=10),
        "on_failure_callback": anotar_motivo,
    },
    params={
        "bucket": Param("planta", type="string", minLength=3, description="Where files and the model are"),
        "semanas": Param(4, type="integer", minimum=2, maximum=12, description="Weeks; the last one is for evaluation"),
        "precision_minima": Param(0.5, type="number", minimum=0, maximum=1, description="Precision to be published"),
        "exhaustividad_minima": Param(0.5, type="number", minimum=0, maximum=1, description="Recall to be published"),
    },
    on_failure_callback=avisar_fallo("gerencia@planta.example", "el modelo de anomalías"),
    doc_md=__doc__,
) as dag:

    @task(pool="planta_pasarela")
    def historial(nave: str, params: dict[str, Any], data_interval_end: datetime, ts_nodash: str) -> str:
        """Some weeks of one hall's readings, clean, in the bucket."""
        semanas = params["semanas"]
        desde = data_interval_end - semanas * SEMANA
        datos = pedir("planta_api", "/planta/lecturas", nave=nave, desde=desde.isoformat(), horas=semanas * 7 * 24)
        filas, _ = limpiar(exigir(datos["lecturas"], CAMPOS, f"nave {nave}"), desde, 4)
        return guardar_filas(params["bucket"], f"planta/historial/{ts_nodash}_{nave}.json", filas)

    @task(multiple_outputs=True)
    def entrenar_y_evaluar(
        objetos: list[str], params: dict[str, Any], data_interval_end: datetime, ts_nodash: str
    ) -> dict[str, Any]:
        """The model, as a file that nobody uses yet, and its figures on the week that it has not seen."""
        filas = [fila for objeto in objetos for fila in leer_filas(params["bucket"], objeto)]
        corte = data_interval_end - SEMANA
        antes = [fila for fila in filas if datetime.fromisoformat(fila["momento"]) < corte]
        despues = [fila for fila in filas if datetime.fromisoformat(fila["momento"]) >= corte]
        if not antes or not despues:
            return {"hay": False, "precision": 0.0, "exhaustividad": 0.0}
        nuevo = m.entrenar(antes)
        bitacora = pedir("planta_api", "/planta/bitacora", desde=corte.isoformat(), hasta=data_interval_end.isoformat())
        averias = [(una["nave"], una["maquina"], una["hora"][:13]) for una in bitacora]
        candidato = nuevo.publicar(params["bucket"], f"planta/candidatos/{ts_nodash}.pkl")
        return {"hay": True, "candidato": candidato, **m.evaluar(nuevo, despues, averias)}

    @task.branch
    def es_bueno(cifras: dict[str, Any], params: dict[str, Any]) -> str:
        """Whether it may raise alarms."""
        bueno = (
            cifras["hay"]
            and cifras["precision"] >= params["precision_minima"]
            and cifras["exhaustividad"] >= params["exhaustividad_minima"]
        )
        return "publicar" if bueno else "descartar"

    @task(outlets=[Asset("planta_modelo_publicado")])
    def publicar(cifras: dict[str, Any], params: dict[str, Any]) -> str:
        """The candidate becomes the model that every hour uses."""
        modelo = m.Modelo.del_bucket(params["bucket"], cifras["candidato"])
        return modelo.publicar(params["bucket"]) if modelo else ""

    @task
    def descartar(cifras: dict[str, Any]) -> None:
        """Tells that the old model stays."""
        por_que = (
            f"precisión {cifras['precision']:.0%}, exhaustividad {cifras['exhaustividad']:.0%}"
            if cifras["hay"]
            else "no hay bastantes lecturas para entrenarlo"
        )
        enviar(
            "gerencia@planta.example",
            "[planta_modelo] El modelo nuevo no se publicó",
            f"<p>El modelo nuevo no se publicó: {por_que}. La planta sigue con el anterior.</p>",
        )

    cifras = entrenar_y_evaluar(historial.expand(nave=["norte", "centro", "sur"]))
    rama = es_bueno(cifras)
    rama >> Label("bueno") >> publicar(cifras)
    rama >> Label("no alcanza") >> descartar(cifras)

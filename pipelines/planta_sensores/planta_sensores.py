"""
### Planta: sensores de cada hora

Cada hora: extrae las lecturas de las tres naves, las limpia (repetidas, tardías, °F), detecta anomalías con el modelo
que `planta_modelo` entrena cada semana, guarda todo en la base central (BigQuery), actualiza los tableros de producción
y de mantenimiento, y escribe a los supervisores y, si hay anomalías, a mantenimiento. Sin lecturas termina en
`sin_lecturas`, con un aviso.

*Every hour: extracts the readings of three halls, cleans them, finds anomalies with the model that `planta_modelo`
trains each week, merges all into the central database, renews two dashboards, and writes e-mails. An hour without
readings ends in `sin_lecturas`, with an alert.*

Params: `bucket`, `dataset`. Conexiones: `planta_api`, `smtp_default`. Variable: `planta_supervisores` (direcciones).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from comun.avisos import anotar_motivo, avisar_fallo, enviar
from comun.central import cargar, consulta, guardar, guardar_filas, leer_filas
from comun.fuente import exigir, pedir
from lecturas import CAMPOS, COLUMNAS, limpiar
from modelo import Modelo
from tableros import TABLEROS, mensaje, resumen

from brisa import DAG, Label, Param, TaskGroup, Variable, task
from brisa.operators.google.tables import BigQueryCreateEmptyDatasetOperator

NAVES = ["norte", "centro", "sur"]
MAQUINAS = 4 * len(NAVES)
MANTENIMIENTO = "mantenimiento@planta.example"
LIMPIAS = "planta/limpias/{{ ts_nodash }}.json"

with DAG(
    "planta_sensores",
    description="Sensor readings of a plant: quality, anomalies, e-mails and dashboards, every hour",
    schedule="@hourly",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    max_active_runs=1,
    tags=["CF", "manufactura"],
    default_args={
        "owner": "planta",
        "retries": 2,
        "retry_delay": timedelta(minutes=10),
        "on_failure_callback": anotar_motivo,
    },
    params={
        "bucket": Param("planta", type="string", minLength=3, description="Where files and dashboards are"),
        "dataset": Param("planta", type="string", pattern=r"^\w+$", description="The central database's dataset"),
    },
    on_failure_callback=avisar_fallo("gerencia@planta.example", "el monitoreo de la planta"),
    doc_md=__doc__,
) as dag:

    @task(pool="planta_pasarela", max_active_tis_per_dagrun=2)
    def extraer(nave: str, params: dict[str, Any], data_interval_start: datetime, ts_nodash: str) -> str:
        """The gateway's answer for one hall, as it came, into the bucket. The pool spares the gateway."""
        datos = pedir("planta_api", "/planta/lecturas", nave=nave, desde=data_interval_start.isoformat())
        filas = exigir(datos["lecturas"], CAMPOS, f"nave {nave}")
        return guardar_filas(params["bucket"], f"planta/crudas/{ts_nodash}_{nave}.json", filas)

    crudas = extraer.expand(nave=NAVES)

    with TaskGroup("calidad"):

        @task(task_id="limpiar")
        def tarea_limpiar(
            objetos: list[str], params: dict[str, Any], data_interval_start: datetime, ts_nodash: str
        ) -> dict[str, int]:
            """Each reading once, in the same unit; the figures of the delivery."""
            filas = [fila for objeto in objetos for fila in leer_filas(params["bucket"], objeto)]
            limpias, cifras = limpiar(filas, data_interval_start, MAQUINAS)
            guardar_filas(params["bucket"], f"planta/limpias/{ts_nodash}.json", limpias)
            return cifras

        @task.branch
        def hay_lecturas(cifras: dict[str, int]) -> str:
            """Whether any came."""
            return "calidad.detectar" if cifras["recibidas"] else "sin_lecturas"

        @task
        def detectar(params: dict[str, Any], ts_nodash: str) -> list[dict[str, Any]]:
            """Scores each machine's hour, and tells which are anomalies. Without a model there are no scores."""
            nombre = f"planta/limpias/{ts_nodash}.json"
            filas, modelo = leer_filas(params["bucket"], nombre), Modelo.del_bucket(params["bucket"])
            marcadas, anomalias = modelo.marcar(filas) if modelo else (filas, [])
            guardar_filas(params["bucket"], nombre, marcadas)
            return anomalias

        cifras = tarea_limpiar(crudas)
        eleccion, anomalias = hay_lecturas(cifras), detectar()
        eleccion >> Label("hay") >> anomalias

    @task
    def sin_lecturas(data_interval_start: datetime) -> None:
        """Tells the supervisors that an hour has nothing."""
        enviar(
            supervisores(),
            f"[planta] No llegaron lecturas de las {data_interval_start:%H:%M}",
            f"<p>La pasarela respondió, pero no tenía lecturas del {data_interval_start:%d/%m/%Y %H:%M} (UTC). "
            "Los tableros siguen mostrando la hora anterior.</p>",
        )

    with TaskGroup("central") as central:
        preparar = BigQueryCreateEmptyDatasetOperator(
            task_id="preparar", dataset_id="{{ params.dataset }}", if_exists="ignore"
        )
        (
            preparar
            >> cargar("cargar", LIMPIAS, "{{ params.dataset }}.lecturas_{{ ts_nodash }}", COLUMNAS)
            >> consulta("unir", "central")
        )

    @task.branch
    def hay_anomalias(halladas: list[dict[str, Any]]) -> str:
        """Whether maintenance has to be told."""
        return "avisar_mantenimiento" if halladas else "resumir"

    @task
    def avisar_mantenimiento(halladas: list[dict[str, Any]]) -> None:
        """The machines to look at, worst first."""
        enviar(MANTENIMIENTO, *mensaje(halladas))

    @task(trigger_rule="none_failed_min_one_success")
    def resumir(cifras: dict[str, int], halladas: list[dict[str, Any]], data_interval_start: datetime) -> None:
        """The hour in an e-mail to the supervisores."""
        enviar(supervisores(), *resumen(data_interval_start, cifras, halladas))

    @task
    def tablero(cual: str, params: dict[str, Any]) -> str:
        """One department's page, from the central database into the bucket."""
        pagina = TABLEROS[cual](params["dataset"])
        return guardar(params["bucket"], f"planta/tableros/{cual}.html", pagina, "text/html")

    def supervisores() -> str:
        return str(Variable.get("planta_supervisores", "supervisores@planta.example"))

    rama = hay_anomalias(anomalias)
    aviso, correo = avisar_mantenimiento(anomalias), resumir(cifras, anomalias)
    eleccion >> Label("ninguna") >> sin_lecturas()
    anomalias >> central >> tablero.expand(cual=list(TABLEROS))
    rama >> Label("anomalías") >> aviso >> correo
    rama >> Label("todo en orden") >> correo

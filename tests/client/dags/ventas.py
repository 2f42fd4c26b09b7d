"""Sales: a DAG with params, a mapped task, a group, a state store and everything else that the API shows."""

from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Param, TaskGroup, task

with DAG(
    "ventas",
    schedule=None,
    start_date=datetime(2024, 1, 1),
    tags=["ventas", "diario"],
    default_args={"owner": "ana"},
    description="Ventas del día",
    doc_md="# Ventas",
    params={"region": Param("norte", type="string", enum=["norte", "sur"])},
) as dag:

    @task
    def extraer(params=None):
        """Tell what was asked for."""
        print("la región es", params["region"])
        return {"region": params["region"], "filas": [1, 2, 3]}

    @task
    def filas(datos):
        """The rows."""
        return datos["filas"]

    @task
    def transformar(fila):
        """Ten times as much."""
        return fila * 10

    with TaskGroup("carga"):
        cargar = BashOperator(task_id="cargar", bash_command="echo cargando {{ params.region }}", do_xcom_push=True)
        avisar = BashOperator(task_id="avisar", bash_command="echo listo")
        cargar >> avisar

    transformar.expand(fila=filas(extraer())) >> cargar

"""A templated bash echo of a param, every day. / Un echo de bash con una plantilla, cada día."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash_operator import BashOperator

dag = DAG("mi_dag_bash", schedule_interval="@daily", start_date=datetime(2023, 1, 1), catchup=False, tags=["curso"])

tarea_bash = BashOperator(
    task_id="tarea_bash",
    bash_command="echo {{ params.mensaje }}",
    params={"mensaje": "¡Hola, Airflow!"},
    dag=dag,
)

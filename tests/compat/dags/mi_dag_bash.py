from airflow import DAG
from airflow.operators.bash_operator import BashOperator
from datetime import datetime
dag = DAG(
    'mi_dag_bash',
    schedule_interval='@daily',
    start_date=datetime(2023, 1, 1)
)
tarea_bash = BashOperator(
    task_id='tarea_bash',
    bash_command='echo {{ params.mensaje }}',
    params={'mensaje': '¡Hola, Airflow!'},
    dag=dag
)

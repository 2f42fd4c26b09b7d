from datetime import datetime

from airflow import DAG
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.python_operator import BranchPythonOperator
from airflow.providers.google.cloud.sensors.gcs import GCSObjectExistenceSensor

dag = DAG(
    'branch_gcs',
    schedule_interval='@monthly',
    start_date=datetime(2023, 1, 1),
)
gcs_sensor = GCSObjectExistenceSensor(
    task_id='gcs_sensor',
    bucket='elevate-landing',
    object='Facebook_2023.csv',
    dag=dag,
)
tarea_si_existe = DummyOperator(
    task_id='tarea_si_existe',
    dag=dag,
)
tarea_si_no_existe = DummyOperator(
    task_id='tarea_si_no_existe',
    dag=dag,
)
def decidir_tarea(**kwargs):
    if kwargs['ti'].state == 'success':
        return 'tarea_si_existe'
    else:
        return 'tarea_si_no_existe'
branching = BranchPythonOperator(
    task_id='branching',
    python_callable=decidir_tarea,
    provide_context=True,
    dag=dag,
)
gcs_sensor >> branching
branching >> tarea_si_existe
branching >> tarea_si_no_existe

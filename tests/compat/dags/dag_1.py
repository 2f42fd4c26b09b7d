from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.dummy_operator import DummyOperator


def task_fail_slack_alert(context):
    print("falló", context["task_instance"].task_id)


def task_retry_slack_alert(context):
    print("reintento", context["task_instance"].task_id)


def task_success_slack_alert(context):
    print("éxito", context["task_instance"].task_id)


default_args = {
    "owner": "airflow", # Dueño del DAG
    "depends_on_past": True, # Dependencia del DAG con respecto a la ejecución anterior
    "email" : ["airflow@example.com"], # Correo electrónico para recibir notificaciones
    "email_on_failure": False, # Enviar correo en caso de fallo
    "email_on_retry": False, # Enviar correo en caso de reintentos
    "retries": 1, # Número de reintentos en caso de fallo
    "retry_delay": timedelta(minutes=2), # Tiempo de espera entre reintentos
    "on_failure_callback": task_fail_slack_alert, # Función a ejecutar en caso de fallo
    "on_retry_callback": task_retry_slack_alert, # Función a ejecutar en caso de reintentos
    "on_success_callback": task_success_slack_alert, # Función a ejecutar en caso de éxito
    "tags": ["CF"], # Etiquetas para identificar el DAG
    "start_date": datetime(2023, 1, 1),
}

with DAG(
    'Dag_1',
    default_args=default_args,
    description='Dag',
    schedule_interval=timedelta(days=1),
) as dag:
    extract1_db1 = DummyOperator(task_id='extract1_db1')
    extract2_db1 = DummyOperator(task_id='extract2_db1')
    extract1_db2 = DummyOperator(task_id='extract1_db2')
    transform_db1 = DummyOperator(task_id='transform_db1')
    transform_db2 = DummyOperator(task_id='transform_db2')
    merge_db1_db2 = DummyOperator(task_id='merge_db1_db2')
    load_db = DummyOperator(task_id='load_db')
    [extract1_db1, extract2_db1] >> transform_db1
    extract1_db2 >> transform_db2
    [transform_db1, transform_db2] >> merge_db1_db2 >> load_db

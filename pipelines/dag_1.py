"""The slides' first DAG: extract from two databases, transform, merge, load; the steps are still empty.

El primer DAG de las diapositivas: extraer, transformar, unir y cargar, con pasos vacíos.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from airflow import DAG
from airflow.operators.dummy import DummyOperator

log = logging.getLogger(__name__)


def tell(context: dict[str, Any]) -> None:
    """Stands for the chat message of the course: says in the log what happened to which task."""
    log.info("%s is now %s", context["task_instance_key_str"], context["ti"].state)


default_args = {
    "owner": "airflow",
    "depends_on_past": True,
    "email": ["airflow@example.com"],
    "email_on_failure": False,
    "email_on_retry": False,
    "retries": 1,
    "retry_delay": timedelta(minutes=2),
    "on_failure_callback": tell,
    "on_retry_callback": tell,
}

with DAG(
    "Dag_1",
    default_args=default_args,
    description="Dag",
    schedule_interval=timedelta(days=1),
    start_date=datetime(2023, 1, 1),
    catchup=False,
    tags=["CF"],
) as dag:
    extract1_db1 = DummyOperator(task_id="extract1_db1")
    extract2_db1 = DummyOperator(task_id="extract2_db1")
    extract1_db2 = DummyOperator(task_id="extract1_db2")
    transform_db1 = DummyOperator(task_id="transform_db1")
    transform_db2 = DummyOperator(task_id="transform_db2")
    merge_db1_db2 = DummyOperator(task_id="merge_db1_db2")
    load_db = DummyOperator(task_id="load_db")

    [extract1_db1, extract2_db1] >> transform_db1
    extract1_db2 >> transform_db2
    [transform_db1, transform_db2] >> merge_db1_db2 >> load_db

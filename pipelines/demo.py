"""The course's first DAGs: a bash hello and a TaskFlow hello, and what Airflow shows its newcomers of bash.

Los primeros DAGs del curso: un saludo en bash y otro con TaskFlow, y el ejemplo de bash con el que se empieza.
"""

from datetime import datetime

from airflow import DAG
from airflow.decorators import task
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator

with DAG(
    dag_id="demo",
    description="A bash hello, then a TaskFlow hello",
    start_date=datetime(2022, 1, 1),
    schedule="0 0 * * *",
    catchup=False,
    tags=["curso"],
):
    hello = BashOperator(task_id="hello", bash_command="echo hola humai!")

    @task()
    def airflow() -> None:
        """Say hello from Python."""
        print("hola airflow!")

    hello >> airflow()

with DAG(
    dag_id="demo_bash",
    description="Loops, templates and a task that skips itself",
    start_date=datetime(2022, 1, 1),
    schedule="0 0 * * *",
    catchup=False,
    params={"ejemplo": "un parámetro"},
    tags=["curso"],
):
    last = EmptyOperator(task_id="run_this_last")
    after_loop = BashOperator(task_id="run_after_loop", bash_command="echo https://airflow.apache.org/")
    for number in range(3):
        each = BashOperator(task_id=f"runme_{number}", bash_command="echo {{ task_instance_key_str }} && sleep 0.1")
        each >> after_loop
    templated = BashOperator(
        task_id="also_run_this", bash_command="echo 'ti_key={{ task_instance_key_str }}, {{ params.ejemplo }}'"
    )
    # A bash command that exits with 99 says that its task has nothing to do.
    skips = BashOperator(task_id="this_will_skip", bash_command="echo 'nada que hacer'; exit 99")
    [after_loop, templated, skips] >> last

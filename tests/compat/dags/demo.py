from datetime import datetime

from airflow import DAG
from airflow.decorators import task
from airflow.operators.bash import BashOperator

# Un DAG representa un flujo de trabajos, al menos una coleccíon 
with DAG(dag_id="demo", start_date=datetime(2022, 1, 1), schedule="0 0 * * *") as dag:

    # Las tareas se representan con operadores
    hello = BashOperator(task_id="hello", bash_command="echo hola humai!")

    # Las tareas que se defininen con el decorador, son tareas de PythonOperator
    @task()
    def airflow():
        print("hola airflow!")

    # Se establece el orden en el que deben dar las tareas del flujo
    hello >> airflow()

"""The http package: a request whose answer is filtered, and a sensor that waits for a page."""

from datetime import datetime

from airflow.providers.http.operators.http import HttpOperator
from airflow.providers.http.sensors.http import HttpSensor
from airflow.sdk import DAG

with DAG("over_http", start_date=datetime(2024, 1, 1), schedule=None):
    there = HttpSensor(
        task_id="there", endpoint="ready", response_check=lambda response: "ready" in response.text, poke_interval=1
    )
    ask = HttpOperator(
        task_id="ask",
        method="POST",
        endpoint="echo",
        data='{"day": "{{ ds }}"}',
        response_filter=lambda response: response.json()["day"],
    )
    later = HttpOperator(task_id="later", method="GET", endpoint="ready", deferrable=True)
    there >> ask >> later

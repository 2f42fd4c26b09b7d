from airflow.sdk import DAG

with DAG("broken", schedule="@daily"):
    x = 1 / 0

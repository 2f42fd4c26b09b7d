"""DAG files as text, for the recorders whose tables hold what was run: each file's body, and what stands before it.

``PRELUDE`` differs between Airflow's versions in its imports alone, so that one body is a DAG of either.
"""

from pathlib import Path

import _airflow as af  # type: ignore[import-not-found]  # found beside the script that runs

if af.V3:
    IMPORTS = """
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.sdk import DAG, BaseOperator, TaskGroup, literal, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
"""
else:
    IMPORTS = """
from airflow import DAG
from airflow.decorators import task, task_group
from airflow.exceptions import AirflowFailException, AirflowSkipException
from airflow.models.baseoperator import BaseOperator
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
from airflow.sensors.python import PythonSensor
from airflow.utils.template import literal
from airflow.utils.task_group import TaskGroup
"""


def load(name, helpers, body, folder=""):
    """The DAG of a file, and the file's names."""
    path = Path(folder or af.DAGS, f"{name}.py")
    lines = [f"with DAG({name!r}, schedule=None, start_date=datetime(2024, 1, 1, tzinfo=UTC)) as dag:"]
    names = {"__name__": name, "__file__": str(path)}
    text = "\n".join([IMPORTS, helpers, *lines, *(f"    {line}" for line in body.splitlines())])
    path.write_text(text, "utf-8")
    exec(compile(text, str(path), "exec"), names)
    return names["dag"], names


def identifier(name):
    """A dag_id of a case's name."""
    return "".join(c if c.isalnum() else "_" for c in name)

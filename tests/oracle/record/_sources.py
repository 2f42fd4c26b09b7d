"""DAG files as text, for the recorders whose tables hold what was run: each file's body, and what stands before it.

``IMPORTS`` is all that differs between Airflow's versions, so that one body is a DAG of either.
"""

from pathlib import Path

import _airflow as af  # type: ignore[import-not-found]  # found beside the script that runs

FILES = Path(af.HOME, "files")
"""Where the files are."""
FILES.mkdir()

if af.V3:
    from airflow.dag_processing.bundles.manager import DagBundlesManager

    DagBundlesManager.get_all_dag_bundles = lambda self: []  # else each dag.test() loads a folder of DAG files anew
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


def load(name, helpers, body=""):
    """The DAG of a file, and the file's names."""
    path = FILES / f"{name}.py"
    lines = [f"with DAG({name!r}, schedule=None, start_date=datetime(2024, 1, 1, tzinfo=UTC)) as dag:"]
    names = {"__name__": name, "__file__": str(path)}
    text = "\n".join([IMPORTS, helpers, *lines, *(f"    {line}" for line in (body or "pass").splitlines())])
    path.write_text(text, "utf-8")
    exec(compile(text, str(path), "exec"), names)
    return names["dag"], names


def load_together(name, helpers, bodies):
    """One DAG of many bodies (case → text), as running a DAG costs seconds: each is a task group, named after its case
    by :func:`identifier`. Returns the DAG, the file's names, and the errors of those that do not load."""
    dag, names = load(name, helpers)
    errors = {}
    for case, body in bodies.items():
        path = FILES / f"{name}_{identifier(case)}.py"
        path.write_text(body, "utf-8")
        try:
            with dag, names["TaskGroup"](identifier(case)):
                exec(compile(body, str(path), "exec"), names)
        except Exception as error:  # noqa: BLE001 - whatever Airflow says is the record
            errors[case] = f"{type(error).__name__}: {error}"
    return dag, names, errors


def identifier(name):
    """A dag_id of a case's name."""
    return "".join(c if c.isalnum() else "_" for c in name)

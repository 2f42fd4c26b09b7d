"""One small face for Airflow 2.11 and 3.x, for the recorders in this folder.

Import it before anything of Airflow: it makes a throw-away AIRFLOW_HOME with an empty
database, so that a recording depends on nothing but the installed Airflow.
"""

import atexit
import contextlib
import logging
import os
import shutil
import sys
import tempfile
import warnings
from datetime import UTC, datetime
from pathlib import Path

HOME = tempfile.mkdtemp(prefix="oracle-")
DAGS = Path(HOME, "dags")
DAGS.mkdir()
os.environ.update(
    AIRFLOW_HOME=HOME,
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__UNIT_TEST_MODE="False",
    AIRFLOW__LOGGING__LOGGING_LEVEL="CRITICAL",
    AIRFLOW__CORE__DAGS_FOLDER=str(DAGS),
)
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
warnings.simplefilter("ignore")
warnings.showwarning = lambda *_, **__: None

import airflow  # noqa: E402
from layout import layout  # type: ignore[import-not-found]  # noqa: E402  # found beside the script that runs

VERSION = airflow.__version__

V3 = int(VERSION.split(".")[0]) >= 3
if V3:
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.operators.python import (
        BranchPythonOperator,
        PythonOperator,
        ShortCircuitOperator,
    )
    from airflow.sdk import DAG, TaskGroup
    from airflow.sdk.exceptions import AirflowSkipException
else:
    from airflow import DAG
    from airflow.exceptions import AirflowSkipException
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.python import (
        BranchPythonOperator,
        PythonOperator,
        ShortCircuitOperator,
    )
    from airflow.utils.task_group import TaskGroup

from airflow import settings  # noqa: E402
from airflow.utils import db  # noqa: E402

__all__ = [
    "DAG", "DAGS", "HOME", "V3", "VERSION", "AirflowSkipException", "BranchPythonOperator", "EmptyOperator",
    "PythonOperator", "ShortCircuitOperator", "TaskGroup", "decide", "execute", "header", "make_run",
    "manual_interval", "quiet", "run", "scheduled_runs", "store", "write",
]  # fmt: skip


@contextlib.contextmanager
def quiet():
    """Drop what Airflow prints while it runs tasks, whichever way it prints."""
    sys.stdout.flush()
    keep_out, keep_err = os.dup(1), os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(keep_out, 1)
        os.dup2(keep_err, 2)
        os.close(keep_out)
        os.close(keep_err)


with quiet():
    db.initdb()
logging.disable(logging.CRITICAL)


def store(dag):
    """Write the DAG to the database, as the DAG processor would."""
    session = settings.Session()
    if V3:
        from airflow.models.dagbundle import DagBundleModel
        from airflow.models.serialized_dag import SerializedDagModel
        from airflow.serialization.definitions.dag import SerializedDAG
        from airflow.serialization.serialized_objects import LazyDeserializedDAG

        if session.get(DagBundleModel, "dags-folder") is None:
            session.add(DagBundleModel(name="dags-folder"))
            session.commit()
        lazy = LazyDeserializedDAG.from_dag(dag)
        SerializedDAG.bulk_write_to_db("dags-folder", None, [lazy])
        SerializedDagModel.write_dag(lazy, bundle_name="dags-folder")
    else:
        from airflow.models.serialized_dag import SerializedDagModel

        dag.sync_to_db()
        SerializedDagModel.write_dag(dag)
    session.commit()
    session.close()


def run(dag, when=datetime(2024, 1, 1, tzinfo=UTC), conf=None):
    """Run the DAG with ``dag.test()``; returns (run state, {task id: state})."""
    with quiet():
        store(dag)
        dag_run = dag.test(**{"logical_date" if V3 else "execution_date": when}, run_conf=conf)
        session = settings.Session()
        dag_run = session.merge(dag_run)
        states = {}
        for ti in dag_run.get_task_instances(session=session):
            name = ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]"
            states[name] = str(getattr(ti.state, "value", ti.state))
        state = str(getattr(dag_run.state, "value", dag_run.state))
        session.close()
    return state, dict(sorted(states.items()))


def make_run(dag, run_type="manual", when=datetime(2024, 1, 1, tzinfo=UTC), interval=None, run_after=None, conf=None):
    """Create a running DAG run without executing it; returns (dag run, session).

    The run id is the one that Airflow itself gives.
    """
    from airflow.models.dagrun import DagRun
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType

    store(dag)
    session = settings.Session()
    kind = DagRunType(run_type)
    interval = interval or (when and (when, when))
    run_after = run_after or interval[1]
    if V3:
        from airflow.utils.types import DagRunTriggeredByType

        served = serve(dag)
        dag_run = served.create_dagrun(
            run_id=DagRun.generate_run_id(run_type=kind, logical_date=when, run_after=run_after),
            logical_date=when, data_interval=interval, run_after=run_after, run_type=kind,
            triggered_by=DagRunTriggeredByType.TEST, state=DagRunState.RUNNING, conf=conf, session=session,
        )  # fmt: skip
        dag_run.dag = served
    else:
        dag_run = dag.create_dagrun(
            run_id=DagRun.generate_run_id(kind, when), execution_date=when, data_interval=interval,
            run_type=kind, state=DagRunState.RUNNING, conf=conf, session=session,
            external_trigger=run_type == "manual",
        )  # fmt: skip
        dag_run.dag = dag
    session.commit()
    return dag_run, session


def serve(dag):
    """The DAG as the scheduler sees it."""
    if not V3:
        return dag
    from airflow.serialization.serialized_objects import DagSerialization

    return DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))


def scheduled_runs(dag, count):
    """What the DAG's timetable gives for its first runs: [(logical date, interval, run after)]."""
    served, last, found = serve(dag), None, []
    for _ in range(count):
        last = (
            served.next_dagrun_info(last_automated_run_info=last)
            if V3
            else served.next_dagrun_info(last and last.data_interval)
        )
        found.append((last.logical_date, tuple(last.data_interval), last.run_after))
    return found


def manual_interval(dag, when):
    """The data interval of a manual run at ``when``."""
    timetable = dag.timetable
    if V3:
        from airflow.serialization.encoders import coerce_to_core_timetable

        timetable = coerce_to_core_timetable(timetable)
    return tuple(timetable.infer_manual_data_interval(run_after=when))


def execute(dag, dag_run, session):
    """Run the tasks of one stored DAG run in this process until none is ready."""
    if V3:
        from airflow.sdk.definitions.dag import _run_task
    else:
        from airflow.models.dag import _run_task
    while ready := decide(dag_run, session):
        for ti in dag_run.get_task_instances(session=session):
            if ti.task_id in ready:
                ti.try_number += 1
                ti.state = "scheduled" if V3 else "running"
                session.commit()
                if V3:
                    _run_task(ti=ti, task=dag.get_task(ti.task_id))
                else:
                    ti.task = dag.get_task(ti.task_id)
                    _run_task(ti=ti, session=session)
                session.expire_all()


def decide(dag_run, session):
    """Ask the scheduler's own decision until nothing changes; the task ids it would start."""
    while True:
        decision = dag_run.task_instance_scheduling_decisions(session=session)
        session.commit()
        if not decision.changed_tis:
            return {ti.task_id for ti in decision.schedulable_tis}


def header(how):
    """The first entry of every table."""
    return {"airflow": VERSION, "how": how}


def write(head, **tables):
    """Write the tables, one row per line, to the path given on the command line."""
    Path(sys.argv[1]).write_text(layout({"header": head, **tables}), "utf-8")
    counts = ", ".join(f"{len(rows)} {name}" for name, rows in tables.items())
    sys.stdout.write(f"{counts} from Airflow {VERSION}\n")

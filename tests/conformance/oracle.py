"""Run by the Python of a real Airflow: loads one DAG file, runs its DAGs with ``dag.test()``, says what came out.

``oracle.py FILE DAGS_FOLDER [DAG_ID …]``, with an AIRFLOW_HOME whose database is ready; ``oracle.py --database`` makes
that database. The answers are lines of JSON, see :mod:`tests.conformance.answers`. Standard library and Airflow only.
"""

import contextlib
import json
import os
import sys
import warnings
from datetime import UTC, datetime, timedelta

WHEN = datetime(2024, 1, 1, tzinfo=UTC)
LONGEST_POKE = timedelta(seconds=1)
"""Waiting is no semantics: retries follow at once, and sensors look again after this time at the latest."""

errors: dict[str, str] = {}
"""Task instance → why it failed, as far as Airflow lets one see it."""


def main():
    """Answer for one file."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # tasks print
    warnings.simplefilter("ignore")
    if sys.argv[1] == "--database":
        from airflow.utils import db

        db.initdb()
        return
    file, folder, *wanted = sys.argv[1:]

    def say(answer):
        out.write(json.dumps(answer) + "\n")
        out.flush()

    dags, error = load(file, folder)
    say({"dags": sorted(dags), "error": error})
    if dags:
        prepare(dags.values())
    for dag_id, dag in sorted(dags.items()):
        if not wanted or dag_id in wanted:
            say(answer_of(dag))


def load(file, folder):
    """The DAGs of the file by id, and why it does not load."""
    import airflow

    sys.path.insert(0, folder)
    if airflow.__version__ < "3":
        from airflow.models.dagbag import DagBag

        bag = DagBag(file, include_examples=False, safe_mode=False)
    else:
        from airflow.dag_processing.dagbag import DagBag

        bag = DagBag(file, safe_mode=False)
    told = [text.strip().splitlines()[-1].strip() for text in bag.import_errors.values()]
    dags = {dag_id: dag for dag_id, dag in bag.dags.items() if not getattr(dag, "parent_dag", None)}
    return dags, "; ".join(told)


def prepare(dags):
    """Store the DAGs as Airflow's DAG processor would, shorten their waits, and watch what tasks raise."""
    import airflow

    three = airflow.__version__ >= "3"
    (watch_3 if three else watch_2)()
    for dag in dags:
        for task in dag.tasks:
            shorten(task)
        with contextlib.suppress(Exception):  # dag.test() of some DAGs that can't be stored works all the same
            (store_3 if three else store_2)(dag)


def store_2(dag):
    """Into Airflow 2's database."""
    from airflow.models.serialized_dag import SerializedDagModel

    dag.sync_to_db()
    SerializedDagModel.write_dag(dag)


def store_3(dag):
    """Into Airflow 3's database."""
    from airflow import settings
    from airflow.models.dagbundle import DagBundleModel
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.serialization.definitions.dag import SerializedDAG
    from airflow.serialization.serialized_objects import LazyDeserializedDAG

    session = settings.Session()
    if session.get(DagBundleModel, "dags-folder") is None:
        session.add(DagBundleModel(name="dags-folder"))
        session.commit()
    lazy = LazyDeserializedDAG.from_dag(dag)
    SerializedDAG.bulk_write_to_db("dags-folder", None, [lazy])
    SerializedDagModel.write_dag(lazy, bundle_name="dags-folder")
    session.commit()
    session.close()


def watch_2():
    """Note what tasks raise."""
    from airflow.models import dag as module

    run_task = module._run_task

    def noting(*, ti, **kwargs):
        try:
            return run_task(ti=ti, **kwargs)
        except BaseException as error:
            errors[name_of(ti)] = f"{type(error).__name__}: {error}"
            raise

    module._run_task = noting


def watch_3():
    """Note what tasks raise; and keep ``dag.test()`` from loading the whole folder of DAG files each time."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.sdk.definitions import dag as module
    from airflow.sdk.execution_time import supervisor

    run_task, in_process = module._run_task, supervisor.run_task_in_process

    def noting(*, ti, **kwargs):
        ended = run_task(ti=ti, **kwargs)
        if ended is None:
            errors.setdefault(name_of(ti), "the task could not be run")
        return ended

    def noting_result(ti, task):
        try:
            ended = in_process(ti=ti, task=task)
        except BaseException as error:
            errors[name_of(ti)] = f"{type(error).__name__}: {error}"
            raise
        if ended.error is not None:
            errors[name_of(ti)] = f"{type(ended.error).__name__}: {ended.error}"
        return ended

    module._run_task, supervisor.run_task_in_process = noting, noting_result
    DagBundlesManager.get_all_dag_bundles = lambda self: []


def shorten(task):
    """Make the task wait for nothing."""
    settings = getattr(task, "partial_kwargs", None)
    if settings is not None:
        settings["retry_delay"] = timedelta(0)
        return
    task.retry_delay = timedelta(0)
    poke = getattr(task, "poke_interval", None)
    if isinstance(poke, int | float):
        task.poke_interval = min(poke, LONGEST_POKE.total_seconds())
    elif isinstance(poke, timedelta):
        task.poke_interval = min(poke, LONGEST_POKE)


def answer_of(dag):
    """Run the DAG once: on its first day, if that is later, since Airflow gives a run before it no tasks at all."""
    import airflow

    answer = {"dag_id": dag.dag_id, **structure(dag)}
    logical_date = max(WHEN, dag.start_date or WHEN)
    when = "logical_date" if airflow.__version__ >= "3" else "execution_date"
    errors.clear()
    try:
        dag_run = dag.test(**{when: logical_date})
    except Exception as error:  # noqa: BLE001  whatever it is, it is the answer
        return {**answer, "error": f"{type(error).__name__}: {error}"}
    return {**answer, "error": "", **outcome(dag_run), "errors": dict(errors)}


def structure(dag):
    """Tasks with their operators, and edges."""
    return {
        "tasks": {task.task_id: operator_of(task) for task in dag.tasks},
        "edges": sorted([task.task_id, below] for task in dag.tasks for below in task.downstream_task_ids),
    }


def operator_of(task):
    """Module and class."""
    kind = getattr(task, "operator_class", None) or type(task)
    return kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__name__}"


def outcome(dag_run):
    """States, XComs and rendered fields, by name of the task instance."""
    from airflow import settings
    from airflow.models.renderedtifields import RenderedTaskInstanceFields

    session = settings.Session()
    dag_run = session.merge(dag_run)
    states = {name_of(ti): text(ti.state) for ti in dag_run.get_task_instances(session=session)}
    xcoms: dict[str, dict[str, object]] = {}
    model, value_of = xcom_model()
    for row in session.query(model).filter(model.dag_id == dag_run.dag_id, model.run_id == dag_run.run_id):
        xcoms.setdefault(name_of(row), {})[row.key] = plain(value_of(row))
    kept = RenderedTaskInstanceFields
    rows = session.query(kept).filter(kept.dag_id == dag_run.dag_id, kept.run_id == dag_run.run_id)
    rendered = {name_of(row): plain(row.rendered_fields) for row in rows}
    answer = {"run_id": dag_run.run_id, "state": text(dag_run.state), "states": states}
    session.close()
    return {**answer, "xcoms": xcoms, "rendered": rendered}


def xcom_model():
    """The class of the rows, and what makes a value of one."""
    try:
        from airflow.models.xcom import XComModel
        from airflow.sdk.bases.xcom import BaseXCom
    except ImportError:
        from airflow.models.xcom import BaseXCom

        return BaseXCom, lambda row: row.value
    return XComModel, BaseXCom.deserialize_value


def name_of(ti):
    """As brisa names it: ``task``, ``mapped[0]``."""
    return ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]"


def text(state):
    """A state's name."""
    return "none" if state is None else str(getattr(state, "value", state))


def plain(value):
    """The value as JSON, as ``brisa dags test -o json`` writes it; what has no such form as the name of its type."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return [plain(item) for item in sorted(value, key=repr)]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if type(value).__name__ in ("timedelta", "Decimal", "UUID", "bytes"):
        return str(value)
    return {"type": f"{type(value).__module__}.{type(value).__name__}"}


if __name__ == "__main__":
    main()

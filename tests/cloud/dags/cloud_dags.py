"""The DAGs that the tests of the local cloud run. Each task writes its name into the file ``params.effects``."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from brisa import DAG, Asset, BaseOperator, task
from brisa.authoring.timetable import DagRunInfo, DataInterval, Timetable
from brisa.authoring.triggers import BaseTrigger, TriggerEvent
from brisa.operators.bash import BashOperator
from brisa.operators.dag_run import TriggerDagRunOperator
from brisa.operators.external_task import ExternalTaskSensor
from brisa.operators.google.gcs import GCSObjectExistenceSensor, GCSObjectsWithPrefixExistenceSensor
from brisa.operators.python import PythonOperator

START = datetime(2024, 1, 1)
PARAMS = {"effects": "/nowhere"}


def effect(ti, params) -> str:
    with Path(params["effects"]).open("a") as file:
        file.write(f"{ti.task_id}:{ti.try_number}\n")
    return ti.task_id


def slow(ti, params) -> None:
    """Says that it has begun, and ends when there is a file ``go``; at most after a minute."""
    effect(ti, params)
    go = Path(params["effects"]).with_name("go")
    deadline = time.monotonic() + 60
    while not go.exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def once(ti, params) -> None:
    """Fails in its first try."""
    effect(ti, params)
    if ti.try_number == 1:
        raise ValueError("the first try fails")


with DAG("makes", start_date=START, schedule=None, params=PARAMS):

    @task(outlets=[Asset("gs://lake/ventas")])
    def make(ti, params, outlet_events):
        effect(ti, params)
        outlet_events[Asset("gs://lake/ventas")].extra = {"effects": params["effects"]}

    make()

with DAG("uses", start_date=START, schedule=[Asset("gs://lake/ventas")]):

    @task
    def use(ti, triggering_asset_events):
        for event in triggering_asset_events[Asset("gs://lake/ventas")]:
            effect(ti, event.extra)

    use()

with DAG("shapes", start_date=START, schedule=None, params=PARAMS):
    first = PythonOperator(task_id="first", python_callable=effect)
    sides = [PythonOperator(task_id=f"side{number}", python_callable=effect) for number in range(4)]
    retried = PythonOperator(task_id="retried", python_callable=once, retries=1, retry_delay=timedelta(seconds=1))
    join = PythonOperator(task_id="join", python_callable=effect)

    @task
    def told(ti=None):
        values = ti.xcom_pull(task_ids=["first", "side0", "join"])
        return {"told": list(values), "long": "x" * 100_000}

    @task
    def read(value):
        return [value["told"], len(value["long"])]

    first >> [*sides, retried] >> join >> read(told())

with DAG("wide", start_date=START, schedule=None, params=PARAMS):
    last = PythonOperator(task_id="last", python_callable=effect)
    [PythonOperator(task_id=f"n{number}", python_callable=effect) for number in range(60)] >> last

with DAG("slow", start_date=START, schedule=None, params=PARAMS):
    PythonOperator(task_id="slow", python_callable=slow) >> PythonOperator(task_id="after", python_callable=effect)

with DAG("chain", start_date=START, schedule=None, params=PARAMS):
    previous = None
    for number in range(12):
        current = PythonOperator(task_id=f"c{number}", python_callable=effect)
        if previous is not None:
            previous >> current
        previous = current

with DAG("arrivals", start_date=START, schedule=None, params={**PARAMS, "bucket": "none"}):
    patient = {"poke_interval": 3600, "bucket": "{{ params.bucket }}"}
    one = GCSObjectExistenceSensor(task_id="one", object="in/ñ 1.csv", **patient)
    some = GCSObjectsWithPrefixExistenceSensor(task_id="some", prefix="in/", **patient)
    [one, some] >> PythonOperator(task_id="load", python_callable=effect)

with DAG("connected", start_date=START, schedule=None, params=PARAMS):
    BashOperator(task_id="told", bash_command="echo {{ conn.shop.host }}:{{ conn.shop.port }} > {{ params.effects }}")


class Doubling(Timetable):
    """Runs for the 1st, 2nd and 4th of January 2024."""

    def infer_manual_data_interval(self, *, run_after):
        return DataInterval.exact(run_after)

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        day = 1 if last_automated_data_interval is None else 2 * last_automated_data_interval.start.day
        return DagRunInfo.exact(datetime(2024, 1, day, tzinfo=UTC)) if day <= 4 else None


with DAG("doubling", start_date=START, schedule=Doubling(), catchup=True, is_paused_upon_creation=True):
    PythonOperator(task_id="told", python_callable=lambda logical_date: logical_date.day)


class Holds(BaseOperator):
    """Says that it has begun, and that it was ended; by itself it ends after a minute."""

    def execute(self, context):
        self.effects = context["params"]["effects"]
        effect(context["ti"], context["params"])
        time.sleep(60)

    def on_kill(self):
        with Path(self.effects).open("a") as file:
            file.write("on_kill\n")


class Job(BaseTrigger):
    """Waits for what never comes; a person who ends the task ends the job, too."""

    def __init__(self, effects):
        super().__init__()
        self.effects = effects

    def serialize(self):
        return f"{type(self).__module__}.Job", {"effects": self.effects}

    async def run(self):
        await asyncio.sleep(3600)
        yield TriggerEvent()

    async def on_kill(self):
        with Path(self.effects).open("a") as file:
            file.write("job\n")


class Defers(BaseOperator):
    """Waits for a job."""

    def execute(self, context):
        self.defer(trigger=Job(context["params"]["effects"]), method_name="execute")


with DAG("holds", start_date=START, schedule=None, params=PARAMS):
    [Holds(task_id="holds"), Defers(task_id="defers")] >> PythonOperator(task_id="after", python_callable=effect)

with DAG("waits", start_date=START, schedule=None, params=PARAMS):
    patient = {"poke_interval": 3600, "deferrable": True}
    calls = TriggerDagRunOperator(
        task_id="calls",
        trigger_dag_id="slow",
        trigger_run_id="called by {{ run_id }}",
        conf={"effects": "{{ params.effects }}"},
        wait_for_completion=True,
        **patient,
    )
    sensor = ExternalTaskSensor(task_id="sensor", external_dag_id="late", **patient)
    [calls, sensor] >> PythonOperator(task_id="last", python_callable=effect)

with DAG("long", start_date=START, schedule=None, params=PARAMS):

    @task(executor="cloud_run_job", executor_config={"memory": "8Gi"})
    def heavy(ti, params):
        slow(ti, params)
        return [os.environ.get("CLOUD_RUN_JOB"), os.environ.get("CLOUD_RUN_EXECUTION")]

    heavy() >> PythonOperator(task_id="after", python_callable=effect)

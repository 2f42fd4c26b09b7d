"""Fifty tasks as DAG files have them, in Airflow 2's words; it is what is loaded.

The bench makes a folder of copies, each with a DAG id of its own. Nothing here is ever run.
"""
# mypy: ignore-errors
# Whether Airflow's names have types depends on what is installed; users' DAG files have none either.

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path

from airflow import DAG
from airflow.decorators import task
from airflow.models import Variable
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
from airflow.utils.task_group import TaskGroup

log = logging.getLogger(__name__)

DAG_ID = "fifty_tasks"
SHOPS = ("lima", "cusco", "arequipa", "trujillo", "piura")
TABLES = {
    "customers": {"key": "customer_id", "partition": "signup_date", "required": ["customer_id", "email"]},
    "orders": {"key": "order_id", "partition": "order_date", "required": ["order_id", "customer_id"]},
    "items": {"key": "item_id", "partition": "order_date", "required": ["item_id", "order_id", "price"]},
    "returns": {"key": "return_id", "partition": "return_date", "required": ["return_id", "order_id"]},
    "visits": {"key": "visit_id", "partition": "visit_date", "required": ["visit_id"]},
}


def tell(context):
    """Say which task has failed."""
    log.error("%s has failed in the run of %s", context["task_instance_key_str"], context["ds"])


def extract(table, partition, **context):
    """Fetch the rows of a day."""
    folder = Variable.get("landing", default_var="/tmp/landing")
    log.info("%s where %s = %s goes to %s", table, partition, context["ds"], folder)
    return f"{folder}/{table}/{context['ds']}.json"


def check(table, required, ti=None):
    """Refuse rows without what they need."""
    with Path(ti.xcom_pull(task_ids=f"tables.{table}.extract")).open() as rows:
        for row in map(json.loads, rows):
            missing = [name for name in required if row.get(name) is None]
            if missing:
                raise ValueError(f"{table}: a row without {', '.join(missing)}")


def choose(**context):
    """A whole month is summed up on its first day."""
    return "monthly" if context["logical_date"].day == 1 else "daily"


default_args = {
    "owner": "data",
    "depends_on_past": False,
    "email": ["data@example.com"],
    "email_on_failure": False,
    "email_on_retry": False,
    "retries": 2,
    "retry_delay": timedelta(minutes=5),
    "execution_timeout": timedelta(hours=1),
    "on_failure_callback": tell,
}

with DAG(
    dag_id=DAG_ID,
    description="Loads the tables of the shop, sums them up, and tells the shops",
    doc_md=__doc__,
    schedule="30 4 * * *",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args=default_args,
    tags=["shop", "daily"],
    params={"full": False, "limit": 1000},
) as dag:
    start = EmptyOperator(task_id="start")
    is_open = ShortCircuitOperator(
        task_id="is_open", python_callable=lambda logical_date, **_: logical_date.month != 13, retries=0
    )
    landed = EmptyOperator(task_id="landed", trigger_rule="none_failed")

    with TaskGroup("tables", tooltip="One group for each table") as tables:
        for table, about in TABLES.items():
            with TaskGroup(table):
                fetch = PythonOperator(
                    task_id="extract",
                    python_callable=extract,
                    op_kwargs={"table": table, "partition": about["partition"]},
                    retries=4,
                )
                complete = PythonOperator(
                    task_id="check", python_callable=check, op_args=[table, about["required"]], do_xcom_push=False
                )
                load = BashOperator(
                    task_id="load",
                    bash_command="load --table {{ params.table }} --day {{ ds }} --key {{ params.key }}",
                    params={"table": table, "key": about["key"]},
                    env={"DAY": "{{ ds_nodash }}", "RUN": "{{ run_id }}"},
                    append_env=True,
                )
                tidy = BashOperator(
                    task_id="tidy",
                    bash_command=f"rm -f /tmp/landing/{table}/{{{{ ds }}}}.json",
                    trigger_rule="all_done",
                )
                fetch >> complete >> load >> tidy

    start >> is_open >> tables >> landed

    @task
    def count(table: str, ds: str | None = None) -> int:
        """How many rows of a table are of the day."""
        return len(table) + len(ds or "")

    @task(retries=0)
    def compare(counts: list[int]) -> dict[str, int]:
        """How the tables' sizes relate."""
        return {"least": min(counts), "most": max(counts)}

    @task(execution_timeout=timedelta(minutes=10))
    def report(shop: str, sizes: dict[str, int], day: str) -> str:
        """What a shop is told."""
        return f"{shop} on {day}: {sizes['least']} to {sizes['most']}"

    counts = []
    for table in TABLES:
        counted = count.override(task_id=f"count_{table}")(table)
        landed >> counted
        counts.append(counted)
    sizes = compare(counts)

    branch = BranchPythonOperator(task_id="branch", python_callable=choose)
    daily = BashOperator(task_id="daily", bash_command="summary --day {{ ds }}")
    monthly = BashOperator(task_id="monthly", bash_command="summary --month {{ ds[:7] }}", pool="default_pool")
    summed = EmptyOperator(task_id="summed", trigger_rule="none_failed_min_one_success")
    landed >> branch >> [daily, monthly] >> summed

    with TaskGroup(group_id="shops") as shops:
        for shop in SHOPS:
            told = report.override(task_id=f"report_{shop}")(shop, sizes, "{{ ds }}")
            send = BashOperator(task_id=f"send_{shop}", bash_command=f"send --to {shop} '{told}'", priority_weight=5)
            archive = PythonOperator(
                task_id=f"archive_{shop}", python_callable=log.info, op_args=["archived for %s", shop]
            )
            told >> send >> archive

    vacuum = BashOperator(
        task_id="vacuum", bash_command="vacuum --keep 30d", trigger_rule="all_done", weight_rule="upstream"
    )
    done = EmptyOperator(task_id="done", trigger_rule="all_done")
    summed >> shops >> [vacuum, done]

"""Assets in embedded mode: two DAG files, one process after another, and what stays in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import Home
from tests.support.waiting import until

PRODUCER = """
from airflow.sdk import DAG, Asset, AssetAlias, Metadata, task

with DAG("orders", schedule=None, is_paused_upon_creation=False):
    @task(outlets=[Asset("s3://shop/orders")])
    def extract():
        yield Metadata(Asset("s3://shop/orders"), {"rows": 3})
        return "three"

    extract()

with DAG("clients", schedule=None, is_paused_upon_creation=False):
    @task(outlets=[AssetAlias("people")])
    def extract(outlet_events):
        outlet_events[AssetAlias("people")].add(Asset("s3://shop/clients"), extra={"rows": 1})

    extract()
"""
CONSUMER = """
from airflow.sdk import DAG, Asset, AssetAlias, task

ORDERS = Asset("s3://shop/orders")

with DAG("report", schedule=ORDERS & AssetAlias("people"), is_paused_upon_creation=False):
    @task(inlets=[ORDERS], outlets=[Asset("s3://shop/report")])
    def tell(triggering_asset_events, inlet_events, dag_run, outlet_events):
        (event,) = triggering_asset_events[ORDERS]
        (other,) = triggering_asset_events.for_asset_alias(name="people")
        assert event.source_task_instance.xcom_pull() == "three"
        assert dag_run.logical_date is None
        outlet_events[Asset("s3://shop/report")].extra = {
            "from": [event.source_dag_id, event.source_run_id, event.extra["rows"]],
            "and": [other.source_dag_id, other.asset.uri, other.extra["rows"]],
            "seen": len(inlet_events[ORDERS]),
        }

    tell()
"""
OLD = """
from datetime import datetime
from airflow import DAG, Dataset
from airflow.operators.python import PythonOperator

REPORT = Dataset("s3://shop/report")

def tell(triggering_dataset_events, data_interval_start, logical_date, dag_run, ti):
    ((uri, (event,)),) = triggering_dataset_events.items()
    assert dag_run.run_id == f"dataset_triggered__{logical_date.isoformat()}", dag_run.run_id
    assert dag_run.run_type == "dataset_triggered"
    print("told", uri, event.extra["from"], event.source_dag_id)

with DAG("old", schedule=[REPORT], start_date=datetime(2024, 1, 1), is_paused_upon_creation=False):
    PythonOperator(task_id="tell", python_callable=tell)
"""
LOOP = """
from brisa import DAG, Asset, task

with DAG("loop", schedule=Asset("s3://shop/old"), is_paused_upon_creation=True):
    @task(outlets=[Asset("s3://shop/loop")])
    def again():
        pass

    again()

with DAG("back", schedule=Asset("s3://shop/loop"), is_paused_upon_creation=True):
    @task(outlets=[Asset("s3://shop/old")])
    def again():
        pass

    again()
"""

pytestmark = pytest.mark.slow


def test_dags_start_each_other_by_assets_across_a_restart(tmp_path: Path) -> None:
    """One asset changes before the restart, the other after it; the last DAG, in Airflow 2's words, follows in turn."""
    home = Home(tmp_path / "home")
    home.write("producer.py", PRODUCER)
    home.write("consumer.py", CONSUMER)
    home.write("old.py", OLD)
    with home.standalone():
        home.call("dags", "trigger", "orders", "-r", "first")
        until(lambda: home.states("orders") == ["success"], what="the end of the first producer")
        until(lambda: home.json("assets", "events", "s3://shop/orders")[0]["told"] == ["report"], what="the delivery")
    assert home.states("report") == []
    with home.standalone():
        home.call("dags", "trigger", "clients", "-r", "second")
        until(lambda: home.states("old") == ["success"], 20, what="the end of the last consumer")
    assert home.states("report") == ["success"]
    (event,) = home.json("assets", "events", "s3://shop/report")
    assert event["source_dag_id"] == "report"
    assert event["extra"] == {
        "from": ["orders", "first", 3],
        "and": ["clients", "s3://shop/clients", 1],
        "seen": 1,
    }
    log = home.call("tasks", "logs", "old", "latest", "tell").stdout
    assert "told s3://shop/report ['orders', 'first', 3] report" in log
    rows = {row["uri"]: (row["alias_of"], row["producers"], row["consumers"]) for row in home.json("assets", "list")}
    assert rows == {
        "people": (["s3://shop/clients"], ["clients"], ["report"]),
        "s3://shop/clients": (None, [], []),
        "s3://shop/orders": (None, ["orders"], ["report"]),
        "s3://shop/report": (None, ["report"], ["old"]),
    }


def test_dags_that_start_each_other_in_a_circle_are_warned_of(tmp_path: Path) -> None:
    """When their file is loaded, once, by the DAGs' names; they are loaded all the same."""
    home = Home(tmp_path / "home")
    with home.standalone() as running:
        home.write("loop.py", LOOP)
        running.wait_for("loaded back")
        running.wait_for("starts itself again and again")
        assert "loop.py: DAG 'back' starts itself again and again: back → loop → back" in running.text()
        assert running.text().count("starts itself") == 1


def test_one_dag_makes_an_asset_by_hand(tmp_path: Path) -> None:
    """`materialize` triggers the one that makes it, by the asset's name too; an unknown one gets the nearest name."""
    home = Home(tmp_path / "home")
    home.write(
        "producer.py", PRODUCER.replace('Asset("s3://shop/orders")]', 'Asset(name="orders", uri="s3://shop/orders")]')
    )
    done = home.call("assets", "materialize", "orders")
    assert (done.returncode, home.states("orders")) == (0, ["running"])
    done = home.call("assets", "materialize", "s3://shop/order")
    assert done.returncode == 2
    assert "no DAG names an asset 's3://shop/order'; did you mean 's3://shop/orders'?" in done.stderr
    assert home.call("assets", "events", "orders").stdout.strip() == "orders has no events yet."

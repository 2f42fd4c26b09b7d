"""What the Google operators do without any cloud: import nothing of Google's, take Airflow's arguments, name tables."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials

from brisa.authoring.exceptions import AirflowException
from brisa.authoring.operator import BaseOperator
from brisa.operators.google import bigquery, gcs, transfers
from brisa.operators.google.gcs import (
    GCSObjectExistenceSensor,
    GCSObjectsWithPrefixExistenceSensor,
    GCSObjectUpdateSensor,
)
from brisa.operators.google.jobs import Jobs, table_reference
from brisa.operators.google.objects import retain
from brisa.operators.sensor import Awaited


def test_a_dag_file_pays_for_no_sdk():
    """Importing all operators imports nothing of google: that is for the tasks that run."""
    code = (
        "import sys; from brisa.operators.google import bigquery, gcs, hooks, transfers;"
        # The packages google and google.cloud themselves are empty, and made when Python starts.
        "print([name for name in sys.modules if name.startswith('google.') and name != 'google.cloud'])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert told.stdout.strip() == "[]"


MADE = {
    "BigQueryColumnCheckOperator": {"sql"},
    "BigQueryIntervalCheckOperator": {"sql1", "sql2"},
    "BigQueryTableCheckOperator": {"sql"},
}
"""Template fields that the constructor makes of its arguments."""


@pytest.mark.parametrize("module", [bigquery, gcs, transfers])
def test_template_fields_exist(module):
    """Every template field of every operator is an argument of its constructor, or of one above it."""
    import inspect

    for operator in vars(module).values():
        if not (inspect.isclass(operator) and issubclass(operator, BaseOperator)):
            continue
        makers = [vars(cls)["__init__"] for cls in operator.__mro__ if "__init__" in vars(cls)]
        known = {name for maker in makers for name in inspect.signature(maker).parameters}
        assert set(operator.template_fields) - MADE.get(operator.__name__, set()) <= known, operator


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("d.t", ("mine", "d", "t")),
        ("p-1.d.t", ("p-1", "d", "t")),
        ("p-1:d.t", ("p-1", "d", "t")),
        ("google.com:p.d.t", ("google.com:p", "d", "t")),
    ],
)
def test_table_names(name, expected):
    """A table is named with or without its project, with a dot or a colon after it."""
    assert tuple(table_reference(name, "mine").values()) == expected


@pytest.mark.parametrize("name", ["t", "", "a.b.c.d", "d.", ".t"])
def test_no_table_names(name):
    """Anything else is refused by name."""
    with pytest.raises(AirflowException, match="is no BigQuery table"):
        table_reference(name, "mine")


NO_CLIENT: Any = None
"""An id is made without asking anybody."""


def test_job_ids_depend_on_the_try_and_on_nothing_else(make_context):
    """One attempt's ids come again in the next attempt of the same try, and differ in everything else."""

    def ids(**of_instance):
        jobs = Jobs(NO_CLIENT, make_context(**of_instance))
        found = []
        for number in (1, 2):
            jobs._number = number
            found.append(jobs.next_id())
        return found

    other = [ids(**of) for of in ({"try_number": 2}, {"generation": 1}, {"map_index": 0}, {"task_id": "b"})]
    assert ids() == ids(reschedule_count=3)
    everything = [*ids(), *(name for pair in other for name in pair)]
    assert len(set(everything)) == len(everything)


def test_wrong_arguments_are_told_when_the_file_loads():
    """What can't be is refused in the constructor, in words."""
    with pytest.raises(ValueError, match="XLS is no source format"):
        transfers.GCSToBigQueryOperator(
            task_id="t", bucket="b", source_objects="x", destination_project_dataset_table="d.t", source_format="XLS"
        )
    with pytest.raises(ValueError, match="if_exists must be one of"):
        bigquery.BigQueryCreateEmptyDatasetOperator(task_id="t", dataset_id="d", if_exists="replace")


@pytest.mark.parametrize(
    ("sensor", "awaited"),
    [
        (GCSObjectExistenceSensor(task_id="a", bucket="b", object="x/y.csv"), Awaited("b", "x/y.csv")),
        (GCSObjectUpdateSensor(task_id="a", bucket="b", object="x/y.csv"), Awaited("b", "x/y.csv")),
        (GCSObjectsWithPrefixExistenceSensor(task_id="a", bucket="b", prefix="x/"), Awaited("b", "x/", prefix=True)),
        (GCSObjectExistenceSensor(task_id="a", bucket="b", object="x/*.csv", use_glob=True), Awaited("b", "x/", True)),
        (GCSObjectExistenceSensor(task_id="a", bucket="b", object="x[12].csv", use_glob=True), Awaited("b", "x", True)),
        (GCSObjectExistenceSensor(task_id="a", bucket="b", object="**", use_glob=True), Awaited("b", "", True)),
    ],
    ids=["object", "update", "prefix", "glob", "set", "anything"],
)
def test_sensors_say_what_would_wake_them(sensor, awaited):
    """The object itself, or all whose names begin as they must."""
    assert sensor.awaiting() == awaited


def test_a_copy_is_protected_as_asked():
    """A retention is written to the copy's own properties, which the client sends; without one nothing is sent."""
    from google.cloud import storage

    sent = []

    class Blob(storage.Blob):
        def patch(self, *_: Any, **__: Any) -> None:
            sent.append({name: self._properties[name] for name in self._changes})

    copy = Blob("x", storage.Client(project="p", credentials=AnonymousCredentials()).bucket("b"))
    retain(copy, None)
    retain(copy, datetime(2030, 1, 1, tzinfo=UTC), "Locked")
    retain(copy, datetime(2030, 1, 1, tzinfo=UTC))
    assert [told["retention"]["mode"] for told in sent] == ["Locked", "Unlocked"]
    assert sent[0]["retention"]["retainUntilTime"].startswith("2030-01-01T00:00:00")
    with pytest.raises(ValueError, match="retention_mode is Locked or Unlocked"):
        transfers.GCSToGCSOperator(task_id="t", source_bucket="b", source_object="x", retention_mode="Locked")

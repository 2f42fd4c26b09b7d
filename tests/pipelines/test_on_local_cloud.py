"""Two of the courses' pipelines through brisa's functions: on the local cloud, deployed by uploading their folders."""

from __future__ import annotations

import os
import shutil

import pytest

from brisa.emulators import LocalCloud
from brisa.emulators.upload import Mirror
from brisa.operators.google.clients import bigquery_client
from pipelines.elevate_on_gcp import Api
from pipelines.fuentes import Fuentes
from tests.pipelines.conftest import PIPELINES
from tests.support.program import SHARED
from tests.support.waiting import until

pytestmark = [pytest.mark.firestore, pytest.mark.bigquery, pytest.mark.slow, pytest.mark.timeout(400)]

DAGS = ("ventas_semanales", "external_source", "external_wait")
WEEK = "2024-05-13T00:00:00Z"
"""Logical date of a manual run: its interval is the week before."""


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """The cloud with the three DAGs deployed and unpaused, the sources beside it."""
    folder = tmp_path_factory.mktemp("cloud")
    for name in ("comun", "ventas_semanales", "external_wait"):
        shutil.copytree(PIPELINES / name, folder / "dags" / name)
    with pytest.MonkeyPatch.context() as patch, Fuentes(ocasionales=0) as sources:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(SHARED), str(SHARED.parent)]))
        for name, value in sources.entorno.items():
            patch.setenv(name, value)
        cloud = LocalCloud(folder / "home", unpaused=True, tick_every=1.0)
        try:
            for name, value in cloud.start().items():
                patch.setenv(name, value)
            Mirror(folder / "dags", cloud.site.url("gcs")).look()
            client = Api(os.environ["BRISA_API_URL"], os.environ["BRISA_API_TOKEN"])
            until(lambda: all(client.ask("GET", f"/dags/{dag_id}") for dag_id in DAGS), 120, what="the DAGs")
            yield client
        finally:
            cloud.stop()


def ended(api, dag_id, logical_date):
    """A manual run, at its end: its state, and those of its tasks."""
    begun = api.ask("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": logical_date})
    path = f"/dags/{dag_id}/dagRuns/{begun['dag_run_id']}"
    until(lambda: api.ask("GET", path)["state"] in ("success", "failed"), 200, what=f"the end of {path}")
    tasks = api.ask("GET", f"{path}/taskInstances?limit=100")["task_instances"]
    return api.ask("GET", path)["state"], {(task["task_id"], task["map_index"]): task["state"] for task in tasks}


def test_the_weekly_sales(api):
    """The same tasks end as in embedded mode, and the table is published."""
    state, tasks = ended(api, "ventas_semanales", WEEK)
    assert state == "success", tasks
    assert tasks["sin_ventas", -1] == "skipped"
    assert [tasks["obtener", index] for index in range(4)] == ["success"] * 4
    with bigquery_client() as client:
        found = list(client.query("SELECT DISTINCT tienda FROM ventas.semanales WHERE semana = '2024-05-06'").result())
    assert len(found) == 4


def test_a_dag_waits_for_another(api):
    """The wait begins first, and ends when the other DAG's run of the same day has."""
    day = "2024-05-20T00:00:00Z"
    waiting = api.ask("POST", "/dags/external_wait/dagRuns", {"logical_date": day})
    assert ended(api, "external_source", day)[0] == "success"
    path = f"/dags/external_wait/dagRuns/{waiting['dag_run_id']}"
    until(lambda: api.ask("GET", path)["state"] == "success", 120, what="the end of the wait")

"""What the API says of brisa itself: health, jobs, settings, plugins, providers."""

from dataclasses import replace
from datetime import datetime

import pytest
from fastapi.testclient import TestClient

from brisa._version import __version__
from brisa.errors import UnavailableError
from brisa.model.access import Role
from brisa.services.health import Beat, Part
from tests.web.application import Served
from tests.web.checked import checked


def with_parts(web):
    """A client of a process whose planner works, and whose look at the DAG files has died."""
    now = web.clock.now()
    beats = [
        Beat(part=Part.SCHEDULER, started_at=now - 1000, last=now - 3),
        Beat(part=Part.DAG_PROCESSOR, started_at=now - 1000, last=now - 900),
    ]
    settings = {"core": {"dags_folder": "/d"}, "brisa": {"mode": "embedded"}}
    app = Served(replace(web.backend, beats=lambda: beats, settings=settings))
    return TestClient(app, "http://testserver/api/v2", headers={"Authorization": f"Bearer {Role.ADMIN}"})


def test_health_is_for_everybody(web):
    """Without a token; what there is none of is null."""
    assert web.client().get("/monitor/health").json() == {
        "metadatabase": {"status": "healthy"},
        "scheduler": {"status": "healthy", "latest_scheduler_heartbeat": None},
        "triggerer": {"status": None, "latest_triggerer_heartbeat": None},
        "dag_processor": {"status": None, "latest_dag_processor_heartbeat": None},
    }


def test_the_parts_of_a_process_have_heartbeats(web):
    """Each is told by itself."""
    told = checked("HealthInfoResponse", with_parts(web).get("/monitor/health"))
    assert (told.scheduler.status, told.dag_processor.status) == ("healthy", "unhealthy")
    last = datetime.fromisoformat(told.scheduler.latest_scheduler_heartbeat)
    assert last.timestamp() == web.clock.now() - 3
    last = datetime.fromisoformat(told.dag_processor.latest_dag_processor_heartbeat)
    assert last.timestamp() == web.clock.now() - 900


def test_a_store_that_does_not_answer(web, monkeypatch):
    """Still an answer, as in Airflow."""

    def broken():
        raise UnavailableError("s3cret")

    monkeypatch.setattr(web.store, "next_due", broken)
    response = web.client().get("/monitor/health")
    assert response.status_code == 200
    told = response.json()
    assert (told["metadatabase"]["status"], told["scheduler"]["status"]) == ("unhealthy", "unhealthy")
    assert "s3cret" not in response.text


@pytest.mark.parametrize(
    ("params", "types"),
    [
        ({}, ["SchedulerJob", "DagProcessorJob"]),
        ({"order_by": "job_type"}, ["DagProcessorJob", "SchedulerJob"]),
        ({"is_alive": True}, ["SchedulerJob"]),
        ({"is_alive": False}, ["DagProcessorJob"]),
        ({"job_type": "SchedulerJob"}, ["SchedulerJob"]),
        ({"job_state": "failed"}, []),
        ({"hostname": "elsewhere"}, []),
        ({"start_date_gte": "1970-01-01T00:00:00Z", "limit": 1}, ["SchedulerJob"]),
        ({"start_date_lt": "1970-01-01T00:00:00Z"}, []),
        ({"end_date_gte": "1970-01-01T00:00:00Z"}, []),
    ],
)
def test_jobs(web, params, types):
    """What works in the background of this process; without any there are none."""
    listed = checked("JobCollectionResponse", with_parts(web).get("/jobs", params=params))
    assert [job.job_type for job in listed.jobs] == types
    assert web.admin.get("/jobs").json() == {"jobs": [], "total_entries": 0}


def test_settings(web, monkeypatch):
    """By Airflow's names where it has the same; secrets are hidden."""
    monkeypatch.setenv("BRISA_SMTP_PASSWORD", "s3cret")
    monkeypatch.setenv("BRISA_MAX_MAP_LENGTH", "7")
    client = with_parts(web)
    response = client.get("/config")
    assert "s3cret" not in response.text
    told = {
        one.name: {option.key: option.value for option in one.options} for one in checked("Config", response).sections
    }
    assert set(told) == {"api", "brisa", "core", "smtp", "triggerer"}
    one = client.get("/config/section/core/option/max_map_length").json()
    assert one == {"sections": [{"name": "core", "options": [{"key": "max_map_length", "value": "7"}]}]}
    assert [one["name"] for one in client.get("/config?section=core").json()["sections"]] == ["core"]
    text = client.get("/config/section/core/option/dags_folder", headers={"accept": "text/plain"})
    assert (text.text, text.headers["content-type"]) == ("[core]\ndags_folder = /d\n", "text/plain; charset=utf-8")
    assert "smtp_password = < hidden >" in client.get("/config", headers={"accept": "text/plain"}).text


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/config?section=nope", "*/*", 404),
        ("/config/section/core/option/nope", "*/*", 404),
        ("/config/section/nope/option/dags_folder", "*/*", 404),
        ("/config", "application/xml", 406),
        ("/config/section/core/option/test_connection", "image/png", 406),
        ("/config", "application/xml, text/plain;q=0.5", 200),
        ("/config", "application/json, text/plain", 200),
    ],
)
def test_what_is_not_set_or_not_spoken(web, path, accept, status):
    """As in Airflow."""
    assert web.admin.get(path, headers={"accept": accept}).status_code == status
    assert web.client(Role.USER).get(path, headers={"accept": accept}).status_code == 403


def test_a_deployment_shows_its_settings(web, monkeypatch):
    """Those of Google Cloud, by brisa's own names."""
    names = ("AUDIENCE", "SERVICE_ACCOUNT", "QUEUE", "WORKER_URL", "PLANNER_URL", "BUCKET", "DAGS")
    for name in names:
        monkeypatch.setenv(f"BRISA_{name}", f"the {name}")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    settings = web.admin.get("/config?section=brisa").json()["sections"][0]["options"]
    assert {"key": "mode", "value": "google_cloud"} in settings
    assert {"key": "bucket", "value": "the BUCKET"} in settings
    assert {"key": "keep_days", "value": "90"} in settings


def test_there_are_no_plugins(web):
    """brisa loads none."""
    assert checked("PluginCollectionResponse", web.admin.get("/plugins")).plugins == []
    assert checked("PluginImportErrorCollectionResponse", web.admin.get("/plugins/importErrors")).total_entries == 0


def test_providers(web):
    """Those whose names brisa serves itself, and those that are installed."""
    listed = checked("ProviderCollectionResponse", web.admin.get("/providers", params={"limit": 100}))
    found = {one.package_name: one for one in listed.providers}
    assert list(found) == sorted(found)
    assert listed.total_entries == len(found)
    for name in ("standard", "google", "http", "sqlite", "common-sql"):
        assert f"apache-airflow-providers-{name}" in found
    assert found["apache-airflow-providers-standard"].version == __version__
    assert [one["package_name"] for one in web.admin.get("/providers?limit=1&offset=1").json()["providers"]] == [
        list(found)[1]
    ]

"""The server itself."""

from __future__ import annotations

import requests

from tests.client.world import World, refused


def MonitorApi__get_health(world: World) -> None:
    found = world.MonitorApi.get_health()
    assert found.metadatabase.status == "healthy"
    assert found.scheduler.status == "healthy"
    assert found.scheduler.latest_scheduler_heartbeat


def VersionApi__get_version(world: World) -> None:
    assert world.VersionApi.get_version().version


def LoginApi__login(world: World) -> None:
    # A redirect to where one logs in: a page, which the client can't read.
    answer = requests.get(f"{world.url}/api/v2/auth/login", allow_redirects=False, timeout=30)
    assert (answer.status_code, "/auth/login" in answer.headers["Location"]) == (307, True)
    refused(lambda: world.LoginApi.login("https://otra.parte"), 400)


def ConfigApi__get_config(world: World) -> None:
    # Airflow shows it where "expose_config" is "non-sensitive-only".
    sections = {one.name: {option.key for option in one.options} for one in world.ConfigApi.get_config().sections}
    assert "dags_folder" in sections["core"]
    (core,) = world.ConfigApi.get_config(section="core").sections
    assert core.name == "core"
    refused(lambda: world.ConfigApi.get_config(section="nada"), 404)


def ConfigApi__get_config_value(world: World) -> None:
    (section,) = world.ConfigApi.get_config_value("core", "dags_folder").sections
    assert [option.key for option in section.options] == ["dags_folder"]
    refused(lambda: world.ConfigApi.get_config_value("core", "nada"), 404)


def JobApi__get_jobs(world: World) -> None:
    found = world.JobApi.get_jobs(job_type="SchedulerJob", is_alive=True)
    assert found.total_entries >= 1
    assert found.jobs[0].state == "running"


def PluginApi__get_plugins(world: World) -> None:
    assert world.PluginApi.get_plugins(limit=1).total_entries >= 0


def PluginApi__import_errors(world: World) -> None:
    assert world.PluginApi.import_errors().total_entries == 0


def ProviderApi__get_providers(world: World) -> None:
    found = world.ProviderApi.get_providers()
    assert "apache-airflow-providers-standard" in {one.package_name for one in found.providers}

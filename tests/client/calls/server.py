"""The server itself."""

from __future__ import annotations

from tests.client.world import World, refused


def MonitorApi__get_health(world: World) -> None:
    found = world.MonitorApi.get_health()
    assert found.metadatabase.status == "healthy"
    assert found.scheduler.status == "healthy"
    assert found.scheduler.latest_scheduler_heartbeat


def VersionApi__get_version(world: World) -> None:
    assert world.VersionApi.get_version().version


def LoginApi__login(world: World) -> None:
    # Answers with a redirect to the page where one logs in.
    found = world.LoginApi.login_without_preload_content()
    assert found.status < 400


def ConfigApi__get_config(world: World) -> None:
    refused(world.ConfigApi.get_config, 403)  # as long as nobody has allowed it


def ConfigApi__get_config_value(world: World) -> None:
    refused(lambda: world.ConfigApi.get_config_value("core", "dags_folder"), 403)


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

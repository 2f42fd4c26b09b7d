"""The table of everything that can run on this machine in place of Google Cloud."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from brisa.emulators import firestore, functions, project
from brisa.emulators.installed import PROJECT, gcs_binary, require_bigquery, require_module
from brisa.emulators.record import BIGQUERY, GCS
from brisa.emulators.service import HOST, Service, Site, http_answers, listens, never

FIRESTORE, TASKS, SECRETS, EVENTARC = "firestore", "tasks", "secrets", "eventarc"
PROVISION, SCHEDULER = "provision", "scheduler"
JOBS = functions.JOBS


def _gcs(site: Site) -> list[str]:
    address = site.address(GCS)
    options = {
        "scheme": "http",
        "host": HOST,
        "port": str(site.ports[GCS]),
        "backend": "filesystem",
        "filesystem-root": str(site.layout.gcs),
        "external-url": f"http://{address}",
        "public-host": address,
        "log-level": "warn",
    }
    if EVENTARC in site.ports:
        # No -event.bucket: those of all buckets.
        options |= {
            "event.pubsub-project-id": PROJECT,
            "event.pubsub-topic": project.TOPIC,
            "event.list": "finalize,delete",
        }
    return [str(gcs_binary()), *(part for name, value in options.items() for part in (f"-{name}", value))]


def _gcs_environment(site: Site) -> Mapping[str, str]:
    return {"PUBSUB_EMULATOR_HOST": site.address(EVENTARC)} if EVENTARC in site.ports else {}


def _bigquery(site: Site) -> list[str]:
    ports = [str(site.ports[BIGQUERY]), str(site.ports["grpc"])]
    return [sys.executable, "-m", "brisa.emulators.bigquery_server", *ports, str(site.layout.bigquery), PROJECT]


def _bigquery_environment(site: Site) -> Mapping[str, str]:
    return {"HOME": str(site.layout.duckdb_home), "STORAGE_EMULATOR_HOST": site.url(GCS)}


def _tasks(site: Site) -> list[str]:
    return [
        *_python("cloud_tasks", site, TASKS),
        *("--http-port", str(site.ports["tasks-http"]), "--duplicates", str(site.settings.duplicates)),
        *("--threads", str(2 * site.settings.slots + 16)),
    ]


def _eventarc(site: Site) -> list[str]:
    return [
        *_python("eventarc", site, EVENTARC),
        *("--http-port", str(site.ports["eventarc-http"]), "--duplicates", str(site.settings.duplicates)),
        *("--url", site.url("events"), "--account", project.EVENTS, "--token-url", site.url("tasks-http")),
    ]


def _scheduler(site: Site) -> list[str]:
    return [
        *(sys.executable, "-m", "brisa.emulators.scheduler", "--http-port", str(site.ports[SCHEDULER])),
        *("--url", site.url("planner"), "--account", project.SCHEDULER, "--token-url", site.url("tasks-http")),
        *("--tick-every", str(site.settings.tick_every), "--duplicates", str(site.settings.duplicates)),
    ]


def _jobs(site: Site) -> list[str]:
    named = [part for size in functions.SIZES for part in ("--job", project.job(size))]
    return [sys.executable, "-m", "brisa.emulators.cloud_run", "--port", str(site.ports[JOBS]), *named]


def _provision(site: Site) -> list[str]:
    return [sys.executable, "-m", "brisa.emulators.provision", site.address(TASKS), str(site.settings.slots)]


def _python(module: str, site: Site, name: str) -> list[str]:
    """What every gRPC emulator of brisa's own takes."""
    emulator = [sys.executable, "-m", f"brisa.emulators.{module}"]
    return [*emulator, "--port", str(site.ports[name]), "--data", str(site.layout.data(name))]


def _needs(*modules: str) -> Callable[[], None]:
    def require() -> None:
        for module in modules:
            require_module(module)

    return require


SERVICES: Mapping[str, Service] = {
    service.name: service
    for service in (
        Service(
            name=FIRESTORE,
            ports=(FIRESTORE,),
            command=lambda site: firestore.command(site.ports[FIRESTORE]),
            answers=http_answers(FIRESTORE),
            again=False,
            needs=firestore.jar,
        ),
        Service(
            name=EVENTARC,
            ports=(EVENTARC, "eventarc-http"),
            command=_eventarc,
            answers=http_answers("eventarc-http"),
            needs=_needs("google.pubsub_v1"),
        ),
        Service(
            name=GCS,
            ports=(GCS,),
            command=_gcs,
            environment=_gcs_environment,
            answers=http_answers(GCS, "/storage/v1/b?project=" + PROJECT),
            after=(EVENTARC,),  # one that finds nobody to tell tries again ever more seldom
            needs=gcs_binary,
        ),
        Service(
            name=BIGQUERY,
            ports=(BIGQUERY, "grpc"),
            command=_bigquery,
            environment=_bigquery_environment,
            answers=http_answers(BIGQUERY, f"/bigquery/v2/projects/{PROJECT}/datasets"),
            needs=require_bigquery,
        ),
        Service(name=TASKS, ports=(TASKS, "tasks-http"), command=_tasks, answers=http_answers("tasks-http")),
        Service(
            name=SECRETS,
            ports=(SECRETS,),
            command=lambda site: _python("secret_manager", site, SECRETS),
            answers=listens(SECRETS),
        ),
        Service(
            name=PROVISION,
            command=_provision,
            environment=functions.clients,
            answers=never,
            after=(TASKS, GCS),
            once=True,
        ),
        Service(
            name=JOBS,
            ports=(JOBS,),
            command=_jobs,
            # A job has the worker's image, account and environment.
            environment=lambda site: functions.environment("worker", site),
            answers=http_answers(JOBS),
        ),
        *functions.SERVICES,
        Service(
            name=SCHEDULER,
            ports=(SCHEDULER,),
            command=_scheduler,
            answers=http_answers(SCHEDULER),
            # The first tick must find its planner, and the planner its queues.
            after=(PROVISION, "planner"),
        ),
    )
}
"""Name → what it is."""

EMULATED = (GCS, BIGQUERY)
"""What ``brisa standalone --emulators`` needs."""
LOCAL_CLOUD = tuple(SERVICES)
"""Everything. Started in this order as far as nothing waits: the slowest first."""

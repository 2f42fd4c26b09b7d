"""brisa's four functions, each in a functions-framework of its own, as Cloud Run would run them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import brisa
from brisa.emulators import project
from brisa.emulators.installed import PROJECT
from brisa.emulators.service import HOST, Service, Site, http_answers
from brisa.errors import EmulatorError

FUNCTIONS = ("planner", "worker", "events", "api")
JOBS = "jobs"
"""The port of the stand-in for Cloud Run jobs."""
SIZES = {"default": ("2", "4Gi"), "large": ("8", "32Gi")}
"""Job → the CPU and memory that Terraform gives it; here it has the machine's."""

_CALLERS = {
    "planner": (project.SCHEDULER, project.BRISA),
    "worker": (project.BRISA,),
    "events": (project.EVENTS,),
    "api": (project.DEVELOPER,),
}
"""Who may call which."""
_THREADS = 4


def source(name: str, folder: str = "") -> Path:
    """The file of the function ``name``: in ``folder``, else in the package, else in the checkout around it."""
    package = Path(brisa.__file__).parent
    places = [Path(folder)] if folder else [package / "functions", package.parents[1] / "functions"]
    for place in places:
        file = place / name / "main.py"
        if file.is_file():
            return file
    looked = " nor ".join(str(place / name / "main.py") for place in places)
    raise EmulatorError(f"There is no function {name!r}: neither {looked}" if not folder else f"There is no {looked}")


def _service(name: str) -> Service:
    def command(site: Site) -> list[str]:
        options = {
            "source": str(source(name, site.settings.functions_folder)),
            "target": name,
            "signature-type": "http",
            "host": HOST,
            "port": str(site.ports[name]),
        }
        parts = (part for option, value in options.items() for part in (f"--{option}", value))
        return [sys.executable, "-m", "functions_framework", *parts]

    return Service(
        name=name,
        ports=(name,),
        command=command,
        environment=lambda site: environment(name, site),
        answers=http_answers(name, "/health", below=500),  # one that refuses who does not say who it is, is well
    )


def environment(name: str, site: Site) -> Mapping[str, str]:
    """What a deployment sets for the function ``name``, and where the emulators are."""
    slots = site.settings.slots
    return {
        **clients(site),
        "BRISA_AUDIENCE": site.url(name),
        "BRISA_CALLERS": ",".join(_CALLERS[name]),
        "BRISA_SERVICE_ACCOUNT": project.BRISA,
        "BRISA_QUEUE": project.WORK_QUEUE,
        "BRISA_PLANNER_QUEUE": project.PLANNER_QUEUE,
        "BRISA_WORKER_URL": site.url("worker"),
        "BRISA_PLANNER_URL": site.url("planner"),
        "BRISA_BUCKET": project.STATE_BUCKET,
        "BRISA_DAGS": f"gs://{project.DAGS_BUCKET}/{project.DAGS_PREFIX}".rstrip("/"),
        "BRISA_EVENT_BUCKETS": "*",
        "BRISA_UNPAUSED": "1" if site.settings.unpaused else "",
        "BRISA_JOBS": json.dumps(
            {name: {"job": project.job(name), "cpu": cpu, "memory": memory} for name, (cpu, memory) in SIZES.items()}
        ),
        "THREADS": str(slots if name == "worker" else _THREADS),
        "WORKERS": "1",
        "PYTHONUNBUFFERED": "1",
    }


def clients(site: Site) -> dict[str, str]:
    """The variables by which Google's clients, and brisa's, find what runs here."""
    found = {
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "FIRESTORE_EMULATOR_HOST": site.address("firestore"),
        "STORAGE_EMULATOR_HOST": site.url("gcs"),
        "CLOUD_TASKS_EMULATOR_HOST": site.address("tasks"),
        "SECRET_MANAGER_EMULATOR_HOST": site.address("secrets"),
        "CLOUD_RUN_EMULATOR_HOST": site.address(JOBS),
        "BRISA_CERTS_URL": site.url("tasks-http") + "/oauth2/v1/certs",
    }
    if "bigquery" in site.ports:
        found["BIGQUERY_EMULATOR_HOST"] = site.url("bigquery")
    return found


SERVICES = tuple(map(_service, FUNCTIONS))

"""What the local project has: the names that Terraform gives to the same things in a real one."""

from __future__ import annotations

from brisa.emulators.installed import PROJECT

LOCATION = f"projects/{PROJECT}/locations/local"
WORK_QUEUE = f"{LOCATION}/queues/brisa-work"
PLANNER_QUEUE = f"{LOCATION}/queues/brisa-planner"


def job(size: str) -> str:
    """The full name of the job of that size."""
    return f"{LOCATION}/jobs/brisa-{size}"


STATE_BUCKET = "brisa-state"
"""Logs and large XComs."""
DAGS_BUCKET, DAGS_PREFIX = "brisa-dags", "dags/"
"""Where an upload is a deployment."""

TOPIC = "storage"
"""What Cloud Storage tells about its objects."""


def _account(name: str) -> str:
    return f"{name}@{PROJECT}.iam.gserviceaccount.com"


BRISA, SCHEDULER, EVENTS, DEVELOPER = map(_account, ("brisa", "scheduler", "events", "developer"))
"""Service accounts: of the functions, of the tick, of the trigger for events, and of the person at the terminal."""

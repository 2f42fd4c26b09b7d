"""What a deployment says, in environment variables, to brisa's functions."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from brisa.errors import BrisaError
from brisa.model.jobs import LONGEST, JobSize, quantity
from brisa.services.worker import LEASE

EVERY_BUCKET = "*"


class SettingsError(BrisaError):
    """An environment variable of a function is missing or can't be understood; names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudSettings:
    """The variables, by the field's name in upper case after ``BRISA_`` unless said otherwise."""

    project: str
    """``GOOGLE_CLOUD_PROJECT``."""
    audience: frozenset[str]
    """The audiences that callers' tokens may have: this function's URLs, separated by commas."""
    callers: frozenset[str]
    """E-mail addresses of who may call this function; separated by commas."""
    service_account: str
    """As whom messages are delivered."""
    queue: str
    """``projects/P/locations/L/queues/Q``: where attempts are queued."""
    planner_queue: str
    """The planner's chores; ``queue`` if unset."""
    worker_url: str
    planner_url: str
    bucket: str
    """For logs and large XComs."""
    dags: str
    """``gs://bucket/prefix``, where an upload is a deployment; or a folder, which comes with the functions' source."""
    database: str = "(default)"
    """Firestore's."""
    auth: str = "signature"
    """``signature``: this function checks tokens' signatures. ``platform``: Cloud Run has, before it is called."""
    certs_url: str = ""
    """Where the issuer's public keys are, if not at Google."""
    policy: str = ""
    """Who has which role at the api function: the document itself (see :mod:`brisa.services.policy`), a file, or
    ``gs://bucket/name``. If unset, ``callers`` are admins."""
    iap_audience: str = ""
    """``/projects/NUMBER/…``, where Identity-Aware Proxy is in front of the api function."""
    event_buckets: frozenset[str] = frozenset()
    """Buckets whose events reach the events function; ``*`` for all."""
    unpaused: bool = False
    """Whether new DAGs begin unpaused."""
    keep_days: float = 90.0
    """Days after which runs and attempts that ended are deleted; 0 for never."""
    lease: float = LEASE
    """Seconds after which an attempt whose worker is silent is given to another one."""
    released: str = ""
    """``gs://bucket/name``, where the DAG files are a folder: an object that is written when another source serves."""
    jobs: tuple[JobSize, ...] = ()
    """The Cloud Run jobs for long tasks, as JSON: name → ``job`` (its full name), ``cpu``, ``memory``, ``timeout``."""

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> CloudSettings:
        """The settings of this process; :class:`SettingsError`."""
        needed = ("AUDIENCE", "SERVICE_ACCOUNT", "QUEUE", "WORKER_URL", "PLANNER_URL", "BUCKET", "DAGS")
        values = {name: environment.get(f"BRISA_{name}", "") for name in needed}
        missing = [f"BRISA_{name}" for name, value in values.items() if not value]
        project = environment.get("GOOGLE_CLOUD_PROJECT", "")
        if missing or not project:
            named = ", ".join([*missing, *["GOOGLE_CLOUD_PROJECT"] * (not project)])
            raise SettingsError(f"this function's environment lacks {named}")
        auth = environment.get("BRISA_AUTH") or "signature"
        if auth not in ("signature", "platform"):
            raise SettingsError(f"BRISA_AUTH is {auth!r}: it must be 'signature' or 'platform'")
        return cls(
            project=project,
            audience=_listed(values["AUDIENCE"]),
            callers=_listed(environment.get("BRISA_CALLERS", "")),
            service_account=values["SERVICE_ACCOUNT"],
            queue=values["QUEUE"],
            planner_queue=environment.get("BRISA_PLANNER_QUEUE") or values["QUEUE"],
            worker_url=values["WORKER_URL"],
            planner_url=values["PLANNER_URL"],
            bucket=values["BUCKET"],
            dags=values["DAGS"],
            database=environment.get("BRISA_DATABASE") or "(default)",
            auth=auth,
            certs_url=environment.get("BRISA_CERTS_URL", ""),
            policy=environment.get("BRISA_POLICY", ""),
            iap_audience=environment.get("BRISA_IAP_AUDIENCE", ""),
            event_buckets=_listed(environment.get("BRISA_EVENT_BUCKETS", "")),
            unpaused=environment.get("BRISA_UNPAUSED", "") in ("1", "true"),
            keep_days=_number("BRISA_KEEP_DAYS", environment.get("BRISA_KEEP_DAYS") or "90", 0, 36_500),
            lease=_number("BRISA_LEASE", environment.get("BRISA_LEASE") or str(LEASE), 5, 3600),
            released=environment.get("BRISA_RELEASED", ""),
            jobs=job_sizes(environment.get("BRISA_JOBS", "")),
        )

    @property
    def keep(self) -> float | None:
        """Seconds for which what ended is kept; ``None`` for ever."""
        return self.keep_days * 86_400 if self.keep_days else None

    @property
    def dags_location(self) -> tuple[str, str] | None:
        """Bucket and prefix of the DAG files; ``None`` if they are in a folder."""
        return _location(self.dags)

    @property
    def released_object(self) -> tuple[str, str] | None:
        """Bucket and name of the object that tells of another source; ``None`` if there is none."""
        return _location(self.released)

    def watches(self, bucket: str) -> bool:
        """Whether brisa hears when an object of ``bucket`` is written."""
        return EVERY_BUCKET in self.event_buckets or bucket in self.event_buckets


def job_sizes(text: str) -> tuple[JobSize, ...]:
    """What ``BRISA_JOBS`` says; none if it is empty; :class:`SettingsError`."""
    try:
        return tuple(
            JobSize(
                name=name,
                job=str(told["job"]),
                cpu=quantity(told["cpu"]),
                memory=int(quantity(told["memory"])),
                seconds=_number("timeout", str(told.get("timeout", 86_400)), 120, LONGEST),
            )
            for name, told in json.loads(text or "{}").items()
        )
    except (ValueError, TypeError, KeyError, AttributeError, SettingsError) as error:
        raise SettingsError(
            f"BRISA_JOBS is {text!r:.200}: it must be JSON, from names to job, cpu, memory and timeout ({error})"
        ) from error


def _location(text: str) -> tuple[str, str] | None:
    if not text.startswith("gs://"):
        return None
    bucket, _, rest = text.removeprefix("gs://").partition("/")
    return bucket, rest.strip("/")


def _listed(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def _number(name: str, text: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise SettingsError(f"{name} is {text!r}: it must be a number from {least:g} to {most:g}")
    return number

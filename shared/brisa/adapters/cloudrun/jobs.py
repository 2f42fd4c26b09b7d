"""Executions of Cloud Run jobs: ``jobs.run`` of the Cloud Run Admin API v2, with overrides.

https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs/run: environment variables are added to the
job's own; time can be chosen, CPU and memory can not. There is no name or key by which a repeated call is known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol, cast

from brisa.adapters.cloudrun.execution import TRACE_VARIABLE, encode_execution
from brisa.errors import BrisaError, JobError, UnavailableError
from brisa.model.run import Message
from brisa.ports.telemetry import traceparent

API = "https://run.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_TIMEOUT = 30.0
_LONGEST = 500
"""Characters of what the service says that are told on."""
_FOR_A_PERSON = {
    400: "the service does not take the execution",
    401: "the credentials are not accepted",
    403: "this service account may not run it: give it roles/run.jobsExecutorWithOverrides on the job",
    404: "it does not exist: create it, or correct BRISA_JOBS",
}


class Response(Protocol):
    """An answer over HTTP."""

    @property
    def status_code(self) -> int: ...
    @property
    def text(self) -> str: ...
    def json(self) -> Any:
        """What it says; ``ValueError`` if that is no JSON."""
        ...


class Session(Protocol):
    """Sends requests with this process's credentials; requests' own errors are ``OSError``."""

    def post(self, url: str, *, json: Mapping[str, object], timeout: float) -> Response:
        """The answer to POST."""
        ...


def connect(emulator: str = "") -> Session:
    """A session with this process's own credentials; without any, if it is for the emulator at ``emulator``."""
    if emulator:
        import requests

        return cast(Session, requests.Session())
    import google.auth
    from google.auth.transport.requests import AuthorizedSession

    credentials, _ = google.auth.default(scopes=[SCOPE])
    return cast(Session, AuthorizedSession(credentials))  # type: ignore[no-untyped-call] # typed in part


class CloudRunJobs:
    """A :class:`~brisa.ports.jobs.Jobs`. A call that fails is not repeated here: the queue brings the message again."""

    def __init__(self, session: Session, api: str = API) -> None:
        """``api``: where the service is."""
        self._session = session
        self._api = api

    def start(self, job: str, message: Message, *, seconds: float) -> None:
        """See the port."""
        from google.auth.exceptions import GoogleAuthError, TransportError

        variables = encode_execution(message, seconds)
        trace = traceparent()
        if trace:
            variables[TRACE_VARIABLE] = trace
        overrides = {
            "containerOverrides": [{"env": [{"name": name, "value": value} for name, value in variables.items()]}],
            "taskCount": 1,
            "timeout": f"{math.ceil(seconds)}s",
        }
        try:
            response = self._session.post(f"{self._api}/v2/{job}:run", json={"overrides": overrides}, timeout=_TIMEOUT)
        except (OSError, TransportError) as error:
            raise UnavailableError(f"Cloud Run job {job}: no answer: {type(error).__name__}") from error
        except GoogleAuthError as error:
            raise JobError(f"Cloud Run job {job}: there are no usable credentials ({error})") from error
        if response.status_code != 200:
            raise _refused(job, response)


def _refused(job: str, response: Response) -> BrisaError:
    try:
        said = str(response.json()["error"]["message"])
    except (ValueError, TypeError, KeyError):
        said = response.text
    told = f"({response.status_code}: {said[:_LONGEST]})"
    advice = _FOR_A_PERSON.get(response.status_code)
    if advice is None:
        return UnavailableError(f"Cloud Run job {job}: no execution was begun {told}")
    return JobError(f"Cloud Run job {job}: {advice} {told}")

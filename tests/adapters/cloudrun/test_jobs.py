"""Cloud Run jobs: what is sent, and how each refusal is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.auth.exceptions import RefreshError, TransportError

from brisa.adapters.cloudrun import CloudRunJobs, decode_execution, encode_execution
from brisa.errors import DecodeError, JobError, UnavailableError
from brisa.model.trace import Trace
from brisa.ports.telemetry import within
from tests.adapters.cloudrun.local_cloud_run import DEFAULT
from tests.adapters.records import a_message


class Answer:
    """An answer over HTTP."""

    def __init__(self, status: int, text: str = "{}") -> None:
        self.status_code, self.text = status, text

    def json(self):
        """What it says."""
        return json.loads(self.text)


class Session:
    """Keeps what is sent; answers, or raises, as it is told."""

    def __init__(self, answer: Answer | Exception) -> None:
        self.answer = answer
        self.sent: list[Any] = []

    def post(self, url, *, json, timeout):
        """Keep it."""
        self.sent.append((url, json))
        assert timeout == 30
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def start(answer):
    """Start one execution; what was sent."""
    session = Session(answer)
    CloudRunJobs(session).start(DEFAULT, a_message(), seconds=2460.5)
    return session.sent


def test_the_request():
    """One POST to the job's run verb, with the overrides that the reference names, and ids alone."""
    ((url, body),) = start(Answer(200))
    assert url == f"https://run.googleapis.com/v2/{DEFAULT}:run"
    overrides = body["overrides"]
    assert set(body) == {"overrides"}
    assert (overrides["taskCount"], overrides["timeout"]) == (1, "2461s")
    (container,) = overrides["containerOverrides"]
    told = {one["name"]: one["value"] for one in container["env"]}
    assert decode_execution(told) == (a_message(), 2400.5)
    assert "TRACEPARENT" not in told


def test_a_trace_goes_with_the_execution():
    """Not in the message: that is the same whoever sends it."""
    with within(Trace("a" * 32, "b" * 16, True)):
        ((_, body),) = start(Answer(200))
    (container,) = body["overrides"]["containerOverrides"]
    assert {"name": "TRACEPARENT", "value": f"00-{'a' * 32}-{'b' * 16}-01"} in container["env"]


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (400, "does not take the execution"),
        (401, "credentials are not accepted"),
        (403, "give it roles/run.jobsExecutorWithOverrides on the job"),
        (404, "it does not exist: create it, or correct BRISA_JOBS"),
    ],
)
def test_what_a_person_must_mend(status, advice):
    """Names the job, what to do, and what the service said."""
    said = json.dumps({"error": {"code": status, "message": "the reason"}})
    with pytest.raises(JobError, match=rf"{DEFAULT}: .*{advice}.*\({status}: the reason\)"):
        start(Answer(status, said))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(429, '{"error": {"message": "quota"}}'),
        Answer(500, "<html>"),
        Answer(503, "[]"),
        ConnectionError("no"),
        TransportError("no token now"),
    ],
)
def test_what_passes(answer):
    """The queue brings the message again."""
    with pytest.raises(UnavailableError, match=DEFAULT):
        start(answer)


def test_no_credentials():
    """A person must act."""
    with pytest.raises(JobError, match="no usable credentials"):
        start(RefreshError("revoked"))


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"BRISA_MESSAGE": "{", "BRISA_LONGEST": "5"},
        {"BRISA_MESSAGE": '{"kind": "fold", "run": ["d", "r"]}', "BRISA_LONGEST": "5"},
    ],
)
def test_what_is_no_message(told):
    """Nonsense is told as such."""
    with pytest.raises(DecodeError):
        decode_execution(told)


@pytest.mark.parametrize("longest", ["", "x", "nan", "inf", "0", "-1"])
def test_what_is_no_time(longest):
    """An attempt that is never to end, or has ended, is none."""
    told = {**encode_execution(a_message(), 100.0), "BRISA_LONGEST": longest}
    with pytest.raises(DecodeError, match="BRISA_LONGEST"):
        decode_execution(told)

"""What all functions share: the log line, health, tokens in headers, bodies that end or never end."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from werkzeug import Request
from werkzeug.datastructures import Headers

from brisa.adapters.cloudtasks import encode_work
from brisa.adapters.oidc import PlatformVerifier
from brisa.errors import IdentityError, UnavailableError
from brisa.handlers.answering import Function, serve
from brisa.handlers.bearer import bearer_token
from brisa.handlers.events import EVENTS
from brisa.handlers.planner import PLANNER
from brisa.handlers.worker import WORKER
from tests.adapters.oidc.google import AUDIENCE, CALLER, passed_on, signed
from tests.handlers.deployment import Broken, answered, request

ALL: list[Function[Any]] = [PLANNER, WORKER, EVENTS]
each_function = pytest.mark.parametrize("function", ALL, ids=[function.name for function in ALL])


@pytest.fixture
def line(capsys):
    """What was written to standard output since: one JSON object on one line."""

    def read():
        (text,) = capsys.readouterr().out.splitlines()
        return json.loads(text)

    return read


def message(deployment):
    """The body of the first task's message."""
    (message,) = deployment.queue.take(deployment.clock.now(), limit=1, owner="test")
    return encode_work(message)


def test_the_log_line(deployment, line):
    """A request is one line that says what was done, for which task, and what it cost."""
    trace = {"X-Cloud-Trace-Context": "0123456789ABCDEF0123456789abcdef/12;o=1"}
    deployment.call(WORKER, request(message(deployment), headers=trace))
    told = line()
    assert told.pop("milliseconds") >= 0
    assert told == {
        "severity": "INFO",
        "message": "worker: handled",
        "function": "worker",
        "outcome": "handled",
        "status": 200,
        "dag_id": "d",
        "run_id": "manual__2024-01-01T00:00:00+00:00",
        "task_id": "t0",
        "map_index": -1,
        "try_number": 1,
        "reads": 1,
        "writes": 3,
        "operations": 1,
        "logging.googleapis.com/trace": "projects/my-project/traces/0123456789abcdef0123456789abcdef",
        "logging.googleapis.com/spanId": "000000000000000c",
        "logging.googleapis.com/trace_sampled": True,
    }


@each_function
def test_health(deployment, line, function):
    """It needs no token, and touches nothing."""
    response = deployment.call(function, request(method="GET", token="", path="/health"))
    assert (response.status_code, response.get_data()) == (200, b"ok")
    assert deployment.asked_for == 0
    assert line()["outcome"] == "ok"


@each_function
def test_a_refusal_is_logged(deployment, line, function):
    """A request without a token is a warning that says so, and costs nothing."""
    path = "/"
    deployment.call(function, request(b"{}", token="", path=path))
    told = line()
    assert (told["severity"], told["status"], told["outcome"]) == ("WARNING", 401, "unauthorized")
    assert "no token" in told["message"]
    assert (told["reads"], told["writes"], told["operations"]) == (0, 0, 0)


def test_a_defect_is_logged(deployment, line):
    """An error that nobody expects is logged with its traceback, and the caller is not told what it says."""
    deployment.worker = Broken(RuntimeError("inner workings\nof brisa"))
    response = deployment.call(WORKER, request(message(deployment)))
    assert (response.status_code, "inner workings" in response.get_data(as_text=True)) == (500, False)
    told = line()
    assert (told["severity"], told["outcome"]) == ("ERROR", "defect")
    assert "inner workings" in told["message"]
    assert told["stack_trace"].startswith("Traceback")
    assert "in handle" in told["stack_trace"]


def test_what_is_away_is_no_error(deployment, line):
    """A store that is away is a warning: the queue tries again."""
    deployment.worker = Broken(UnavailableError("the store is away"))
    deployment.call(WORKER, request(message(deployment)))
    told = line()
    assert (told["severity"], told["status"], told["message"]) == (
        "WARNING",
        503,
        "worker: unavailable: the store is away",
    )


def test_values_from_outside(deployment, line):
    """Line ends and long texts of others stay inside their values, which are cut."""
    forged = 'x\n{"severity": "EMERGENCY"}\r\n\u2028' + "y" * 5000
    work = {"attempt": ["d", forged, "t0", -1, 0, 1, 0]}
    assert deployment.call(WORKER, request(work)).status_code == 200
    told = line()
    assert told["run_id"] == forged[:1024]


@pytest.mark.parametrize("trace", ["", "x", "0123/1", "g" * 32, "0" * 33, "\r\n" + "0" * 32])
def test_odd_traces(deployment, line, trace):
    """A trace that is none is left out."""
    sent = request()
    sent.environ["HTTP_X_CLOUD_TRACE_CONTEXT"] = trace
    deployment.call(PLANNER, sent)
    assert "logging.googleapis.com/trace" not in line()


def test_no_token_is_ever_logged(deployment, capsys):
    """Neither good tokens nor bad ones are in the log or the answer."""
    for token in (signed(), signed(aud="other"), signed("other"), passed_on(signed())):
        told = deployment.call(PLANNER, request(token=token)).get_data(as_text=True) + "".join(capsys.readouterr())
        assert not any(part in told for part in token.split(".")[:2])


def test_settings_that_are_missing(line):
    """A stack that can't be made is a defect of the deployment: 500, with its reason in the log alone."""

    def parts():
        raise RuntimeError("BRISA_QUEUE is not set")

    response = serve(PLANNER, request(), parts)
    assert (response.status_code, "BRISA_QUEUE" in response.get_data(as_text=True)) == (500, False)
    assert "BRISA_QUEUE is not set" in line()["message"]


def test_a_body_without_a_length(deployment):
    """A chunked body is read up to the limit, too."""
    for size, status in ((10, 200), (65_537, 413), (1 << 20, 413)):
        sent = request()
        sent.environ |= {"wsgi.input": io.BytesIO(b" " * size), "wsgi.input_terminated": True}
        assert deployment.call(PLANNER, sent).status_code == status


class Endless(io.RawIOBase):
    """A body that never ends."""

    given = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        self.given += len(buffer)
        buffer[:] = b" " * len(buffer)
        return len(buffer)


@pytest.mark.parametrize("token", ["", signed()])
def test_a_body_that_never_ends(deployment, token):
    """An endless body is answered, by its first bytes or its token, and nobody reads on for ever."""
    body = Endless()
    sent = request(token=token)
    sent.environ |= {"wsgi.input": body, "wsgi.input_terminated": True}
    assert deployment.call(PLANNER, sent).status_code == (413 if token else 401)
    assert body.given < 34 << 20


def test_a_body_that_ends_too_soon(deployment):
    """A client that goes away in the middle has changed nothing."""
    sent = request(b"{}")
    sent.environ["CONTENT_LENGTH"] = "100"
    assert deployment.call(PLANNER, sent).status_code == 400
    assert deployment.planner.asked == []


def test_nothing_is_left_to_read(deployment):
    """What a refused request has sent is taken off its connection, for functions-framework not to load it."""
    sent = request(b"x" * 100_000, token="")
    deployment.call(PLANNER, sent)
    assert sent.get_data() == b""


GOOD, OTHER = "a.b.good", "a.b.other"
MARKED = "a.b.SIGNATURE_REMOVED_BY_GOOGLE"


@pytest.mark.parametrize(
    ("own", "platform", "token"),
    [
        (f"Bearer {GOOD}", None, GOOD),
        (None, f"Bearer {GOOD}", GOOD),
        (f"bearer   {GOOD} ", None, GOOD),
        (f"Bearer {MARKED}", None, MARKED),
        (f"Bearer {GOOD}", f"Bearer {MARKED}", GOOD),
        (f"Bearer {MARKED}", f"Bearer {OTHER}", OTHER),
        (f"Bearer {MARKED} ", f"Bearer {OTHER}", OTHER),
    ],
)
def test_tokens_in_headers(own, platform, token):
    """The platform's mark in Authorization counts only if that is the header that the platform has checked."""
    assert bearer_token(headers(own, platform)) == token


@pytest.mark.parametrize(
    ("own", "platform"),
    [
        (None, None),
        ("", None),
        ("Bearer", None),
        ("Bearer ", None),
        ("Basic dTpw", None),
        (GOOD, None),
        (f"Bearer: {GOOD}", None),
        ("", f"Bearer {GOOD}"),
        (f"Bearer {MARKED}", ""),
        (f"Bearer {MARKED}", "Basic dTpw"),
    ],
)
def test_headers_without_a_token(own, platform):
    """Anything else in the headers is no token, and is not quoted."""
    with pytest.raises(IdentityError) as refused:
        bearer_token(headers(own, platform))
    assert "dTpw" not in str(refused.value)
    assert GOOD not in str(refused.value)


def headers(own: str | None, platform: str | None) -> Headers:
    """Headers with what there is of the two."""
    named = {"Authorization": own, "X-Serverless-Authorization": platform}
    return Headers({name: value for name, value in named.items() if value is not None})


def test_nobody_writes_the_platforms_mark(deployment):
    """Where the platform checks tokens, one who may call it can't pass for another by a token of his own making."""
    deployment.verifier = PlatformVerifier(audience=AUDIENCE, callers=[CALLER], clock=deployment.clock)
    forged, own = passed_on(signed()), passed_on(signed(email="other@project.iam.gserviceaccount.com"))
    sent = request(token=forged, headers={"X-Serverless-Authorization": f"Bearer {own}"})
    assert deployment.call(PLANNER, sent).status_code == 403
    assert deployment.planner.asked == []
    assert deployment.call(PLANNER, request(token=passed_on(signed()))).status_code == 200


def test_two_tokens_in_one_header(deployment):
    """A header that came twice, which servers join, holds no token."""
    sent: Request = request()
    sent.environ["HTTP_AUTHORIZATION"] = f"Bearer {signed()},Bearer {signed()}"
    assert deployment.call(PLANNER, sent).status_code == 401


def test_answers_are_json(deployment):
    """Whatever is refused says why, as JSON."""
    response = deployment.call(PLANNER, request(token=""))
    assert response.mimetype == "application/json"
    assert answered(response) == {"detail": "there is no token: the header Authorization is missing"}

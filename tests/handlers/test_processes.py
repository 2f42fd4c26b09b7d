"""The functions under the real functions-framework: that they start, how they end."""

from __future__ import annotations

import json
import signal
import threading
import time
from pathlib import Path

import pytest
from werkzeug import Request

from brisa.adapters.cloudtasks import encode_work
from brisa.handlers.entrance import GRACE, Entrance
from brisa.handlers.worker import WORKER
from brisa.model.run import AttemptKey, Message
from tests.handlers.deployment import Deployment, answered, request
from tests.handlers.framework import Framework, serving

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
STAND_IN = Path(__file__).with_name("stand_in.py")


def message(task_id: str) -> bytes:
    """A message's body."""
    return encode_work(Message(attempt=AttemptKey("d", "r", task_id)))


def work(framework: Framework, task_id: str) -> int:
    """Have it work on a task; the status."""
    return framework.call("POST", "/", message(task_id), Authorization="Bearer x")[0]


@pytest.mark.parametrize("name", ["planner", "worker", "events", "api"])
def test_a_function_starts(name):
    """Each function's file, served as in production, answers its health check, and nobody without a token."""
    with serving(FUNCTIONS / name / "main.py", name) as framework:
        assert framework.call("GET", "/health") == (200, b"ok")
        assert framework.call("OPTIONS")[0] == 405
        line = json.loads(framework.wait_for(r"\{.*\}")[0])
        assert (line["function"], line["outcome"]) == (name, "ok")
        assert framework.end() == 0


def test_the_api_in_its_own_process():
    """Its application lives in the forked process, with threads of its own: it answers, and ends in time."""
    names = ("SERVICE_ACCOUNT", "QUEUE", "WORKER_URL", "PLANNER_URL", "BUCKET", "DAGS")
    settings = {f"BRISA_{name}": "x" for name in names}
    settings |= {"BRISA_AUDIENCE": "http://api", "GOOGLE_CLOUD_PROJECT": "p", "FIRESTORE_EMULATOR_HOST": "127.0.0.1:9"}
    with serving(FUNCTIONS / "api" / "main.py", "api", **settings) as framework:
        callers = [threading.Thread(target=framework.call, args=("GET", "/api/v2/version")) for _ in range(4)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        status, body = framework.call("GET", "/api/v2/version")
        assert (status, "version" in json.loads(body)) == (200, True)
        assert framework.call("POST", "/api/v2/pools", b"{}", Authorization="Bearer x")[0] == 401
        assert framework.call("POST", "/api/v2/pools", b"x" * (2 << 20))[0] == 413
        assert framework.call("GET", "/api/v2/%ff%fe/%2e%2e/x?%ff")[0] == 404
        lines = [json.loads(line) for line in framework.text().splitlines() if line.startswith("{")]
        assert [line["outcome"] for line in lines] == ["get_version"] * 5 + [
            "unauthorized",
            "too large",
            "no such path",
        ]
        started = time.monotonic()
        assert framework.end() == 0
        assert time.monotonic() - started < 10, "Cloud Run would have killed it"


def test_every_function_is_tested():
    """There is no function but those that the test above starts."""
    assert sorted(path.parent.name for path in FUNCTIONS.glob("*/main.py")) == ["api", "events", "planner", "worker"]


def test_sigterm_while_a_task_runs():
    """An attempt under way is handed over, its request still gets its answer, and all is over before nine seconds."""
    with serving(STAND_IN, "worker") as framework:
        assert work(framework, "quick") == 200
        statuses: list[int] = []
        caller = threading.Thread(target=lambda: statuses.append(work(framework, "slow")))
        caller.start()
        framework.wait_for("begun")
        started = time.monotonic()
        assert framework.end() == 0
        assert time.monotonic() - started < 9
        caller.join()
        assert statuses == [200]
        printed = framework.text()
        assert printed.count(f"stop {GRACE}") == 1
        assert printed.index("stop") < printed.index("handed over")


def test_sigterm_after_the_work():
    """Without an attempt under way the process ends at once; the stack is told all the same."""
    with serving(STAND_IN, "worker") as framework:
        assert work(framework, "quick") == 200
        started = time.monotonic()
        assert framework.end() == 0
        assert time.monotonic() - started < 10, "Cloud Run would have killed it"
        assert framework.text().count(f"stop {GRACE}") == 1


def test_sigterm_before_any_work():
    """A process that was only asked for its health has made no stack, and ends at once."""
    with serving(STAND_IN, "worker") as framework:
        assert framework.call("GET", "/health") == (200, b"ok")
        assert framework.end() == 0
        assert not {"made", "stop"} & set(framework.text().split())


def test_large_bodies_through_the_framework():
    """A body that is too large is answered 413 through the whole server, with or without its length told before."""
    with serving(STAND_IN, "worker") as framework:
        assert framework.call("POST", "/", b"x" * (1 << 20), Authorization="Bearer x")[0] == 413
        assert framework.call("POST", "/", b"x" * (1 << 20))[0] == 401
        assert work(framework, "quick") == 200


class Stack(Deployment):
    """A deployment that can be stopped."""

    stopped = 0.0

    def stop(self, seconds: float) -> None:
        """Keeps it."""
        self.stopped = seconds


@pytest.fixture
def entrance():
    """An entrance over a new stack; this process's own handlers are as before afterwards."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGURG, signal.SIGTERM)}
    stack = Stack()
    yield stack, Entrance(lambda: stack)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_nothing_begins_at_the_end(entrance):
    """A request that comes after SIGTERM is sent away, to come again elsewhere."""
    stack, entry = entrance
    before = stack.state()
    entry._ending.begun = True
    response = entry.serve(WORKER, request(message("t0")))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "another" in answered(response)["detail"]
    assert stack.state() == before


def test_a_server_that_does_not_handle_sigterm(entrance):
    """Where nobody handles SIGTERM, as here, brisa does not begin to."""
    stack, entry = entrance
    sent: Request = request(message("t0"))
    assert entry.serve(WORKER, sent).status_code == 200
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert stack.stopped == 0.0


def test_sigterm_in_this_process(entrance):
    """A handler that was there is called as well, once the stack's end has begun, and only one end begins."""
    stack, entry = entrance
    heard: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        entry.serve(WORKER, request(message("t0")))
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        for thread in threading.enumerate():
            if thread.name == "ending":
                thread.join()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    assert heard == [signal.SIGTERM] * 2
    assert stack.stopped == GRACE

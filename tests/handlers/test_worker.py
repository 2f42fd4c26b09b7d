"""The worker function, over real services."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brisa.adapters.cloudtasks import encode_work
from brisa.errors import NotFoundError, QueueError, StorageError, UnavailableError
from brisa.handlers.worker import WORKER
from brisa.model.run import AttemptKey, Message, Outcome, RunKey
from brisa.model.states import OutcomeKind
from brisa.model.work import Chore, Fold
from tests.handlers.deployment import BAD_BODIES, UNWELCOME, Broken, answered, request

RUN = RunKey("d", "manual__2024-01-01T00:00:00+00:00")


@pytest.fixture
def message(deployment):
    """The message for the first task."""
    (message,) = deployment.queue.take(deployment.clock.now(), limit=1, owner="test")
    return message


def test_a_message(deployment, message):
    """The task of a message is done, and its successor is sent for."""
    response = deployment.call(WORKER, request(encode_work(message)))
    assert (response.status_code, answered(response)) == (200, {"outcome": "handled"})
    assert deployment.site.states(RUN) == {"t0": "success", "t1": "queued"}


def test_a_task_that_fails(deployment, message):
    """A task that fails is done, too: its retries are the engine's."""
    deployment.site.supervisor._plays = {"t0": lambda _: Outcome(kind=OutcomeKind.FAILED)}
    assert deployment.call(WORKER, request(encode_work(message))).status_code == 200
    assert deployment.site.states(RUN)["t0"] == "failed"


def test_the_same_again(deployment, message):
    """A message that comes twice is done once."""
    deployment.call(WORKER, request(encode_work(message)))
    before = deployment.state()
    assert deployment.call(WORKER, request(encode_work(message))).status_code == 200
    assert deployment.state() == before
    assert deployment.site.supervisor.effects == {("t0", 1): 1}


STALE = [
    pytest.param({"generation": -1}, id="old generation"),
    pytest.param({"generation": 1}, id="generation to come"),
    pytest.param({"try_number": 2}, id="other try"),
    pytest.param({"seq": 1}, id="other poke"),
    pytest.param({"run_id": "manual__unknown"}, id="unknown run"),
    pytest.param({"dag_id": "unknown"}, id="unknown DAG"),
    pytest.param({"task_id": "unknown"}, id="unknown task"),
    pytest.param({"task_id": ""}, id="no task"),
    pytest.param({"map_index": 7}, id="other instance"),
    pytest.param({"run_id": "ü\n{}" * 1000}, id="odd run"),
]


@pytest.mark.parametrize("changes", STALE)
def test_stale_messages(deployment, message, changes):
    """A message for what is not waited for is acknowledged, and changes nothing."""
    before = deployment.state()
    stale = replace(message, attempt=message.attempt._replace(**changes))
    assert deployment.call(WORKER, request(encode_work(stale))).status_code == 200
    assert deployment.state() == before


def test_ahead_of_its_time(deployment):
    """A message with legs to go is sent on, and not worked on."""
    key = AttemptKey(*RUN, "t0")
    early = Message(attempt=key, send=9, not_before=deployment.clock.now() + 40 * 86400)
    depth = deployment.queue.depth()
    response = deployment.call(WORKER, request(encode_work(early)))
    assert (response.status_code, answered(response)) == (200, {"outcome": "sent on"})
    assert deployment.queue.depth() == depth + 1
    assert deployment.site.supervisor.effects == {}


@pytest.mark.parametrize(
    "body", [*BAD_BODIES, b"", b"{}", b'{"attempt": ["d", "r", 3]}', b'{"attempt": {"dag_id": "d"}}']
)
def test_a_body_that_is_no_work(deployment, body):
    """A body that is no work is refused with a reason, and changes nothing."""
    before = deployment.state()
    response = deployment.call(WORKER, request(body))
    assert response.status_code == 400
    assert answered(response)["detail"]
    assert deployment.state() == before


def test_a_planners_work(deployment):
    """A chore is not for a worker."""
    response = deployment.call(WORKER, request(encode_work(Chore(dags=("d",)))))
    assert response.status_code == 400
    assert "planner" in answered(response)["detail"]


@pytest.mark.parametrize(("token", "status"), UNWELCOME)
def test_who_may_not_call(deployment, message, token, status):
    """Nobody but the callers of the deployment gets work done."""
    before = deployment.state()
    response = deployment.call(WORKER, request(encode_work(message), token=token))
    assert response.status_code == status
    assert ("WWW-Authenticate" in response.headers) == (status == 401)
    assert deployment.state() == before


def test_a_body_that_is_too_large(deployment):
    """A body of 1 MB is not even read to its end."""
    before = deployment.state()
    sent = request(b"x" * (1 << 20))
    assert deployment.call(WORKER, sent).status_code == 413
    assert deployment.state() == before


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_other_methods(deployment, method):
    """Work comes by POST alone."""
    before = deployment.state()
    response = deployment.call(WORKER, request(method=method, path="/work"))
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert deployment.state() == before


def test_a_fold(deployment):
    """A fold is handed to the worker as it is."""
    handled = []

    class Folding:
        def handle(self, work):
            handled.append(work)

    deployment.worker = Folding()
    fold = Fold(run=RUN, not_before=5.0)
    assert deployment.call(WORKER, request(encode_work(fold))).status_code == 200
    assert handled == [fold]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError("no such run"), 200),
        (UnavailableError("the store is away"), 503),
        (StorageError("the store is full"), 500),
        (QueueError("the queue is missing"), 500),
        (KeyError("a defect"), 500),
    ],
)
def test_failures(deployment, error, status, message):
    """Only what a later delivery may mend is answered so that the queue delivers it again soon."""
    deployment.worker = Broken(error)
    response = deployment.call(WORKER, request(encode_work(message)))
    assert response.status_code == status
    assert ("Retry-After" in response.headers) == (status == 503)

"""The planner function."""

from __future__ import annotations

import pytest

from brisa.adapters.cloudtasks import encode_work
from brisa.errors import QueueError, StorageError, UnavailableError
from brisa.handlers.planner import PLANNER
from brisa.model.run import AttemptKey, Message, RunKey
from brisa.model.work import Chore, Fold
from tests.handlers.deployment import BAD_BODIES, UNWELCOME, Deployment, answered, request

CHORE = Chore(dags=("d",), runs=(RunKey("d", "manual__1"), RunKey("d", "manual__2")), asked_at=5.0)


@pytest.fixture
def deployment():
    """A new one."""
    return Deployment()


@pytest.mark.parametrize("body", [b"", b" \n", b"{}", b" { } "])
def test_a_tick(deployment, body):
    """Cloud Scheduler's request plans what is due, and tells how much that was."""
    response = deployment.call(PLANNER, request(body))
    assert (response.status_code, answered(response)) == (200, {"dags": 1, "runs": 2, "handed_on": 3})
    assert deployment.planner.asked == ["tick"]


def test_a_chore(deployment):
    """What a tick has handed on is done."""
    response = deployment.call(PLANNER, request(encode_work(CHORE)))
    assert (response.status_code, answered(response)) == (200, {"dags": 1, "runs": 2})
    assert deployment.planner.asked == [CHORE]


@pytest.mark.parametrize("body", BAD_BODIES)
def test_a_body_that_says_nothing(deployment, body):
    """A body that is neither empty nor a chore is refused, and nothing is planned."""
    before = deployment.state()
    response = deployment.call(PLANNER, request(body))
    assert response.status_code == 400
    assert answered(response)["detail"]
    assert deployment.state() == before


@pytest.mark.parametrize(
    "work", [Fold(run=RunKey("d", "manual__1")), Message(attempt=AttemptKey("d", "manual__1", "t0"))]
)
def test_a_workers_work(deployment, work):
    """A fold, and a message, are not for the planner."""
    response = deployment.call(PLANNER, request(encode_work(work)))
    assert response.status_code == 400
    assert "worker" in answered(response)["detail"]
    assert deployment.planner.asked == []


@pytest.mark.parametrize(("token", "status"), UNWELCOME)
def test_who_may_not_call(deployment, token, status):
    """Nobody but the callers of the deployment makes it plan."""
    response = deployment.call(PLANNER, request(token=token))
    assert response.status_code == status
    assert deployment.planner.asked == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UnavailableError("the store is away"), 503),
        (StorageError("the store is full"), 500),
        (QueueError("the queue is missing"), 500),
        (ValueError("a defect"), 500),
    ],
)
def test_failures(deployment, error, status):
    """What keeps the planner from planning is told with the status that fits."""
    deployment.planner.error = error
    response = deployment.call(PLANNER, request())
    assert response.status_code == status
    assert ("Retry-After" in response.headers) == (status == 503)


def test_the_largest_body(deployment):
    """A body above 64 KiB is too large, whatever it holds."""
    assert deployment.call(PLANNER, request(b" " * 65_536)).status_code == 200
    assert deployment.call(PLANNER, request(b" " * 65_537)).status_code == 413
    assert deployment.call(PLANNER, request(b" " * (1 << 20))).status_code == 413
    assert deployment.planner.asked == ["tick"]

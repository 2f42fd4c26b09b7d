"""What the Cloud Tasks queue does beyond its port's contract: tokens, deadlines, legs, repeated calls, errors."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from google.api_core import exceptions
from google.auth.exceptions import RefreshError, TransportError

from brisa.adapters.cloudtasks import CloudTasksQueue, connect, decode_work, is_early
from brisa.adapters.memory import FakeClock
from brisa.errors import QueueError, UnavailableError
from tests.adapters.cloudtasks.local_cloud_tasks import LOCATION, Worker, manual_cloud
from tests.adapters.records import a_message
from tests.support.program import environment

NOW = 1_700_000_000.0
DAY = 86400.0
QUEUE = LOCATION + "/queues/fake"


class FakeClient:
    """Cloud Tasks as a script: what each call raises (``None``: nothing), honouring the retry it is given."""

    def __init__(self, *script):
        self.script = list(script)
        self.requests = []

    def create_task(self, *, request, retry, timeout):
        """One task."""

        def call():
            self.requests.append(request)
            error = self.script.pop(0) if self.script else None
            if error is not None:
                raise error

        return retry(call)()


def a_queue(client, queue=QUEUE, url="http://127.0.0.1:9/", clock=None, **options):
    """A queue that waits for next to nothing between its calls."""
    options = {"service_account": "planner@test", "pause": 0.001, "patience": 5.0, **options}
    return CloudTasksQueue(client, queue, url, clock=clock or FakeClock(NOW), **options)


@pytest.fixture
def worker():
    """A worker that keeps what it is sent."""
    worker = Worker()
    yield worker
    worker.close()


def test_a_message_becomes_a_task_with_a_token(worker):
    """The happy path, looked at in the emulator: name, time, deadline, account, audience, body."""
    cloud = manual_cloud()
    cloud.at(NOW)
    name = cloud.queue()
    message = a_message(not_before=NOW + 60)
    a_queue(cloud.client, name, worker.url, audience="https://worker", dispatch_deadline=900).enqueue([message])
    (task,) = cloud.client.list_tasks(request={"parent": name, "response_view": "FULL"})
    assert task.name == f"{name}/tasks/{message.name}"
    assert task.schedule_time == datetime.fromtimestamp(NOW + 60, UTC)
    assert task.dispatch_deadline == timedelta(minutes=15)
    token = task.http_request.oidc_token
    assert (token.service_account_email, token.audience) == ("planner@test", "https://worker")
    assert decode_work(task.http_request.body) == message
    cloud.at(NOW + 60)
    (received,) = worker.received
    assert received.headers["Content-Type"] == "application/json"
    assert received.headers["Authorization"].startswith("Bearer ")


def test_a_message_beyond_the_horizon_travels_in_legs(worker):
    """The worker that is handed it early sends it on, until it comes at its time, once."""
    cloud, clock = manual_cloud(), FakeClock(NOW)
    cloud.at(NOW)
    queue = a_queue(cloud.client, cloud.queue(), worker.url, clock)
    message = a_message(not_before=NOW + 70 * DAY)
    queue.enqueue([message])
    arrivals = []
    for day in range(71):
        clock.advance(NOW + day * DAY - clock.now())
        cloud.at(clock.now())
        for body in worker.bodies():
            arrived = decode_work(body)
            assert arrived == message
            arrivals.append((day, is_early(arrived, clock.now())))
            if arrivals[-1][1]:
                queue.enqueue([arrived, arrived])
        worker.received.clear()
    assert arrivals == [(12, True), (41, True), (70, False)]


@pytest.mark.parametrize("error", [exceptions.ServiceUnavailable("away"), exceptions.DeadlineExceeded("slow")])
def test_a_service_that_is_away_is_called_again(error):
    """The same task, by the same name."""
    client = FakeClient(error, error)
    a_queue(client).enqueue([a_message()])
    assert len(client.requests) == 3
    assert client.requests[0] == client.requests[2]


def test_a_lost_answer_is_recognised_by_the_name():
    """The first call did it; the second finds the name taken, and that is success."""
    client = FakeClient(exceptions.DeadlineExceeded("lost"), exceptions.AlreadyExists("taken"))
    a_queue(client).enqueue([a_message()])
    assert len(client.requests) == 2


@pytest.mark.parametrize(
    ("error", "ours", "says"),
    [
        (exceptions.ServiceUnavailable("away"), UnavailableError, "away"),
        (exceptions.ResourceExhausted("quota"), UnavailableError, "quota"),
        (exceptions.InternalServerError("oops"), UnavailableError, "oops"),
        (TransportError("no network"), UnavailableError, "no network"),
        (exceptions.NotFound("none"), QueueError, "create it"),
        (exceptions.PermissionDenied("no"), QueueError, "roles/cloudtasks.enqueuer"),
        (exceptions.InvalidArgument("bad"), QueueError, "bad"),
        (RefreshError("expired"), QueueError, "credentials"),
    ],
)
def test_errors_are_translated_and_name_the_queue(error, ours, says):
    """Trying again may help, or a person must act."""
    client = FakeClient(*[error] * 10_000)
    with pytest.raises(ours, match=says) as raised:
        a_queue(client, patience=0.02).enqueue([a_message()])
    assert QUEUE in str(raised.value)
    assert raised.value.__cause__ is not None


def test_of_a_batch_all_are_tried_though_one_fails():
    """So that sending all again has little left to do."""
    client = FakeClient(exceptions.InternalServerError("oops"))
    with pytest.raises(UnavailableError):
        a_queue(client, threads=1).enqueue([a_message(str(number)) for number in range(5)])
    assert len({request["task"]["name"] for request in client.requests}) == 5


def test_nothing_to_send_calls_nobody():
    """Not even for a token."""
    client = FakeClient()
    a_queue(client).enqueue([])
    assert client.requests == []


@pytest.mark.parametrize("deadline", [14, 1801])
def test_a_deadline_that_the_service_refuses_is_refused_at_once(deadline):
    """Not at the first message."""
    with pytest.raises(QueueError, match="15 to 1800"):
        a_queue(FakeClient(), dispatch_deadline=deadline)


def test_a_queue_that_is_not_there_is_named():
    """By the real client's own error."""
    name = LOCATION + "/queues/nowhere"
    with pytest.raises(QueueError, match="nowhere: it does not exist"):
        a_queue(manual_cloud().client, name).enqueue([a_message()])


def test_nobody_at_the_address_is_unavailable():
    """After the patience is over."""
    client = connect("127.0.0.1:1")
    with pytest.raises(UnavailableError, match="fake"):
        a_queue(client, patience=0.2).enqueue([a_message()])
    client.transport.close()


def test_importing_the_adapter_imports_nothing_of_google():
    """Cold start: only who connects pays."""
    code = (
        "import sys, brisa.adapters.cloudtasks; "
        "heavy = ('google.api_core', 'google.auth', 'google.cloud.tasks', 'google.protobuf', 'grpc'); "
        "sys.exit(' '.join(name for name in sys.modules if name.startswith(heavy)))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""

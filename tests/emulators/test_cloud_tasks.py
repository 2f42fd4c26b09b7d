"""The Cloud Tasks emulator, as a process, through Google's own client."""

from __future__ import annotations

import json
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from google.api_core import exceptions
from google.auth import jwt
from google.auth.transport.requests import Request
from google.cloud import tasks_v2
from google.oauth2 import id_token

from brisa.emulators.cloud_tasks.delivery import deliver
from brisa.emulators.cloud_tasks.requests import Dispatch
from brisa.emulators.cloud_tasks.service import COPIES
from tests.adapters.cloudtasks.local_cloud_tasks import LOCATION, CloudTasks, Worker, manual_cloud, real_cloud
from tests.emulators.emulator_process import failed
from tests.support.waiting import until

NOW = 1_700_000_000.0


@pytest.fixture
def cloud():
    """An emulator whose time is told."""
    cloud = manual_cloud()
    cloud.at(NOW)
    return cloud


@pytest.fixture
def worker():
    """A worker that keeps what it is sent."""
    worker = Worker()
    yield worker
    worker.close()


@pytest.fixture
def start():
    """Starts an emulator of the test's own."""
    started = []

    def run(*options):
        started.append(CloudTasks(*options))
        return started[-1]

    yield run
    for cloud in started:
        cloud.end()


def moment(at):
    """A timestamp."""
    return datetime.fromtimestamp(at, UTC)


def add(cloud, queue, worker, body=b"{}", name="", metadata=(), request=None, **fields):
    """A new task."""
    task = {"http_request": {"url": worker.url, "body": body, **(request or {})}, **fields}
    if name:
        task["name"] = f"{queue}/tasks/{name}"
    return cloud.client.create_task(parent=queue, task=task, metadata=metadata)


def test_a_task_is_posted_to_its_url(cloud, worker):
    """The happy path: it arrives once, with the service's headers, and is gone."""
    queue = cloud.queue()
    task = add(cloud, queue, worker, b'{"a":1}', "one", request={"headers": {"Content-Type": "application/json"}})
    cloud.at(NOW)
    (received,) = worker.received
    assert (received.method, received.path, received.body) == ("POST", "/work", b'{"a":1}')
    said = {key: value for key, value in received.headers.items() if key.startswith(("X-", "User", "Content-T"))}
    assert said == {
        "Content-Type": "application/json",
        "User-Agent": "Google-Cloud-Tasks",
        "X-CloudTasks-QueueName": queue.rpartition("/")[2],
        "X-CloudTasks-TaskName": "one",
        "X-CloudTasks-TaskRetryCount": "0",
        "X-CloudTasks-TaskExecutionCount": "0",
        "X-CloudTasks-TaskETA": "1700000000.000000",
    }
    with pytest.raises(exceptions.NotFound):
        cloud.client.get_task(name=task.name)


def test_queues_are_created_read_listed_changed_and_deleted(cloud):
    """With the service's defaults, and pages."""
    client, parent = cloud.client, LOCATION + "-verbs"
    names = [f"{parent}/queues/{letter}" for letter in "abc"]
    made, *_ = [client.create_queue(parent=parent, queue={"name": name}) for name in names]
    assert (made.retry_config.max_attempts, made.retry_config.max_doublings) == (100, 16)
    assert (made.rate_limits.max_dispatches_per_second, made.rate_limits.max_concurrent_dispatches) == (500, 1000)
    assert made.state == tasks_v2.Queue.State.RUNNING
    with pytest.raises(exceptions.AlreadyExists):
        client.create_queue(parent=parent, queue={"name": names[0]})
    assert [queue.name for queue in client.list_queues(request={"parent": parent, "page_size": 2})] == names
    changed = client.update_queue(
        queue={"name": names[0], "retry_config": {"max_attempts": 7}, "rate_limits": {"max_dispatches_per_second": 3}},
        update_mask={"paths": ["retry_config.max_attempts"]},
    )
    assert client.get_queue(name=names[0]) == changed
    assert (changed.retry_config.max_attempts, changed.rate_limits.max_dispatches_per_second) == (7, 500)
    assert client.update_queue(queue={"name": f"{parent}/queues/d"}).retry_config.max_attempts == 100
    for wrong in ("name", "retry_config.nothing"):
        with pytest.raises(exceptions.InvalidArgument, match="update_mask"):
            client.update_queue(queue={"name": names[0]}, update_mask={"paths": [wrong]})
    client.delete_queue(name=names[1])
    with pytest.raises(exceptions.NotFound):
        client.get_queue(name=names[1])
    with pytest.raises(exceptions.NotFound):
        client.delete_queue(name=names[1])


def test_tasks_are_read_listed_and_deleted(cloud, worker):
    """Bodies are shown to who asks for them; the list has pages."""
    queue = cloud.queue()
    later = moment(NOW + 60)
    names = [add(cloud, queue, worker, b"secret", letter, schedule_time=later).name for letter in "cab"]
    listed = cloud.client.list_tasks(request={"parent": queue, "page_size": 2})
    assert [task.name for task in listed] == sorted(names)
    assert cloud.client.get_task(name=names[0]).http_request.body == b""
    full = cloud.client.get_task(request={"name": names[0], "response_view": "FULL"})
    assert full.http_request.body == b"secret"
    assert full.dispatch_deadline == timedelta(minutes=10)
    cloud.client.delete_task(name=names[0])
    for call in (cloud.client.get_task, cloud.client.delete_task, cloud.client.run_task):
        with pytest.raises(exceptions.NotFound):
            call(name=names[0])
    with pytest.raises(exceptions.AlreadyExists):
        add(cloud, queue, worker, name="c")


def test_a_name_serves_once(cloud, worker):
    """Neither while its task waits, nor after it has run; ten who race for one get one."""
    queue = cloud.queue()
    add(cloud, queue, worker, name="a", schedule_time=moment(NOW + 60))
    with pytest.raises(exceptions.AlreadyExists):
        add(cloud, queue, worker, name="a")
    cloud.at(NOW + 60)
    with pytest.raises(exceptions.AlreadyExists):
        add(cloud, queue, worker, name="a")

    def race(_):
        try:
            return add(cloud, queue, worker, name="b").name
        except exceptions.AlreadyExists:
            return None

    with ThreadPoolExecutor(10) as threads:
        assert len([name for name in threads.map(race, range(10)) if name]) == 1


def test_a_task_waits_for_its_time_up_to_thirty_days(cloud, worker):
    """A second more is refused."""
    queue = cloud.queue()
    month = 30 * 86400
    add(cloud, queue, worker, b"late", schedule_time=moment(NOW + month))
    with pytest.raises(exceptions.InvalidArgument, match="30 days"):
        add(cloud, queue, worker, schedule_time=moment(NOW + month + 1))
    cloud.at(NOW + month - 1)
    assert worker.bodies() == []
    cloud.at(NOW + month)
    assert worker.bodies() == [b"late"]


def test_a_failing_task_comes_again_until_it_succeeds(cloud, worker):
    """The attempt's number and the last answer are in its headers; between attempts it can be looked at."""
    statuses = iter([503, 404, 200])
    worker.answer = lambda request: next(statuses)
    second = timedelta(seconds=1)
    queue = cloud.queue(retry_config={"min_backoff": second, "max_backoff": 4 * second, "max_doublings": 1})
    name = add(cloud, queue, worker).name
    cloud.at(NOW)
    task = cloud.client.get_task(name=name)
    assert (task.dispatch_count, task.response_count, task.schedule_time.timestamp()) == (1, 1, NOW + 1)
    for later in (1, 2.9, 3):
        cloud.at(NOW + later)
    headers = [
        tuple(request.headers.get(f"X-CloudTasks-Task{key}") for key in
              ("RetryCount", "ExecutionCount", "PreviousResponse", "ETA"))
        for request in worker.received
    ]  # fmt: skip
    assert headers == [
        ("0", "0", None, "1700000000.000000"),
        ("1", "0", "503", "1700000001.000000"),
        ("2", "1", "404", "1700000003.000000"),
    ]
    with pytest.raises(exceptions.NotFound):
        cloud.client.get_task(name=name)


def test_a_task_that_never_succeeds_is_dropped_after_its_last_attempt(cloud, worker):
    """Without a trace, as in the service."""
    worker.answer = lambda request: 500
    queue = cloud.queue(retry_config={"max_attempts": 2, "min_backoff": timedelta(seconds=1)})
    name = add(cloud, queue, worker).name
    for later in (0, 1, 60):
        cloud.at(NOW + later)
    assert len(worker.received) == 2
    with pytest.raises(exceptions.NotFound):
        cloud.client.get_task(name=name)


def test_a_paused_queue_sends_nothing_but_what_is_run(cloud, worker):
    """``run`` goes ahead of pause and time; resuming sends the rest."""
    assert json.loads(cloud.get("/")) == {"service": "cloud tasks emulator"}
    queue = cloud.queue()
    assert cloud.client.pause_queue(name=queue).state == tasks_v2.Queue.State.PAUSED
    add(cloud, queue, worker, b"waits")
    forced = add(cloud, queue, worker, b"forced", schedule_time=moment(NOW + 3600))
    cloud.at(NOW)
    assert worker.bodies() == []
    assert cloud.client.run_task(name=forced.name).schedule_time.timestamp() == NOW
    cloud.at(NOW)
    assert worker.bodies() == [b"forced"]
    assert cloud.client.resume_queue(name=queue).state == tasks_v2.Queue.State.RUNNING
    cloud.at(NOW)
    assert worker.bodies() == [b"forced", b"waits"]


def test_a_purged_queue_is_empty(cloud, worker):
    """And takes new tasks."""
    queue = cloud.queue()
    add(cloud, queue, worker, b"gone", schedule_time=moment(NOW + 1))
    assert cloud.client.purge_queue(name=queue).purge_time.timestamp() == NOW
    assert list(cloud.client.list_tasks(parent=queue)) == []
    add(cloud, queue, worker, b"new")
    cloud.at(NOW + 2)
    assert worker.bodies() == [b"new"]


def test_a_queue_sends_at_its_rate(cloud, worker):
    """A full bucket of two, then two a second."""
    queue = cloud.queue(rate_limits={"max_dispatches_per_second": 2})
    for _ in range(4):
        add(cloud, queue, worker)
    counts = []
    for later in (0, 0.25, 0.5, 1):
        cloud.at(NOW + later)
        counts.append(len(worker.received))
    assert counts == [2, 2, 3, 4]


def test_a_queue_has_no_more_under_way_than_it_may(worker):
    """Two at a time, in real time; all in the end."""
    cloud = real_cloud()
    lock, now, most, both = threading.Lock(), [0], [0], threading.Barrier(2)

    def answer(request):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        both.wait(10)
        with lock:
            now[0] -= 1
        return 200

    worker.answer = answer
    queue = cloud.queue(rate_limits={"max_concurrent_dispatches": 2})
    for _ in range(8):
        add(cloud, queue, worker)
    cloud.quiet()
    assert (len(worker.received), most[0]) == (8, 2)


def test_an_attempt_ends_at_its_deadline(worker):
    """The worker goes on; nobody listens. Nobody at all is another matter."""
    ended = threading.Event()
    worker.answer = lambda request: 200 if ended.wait(20) else 500
    attempt = Dispatch(task="t", url=worker.url, method="POST", headers={}, body=b"", deadline=0.2)
    assert deliver(attempt, lambda email, audience: "") is None
    ended.set()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = Dispatch(task="t", url=f"http://127.0.0.1:{closed.getsockname()[1]}/", method="POST", headers={},
                          body=b"", deadline=5)  # fmt: skip
        assert deliver(nobody, lambda email, audience: "") == 0


def test_a_token_is_signed_for_its_audience(cloud, worker):
    """With the key that the emulator publishes, so that verification really runs; a forged one does not pass."""
    queue = cloud.queue()
    account = "planner@test.iam.gserviceaccount.com"
    add(cloud, queue, worker, request={"oidc_token": {"service_account_email": account, "audience": "https://w"}})
    add(cloud, queue, worker, request={"oidc_token": {"service_account_email": account}})
    cloud.at(NOW)
    tokens = [request.headers["Authorization"].removeprefix("Bearer ") for request in worker.received]
    certificates = json.loads(cloud.get("/oauth2/v1/certs"))
    claims = [id_token.verify_token(token, Request(), certs_url=f"{cloud.url}/oauth2/v1/certs") for token in tokens]
    assert {claim["aud"] for claim in claims} == {"https://w", worker.url}
    assert {(claim["email"], claim["iss"]) for claim in claims} == {(account, "https://accounts.google.com")}
    head, _, rest = tokens[0].partition(".")
    forged = f"{head}.{rest[:10]}{'A' if rest[10] != 'A' else 'B'}{rest[11:]}"
    with pytest.raises(ValueError, match=r"."):
        jwt.decode(forged, certs=certificates)
    with pytest.raises(ValueError, match="audience"):
        jwt.decode(tokens[0], certs=certificates, audience="https://other")
    (key,) = json.loads(cloud.get("/oauth2/v3/certs"))["keys"]
    assert [key["kid"]] == list(certificates)


def test_duplicates_come_on_demand(cloud, worker):
    """As many more as the call's metadata says, of the first attempt."""
    queue = cloud.queue()
    add(cloud, queue, worker, b"thrice", metadata=[(COPIES, "2")])
    cloud.at(NOW)
    assert worker.bodies() == [b"thrice"] * 3
    for wrong in ("-1", "101", "x"):
        with pytest.raises(exceptions.InvalidArgument, match=COPIES):
            add(cloud, queue, worker, metadata=[(COPIES, wrong)])


def test_calls_that_make_no_sense_are_refused(cloud, worker):
    """A megabyte, another queue's name, no such queue, another machine."""
    queue = cloud.queue()
    with pytest.raises(exceptions.InvalidArgument, match="1048576"):
        add(cloud, queue, worker, b"x" * 1_048_576)
    assert add(cloud, queue, worker, b"x" * 1_000_000).name
    with pytest.raises(exceptions.NotFound, match="no such queue"):
        add(cloud, LOCATION + "/queues/nowhere", worker)
    with pytest.raises(exceptions.InvalidArgument, match="is no projects"):
        add(cloud, "projects/x", worker)
    with pytest.raises(exceptions.InvalidArgument, match=r"127\.0\.0\.1"):
        add(cloud, queue, worker, request={"url": "https://example.com/"})


def test_queues_tasks_names_and_the_key_survive_a_kill(tmp_path, worker, start):
    """A task that was being sent is sent again: at least once."""
    data = tmp_path / "tasks.sqlite"
    held = threading.Event()
    worker.answer = lambda request: 200 if request.body != b"held" or held.wait(20) else 500
    options = ("--manual-clock", "--data", str(data))
    first = start(*options)
    queue = first.queue()
    first.at(NOW)
    add(first, queue, worker, b"done", "done")
    first.quiet()
    add(first, queue, worker, b"held", "held")
    add(first, queue, worker, b"later", "later", schedule_time=moment(NOW + 60))
    until(lambda: b"held" in worker.bodies())
    keys = first.get("/oauth2/v3/certs")
    first.end(kill=True)
    held.set()
    assert data.stat().st_mode & 0o777 == 0o600

    second = start(*options)
    second.at(NOW + 60)
    assert sorted(worker.bodies()) == [b"done", b"held", b"held", b"later"]
    assert second.get("/oauth2/v3/certs") == keys
    with pytest.raises(exceptions.AlreadyExists):
        add(second, queue, worker, name="done")
    second.end()
    assert second.process.returncode == 0


@pytest.mark.parametrize(
    "ending", [lambda process: process.send_signal(signal.SIGTERM), lambda process: process.stdin.close()]
)
def test_it_ends_at_once_though_an_attempt_is_under_way(worker, start, ending):
    """Neither SIGTERM nor the end of its parent is made to wait for half an hour."""
    held = threading.Event()
    worker.answer = lambda request: 200 if held.wait(20) else 500
    cloud = start("--duplicates", "1")
    add(cloud, cloud.queue(), worker)
    until(lambda: len(worker.received) == 2)
    ending(cloud.process)
    assert cloud.process.wait(10) == 0
    held.set()


@pytest.mark.parametrize("option", ["--port", "--http-port"])
def test_a_port_that_is_taken_gets_a_clear_message(option):
    """Which one, and no traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"Port {port}" in failed("cloud_tasks", option, port)


def test_a_data_file_that_is_none_gets_a_clear_message(tmp_path):
    """Its path, and no traceback."""
    file = tmp_path / "notes.txt"
    file.write_text("no database at all, but a text that is long enough " * 20)
    for path in (file, tmp_path / "nowhere" / "x"):
        assert str(path) in failed("cloud_tasks", "--data", str(path))

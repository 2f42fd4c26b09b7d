"""When the Cloud Tasks emulator tries again, how fast it sends, and what it refuses: no sockets, a clock in hand."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from google.cloud import tasks_v2

from brisa.adapters.memory import FakeClock
from brisa.emulators.cloud_tasks.broker import REMEMBER, Broker, Plan
from brisa.emulators.cloud_tasks.checks import RUNNING, check_task, full_queue
from brisa.emulators.cloud_tasks.ledger import Ledger
from brisa.emulators.cloud_tasks.requests import History, dispatch
from brisa.emulators.cloud_tasks.rules import UNLIMITED, Bucket, Retry
from brisa.emulators.refused import Refused

NOW = 1_700_000_000.0
QUEUE = "projects/p/locations/l/queues/q"


def test_waits_double_then_grow_evenly_then_stay():
    """The example of the API's own reference: 10 s, 300 s, three doublings."""
    retry = Retry(min_backoff=10, max_backoff=300, max_doublings=3)
    assert [retry.wait(failures) for failures in range(1, 10)] == [10, 20, 40, 80, 160, 240, 300, 300, 300]


def test_waits_without_doublings_grow_evenly():
    """And a hundred thousand failures overflow nothing."""
    retry = Retry(min_backoff=1, max_backoff=3, max_doublings=0)
    assert [retry.wait(failures) for failures in (1, 2, 3, 4)] == [1, 2, 3, 3]
    assert Retry(max_doublings=2**31 - 1).wait(100_000) == 3600


@pytest.mark.parametrize(
    ("attempts", "duration", "made", "elapsed", "over"),
    [
        (3, 0, 2, 1e9, False),
        (3, 0, 3, 0, True),
        (3, 60, 3, 59, False),
        (3, 60, 2, 61, False),
        (3, 60, 3, 60, True),
        (UNLIMITED, 60, 1, 60, True),
        (UNLIMITED, 60, 99, 59, False),
        (UNLIMITED, 0, 10**6, 1e9, False),
    ],
)
def test_a_task_is_given_up_when_all_limits_are_reached(attempts, duration, made, elapsed, over):
    """Attempts and time: both where both are set, never where neither is."""
    assert Retry(max_attempts=attempts, max_duration=duration).over(made, elapsed) is over


def test_a_bucket_fills_at_its_rate_up_to_its_burst():
    """And says when the next token comes."""
    bucket = Bucket(rate=2, burst=3, tokens=3, at=NOW).less(3)
    assert bucket.whole == 0
    assert bucket.next_at == NOW + 0.5
    assert bucket.filled(NOW + 0.5).whole == 1
    assert bucket.filled(NOW + 60).whole == 3


def test_a_clock_set_back_brings_no_tokens():
    """Nor does it take any."""
    assert Bucket(rate=2, burst=3, tokens=1, at=NOW).filled(NOW - 60) == Bucket(rate=2, burst=3, tokens=1, at=NOW - 60)


def a_task(**fields) -> tasks_v2.Task:
    request = {"url": "http://127.0.0.1:9/x", "body": b"{}", **fields.pop("request", {})}
    return tasks_v2.Task({"http_request": request, **fields})


@pytest.mark.parametrize(
    ("task", "status", "reason"),
    [
        (tasks_v2.Task(), "INVALID_ARGUMENT", "needs an http_request"),
        (a_task(name="mine"), "INVALID_ARGUMENT", "is no projects/p/"),
        (a_task(name=QUEUE + "2/tasks/a"), "INVALID_ARGUMENT", "is no projects/p/"),
        (a_task(name=QUEUE + "/tasks/" + "a" * 501), "INVALID_ARGUMENT", "is no projects/p/"),
        (a_task(name=QUEUE + "/tasks/a b"), "INVALID_ARGUMENT", "is no projects/p/"),
        (a_task(schedule_time=datetime.fromtimestamp(NOW + 30 * 86400 + 1, UTC)), "INVALID_ARGUMENT", "30 days"),
        (a_task(dispatch_deadline=timedelta(seconds=14)), "INVALID_ARGUMENT", "from 15 to 1800"),
        (a_task(dispatch_deadline=timedelta(seconds=1801)), "INVALID_ARGUMENT", "from 15 to 1800"),
        (a_task(request={"body": b"x" * 1_048_577}), "INVALID_ARGUMENT", "at most 1048576"),
        (a_task(request={"http_method": "GET"}), "INVALID_ARGUMENT", "GET task has no body"),
        (a_task(request={"url": "https://example.com/"}), "INVALID_ARGUMENT", "127.0.0.1"),
        (a_task(request={"url": "http://localhost@example.com/"}), "INVALID_ARGUMENT", "127.0.0.1"),
        (a_task(request={"url": "http://127.0.0.1:99999/"}), "INVALID_ARGUMENT", "127.0.0.1"),
        (a_task(request={"url": "http://localhost/\r\nX: y"}), "INVALID_ARGUMENT", "127.0.0.1"),
        (a_task(request={"headers": {"X": "a\r\nY: b"}}), "INVALID_ARGUMENT", "line break"),
        (a_task(request={"headers": {"X": "a" * 90_000}}), "INVALID_ARGUMENT", "headers have more"),
        (a_task(request={"oidc_token": {"audience": "a"}}), "INVALID_ARGUMENT", "service_account_email"),
        (a_task(request={"oauth_token": {"scope": "a"}}), "UNIMPLEMENTED", "OAuth"),
        (
            tasks_v2.Task(app_engine_http_request={"body": b"x" * 102_401}),
            "INVALID_ARGUMENT",
            "at most 102400",
        ),
        (tasks_v2.Task(app_engine_http_request={}), "UNIMPLEMENTED", "App Engine"),
    ],
)
def test_what_the_service_would_refuse_is_refused(task, status, reason):
    """With a reason."""
    with pytest.raises(Refused, match=reason) as refused:
        check_task(task, QUEUE, NOW)
    assert refused.value.status == status


@pytest.mark.parametrize(
    "settings",
    [
        {"rate_limits": {"max_dispatches_per_second": 501}},
        {"rate_limits": {"max_dispatches_per_second": float("nan")}},
        {"rate_limits": {"max_dispatches_per_second": -1}},
        {"rate_limits": {"max_concurrent_dispatches": 5001}},
        {"retry_config": {"max_attempts": -2}},
        {"retry_config": {"max_doublings": -1}},
        {"retry_config": {"min_backoff": timedelta(seconds=2), "max_backoff": timedelta(seconds=1)}},
    ],
)
def test_a_queue_that_can_not_be_is_refused(settings):
    """Every number has its range."""
    with pytest.raises(Refused):
        full_queue(tasks_v2.Queue(name=QUEUE, **settings))


def test_headers_say_which_attempt_this_is():
    """Names are short; what a sender wrote under the service's own names is dropped."""
    task = a_task(
        name=QUEUE + "/tasks/t",
        schedule_time=datetime.fromtimestamp(NOW + 0.25, UTC),
        dispatch_count=3,
        request={"headers": {"x-cloudtasks-queuename": "forged", "X-Own": "kept", "authorization": "Bearer mine"},
                 "oidc_token": {"service_account_email": "a@b"}},
    )  # fmt: skip
    made = dispatch(task, History(executions=2, previous=404), 0)
    assert made.headers == {
        "X-Own": "kept",
        "Content-Type": "application/octet-stream",
        "User-Agent": "Google-Cloud-Tasks",
        "X-CloudTasks-QueueName": "q",
        "X-CloudTasks-TaskName": "t",
        "X-CloudTasks-TaskRetryCount": "3",
        "X-CloudTasks-TaskExecutionCount": "2",
        "X-CloudTasks-TaskETA": "1700000000.250000",
        "X-CloudTasks-TaskPreviousResponse": "404",
    }
    assert (made.email, made.audience, made.deadline) == ("a@b", task.http_request.url, 600)


@pytest.fixture
def clock():
    """The broker's time."""
    return FakeClock(NOW)


@pytest.fixture
def broker(clock):
    """A broker in memory."""
    ledger = Ledger(None)
    yield Broker(ledger, clock.now)
    ledger.close()


def make_queue(broker, **settings):
    """The queue ``QUEUE``."""
    queue = full_queue(tasks_v2.Queue(name=QUEUE, **settings))
    queue.state = RUNNING
    broker.add_queue(queue)


def test_a_failing_task_is_sent_at_the_times_of_its_retry_rule(broker, clock):
    """And is gone after its last attempt, its name still taken for a day."""
    make_queue(broker, retry_config={"max_attempts": 4, "min_backoff": timedelta(seconds=10), "max_doublings": 1})
    name = broker.create(QUEUE, a_task(name=QUEUE + "/tasks/t")).name
    sent = []
    plan = broker.plan(10)
    while plan.dispatches or plan.next_at:
        for made in plan.dispatches:
            sent.append((clock.now() - NOW, made.headers["X-CloudTasks-TaskRetryCount"]))
            broker.answered(made.task, 503)
        plan = broker.plan(10)
        clock.advance((plan.next_at or clock.now()) - clock.now())
    assert sent == [(0, "0"), (10, "1"), (30, "2"), (70, "3")]
    with pytest.raises(Refused, match="no such task"):
        broker.task(name)
    clock.advance(REMEMBER - 1)
    with pytest.raises(Refused, match="recently was"):
        broker.create(QUEUE, a_task(name=name))
    clock.advance(1)
    assert broker.create(QUEUE, a_task(name=name)).name == name


def test_a_queue_sends_no_faster_than_its_rate(broker, clock):
    """Its burst at once, then one for each token, at the moment that was planned."""
    make_queue(broker, rate_limits={"max_dispatches_per_second": 2})
    for _ in range(5):
        broker.create(QUEUE, a_task())
    counts = []
    for _ in range(4):
        plan = broker.plan(100)
        counts.append((clock.now() - NOW, len(plan.dispatches)))
        clock.advance((plan.next_at or clock.now()) - clock.now())
    assert counts == [(0, 2), (0.5, 1), (1.0, 1), (1.5, 1)]


def test_a_queue_has_no_more_under_way_than_it_may(broker, clock):
    """An answer lets the next one go; a full queue asks for no wake-up."""
    make_queue(broker, rate_limits={"max_concurrent_dispatches": 2})
    for _ in range(3):
        broker.create(QUEUE, a_task())
    plan = broker.plan(100)
    assert (len(plan.dispatches), plan.next_at) == (2, None)
    assert broker.plan(100) == Plan((), None)
    broker.answered(plan.dispatches[0].task, 200)
    assert len(broker.plan(100).dispatches) == 1


@pytest.mark.parametrize("room", [0, -3])
def test_nothing_is_sent_without_room(broker, room):
    """Duplicates under way may be more than there are threads."""
    make_queue(broker)
    broker.run(broker.create(QUEUE, a_task()).name)
    assert broker.plan(room).dispatches == ()


def test_an_answer_for_a_task_that_was_deleted_changes_nothing(broker):
    """It does not come back."""
    make_queue(broker)
    name = broker.create(QUEUE, a_task()).name
    broker.plan(1)
    broker.delete(name)
    broker.answered(name, 500)
    assert broker.plan(10) == Plan((), None)


@pytest.mark.parametrize(
    ("status", "code", "responses", "executions"),
    [(None, 4, 0, "0"), (0, 14, 0, "0"), (404, 5, 1, "1"), (503, 14, 1, "0"), (302, 2, 1, "1")],
)
def test_a_failed_attempt_is_written_down(broker, clock, status, code, responses, executions):
    """Silence is no response, and an answer above 499 is not the handler's."""
    make_queue(broker, retry_config={"min_backoff": timedelta(seconds=1)})
    name = broker.create(QUEUE, a_task()).name
    broker.answered(broker.plan(1).dispatches[0].task, status)
    task = broker.task(name)
    assert (task.last_attempt.response_status.code, task.response_count, task.dispatch_count) == (code, responses, 1)
    clock.advance(1)
    assert broker.plan(1).dispatches[0].headers["X-CloudTasks-TaskExecutionCount"] == executions


def test_what_is_written_together_is_written_or_not():
    """All of it at the end of the block, nothing of it after an error; the file stays usable."""
    with closing(Ledger(None)) as ledger:
        with ledger.together():
            ledger.put_queue("a", b"1")
        with pytest.raises(KeyError), ledger.together():
            ledger.put_queue("b", b"2")
            raise KeyError
        with ledger.together():
            ledger.put_queue("c", b"3")
        assert ledger.queues() == [b"1", b"3"]

"""Cloud Scheduler's stand-in: the tick comes at the start, then on the clock's multiples."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import datetime

import pytest
from google.auth import jwt

from brisa.emulators.scheduler import JOB, Scheduler, headers, next_tick
from tests.adapters.cloudtasks.local_cloud_tasks import Worker, real_cloud
from tests.support.program import environment
from tests.support.waiting import until

ACCOUNT = "scheduler@test.iam.gserviceaccount.com"


@pytest.fixture
def planner():
    """A function that keeps what it is sent."""
    worker = Worker()
    yield worker
    worker.close()


@pytest.fixture
def ticking(planner):
    """Starts a scheduler's process that calls the planner."""
    started = []

    def start(*options):
        command = [
            *(sys.executable, "-m", "brisa.emulators.scheduler", "--url", planner.url, "--account", ACCOUNT),
            *("--token-url", real_cloud().url, *options),
        ]
        started.append(subprocess.Popen(command, env=environment(), stdin=subprocess.DEVNULL))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_it_ticks_at_its_start_and_then_on_the_clock(planner, ticking):
    """The happy path: one at once, the next at multiples of the period, each with the scheduler's token."""
    process = ticking("--tick-every", "0.5")
    until(lambda: len(planner.received) >= 4, what="four ticks")
    first, *rest = planner.received
    assert (first.method, first.body) == ("POST", b"")
    assert first.headers["X-CloudScheduler"] == "true"
    assert first.headers["X-CloudScheduler-JobName"] == JOB
    times = [datetime.fromisoformat(one.headers["X-CloudScheduler-ScheduleTime"]).timestamp() for one in rest]
    assert all(at % 0.5 == 0 for at in times)
    bearer = first.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(bearer, certs=json.loads(real_cloud().get("/oauth2/v1/certs")), audience=planner.url)
    assert claims["email"] == ACCOUNT
    process.terminate()
    assert process.wait(10) == 0


def test_the_tick_is_on_the_minute():
    """Sixty seconds, unless something else is asked for: the next full minute, never the present one."""
    assert [next_tick(now, 60.0) for now in (0.0, 59.9, 60.0, 61.0)] == [60.0, 60.0, 120.0, 120.0]
    assert headers(120.0)["X-CloudScheduler-ScheduleTime"] == "1970-01-01T00:02:00Z"


def test_a_refused_tick_is_not_repeated_and_the_next_comes():
    """A planner that answers with an error gets the next tick at its time, and duplicates if they are asked for."""
    now, posted, enough = [30.0], [], threading.Event()

    def post(told, body):
        posted.append(told["X-CloudScheduler-ScheduleTime"][14:19])
        now[0] += 60.0  # the answer takes a minute
        if len(posted) == 4:
            enough.set()
            scheduler.stop()
        return 503

    scheduler = Scheduler(post, lambda: now[0], every=0.001, copies=1)
    scheduler.start()
    assert enough.wait(10)
    until(lambda: not scheduler.alive)
    assert posted == ["00:30", "00:30", "02:30", "02:30"]

"""A job's entry point: one message, done as a worker does it; what it says of it; how it is ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from brisa.adapters.cloudrun import encode_execution
from brisa.errors import NotFoundError, StorageError, UnavailableError
from brisa.handlers.entrance import GRACE
from brisa.handlers.job import run
from brisa.model.run import AttemptKey, Message
from brisa.model.states import RunState
from tests.handlers.deployment import Deployment
from tests.support.program import environment

MESSAGE = Message(attempt=AttemptKey("d", "r", "t0"))


class Worker:
    """Does as it is told, and keeps what it is asked for."""

    def __init__(self, do=lambda _: None):
        self.do = do
        self.stopped = []

    def handle(self, work):
        """Do it."""
        self.do(work)

    def stop(self, seconds):
        """Keep it."""
        self.stopped.append(seconds)


@pytest.fixture(autouse=True)
def own_handler():
    """This process's handler of SIGTERM is as it was, afterwards."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def line(capsys):
    """What was logged."""
    (text,) = capsys.readouterr().out.splitlines()
    return json.loads(text)


def test_a_job_does_what_a_worker_does(deployment: Deployment, capsys):
    """The happy path: the run of the message goes on, and its next task is sent."""
    message = deployment.site.take()
    told = {**encode_execution(message, 3660.0), "CLOUD_RUN_EXECUTION": "brisa-default-x1", "GOOGLE_CLOUD_PROJECT": "p"}
    told["TRACEPARENT"] = f"00-{'a' * 32}-{'b' * 16}-01"
    longest = []

    def worker(seconds):
        longest.append(seconds)
        return deployment.worker

    assert run(told, worker) == 0
    assert longest == [3600.0]
    said = line(capsys)
    assert (said["function"], said["outcome"], said["severity"]) == ("job", "handled", "INFO")
    assert (said["dag_id"], said["task_id"], said["execution"]) == ("d", "t0", "brisa-default-x1")
    assert said["logging.googleapis.com/trace"] == f"projects/p/traces/{'a' * 32}"
    deployment.site.work()
    assert deployment.site.run(message.attempt.run_key).state is RunState.SUCCESS


@pytest.mark.parametrize(
    ("error", "status", "severity"),
    [
        (UnavailableError("away"), 1, "WARNING"),
        (StorageError("full"), 1, "WARNING"),
        (NotFoundError("no version"), 2, "ERROR"),
    ],
)
def test_what_goes_wrong_is_said(error, status, severity, capsys):
    """The status tells, and the log says why; the sweep does the rest."""

    def fail(_):
        raise error

    assert run(encode_execution(MESSAGE, 600.0), lambda _: Worker(fail)) == status
    said = line(capsys)
    assert said["severity"] == severity
    assert str(error) in said["message"]


def test_a_job_without_a_message(capsys):
    """Somebody has run it by hand: it says so, and makes no stack."""
    assert run({}, lambda _: pytest.fail("a stack was made")) == 2
    assert "not work" in line(capsys)["message"]


def test_sigterm_hands_over(capsys):
    """The worker is told to stop, once, while it works, and the process does not end before that is over."""
    stopping = threading.Event()

    class Slow(Worker):
        def stop(self, seconds):
            super().stop(seconds)
            stopping.set()

    worker = Slow()

    def work(_):
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopping.wait(10)

    worker.do = work
    assert run(encode_execution(MESSAGE, 600.0), lambda _: worker) == 0
    assert worker.stopped == [GRACE]
    assert line(capsys)["outcome"] == "handled"


def test_the_command_of_a_job():
    """What the job's container runs: without a deployment's variables it says what is missing, and ends."""
    done = subprocess.run(
        [sys.executable, "-m", "brisa.handlers.job"],
        env=environment(encode_execution(MESSAGE, 600.0)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "BRISA_QUEUE" in json.loads(done.stdout)["message"]
    assert done.stderr == ""

"""What every adapter for jobs promises: each sentence of Jobs in brisa.ports.jobs as a test."""

from __future__ import annotations

import pytest

from brisa.errors import JobError
from tests.adapters.cloudrun.local_cloud_run import DEFAULT, LARGE
from tests.adapters.records import a_message


def test_an_execution_gets_the_message_as_it_was(jobs):
    """The happy path: the job that was asked for, every part of the message, hostile ids included, and the time."""
    message = a_message("b/ñ'\0☃ \ud800", send=2, map_index=3, generation=1, try_number=4, seq=5)
    jobs.port.start(LARGE, message, seconds=7200.0)
    assert jobs.begun() == [(LARGE, message, 7200.0)]


def test_each_start_begins_one(jobs):
    """Of the same message too: who begins does not know what came of the first."""
    jobs.port.start(DEFAULT, a_message("a"), seconds=600.0)
    jobs.port.start(DEFAULT, a_message("b"), seconds=600.0)
    jobs.port.start(DEFAULT, a_message("a"), seconds=600.0)
    told = sorted(message.attempt.task_id for _, message, _ in jobs.begun())
    assert told == ["a", "a", "b"]


def test_a_job_that_there_is_not(jobs):
    """A person must act: the error names the job."""
    unknown = f"{DEFAULT}-x"
    with pytest.raises(JobError, match=unknown):
        jobs.port.start(unknown, a_message(), seconds=600.0)
    assert jobs.begun() == []

"""Long tasks over fakes: a worker starts a job for each, and the job does what a worker does."""

from __future__ import annotations

import pytest

from brisa.adapters.memory import MemoryJobs
from brisa.engine.retries import CLAIM_GRACE, JOB_GRACE
from brisa.errors import JobError, UnavailableError
from brisa.model.events import MarkRun
from brisa.model.jobs import LONGEST, MARGIN, JobSize, fitting, seconds_of
from brisa.model.run import AttemptKey, Message, Outcome
from brisa.model.spec import JOB, LONGEST_AT_WORKER, WORKER
from brisa.model.states import AttemptState, OutcomeKind, RunState, TaskState
from brisa.services.long_work import LongWork, misfits
from brisa.services.worker import LEASE
from tests.support.builders import dag, task
from tests.support.site import SUCCESS, Site

FORTY_MINUTES = 2400.0
SIZES = (
    JobSize(name="large", job="projects/p/locations/l/jobs/brisa-large", cpu=8, memory=32 * 2**30, seconds=7200.0),
    JobSize(name="default", job="projects/p/locations/l/jobs/brisa-default", cpu=2, memory=4 * 2**30),
)


def long(task_id: str, *upstream: str, **more):
    """A task that asks for a job."""
    return task(task_id, *upstream, executor=JOB, **more)


def test_a_long_task_runs_as_a_job_and_its_run_goes_on() -> None:
    """The worker answers at once, having claimed nothing; the job claims, runs it, and sends what becomes ready."""
    site = Site(dag(task("before"), long("train", "before"), task("after", "train")), jobs=SIZES)
    run = site.trigger()
    site.handle(site.take())
    message = site.take()
    site.handle(message)
    assert site.store.attempt(message.attempt) is None
    assert site.states(run.key) == {"before": "success", "train": "queued", "after": "none"}
    assert site.supervisor.effects == {("before", 1): 1}

    assert site.run_jobs() == 1
    assert site.run(run.key).task("train").state is TaskState.SUCCESS
    site.work()
    assert site.states(run.key) == {"before": "success", "train": "success", "after": "success"}
    assert site.run(run.key).state is RunState.SUCCESS
    assert site.supervisor.effects == {("before", 1): 1, ("train", 1): 1, ("after", 1): 1}


def test_a_task_of_forty_minutes_is_not_cut() -> None:
    """Longer than a dispatch can last: its job has all of the time, and a minute more to begin and end in."""

    def lasts(_: AttemptKey) -> Outcome:
        site.clock.advance(FORTY_MINUTES)
        assert site.supervisor.heartbeat()
        return SUCCESS

    site = Site(
        dag(task("train", execution_timeout=FORTY_MINUTES + 60)),
        {"train": lasts},
        jobs=SIZES,
        longest=LONGEST_AT_WORKER,
    )
    run = site.trigger()
    site.handle(site.take())
    (execution,) = site.jobs.take()
    assert (execution.job, execution.seconds) == (SIZES[1].job, FORTY_MINUTES + 60 + MARGIN)
    site.jobs.start(execution.job, execution.message, seconds=execution.seconds)
    site.run_jobs()
    assert site.supervisor.timeouts == [FORTY_MINUTES + 60]
    assert site.run(run.key).state is RunState.SUCCESS


def test_at_a_worker_the_same_task_ends_in_time_and_says_why() -> None:
    """What would be cut off without a word, and run again as lost, fails by itself before that."""

    def hangs(_: AttemptKey) -> Outcome:
        site.clock.advance(LONGEST_AT_WORKER)
        return Outcome(kind=OutcomeKind.FAILED, error="AirflowTaskTimeout")

    site = Site(
        dag(task("asks", executor=WORKER, execution_timeout=FORTY_MINUTES), task("says_nothing"), task("short")),
        {"asks": hangs, "says_nothing": hangs},
        jobs=SIZES,
        longest=LONGEST_AT_WORKER,
    )
    run = site.trigger_and_work()
    assert site.supervisor.timeouts == [LONGEST_AT_WORKER] * 3
    assert site.states(run.key) == {"asks": "failed", "says_nothing": "failed", "short": "success"}
    for attempt in site.store.attempts(run.key):
        error = attempt.record.outcome.error if attempt.record.outcome else ""
        assert ("1740 s; executor='cloud_run_job'" in error) is (attempt.record.key.task_id != "short")


def test_a_timeout_of_its_own_is_kept() -> None:
    """The end of an attempt that has failed for its own reasons says nothing of workers."""
    failed = Outcome(kind=OutcomeKind.FAILED, error="boom")
    site = Site(dag(task("t", execution_timeout=10.0)), {"t": lambda _: failed}, jobs=SIZES, longest=LONGEST_AT_WORKER)
    run = site.trigger_and_work()
    assert site.supervisor.timeouts == [10.0]
    (attempt,) = site.store.attempts(run.key)
    assert attempt.record.outcome == failed


def test_a_message_that_comes_twice_has_one_effect() -> None:
    """Two executions are begun; the claim is the lock."""
    site = Site(dag(long("t")), jobs=SIZES)
    run = site.trigger()
    message = site.take()
    site.handle(message)
    site.handle(message)
    assert site.run_jobs() == 2
    assert site.supervisor.effects == {("t", 1): 1}
    assert site.run(run.key).state is RunState.SUCCESS
    site.handle(message)
    assert site.run_jobs() == 0, "a stale message begins nothing"


def test_a_job_that_never_begins_is_started_again() -> None:
    """As a lost message: after two minutes, not one, since a container takes its time."""
    site = Site(dag(long("t")), jobs=SIZES)
    run = site.trigger()
    site.handle(site.take())
    assert len(site.jobs.take()) == 1
    begun = site.clock.now()
    assert site.run(run.key).next_check_at == begun + JOB_GRACE > begun + CLAIM_GRACE
    site.work()
    assert site.clock.now() == begun + JOB_GRACE
    assert site.run(run.key).task("t").sends == 1
    assert site.run(run.key).state is RunState.SUCCESS


def test_a_job_that_begins_after_it_was_started_again_runs_once() -> None:
    """The late one and the new one know the same attempt: whoever claims it first has it."""
    site = Site(dag(long("t")), jobs=SIZES)
    run = site.trigger()
    site.handle(site.take())
    site.clock.advance(JOB_GRACE)
    site.planner.tick()
    site.handle(site.take())
    assert site.run_jobs() == 2
    assert site.supervisor.effects == {("t", 1): 1}
    assert site.run(run.key).state is RunState.SUCCESS


def test_a_job_that_is_killed_is_made_good() -> None:
    """When its lease has ended the same try runs again, as another job."""
    killed: list[AttemptKey] = []

    def first_is_killed(key: AttemptKey) -> Outcome:
        if not killed:
            killed.append(key)
            raise KeyboardInterrupt
        return SUCCESS

    site = Site(dag(long("t")), {"t": first_is_killed}, jobs=SIZES)
    run = site.trigger()
    site.handle(site.take())
    with pytest.raises(KeyboardInterrupt):
        site.run_jobs()
    began = site.clock.now()
    site.work()
    instance = site.run(run.key).task("t")
    assert (instance.state, instance.try_number, instance.losses) == (TaskState.SUCCESS, 1, 1)
    assert site.clock.now() - began >= LEASE
    lost = site.store.attempt(killed[0])
    assert lost is not None
    assert lost.record.state is AttemptState.LOST


def test_an_execution_of_a_cancelled_run_does_nothing() -> None:
    """A task that was marked between the start and the claim is not run."""
    site = Site(dag(long("t")), jobs=SIZES)
    run = site.trigger()
    site.handle(site.take())
    site.runs.change(run.key, lambda _: [MarkRun(state=RunState.FAILED)])
    assert site.run_jobs() == 1
    assert site.supervisor.effects == {}


def test_an_ordinary_task_costs_no_read_more() -> None:
    """Looking whether a task is long is free: the version that tells is needed anyway."""
    totals = []
    for jobs in (None, SIZES):
        site = Site(dag(task("a"), task("b", "a")), jobs=jobs)
        site.trigger()
        site.counts.reset()
        site.work()
        totals.append(site.counts.totals())
    assert totals[0] == totals[1]


class Unwilling(MemoryJobs):
    """Jobs that raise what they are told."""

    def __init__(self, error: Exception) -> None:
        super().__init__([size.job for size in SIZES])
        self.error: Exception | None = error

    def start(self, job, message, *, seconds) -> None:
        """Raise, if there is something to raise."""
        if self.error is not None:
            raise self.error
        super().start(job, message, seconds=seconds)


def test_a_service_that_is_away_is_asked_again() -> None:
    """The message is not acknowledged; nothing was claimed."""
    site = Site(dag(long("t")), jobs=SIZES)
    site.jobs = jobs = Unwilling(UnavailableError("429"))
    run = site.trigger()
    message = site.take()
    with pytest.raises(UnavailableError):
        site.handle(message)
    jobs.error = None
    site.handle(message)
    site.run_jobs()
    assert site.run(run.key).state is RunState.SUCCESS


@pytest.mark.parametrize(
    ("sizes", "needs", "why"),
    [
        ((), {}, "this deployment has no jobs"),
        (SIZES, {"job": "hugh"}, "no job 'hugh'; it has large (cpu 8, memory 32Gi), default (cpu 2, memory 4Gi)"),
        (SIZES, {"memory": 64 * 2**30}, "no job of this deployment has cpu 0 and memory 64Gi"),
        (SIZES, {"job": "default", "cpu": 4}, "no job 'default' of this deployment has cpu 4"),
    ],
)
def test_a_task_that_no_job_fits_fails_and_says_so(sizes, needs, why) -> None:
    """Nothing is run; the error is the attempt's, in its log, and counts as a try."""
    site = Site(dag(long("t", job=needs)), jobs=sizes)
    run = site.trigger_and_work()
    assert site.states(run.key) == {"t": "failed"}
    assert site.supervisor.effects == {}
    assert why in site.supervisor.refused[0]


def test_a_job_that_may_not_be_run_fails_the_task_and_says_so() -> None:
    """What only a person can mend is never tried for ever in silence."""
    site = Site(dag(long("t")), jobs=SIZES)
    site.jobs = Unwilling(JobError("give it the role"))
    run = site.trigger_and_work()
    assert site.states(run.key) == {"t": "failed"}
    assert site.supervisor.refused == ["give it the role"]


def test_without_jobs_what_only_may_last_too_long_runs_at_the_worker() -> None:
    """A long execution_timeout is no wish for a job."""
    site = Site(dag(task("t", execution_timeout=FORTY_MINUTES)), jobs=())
    run = site.trigger_and_work()
    assert site.states(run.key) == {"t": "success"}


def test_embedded_all_is_done_here() -> None:
    """Who has no long work at all runs everything in processes of its own."""
    site = Site(dag(long("t", job={"job": "hugh"})))
    run = site.trigger_and_work()
    assert site.states(run.key) == {"t": "success"}


@pytest.mark.parametrize(
    ("needs", "name"),
    [
        ({}, "default"),
        ({"cpu": 2.0, "memory": 4 * 2**30}, "default"),
        ({"cpu": 2.5}, "large"),
        ({"memory": 5 * 2**30}, "large"),
        ({"job": "large"}, "large"),
    ],
)
def test_the_smallest_that_fits_is_chosen(needs, name) -> None:
    """By memory, then by CPU; or the one that is named."""
    assert fitting(long("t", job=needs), SIZES).name == name


def test_how_long_an_execution_may_last() -> None:
    """As the task says and a minute more, else as the job does; never longer than Cloud Run takes."""
    large = SIZES[0]
    assert seconds_of(long("t"), large) == 7200
    assert seconds_of(long("t", execution_timeout=10_000.0), large) == 10_000 + MARGIN
    assert seconds_of(task("t", execution_timeout=9e9), large) == LONGEST
    with pytest.raises(JobError, match="longer than a job may take: 7 days"):
        seconds_of(long("t", execution_timeout=LONGEST), large)


def test_what_does_not_fit_is_told_with_its_place() -> None:
    """File, line, DAG and task, for every task of the DAG that asks for what there is not."""
    spec = dag(long("a", job={"job": "hugh"}, line=7), long("b"), task("c", execution_timeout=9e9), file="f.py")
    (error,) = misfits(spec, SIZES)
    assert str(error).startswith("f.py:7, DAG 'd', task 'a': this deployment has no job 'hugh'")
    assert [error.location.task_id for error in misfits(spec, ())] == ["a", "b"]


def test_a_message_of_the_runs_own_never_asks_for_a_job() -> None:
    """Callbacks and kills are short, whatever the task is."""
    site = Site(dag(long("t"), callbacks=("on_success_callback",)), jobs=SIZES)
    site.trigger_and_work()
    assert site.supervisor.called_back == [("success", "t")]
    kill = Message(attempt=AttemptKey("d", "r", "t"), kill=True)
    assert LongWork(lambda: site.jobs, SIZES).takes(site.spec.tasks[0])
    site.handle(kill)
    assert site.run_jobs() == 0

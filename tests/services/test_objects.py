"""Sensors that wait for objects: woken once by the event, whenever it comes, and never silently stuck."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from brisa.model.run import AttemptKey, Outcome, Run
from brisa.model.states import OutcomeKind, RunState, TaskState
from brisa.model.wait import Wait
from tests.support.builders import dag, task
from tests.support.faults import Crash, Fuse
from tests.support.site import SUCCESS, Site

BUCKET, NAME = "entrada", "ventas/2024 ñ.csv"
SLOW = 600.0


class Bucket:
    """A bucket of one object, and the sensor that looks for it."""

    def __init__(self, *, watched: bool = True, prefix: bool = False) -> None:
        self.there = False
        self.looks = 0
        self.after_look: Callable[[], object] = lambda: None
        self._prefix = prefix
        self.site = Site(dag(task("wait"), task("load", "wait")), {"wait": self.look}, watched=watched)

    def look(self, _: AttemptKey) -> Outcome:
        """As a sensor does: look, ask to be woken, look again, sleep."""
        self.looks += 1
        if self.sees():
            return SUCCESS
        name = NAME[:7] if self._prefix else NAME
        woken = self.site.supervisor.answer("await_object", {"bucket": BUCKET, "name": name, "prefix": self._prefix})
        if self.sees():
            return SUCCESS
        self.after_look()
        patience = SLOW if woken else 5.0
        return Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=self.site.clock.now() + patience)

    def sees(self) -> bool:
        """Whether the object is there."""
        return self.there

    def upload(self, generation: str = "1") -> int:
        """The object comes, and its event."""
        self.there = True
        return self.site.objects.finalized(BUCKET, NAME, generation)

    def begin(self) -> Run:
        """A run whose sensor has looked once."""
        run = self.site.trigger()
        self.step()
        return run

    def step(self) -> None:
        """Handle what is due, without letting time pass."""
        while messages := self.site.queue.take(self.site.clock.now(), limit=1, owner="x"):
            for message in messages:
                self.site.handle(message)
                self.site.queue.done(message.name)

    def ended(self, run: Run) -> bool:
        """Whether the run has come to a good end."""
        return self.site.run(run.key).state is RunState.SUCCESS


@pytest.mark.parametrize("prefix", [False, True], ids=["object", "prefix"])
def test_the_event_wakes_the_sensor(prefix: bool) -> None:
    """It sleeps at no cost; the event comes, it looks again at once, and the run goes on."""
    bucket = Bucket(prefix=prefix)
    run = bucket.begin()
    assert bucket.site.run(run.key).task("wait").state is TaskState.UP_FOR_RESCHEDULE
    before = bucket.site.clock.now()
    assert bucket.upload() == 1
    bucket.step()
    assert bucket.ended(run)
    assert (bucket.looks, bucket.site.clock.now()) == (2, before)


def test_an_object_that_comes_before_anybody_sleeps_is_not_missed() -> None:
    """Between the look and the sleep: the going to sleep is refused, and the sensor looks again at once."""
    bucket = Bucket()

    def in_between() -> None:
        bucket.after_look = lambda: None
        assert bucket.upload() == 1
        bucket.there = False  # seen by the next look alone
        bucket.site.supervisor._plays["wait"] = lambda _: SUCCESS

    bucket.after_look = in_between
    run = bucket.site.trigger()
    bucket.step()
    assert bucket.ended(run)
    assert bucket.site.run(run.key).task("wait").try_number == 1


def test_a_lost_event_costs_no_more_than_the_next_look() -> None:
    """Nobody tells; the slow look finds it."""
    bucket = Bucket()
    run = bucket.begin()
    bucket.there = True
    before = bucket.site.clock.now()
    bucket.site.work()
    assert bucket.ended(run)
    assert SLOW <= bucket.site.clock.now() - before <= SLOW + 60


def test_where_nobody_would_tell_nothing_is_written() -> None:
    """A bucket without events: the sensor looks at its own interval."""
    bucket = Bucket(watched=False)
    run = bucket.begin()
    assert bucket.site.store.waits(BUCKET, NAME) == []
    assert bucket.upload() == 0
    assert not bucket.ended(run)
    bucket.site.work()
    assert bucket.ended(run)


def test_events_come_twice_late_and_for_other_objects() -> None:
    """Only the first that is meant wakes; what comes after the end forgets the wait; the object may be overwritten."""
    bucket = Bucket()
    run = bucket.begin()
    assert bucket.site.objects.finalized(BUCKET, NAME + ".gz", "1") == 0
    assert bucket.site.objects.finalized("another", NAME, "1") == 0
    assert bucket.site.objects.deleted(BUCKET, NAME, "1") == 0
    bucket.step()
    assert bucket.looks == 1
    assert bucket.upload() == 1
    assert bucket.upload() == 1
    bucket.step()
    assert bucket.ended(run)
    assert bucket.looks == 2
    assert bucket.upload("2") == 0
    assert bucket.site.store.waits(BUCKET, NAME) == []
    assert bucket.upload("3") == 0


def test_a_woken_sensor_that_finds_nothing_sleeps_again() -> None:
    """The object was deleted between the event and the look: it waits for the next one."""
    bucket = Bucket()
    run = bucket.begin()
    bucket.upload()
    bucket.there = False
    bucket.step()
    assert bucket.site.run(run.key).task("wait").state is TaskState.UP_FOR_RESCHEDULE
    bucket.upload("2")
    bucket.step()
    assert bucket.ended(run)
    assert bucket.looks == 3


def test_a_wait_of_a_run_that_is_gone_is_forgotten() -> None:
    """Deleted, ended by hand, or cleared: the old wait wakes nobody."""
    bucket = Bucket()
    bucket.begin()
    (stored,) = bucket.site.store.waits(BUCKET, NAME)
    from brisa.ports.store import Put

    gone = Wait(key=stored.record.key._replace(run_id="gone"))
    older = Wait(key=stored.record.key._replace(task_id="load"))
    bucket.site.store.commit(Put(gone), Put(older))
    assert bucket.upload() == 1
    assert [one.record.key for one in bucket.site.store.waits(BUCKET, NAME)] == [stored.record.key]


def test_what_a_waiting_sensor_costs() -> None:
    """A look that finds nothing: 1 read, 5 writes; its event: 2 reads at most, 2 writes, 1 message."""
    bucket = Bucket()
    bucket.site.trigger()
    bucket.site.counts.reset()
    bucket.step()
    look = bucket.site.counts.totals()
    bucket.site.counts.reset()
    bucket.upload()
    event = bucket.site.counts.totals()
    assert (look["reads"], look["writes"]) == (1, 5)
    assert (event["reads"], event["writes"], event["operations"]) == (1, 2, 1), "the run is remembered in this process"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_port_call_of_a_wait(after: bool) -> None:
    """Sensor and event end at each port call in turn; the event is delivered again; nothing is stuck."""

    def play(bucket: Bucket) -> None:
        bucket.begin()
        bucket.upload()
        bucket.site.work()

    counted = Bucket()
    fuse = Fuse()
    counted.site.start(fuse)
    play(counted)
    for number in range(fuse.calls):
        bucket = Bucket()
        bucket.site.start(Fuse(blow_at=number, after=after))
        with pytest.raises(Crash) as crash:
            play(bucket)
        bucket.site.start()
        found = bucket.site.store.runs("d")
        run = found[0].record if found else bucket.site.trigger()
        bucket.upload()
        bucket.site.work()
        assert bucket.ended(run), f"call {number}: {crash.value}"

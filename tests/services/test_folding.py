"""Wide runs are folded in batches: the same result with few commits, whatever is lost, repeated or reordered."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from brisa.adapters.local.counting import CountingStore
from brisa.model.run import AttemptKey, Message, Outcome, Run
from brisa.model.spec import DagSpec
from brisa.model.states import AttemptState, OutcomeKind, RunState
from brisa.model.work import Fold
from brisa.ports.store import Update
from brisa.runtime.supervisor import Report
from brisa.services import folding
from tests.support.builders import dag, task
from tests.support.faults import Crash, Fuse
from tests.support.site import SUCCESS, Site

FAILED = Outcome(kind=OutcomeKind.FAILED, error="boom")


def fan(width: int, **more: Any) -> DagSpec:
    """So many tasks side by side, and a join."""
    names = [f"n{number}" for number in range(width)]
    return dag(*(task(name, **more) for name in names), task("join", *names), max_active_tasks=0)


def work_of(site: Site) -> list[Message | Fold]:
    """Everything that is in the queue now, taken out."""
    taken = site.queue.take(float("inf"), limit=10_000, owner="test")
    site.queue.done(*(one.name for one in taken))
    return [one for one in taken if isinstance(one, Message | Fold)]


def commits_of_run(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts, in the one number of the list, the commits that change the run."""
    count = [0]
    commit = CountingStore.commit

    def counting(self, *writes):
        revisions = commit(self, *writes)
        count[0] += sum(isinstance(write, Update) and isinstance(write.record, Run) for write in writes)
        return revisions

    monkeypatch.setattr(CountingStore, "commit", counting)
    return count


def test_a_wide_run_is_folded_in_few_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred attempts that end together come into the run by one message, and the join runs."""
    site = Site(fan(100), wide_above=10)
    run = site.trigger()
    count = commits_of_run(site, monkeypatch)
    messages = work_of(site)
    for message in messages:
        site.handle(message)
    assert count == [0]
    assert len(site.store.reported(run.key, limit=1000)) == 100

    (fold,) = work_of(site)
    assert isinstance(fold, Fold)
    site.handle(fold)
    assert count == [1]
    assert site.store.reported(run.key, limit=1000) == []
    site.work()
    assert site.run(run.key).state is RunState.SUCCESS
    assert set(site.supervisor.effects.values()) == {1}


def test_a_narrow_run_is_not_folded() -> None:
    """Few attempts commit their own ends: the next task starts at once."""
    site = Site(fan(10), wide_above=10)
    run = site.trigger()
    site.handle(work_of(site)[0])
    assert site.states(run.key)["n0"] == "success"
    assert work_of(site) == []


def test_a_wide_attempt_costs_two_reads_three_writes_and_two_messages() -> None:
    """The difference that one more task makes to a wide run: its claim and its fold."""
    totals = []
    for width in (100, 101):
        site = Site(fan(width), wide_above=10)
        site.trigger()
        site.counts.reset()
        for message in work_of(site):
            site.handle(message)
        site.work()
        totals.append(site.counts.totals())
    more = {name: totals[1][name] - totals[0][name] for name in ("reads", "writes", "operations")}
    assert more == {"reads": 2, "writes": 3, "operations": 1}, "beside the operation that sent its own message"


def test_every_outcome_is_folded_as_it_would_be_committed() -> None:
    """Failures are retried, branches skip, pokes wait: folded or not, a run ends the same."""

    def play(key: AttemptKey) -> Outcome:
        number = int(key.task_id[1:])
        if number % 3 == 0 and key.try_number == 1:
            return FAILED
        if number % 3 == 1 and key.seq == 0:
            return Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=2e9)
        return Outcome(kind=OutcomeKind.SKIPPED) if number == 5 else SUCCESS

    ends = []
    for above in (None, 3):
        site = Site(fan(20, retries=1, retry_delay=5.0), {f"n{number}": play for number in range(20)}, wide_above=above)
        run = site.trigger()
        site.work()
        ended = site.run(run.key)
        ends.append((site.states(run.key), {name: one.try_number for name, one in ended.tasks.items()}, ended.state))
    assert ends[0] == ends[1]
    assert ends[0][0]["join"] == "skipped"


@pytest.mark.parametrize("seed", range(5))
def test_lost_repeated_and_reordered_folds_change_nothing_in_the_end(seed: int) -> None:
    """Every message comes twice in any order, and half of the folds never: the sweep finds what is left."""
    chance = random.Random(seed)
    site = Site(fan(40), wide_above=5)
    run = site.trigger()
    for _ in range(20):
        messages = work_of(site)
        if not messages:
            break
        kept = [one for one in messages if isinstance(one, Message) or chance.random() < 0.5]
        for message in chance.sample(kept * 2, len(kept) * 2):
            site.handle(message)
        site.clock.advance(0.3)
    site.work()
    assert set(site.states(run.key).values()) == {"success"}
    assert set(site.supervisor.effects.values()) == {1}
    assert {one.record.state for one in site.store.attempts(run.key)} == {AttemptState.FINISHED}


def test_a_reported_attempt_that_is_revoked_stays_out() -> None:
    """Cleared before its fold, the task runs again: the old outcome is of an older generation."""
    from brisa.model.events import Clear

    site = Site(fan(20), wide_above=5)
    run = site.trigger()
    for message in work_of(site):
        site.handle(message)
    site.runs.change(run.key, lambda _: [Clear(task_ids=("n3",))])
    site.work()
    assert site.states(run.key)["n3"] == "success"
    assert site.run(run.key).task("n3").generation == 1
    assert site.supervisor.effects["n3", 1] + site.supervisor.effects["n3", 2] == 2


def test_large_attempts_are_folded_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """No commit holds more than the store takes at once."""
    monkeypatch.setattr(folding, "LARGEST_BATCH", 20_000)
    long = Report(outcome=SUCCESS, xcoms={"return_value": "x" * 3_000})
    plays = {f"n{number}": lambda _: long for number in range(30)}
    site = Site(fan(30), plays, wide_above=5)
    run = site.trigger()
    for message in work_of(site):
        site.handle(message)
    count = commits_of_run(site, monkeypatch)
    (fold,) = work_of(site)
    site.handle(fold)
    assert 5 <= count[0] <= 10
    assert site.store.reported(run.key, limit=100) == []


def test_a_fold_of_an_unknown_run_is_forgotten() -> None:
    """Its run was deleted: nothing to do, and nothing wrong."""
    site = Site(fan(20), wide_above=5)
    run = site.trigger()
    site.handle(Fold(run=replace(run, run_id="gone").key))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_port_call_of_a_wide_run(after: bool) -> None:
    """The process ends at each port call in turn; time and the sweep bring the run to its end."""
    calls = Fuse()
    site = Site(fan(6), wide_above=2)
    site.start(calls)
    site.trigger_and_work()
    for number in range(calls.calls):
        site = Site(fan(6), wide_above=2)
        site.start(Fuse(blow_at=number, after=after))
        with pytest.raises(Crash) as crash:
            site.trigger_and_work()
        site.start()
        found = site.store.runs("d")
        run = found[0].record if found else site.trigger()
        site.work()
        assert set(site.states(run.key).values()) == {"success"}, f"call {number}: {crash.value}"


def test_slices_are_longer_for_wider_runs() -> None:
    """One fold message a quarter of a second for a dozen attempts, one every two seconds for a thousand."""
    for width, slice_ in ((12, 0.25), (150, 0.5), (1000, 2.0)):
        site = Site(fan(width), wide_above=5)
        run = site.trigger()
        site.clock.advance(0.1)
        work_of(site)
        assert site.worker._folding is not None
        site.worker._folding.ask(run)
        (fold,) = work_of(site)
        assert fold.not_before is not None
        assert 0 < fold.not_before - site.clock.now() <= slice_
        assert fold.not_before % slice_ == 0

"""What has changed in a store, for whoever watches."""

import threading
from dataclasses import replace

import pytest

from brisa.adapters.memory import FakeClock
from brisa.engine import attempt_key
from brisa.model.run import Attempt, Run, RunKey
from brisa.model.states import RunState
from brisa.ports.store import Create, Update
from brisa.services.changes import Changes, Part, cursor_at
from tests.web.site import WebSite
from tests.web.stored import add_dag, add_run


@pytest.fixture
def web():
    """A site with one run under way."""
    site = WebSite()
    add_run(site, "r", state=RunState.RUNNING)
    return site


@pytest.fixture
def changes(web):
    """Looks when it is told to, and when it is asked."""
    return Changes(web.store, background=False, now=FakeClock().now)


def end(web):
    """Have the run end."""
    stored = web.store.run(RunKey("d", "r"))
    web.store.commit(Update(replace(stored.record, state=RunState.SUCCESS), stored.revision))


def test_a_change_is_told_to_who_has_seen_what_was_before(web, changes):
    """Once; whoever asks again with the new cursor waits for the next."""
    first = changes.wait(None, 0)
    assert first.reset
    assert changes.wait(first.cursor, 0) == replace(first, reset=False)
    end(web)
    add_dag(web, "new")
    changes.look()
    told = changes.wait(first.cursor, 0)
    assert (told.dags, told.runs, told.reset) == (("new",), (RunKey("d", "r"),), False)
    assert changes.wait(told.cursor, 0).runs == ()


def test_several_changes_are_told_together(web, changes):
    """Whoever was away for some looks hears of all."""
    cursor = changes.wait(None, 0).cursor
    for name in ("a", "b"):
        add_dag(web, name)
        changes.look()
    assert changes.wait(cursor, 0).dags == ("a", "b")


def test_a_claim_is_a_change_though_it_leaves_the_run_as_it_is(web, changes):
    """A worker that claims an attempt writes only that; people see that the task runs."""
    run = web.admin.post("/dags/d/dagRuns", json={"logical_date": None, "dag_run_id": "claimed"}).json()
    assert run["state"] == "running"
    cursor = changes.wait(None, 0).cursor
    before = web.store.run(RunKey("d", "claimed")).revision
    stored = web.store.run(RunKey("d", "claimed")).record
    web.store.commit(Create(Attempt(key=attempt_key(stored, "t0", stored.task("t0")))))
    changes.look()
    assert web.store.run(RunKey("d", "claimed")).revision == before
    assert changes.wait(cursor, 0).runs == (RunKey("d", "claimed"),)


@pytest.mark.parametrize("cursor", ["", "nonsense", "abcd.1", "é.٣", "x" * 100, None])
def test_a_cursor_of_elsewhere_resets(changes, cursor):
    """Anything may have changed since."""
    assert changes.wait(cursor, 0).reset


def test_a_cursor_that_is_ahead_resets(changes):
    """No answer has had it."""
    epoch = changes.wait(None, 0).cursor.partition(".")[0]
    assert changes.wait(f"{epoch}.99", 0).reset


def test_who_waits_is_woken(web):
    """As soon as a look has found something."""
    changes = Changes(web.store, interval=0.01)
    cursor = changes.wait(None, 0).cursor
    told = []
    waiting = threading.Thread(target=lambda: told.append(changes.wait(cursor, 30)))
    waiting.start()
    end(web)
    waiting.join(10)
    assert [one.runs for one in told] == [(RunKey("d", "r"),)]


def test_dags_are_looked_at_less_often_where_that_has_a_price(web):
    """Runs are each time."""
    changes = Changes(web.store, dags_every=3, background=False)
    cursor = changes.wait(None, 0).cursor
    add_dag(web, "new")
    end(web)
    first = changes.wait(cursor, 0)
    assert (first.dags, first.runs) == ((), (RunKey("d", "r"),))
    assert changes.wait(first.cursor, 0).dags == ()
    assert changes.wait(first.cursor, 0).dags == ("new",)


def test_a_file_that_fails_and_is_mended_between_two_looks_is_a_change(web):
    """Somebody may have read in between that it fails."""
    reports = [0]
    changes = Changes(web.store, background=False, reports=lambda: reports[0])
    cursor = changes.wait(None, 0).cursor
    reports[0] += 2
    assert changes.wait(cursor, 0).parts == {Part.IMPORT_ERRORS}


def test_a_new_run_is_a_change(web, changes):
    """Also one that ends between two looks, by the DAG's document."""
    cursor = changes.wait(None, 0).cursor
    web.store.commit(Create(Run(dag_id="d", run_id="s", version="v", state=RunState.QUEUED)))
    changes.look()
    assert changes.wait(cursor, 0).runs == (RunKey("d", "s"),)


def test_where_nobody_waits_there_is_a_look_when_somebody_asks(web):
    """And who asks is told when to ask again."""
    changes = Changes(web.store, interval=2.0, background=False)
    threads = threading.active_count()
    cursor = changes.wait(None, 20).cursor
    assert threading.active_count() == threads
    end(web)
    assert changes.wait(cursor, 20).runs == (RunKey("d", "r"),)
    assert changes.again == 2.0


class Instances:
    """Two processes over one store, and their clock; each looks when it is asked, and at DAGs every third time."""

    def __init__(self, web):
        self.web, self.clock = web, FakeClock()
        self.one, self.other = (
            Changes(web.store, dags_every=3, background=False, now=self.clock.now) for _ in range(2)
        )

    def ask(self, changes, cursor):
        """A second later."""
        self.clock.advance(1)
        return changes.wait(cursor, 0)


def test_a_cursor_of_another_process_is_understood(web):
    """Once both have looked for a while, whoever goes from one to the other hears of changes, not of everything."""
    both = Instances(web)
    change = both.ask(both.one, None)
    assert both.ask(both.other, change.cursor).reset, "it has not looked before"
    for _ in range(4):
        change = both.ask(both.one, change.cursor)
    end(web)
    change = both.ask(both.other, change.cursor)
    assert (change.reset, change.runs) == (False, (RunKey("d", "r"),))
    add_dag(web, "new")
    told = []
    for changes in (both.one, both.other) * 3:
        change = both.ask(changes, change.cursor)
        assert not change.reset
        told += change.dags
    assert set(told) == {"new"}


def test_a_page_hears_what_has_changed_since_it_was_served(web):
    """Also before it asks for the first time, if somebody has looked for long enough; else it may be anything."""
    both = Instances(web)
    change = both.ask(both.one, None)
    for _ in range(4):
        change = both.ask(both.one, change.cursor)
    served = cursor_at(both.clock.now())
    end(web)
    both.ask(both.one, change.cursor)
    change = both.ask(both.one, served)
    assert (change.reset, change.runs) == (False, (RunKey("d", "r"),))
    assert both.ask(both.other, served).reset, "it has not looked before"


def test_no_change_is_lost_between_two_processes(web):
    """Whatever changes when, and whoever is asked: it is told, at the latest by the sixth answer."""
    both = Instances(web)
    change = both.ask(both.one, None)
    for changes in (both.other, both.one) * 4:
        change = both.ask(changes, change.cursor)
    order = [both.one, both.other, both.other, both.one, both.other, both.one, both.one] * 6
    made, told = [], set()
    for number, changes in enumerate(order):
        if number % 3 == 0:
            made.append(f"dag{number}")
            add_dag(web, made[-1])
        change = both.ask(changes, change.cursor)
        assert not change.reset
        told.update(change.dags)
        assert told >= {name for name in made if number - int(name.removeprefix("dag")) >= 6}


def test_a_cursor_covers_what_its_process_reads_seldom(web):
    """One looked at DAGs long ago, the other has seen the new one since, and tells who comes from the one."""
    both = Instances(web)
    cursor = both.ask(both.one, None).cursor
    both.ask(both.other, None)
    for changes in (both.one, both.one, both.one, both.other, both.other):
        both.ask(changes, cursor)
    add_dag(web, "new")
    both.ask(both.other, None)
    for _ in range(2):
        change = both.ask(both.one, cursor)
        assert change.dags == ()
    change = both.ask(both.other, change.cursor)
    assert (change.reset, change.dags) == (False, ("new",))


@pytest.mark.parametrize("cursor", ["x", "x.1", "x.1.y", "x.1.nan", "x.1.inf", "x.1.99999999999", "x.1.0", "..."])
def test_a_cursor_that_says_nothing(web, cursor):
    """Anything may have changed."""
    both = Instances(web)
    both.ask(both.one, None)
    both.clock.advance(60)
    assert both.ask(both.one, cursor).reset

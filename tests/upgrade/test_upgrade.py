"""Today's brisa goes on from what an earlier release has left: every record is read, and every run comes to its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from brisa.adapters.cloudtasks import decode_work
from brisa.adapters.firestore import FirestoreStore, documents
from brisa.adapters.memory import FakeClock, MemoryQueue
from brisa.adapters.sqlite import Database, SqliteQueue, SqliteStore, queries
from brisa.adapters.sqlite.documents import to_row, to_text
from brisa.model import codec, formats
from brisa.model.run import Attempt, RunKey
from brisa.model.work import Work
from brisa.ports.store import StateStore
from brisa.runtime.deferral import Deferral
from brisa.runtime.request import DEFERRAL
from tests.support import firestore_emulator
from tests.support.builders import dag, task
from tests.support.site import DAY, Site
from tests.upgrade import editions
from tests.upgrade.editions import EDITIONS, KINDS, LATEST

NEW = dag(task("after the upgrade"), dag_id="new")
ENDS = {
    "above/there": "success",
    "below/waits": "success",
    "broken/bad": "failed",
    "busy/mid": "success",
    "busy/waits for room": "success",
    "chain/again": "success",
    "chain/cleared": "success",
    "chain/marked": "failed",
    "chain/removed": "success",
    "day_by_day/day 1": "success",
    "day_by_day/day 2": "success",
    "eager/asset_triggered__2023-11-14T22:13:20+00:00": "success",
    "fan/wide": "success",
    "filled/backfill__2023-10-01T00:00:00+00:00": "success",
    "filled/backfill__2023-10-02T00:00:00+00:00": "success",
    "filled/backfill__2023-10-03T00:00:00+00:00": "success",
    "landing/waits": "success",
    "late/waits": "success",
    "new/first": "success",
    "producer/made": "success",
    "shop/good": "success",
    "shop/of a part": "success",
    "shop/scheduled__2023-11-13T00:00:00+00:00": "success",
    "shop/scheduled__2023-11-14T00:00:00+00:00": "success",
}
"""How each run ends, whatever was the matter with it at the upgrade; but those of the DAG that is deleted."""


class Upgraded(Site):
    """Today's services, over the state and the queue that an earlier release has left; its DAG ``new`` is new."""

    def __init__(self, store: StateStore, queue: Callable[[FakeClock], Any]) -> None:
        super().__init__(NEW, store=store, wide_above=16)
        self.queue = queue(self.clock)
        self.after_each: Callable[[], object] = lambda: None
        """Called after each message that is handled."""
        self.start()

    def handle(self, work: Work) -> None:
        """As ever."""
        super().handle(work)
        self.after_each()

    def go_on(self) -> None:
        """Two hours of ordinary life: whatever is due is handled, and the planner ticks once a minute."""
        self.recover()
        end = self.clock.now() + timedelta(hours=2).total_seconds()
        while self.clock.now() < end:
            self.planner.tick()
            while works := self.queue.take(self.clock.now(), limit=1, owner=self.owner):
                for work in works:
                    self.handle(work)
                    self.queue.done(work.name)
            self.clock.advance(60.0)

    def ends(self, dag_ids: Sequence[str]) -> dict[str, str]:
        """DAG and run → state; the hash at the end of an id goes."""
        runs = [stored.record for dag_id in dag_ids for stored in self.store.runs(dag_id)]
        return {f"{run.dag_id}/{run.run_id.partition('_f4')[0]}": run.state.value for run in runs}


def dag_ids(store: StateStore) -> list[str]:
    """All but the one that is kept for its fields."""
    return [one.record.dag_id for one in store.dags() if one.record.active]


@pytest.fixture(params=EDITIONS)
def edition(request: pytest.FixtureRequest) -> str:
    """Each edition that there is."""
    return str(request.param)


@pytest.fixture
def database(edition: str, tmp_path: Path) -> Iterator[Database]:
    """The database of its brisa, opened by today's."""
    with closing(Database(editions.restored(edition, tmp_path / "brisa.db"))) as database:
        yield database


@pytest.fixture
def site(database: Database) -> Upgraded:
    """Today's services over it."""
    return Upgraded(SqliteStore(database), lambda clock: SqliteQueue(database, clock))


def test_runs_go_on_to_their_ends(site: Upgraded) -> None:
    """Queued, claimed by a worker that is gone, deferred, waiting for slots, runs, days or objects: all of them end."""
    before = dag_ids(site.store)
    assert len(site.store.running_runs()) > 15
    assert site.store.dag("gone") is not None
    site.trigger(run_id="first")
    site.go_on()
    assert site.ends(before) == ENDS
    assert site.store.running_runs() == []
    assert site.store.dag("gone") is None, "what was being deleted is deleted"
    backfills = [one.state for one in site.store.backfills("filled", limit=9)]
    assert backfills == ["completed", "cancelled"]
    assert site.supervisor.told == [(0, ())], "of the deadline that was missed"
    assert [reason for reason, _ in site.supervisor.called_back] == ["task_failure"]
    assert site.supervisor.killed == ["chain/marked/t0/-1/0/1/1"]


def test_runs_go_on_while_functions_are_replaced_one_by_one(site: Upgraded, database: Database) -> None:
    """What a newer brisa of the same format adds to records and messages is no matter, whenever it does."""
    before = dag_ids(site.store)
    unknown = 0

    def newer() -> None:
        nonlocal unknown
        with database.write() as connection:
            for table in (*KINDS, "messages"):
                connection.execute(
                    f"UPDATE {table} SET doc = json_set(doc, '$.of_a_newer_brisa', json('{{}}')) WHERE json_valid(doc)"
                )
            for dag_id, run_id, doc in connection.execute("SELECT dag_id, run_id, doc FROM runs").fetchall():
                run = json.loads(doc)
                longer = {name: _longer(text) for name, text in run.get("tasks", {}).items()}
                unknown += len(longer)
                values = (json.dumps({**run, "tasks": longer}), dag_id, run_id)
                connection.execute("UPDATE runs SET doc = ? WHERE dag_id = ? AND run_id = ?", values)

    newer()
    site.after_each = newer
    site.trigger(run_id="first")
    site.go_on()
    assert site.ends(before) == ENDS
    assert unknown > 1000


def _longer(text: str) -> str:
    parts = text.split("/")
    return "/".join([*parts, *[""] * (13 - len(parts)), "new"][:14])


@pytest.mark.slow
@pytest.mark.firestore
def test_runs_go_on_on_firestore(edition: str) -> None:
    """The documents as that release has written them, and the messages that it has left in the queue."""
    with firestore_emulator.running() as emulator, closing(FirestoreStore(emulator.client(), FakeClock())) as store:
        client = emulator.client()
        for path, held in editions.read(edition, "firestore.json").items():
            client.document(*path.split("/")).set(held)
        works = [decode_work(body.encode()) for body in editions.read(edition, "messages.json")]

        def queue(clock: FakeClock) -> MemoryQueue:
            made = MemoryQueue(clock)
            made.enqueue(works)
            return made

        site = Upgraded(store, queue)
        before = dag_ids(store)
        site.trigger(run_id="first")
        site.go_on()
        assert site.ends(before) == ENDS
        assert site.store.running_runs() == []
        assert store.variables() != []


def test_every_record_is_read_as_it_was(edition: str, database: Database) -> None:
    """From either store, and written again it is the same; in the latest edition to the letter."""
    held = {describe(record): record for record in editions.records(database)}
    for record in held.values():
        kind = type(record)
        assert codec.decode_document(kind, json.loads(to_text(record))) == record
    found = {}
    for path, fields in editions.read(edition, "firestore.json").items():
        if not path.startswith(documents.VARIABLES):
            record = documents.from_fields(KINDS[path.split("/")[-2]], fields)
            found[describe(record)] = record
            if edition == LATEST:
                assert editions.in_firestore([record], []) == {path: fields}
    assert found == held


def describe(record: Any) -> tuple[Any, ...]:
    """What kind of record it is, and its key."""
    table, key, *_ = to_row(record)
    return (table.name, *key)


def test_variables_are_read_as_they_were(edition: str, database: Database) -> None:
    """With their descriptions, brisa's own among them."""
    store = SqliteStore(database)
    held = [*store.variables(), *store.variables("@")]
    fields = [
        one for path, one in editions.read(edition, "firestore.json").items() if path.startswith(documents.VARIABLES)
    ]
    assert sorted(map(documents.variable_from, fields)) == sorted(held)
    assert len(held) == 4


def test_every_message_is_read_as_it_was(edition: str, database: Database) -> None:
    """The bodies of Cloud Tasks' requests are those of the embedded queue."""
    works = [decode_work(body.encode()) for body in editions.read(edition, "messages.json")]
    assert works == editions.messages(database)
    assert {type(work).__name__ for work in works} == {"Message", "Fold", "Chore", "NextRun"}


def test_what_deferred_tasks_have_left_is_read(database: Database) -> None:
    """It is among an attempt's XComs, and tells how the task goes on."""
    attempts = [one for one in editions.records(database) if isinstance(one, Attempt) and DEFERRAL in one.xcoms]
    left = [codec.decode(Deferral, one.xcoms[DEFERRAL].value) for one in attempts]
    assert [(one.trigger, one.method) for one in left] == [("x.Y", "done")] * 2


# --- the editions themselves


def test_the_latest_edition_is_what_is_written_today() -> None:
    """Whoever changes what is stored adds an edition, so that the release after it is tried on what this one wrote."""
    assert editions.read(LATEST, "shapes.json") == editions.shapes(), (
        "what is stored has changed. Read shared/docs/adr/0025-document-formats.md on whether it takes a new format; "
        f"then, if edition {LATEST} is released, add one to EDITIONS; and write it: python -m tests.upgrade"
    )


def test_the_latest_edition_has_something_in_every_field(tmp_path: Path) -> None:
    """And every member of every enum; what is new must be in it."""
    with closing(Database(editions.restored(LATEST, tmp_path / "brisa.db"))) as database:
        held = [*editions.records(database), *editions.messages(database)]
    assert editions.unused(held) == set()


def test_every_edition_is_there_and_of_a_format_that_is_read() -> None:
    """In the order of their formats, the last in the one that is written; all but the last released."""
    numbers = [int(name.partition(".")[0]) for name in EDITIONS]
    assert numbers == sorted(numbers)
    assert numbers[-1] == formats.WRITTEN
    assert formats.WRITTEN <= formats.READ
    assert all(list(EDITIONS.values())[:-1])
    assert sorted(EDITIONS) == sorted(path.name for path in editions.HERE.iterdir() if path.name[0].isdigit())


def test_no_record_has_a_field_in_the_place_of_the_format() -> None:
    """Nor a message."""
    shapes = editions.shapes()["records"]
    kinds = [*(kind.__name__ for kind in editions.RECORDS), "Message", "Fold", "Chore", "NextRun"]
    assert [kind for kind in kinds if "format" in shapes[kind]] == []


def test_the_tables_of_an_edition_are_todays(edition: str, database: Database) -> None:
    """Opening has brought them up, and what is recorded of an edition is what its database has."""
    told = editions.read(edition, "shapes.json")["sqlite"]
    assert database.read("PRAGMA user_version") == [(queries.SCHEMA_VERSION,)]
    assert told["layout"] <= queries.SCHEMA_VERSION
    for table, columns in told["columns"].items():
        assert set(columns) <= {row[1] for row in database.read(f"PRAGMA table_info({table})")}


def test_what_the_scenes_are_about_is_in_the_edition(site: Upgraded) -> None:
    """A run with tasks in each state that an upgrade may find them in."""
    mid = site.store.run(RunKey("busy", "mid"))
    assert mid is not None
    states = {instance.state.value for instance in mid.record.tasks.values()}
    assert states >= {"queued", "success", "scheduled", "skipped", "up_for_retry", "up_for_reschedule", "deferred"}
    kept = site.store.dag("above")
    assert kept is not None
    assert [watch.awaited_date for watch in kept.record.watchers] == [DAY + timedelta(days=1)]
    assert len(site.store.reported(RunKey("fan", "wide"), limit=99)) == 18

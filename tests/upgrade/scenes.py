"""What goes on in a brisa at the moment of its upgrade: every kind of thing that may be under way, or has ended.

The services, the engine and the store are real; what tasks do is played, and time is a fake clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from brisa.adapters.sqlite import Database, SqliteQueue, SqliteStore
from brisa.model.access import Role
from brisa.model.asset import Asset, AssetEvent, AssetKey, AssetUpdate
from brisa.model.backfill import Backfill
from brisa.model.codec import encode
from brisa.model.dag import Dag, DagSummary, DagVersion, ImportFailure
from brisa.model.json import JsonValue
from brisa.model.pool import Pool
from brisa.model.run import Attempt, AttemptKey, Message, Outcome, Run, RunKey, TaskKey
from brisa.model.spec import DagSpec, DeadlineKind, DeadlineSpec, GroupSpec, ScheduleKind, ScheduleSpec
from brisa.model.states import Decides, OutcomeKind, RunState, RunType, TaskState
from brisa.model.user import User
from brisa.model.wait import Wait, WaitKey
from brisa.model.work import Chore, Fold, NextRun
from brisa.ports.store import Put, Record, Update
from brisa.runtime.deferral import Deferral
from brisa.runtime.request import DEFERRAL
from brisa.runtime.supervisor import Report
from brisa.services.asset_documents import asset_writes
from brisa.services.audit import Audit
from brisa.services.backfills import Backfills, Wanted
from brisa.services.clearing import Clearing, Selection
from brisa.services.favourites import Favourites
from brisa.services.planner import cursor_fields, following, to_ask
from brisa.services.states import TaskStates
from brisa.services.xcoms import INLINE_LIMIT
from tests.support.builders import dag, task
from tests.support.faults import Crash
from tests.support.site import DAY, SUCCESS, Site
from tests.upgrade.full import full, variants

FAILED = Outcome(kind=OutcomeKind.FAILED, error="boom")
SKIPPED = Outcome(kind=OutcomeKind.SKIPPED)
WIDE = 16
"""Runs with more attempts outstanding are folded."""
DAILY = ScheduleSpec(kind=ScheduleKind.CRON, cron="0 0 * * *", summary="@daily")
BUCKET = "landing"
LEFT: JsonValue = encode(
    Deferral(
        trigger="x.Y", trigger_kwargs={"a": 1}, method="done", kwargs={"b": 2}, began_at=1.0, deadline=2e9,
        moment=1.9e9, slices=1,
    )
)  # fmt: skip
"""What a deferred task leaves to its next attempt."""

Play = Callable[[AttemptKey], Report | Outcome]


class Scene(Site):
    """A site that keeps its state, and its queue, in a SQLite file, and has as many DAGs as it is given."""

    def __init__(self, database: Database, spec: DagSpec, plays: Mapping[str, Play] | None = None) -> None:
        super().__init__(spec, plays, store=SqliteStore(database), wide_above=WIDE, watched=True)
        self.queue: Any = SqliteQueue(database, self.clock)
        self.start()

    def play(self, **plays: Play) -> None:
        """From now on these tasks do that."""
        self.supervisor._plays |= plays

    def add(self, spec: DagSpec, **more: Any) -> None:
        """Deploy a DAG."""
        version = DagVersion(
            dag_id=spec.dag_id, version="v1", spec=spec, source="# a DAG file", created_at=self.clock.now(),
            fingerprint="1700000000000001",
        )  # fmt: skip
        fields = {"paused": False, "max_active_runs": spec.max_active_runs, "file": spec.file, **more}
        document = Dag(
            dag_id=spec.dag_id, version="v1", summary=DagSummary.of(spec), updated_at=self.clock.now(),
            fingerprint=version.fingerprint, **fields,
        )  # fmt: skip
        self.store.commit(Put(version), Put(document), *asset_writes(self.store, spec.dag_id, None, spec))

    def begin(self, dag_id: str, run_id: str, **more: Any) -> RunKey:
        """Trigger a run."""
        return self.runs.trigger(dag_id, run_id=run_id, **{"logical_date": DAY, **more}).key

    def step(self, *runs: RunKey, only: str = "", folds: bool = True) -> None:
        """Handle all that is due of these runs, or of one of their tasks only, without letting time pass.

        What else is in the queue stays there. A worker may be lost with what it does.
        """
        handled = True
        while handled:
            handled = False
            for work in self.queue.take(self.clock.now(), limit=10_000, owner=self.owner):
                match work:
                    case Message(attempt=key):
                        meant = key.run_key in runs and only in ("", key.name)
                    case Fold(run=run):
                        meant = folds and run in runs
                    case _:
                        meant = False
                if not meant:
                    self.queue.give_back(work.name)
                    continue
                with suppress(Crash):
                    self.handle(work)
                self.queue.done(work.name)
                handled = True

    def change(self, dag_id: str, **fields: Any) -> None:
        """Change a DAG's document."""
        stored = self.store.dag(dag_id)
        assert stored is not None
        self.store.commit(Update(replace(stored.record, **fields), stored.revision))


@contextmanager
def quiet() -> Iterator[None]:
    """Without the lines that crashes and failures log."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def play_all(database: Database) -> Scene:
    """A home with all of it; the scene is as the last process has left it."""
    scene = Scene(database, CHAIN)
    with quiet():
        for act in ACTS:
            act(scene)
    return scene


# --- what has ended


SHOP = dag(
    task("load", display={"template_fields": ["sql"]}),
    task("choose", "load", decides=Decides.BRANCH),
    task("left", "choose", empty=True),
    task("right", "choose"),
    task("rows", "load", feeds_map=True),
    task("each", "rows", mapped={"x": "rows"}),
    task("join", "left", "right", "each", rule="none_failed_min_one_success"),
    dag_id="shop",
    file="shop.py",
    schedule=DAILY,
    start_date=datetime(2023, 11, 1, tzinfo=UTC),
    description="A shop's day",
    tags=("sales",),
    owners=("ana",),
    params={"day": {"value": 1}},
    display={"display_name": "Shop", "max_consecutive_failed_dag_runs": 3},
)
BROKEN = dag(
    task("before", is_setup=True),
    task("breaks", "before", retries=1),
    task("below", "breaks"),
    task("check", "before", decides=Decides.CIRCUIT),
    task("not this", "check"),
    task("after", "before", "breaks", rule="all_done_setup_success", is_teardown=True),
    dag_id="broken",
    callbacks=("on_failure_callback",),
)


def ended(scene: Scene) -> None:
    """Runs that ended well and badly, with XComs, notes, and callbacks that are still to be called."""
    first = following(SHOP, None, datetime.fromtimestamp(scene.clock.now(), UTC))
    scene.add(SHOP, **cursor_fields(first))
    scene.add(BROKEN)
    scene.play(
        load=lambda _: Report(
            outcome=SUCCESS,
            xcoms={"return_value": {"rows": 3}, "large": "x" * (INLINE_LIMIT + 1)},
            rendered={"sql": "SELECT 1"},
            max_rss_kb=4096,
        ),
        choose=lambda _: replace(SUCCESS, follow=("left",)),
        rows=lambda _: Report(outcome=replace(SUCCESS, length=3), xcoms={"return_value": [1, 2, 3]}),
        breaks=lambda _: replace(FAILED, retryable=False),
        check=lambda _: replace(SUCCESS, circuit="all"),
    )
    good = scene.begin("shop", "good", conf={"day": 2}, note="by hand", user="ana", triggered_by="rest_api")
    scene.step(good)
    stored = scene.store.run(good)
    assert stored is not None
    scene.store.commit(Update(replace(stored.record, notes={"load": "looks well"}), stored.revision))
    part = scene.begin("shop", "of a part", logical_date=None, dated=False, partition_key="es")
    scene.step(part)
    bad = scene.begin("broken", "bad")
    for one in ("before", "breaks", "check", "after"):
        scene.step(bad, only=one)


# --- what is under way

BUSY = dag(
    task("in the queue"),
    task("claimed"),
    task("retried", retries=2),
    task("looks"),
    task("deferred"),
    task("doubtful"),
    task("part", mapped={"x": 3}, retries=1),
    task("holds", pool="db", pool_slots=2, priority_weight=3),
    task("wants", pool="db"),
    task("one at a time", max_active_tis_per_dag=1, group_id="g"),
    task("all", "in the queue", "claimed", "retried", "looks", "deferred", "part", "holds", "wants", "one at a time"),
    dag_id="busy",
    groups=(GroupSpec(group_id="g", tooltip="a group"),),
    max_active_runs=1,
    max_active_tasks=0,
)


def busy(scene: Scene) -> None:
    """One run with tasks in every state that they can be in, and another one that waits for its end."""
    later = scene.clock.now() + 600.0
    scene.store.commit(Put(Pool(name="db", slots=2, description="the warehouse", include_deferred=True)))
    scene.add(BUSY)
    scene.play(
        claimed=crashes,
        retried=lambda _: FAILED,
        looks=lambda _: Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=later),
        deferred=lambda _: Report(
            outcome=Outcome(kind=OutcomeKind.DEFERRED, resume_at=later), xcoms={DEFERRAL: LEFT, "job": 7}
        ),
        doubtful=lambda _: SKIPPED,
        part=lambda key: FAILED if key.map_index == 1 else SUCCESS,
        holds=crashes,
    )
    mid = scene.begin("busy", "mid")
    scene.begin("busy", "waits for room", logical_date=DAY + timedelta(days=1))
    for one in ("claimed", "retried", "looks", "deferred", "doubtful", "part[0]", "part[1]", "holds"):
        scene.step(mid, only=one)


def crashes(_: AttemptKey) -> Outcome:
    """Its worker is lost with it."""
    raise Crash


CHAIN = dag(task("t0"), task("t1", "t0"), task("t2", "t1"), dag_id="chain", max_active_runs=99)


def changed_by_people(scene: Scene) -> None:
    """Tasks that were cleared, marked, removed while they were under way; a trigger that is to be told so."""
    later = scene.clock.now() + 600.0
    clearing = Clearing(scene.store, scene.runs)
    scene.play(t0=crashes)
    cleared = scene.begin("chain", "cleared")
    scene.step(cleared)
    clearing.clear(Selection(dag_id="chain", run_ids=("cleared",), task_ids=("t0",)))
    scene.play(t0=lambda _: Report(outcome=Outcome(kind=OutcomeKind.DEFERRED, resume_at=later), xcoms={DEFERRAL: LEFT}))
    marked = scene.begin("chain", "marked")
    scene.step(marked)
    clearing.mark(Selection(dag_id="chain", run_ids=("marked",), task_ids=("t0",)), TaskState.FAILED)
    removed = scene.begin("chain", "removed")
    clearing.remove(removed, ("t1",))
    scene.play(t0=lambda _: SUCCESS)
    again = scene.begin("chain", "again")
    scene.step(again)
    clearing.clear(Selection(dag_id="chain", run_ids=("again",), task_ids=("t1",), downstream=True))


# --- what waits for something outside of its run

ABOVE = dag(task("a"), dag_id="above")
BELOW = dag(task("for a run"), task("for a run to come"), dag_id="below")
LANDING = dag(task("for an object"), task("for any object"), dag_id="landing")
DAY_BY_DAY = dag(task("first"), task("after the day before", "first", depends_on_past=True), dag_id="day_by_day")
LATE = dag(
    task("takes long"), dag_id="late",
    deadlines=(DeadlineSpec(kind=DeadlineKind.QUEUED_AT, interval=60.0), DeadlineSpec(kind=DeadlineKind.SLA)),
)  # fmt: skip


def waiting(scene: Scene) -> None:
    """For objects, for other runs, for the day before; and a run whose deadline is near."""
    later = scene.clock.now() + 600.0
    for spec in (ABOVE, BELOW, LANDING, DAY_BY_DAY, LATE):
        scene.add(spec)

    def asks(verb: str, **question: Any) -> Play:
        def look(_: AttemptKey) -> Outcome:
            scene.supervisor.answer(verb, question)
            return Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=later)

        return look

    run = {"dag_id": "above", "task_ids": ["a"], "group": None, "allowed": ["success"], "ends": ["failed"]}
    tomorrow = (DAY + timedelta(days=1)).isoformat()
    scene.play(
        **{
            "for a run": asks("await_runs", logical_dates=[DAY.isoformat()], patience=600.0, **run),
            "for a run to come": asks("await_runs", logical_dates=[tomorrow], patience=600.0, **run),
            "for an object": asks("await_object", bucket=BUCKET, name="in/a.csv", prefix=False),
            "for any object": asks("await_object", bucket=BUCKET, name="in/", prefix=True),
            "first": lambda _: SUCCESS,
            "takes long": lambda _: Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=later),
        }
    )
    scene.begin("above", "there")
    for dag_id in ("below", "landing", "late"):
        scene.step(scene.begin(dag_id, "waits", run_type=RunType.SCHEDULED))
    for day in (1, 2):
        key = scene.begin(
            "day_by_day", f"day {day}", logical_date=DAY + timedelta(days=day), run_type=RunType.SCHEDULED
        )
        scene.step(key, only="first")


# --- what starts runs

FILLED = dag(task("fills"), dag_id="filled", schedule=DAILY)
PRODUCER = dag(task("make", display={"outlets": [{"asset": "x"}, {"alias": "z"}]}), dag_id="producer")
CONSUMER = dag(
    task("use", display={"inlets": [{"asset": "x"}]}), dag_id="consumer",
    schedule=ScheduleSpec(kind=ScheduleKind.ASSETS, extra={"assets": {"all": [{"asset": "x"}, {"asset": "y"}]}}),
)  # fmt: skip
EAGER = dag(
    task("eats"), dag_id="eager", schedule=ScheduleSpec(kind=ScheduleKind.ASSETS, extra={"assets": {"asset": "x"}})
)
CUSTOM = dag(task("own time"), dag_id="custom", schedule=ScheduleSpec(kind=ScheduleKind.TIMETABLE, summary="Mine"))
FAN = dag(*(task(f"n{number}") for number in range(WIDE + 2)), dag_id="fan", max_active_tasks=0)
GONE = dag(task("no more"), dag_id="gone")


def starting(scene: Scene) -> None:
    """Backfills, one open and one cancelled, assets that have changed, a timetable that is to be asked, a wide run."""
    for spec in (FILLED, PRODUCER, CONSUMER, EAGER, FAN, GONE):
        scene.add(spec)
    scene.add(CUSTOM, **to_ask(scene.clock.now()), problem="it did not answer")
    backfills = Backfills(scene.store, scene.clock)
    october = datetime(2023, 10, 1, tzinfo=UTC)
    one = Wanted(dag_id="filled", from_date=october, to_date=october + timedelta(days=2))
    backfills.cancel(backfills.create(one, created_by="ana").backfill_id)
    backfills.create(replace(one, max_active_runs=2, reverse=True, conf={"a": 1}), created_by="ana")

    extra: Mapping[str, JsonValue] = {"rows": 3}
    update = AssetUpdate(uri="x", name="X", extra=extra, aliases=("z",))
    scene.play(make=lambda _: replace(SUCCESS, assets=(update,)))
    interval = (DAY, DAY + timedelta(days=1))
    scene.step(scene.begin("producer", "made", interval=interval))
    fan = scene.begin("fan", "wide")
    scene.step(fan, folds=False)
    scene.planner.tick()
    scene.queue.enqueue([Chore(dags=("shop",), runs=(RunKey("busy", "mid"),), asked_at=scene.clock.now())])
    scene.begin("gone", "under way")
    scene.deletion.flag("gone", cancel=True)
    scene.store.commit(
        Put(ImportFailure(file="bad.py", message="SyntaxError", line=3, source="x =", traceback="…", seen_at=1.5))
    )


# --- what people have


def belongings(scene: Scene) -> None:
    """Accounts, Variables, what tasks keep for themselves, favourites, the audit log."""
    ana = User(
        username="ana", role=Role.ADMIN, password_hash="$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$bm90IG9uZQ",
        email="ana@example.com", first_name="Ana", last_name="Ruiz", created_at=1.5, epoch=1, favourites=("shop",),
    )  # fmt: skip
    scene.store.commit(Put(ana), Put(replace(ana, username="luis", role=Role.VIEWER, active=False)))
    scene.store.set_variables([("bucket", "gs://ventas"), ("día", "ñ")], descriptions={"bucket": "where it lands"})
    Favourites(scene.store, "eva@example.com").add("shop")
    TaskStates(scene.store, scene.clock).set(RunKey("busy", "mid"), TaskKey("looks"), "seen", [1], None)
    audit = Audit(scene.store, scene.clock)
    audit.add("login", owner="ana", origin="127.0.0.1")
    audit.add(
        "clear_task_instances", owner="ana", origin="cli", dag_id="busy", run_id="mid", task_id="part", map_index=1,
        try_number=1, extra={"dry_run": False},
    )  # fmt: skip


# --- what is kept of a DAG that is no more, with something in each field of its records


def archived(scene: Scene) -> None:
    """Runs, attempts and all else of a DAG without a file: nothing moves them."""
    dag_id = "archive"
    made: list[Record] = []

    def fill(kind: type[Any], keyed: Callable[[int], Mapping[str, Any]]) -> None:
        made.extend(full(kind, number, **keyed(number)) for number in range(variants(kind)))

    def key(number: int) -> dict[str, Any]:
        return {"dag_id": dag_id, "run_id": f"full {number}"}

    over = {"state": RunState.SUCCESS, "next_check_at": None}
    fill(Run, lambda number: {**key(number), **over})
    fill(Attempt, lambda number: {"key": AttemptKey(dag_id, f"full {number}", "text", map_index=number)})
    fill(DagVersion, lambda number: {"dag_id": dag_id, "version": f"v{number}"})
    fill(Asset, lambda number: {"key": AssetKey(f"full {number}")})
    fill(AssetEvent, lambda number: {"event_id": f"full{number}"})
    fill(Backfill, lambda number: {"backfill_id": number, "dag_id": dag_id})
    fill(ImportFailure, lambda number: {"file": f"full {number}.py"})
    fill(Wait, lambda number: {"key": WaitKey("archived", f"object {number}", False, dag_id, "full 0", "text", number)})
    fill(User, lambda number: {"username": f"full {number}"})
    scene.store.commit(*map(Put, made))
    retired = full(Dag, 0, dag_id=dag_id, version="v0", active=False, deleting=False, backfill=None)
    scene.store.commit(Put(retired))
    attempt = AttemptKey(dag_id, "full 0", "text")
    scene.queue.enqueue([Message(attempt=attempt, send=1), NextRun(dag_id=dag_id, asked_at=1.5, not_before=1.5)])


ACTS: tuple[Callable[[Scene], None], ...] = (ended, busy, changed_by_people, waiting, starting, belongings, archived)

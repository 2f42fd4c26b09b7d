"""What brisa asks of Firestore and Cloud Tasks, counted at the adapters, against Google's Firestore emulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from brisa.adapters.firestore import FirestoreStore
from brisa.adapters.memory import FakeClock
from brisa.model.run import AttemptKey, Outcome, Run
from brisa.model.spec import DagSpec
from brisa.model.states import OutcomeKind, RunState
from brisa.ports.store import Revision, Update, Write
from brisa.services.folding import ABOVE
from tests.support import firestore_emulator
from tests.support.builders import chain, dag, task
from tests.support.site import SUCCESS, Site

THREADS = 16


class CommitCounter(FirestoreStore):
    """Firestore, and how many commits have changed a run's document."""

    commits = 0

    def commit(self, *writes: Write) -> Any:
        """Count it when it is done."""
        revisions: list[Revision] = list(super().commit(*writes))
        self.commits += any(isinstance(write, Update) and isinstance(write.record, Run) for write in writes)
        return revisions


@dataclass(frozen=True)
class Operations:
    """What was asked for, in all."""

    reads: int
    writes: int
    messages: int
    commits: int = 0

    def __sub__(self, other: Operations) -> Operations:
        return Operations(self.reads - other.reads, self.writes - other.writes, self.messages - other.messages)


@contextmanager
def firestore_site(spec: DagSpec, plays: Any = None, **more: Any) -> Iterator[tuple[Site, CommitCounter]]:
    """A site whose state is in Google's emulator, empty but for its DAG."""
    with firestore_emulator.running() as emulator:
        # The site's time stands still while something works, and the emulator's does not: no patience is needed.
        counted = CommitCounter(emulator.client(), FakeClock())
        with closing(counted), closing(FirestoreStore(emulator.client(), FakeClock())) as ours:
            yield Site(spec, plays, store=ours, worked_on=counted, ahead=60.0, hands_on=True, **more), counted


def whole_run(spec: DagSpec, plays: Any = None, **more: Any) -> Operations:
    """A run from its trigger to its end, on many threads."""
    with firestore_site(spec, plays, wide_above=ABOVE, **more) as (site, store):
        run = site.trigger()
        store.counts.reset()
        site.counts.reset()
        site.work_on_threads(THREADS)
        assert site.run(run.key).state is RunState.SUCCESS, site.states(run.key)
        counted = store.counts.totals()
        return Operations(counted["reads"], counted["writes"], site.counts.operations["enqueue"], store.commits)


def fan(width: int) -> DagSpec:
    """So many tasks side by side and a join."""
    names = [f"n{number}" for number in range(width)]
    return dag(*map(task, names), task("join", *names), max_active_runs=1)


def per_task() -> dict[str, float]:
    """What one more task costs a chain."""
    more = whole_run(chain(11)) - whole_run(chain(10))
    return {
        "gcp_reads_per_task": more.reads,
        "gcp_writes_per_task": more.writes,
        "gcp_queue_ops_per_task": more.messages,
    }


def idle_tick() -> dict[str, float]:
    """What a tick costs that finds nothing to do."""
    with firestore_site(chain(1)) as (site, store):
        store.counts.reset()
        site.planner.tick()
        counted = store.counts.totals()
    return {"gcp_idle_tick_reads": counted["reads"], "gcp_idle_tick_writes": counted["writes"] + counted["deletes"]}


@cache
def wide() -> Operations:
    """A thousand attempts that end together, and a join."""
    return whole_run(fan(1000))


def fan_in() -> dict[str, float]:
    """How many commits of the run's document a thousand attempts take."""
    return {"gcp_fan_in_1000_commits": wide().commits}


def sensor() -> Operations:
    """A sensor that waits for an object: its look, its sleep, the event, its second look."""
    looks: list[AttemptKey] = []

    def look(key: AttemptKey) -> Outcome:
        looks.append(key)
        if len(looks) > 1:
            return SUCCESS
        assert site.supervisor.answer("await_object", {"bucket": "b", "name": "x.csv", "prefix": False})
        return Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=site.clock.now() + 600)

    with firestore_site(dag(task("wait")), {"wait": look}, watched=True) as (site, store):
        run = site.trigger()
        store.counts.reset()
        site.counts.reset()
        site.handle(site.take())
        assert site.objects.finalized("b", "x.csv", "1") == 1
        site.handle(site.take())
        assert site.run(run.key).state is RunState.SUCCESS
        counted = store.counts.totals()
        return Operations(counted["reads"], counted["writes"], site.counts.operations["enqueue"])


def examples() -> list[tuple[str, Operations]]:
    """Whole runs, for people: what was asked for beside the trigger."""
    shapes: list[tuple[str, Callable[[], Operations]]] = [
        ("chain of 10", lambda: whole_run(chain(10))),
        ("fan-out 100 and a join", lambda: whole_run(fan(100))),
        ("fan-out 1,000 and a join", wide),
        ("a sensor: look, sleep, event, look", sensor),
        ("a BigQuery job, or any other task", lambda: whole_run(chain(1))),
    ]
    return [(name, count()) for name, count in shapes]

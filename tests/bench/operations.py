"""What brisa asks of Firestore and Cloud Tasks, counted at the adapters, against Google's Firestore emulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from brisa.model.run import AttemptKey, Outcome
from brisa.model.spec import DagSpec
from brisa.model.states import OutcomeKind, RunState
from brisa.services.folding import ABOVE
from tests.support import firestore_emulator
from tests.support.builders import chain, dag, task
from tests.support.firestore_site import THREADS, CountingFirestore, fan, firestore_site
from tests.support.site import SUCCESS, Site


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
def site_of(spec: DagSpec, plays: Any = None, **more: Any) -> Iterator[tuple[Site, CountingFirestore]]:
    """A site on an emulator of its own."""
    with firestore_emulator.running() as emulator, firestore_site(emulator, spec, plays, **more) as site:
        yield site


def whole_run(spec: DagSpec, plays: Any = None, **more: Any) -> Operations:
    """A run from its trigger to its end, on many threads."""
    with site_of(spec, plays, wide_above=ABOVE, **more) as (site, store):
        run = site.trigger()
        store.counts.reset()
        site.counts.reset()
        site.work_on_threads(THREADS)
        assert site.run(run.key).state is RunState.SUCCESS, site.states(run.key)
        counted = store.counts.totals()
        return Operations(counted["reads"], counted["writes"], site.counts.operations["enqueue"], store.commits_of_runs)


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
    with site_of(chain(1)) as (site, store):
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

    with site_of(dag(task("wait")), {"wait": look}, watched=True) as (site, store):
        run = site.trigger()
        store.counts.reset()
        site.counts.reset()
        site.handle(site.take())
        assert site.objects.finalized("b", "x.csv", "1") == 1
        site.handle(site.take())
        assert site.run(run.key).state is RunState.SUCCESS
        counted = store.counts.totals()
        return Operations(counted["reads"], counted["writes"], site.counts.operations["enqueue"], store.commits_of_runs)


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

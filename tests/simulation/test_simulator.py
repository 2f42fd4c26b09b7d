"""Hundreds of seeded worlds in which everything goes wrong hold all invariants; and a brisa that is broken does not."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from brisa.engine import admission, deadlines, past, watching
from brisa.engine.advance import _HANDLERS as HANDLERS
from brisa.engine.cascade import Cascade
from brisa.engine.transitions import Move
from brisa.model.backfill import Backfill
from brisa.model.dag import Dag
from brisa.model.events import Past, Woken
from brisa.model.pool import Pool
from brisa.model.run import Attempt, AttemptKey, Run, RunKey, TaskInstance
from brisa.model.spec import DagSpec
from brisa.model.states import AttemptState, RunState, TaskState
from brisa.model.watch import Watch
from brisa.ports.store import Stored, Update, Write
from brisa.services import runs as runs_module
from brisa.services import worker
from brisa.services.consumers import Consumers, Told
from brisa.services.deadlines import Deadlines
from brisa.services.deletion import Deletion
from brisa.services.pasts import Pasts
from brisa.services.pools import Pools
from brisa.services.runs import Runs
from brisa.services.worker import Worker
from tests.simulation import __main__ as command
from tests.simulation import simulator
from tests.simulation.faults import Fault
from tests.simulation.limits import (
    Limit,
    State,
    max_active_runs,
    max_active_tasks,
    max_active_tis_per_dag,
    max_active_tis_per_dagrun,
    pool_slots,
)
from tests.simulation.scenario import scenario
from tests.simulation.simulator import Simulated, simulate
from tests.simulation.stores import Store
from tests.support.builders import dag, queued, task
from tests.support.program import environment

advance_module = sys.modules["brisa.engine.advance"]
"""The package has a function of that name."""
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_500_seeds_hold_all_invariants() -> None:
    """Whatever goes wrong, nothing is broken; and everything that may go wrong did, and every state was reached."""
    injected: Counter[str] = Counter()
    states: Counter[str] = Counter()
    broken = []
    for seed in range(500):
        done = simulate(seed)
        injected += done.injected
        states += done.states
        broken += [command.said(done)] if done.broken else []
    assert not broken, "\n".join(broken)
    assert {kind.value for kind in Fault} == set(injected)
    wanted = {f"task {state}" for state in TaskState if state not in (TaskState.RESTARTING, TaskState.REMOVED)}
    wanted |= {f"run {state}" for state in RunState} | {f"attempt {state}" for state in AttemptState}
    wanted |= {"deadline missed", "wait over", "run deleted", "DAG deleted"}
    assert wanted <= set(states)


def test_some_seeds_hold_all_invariants() -> None:
    """The same, small enough for every run of the tests."""
    broken = [command.said(done) for done in map(simulate, range(500, 520)) if done.broken]
    assert not broken, "\n".join(broken)


# --- a simulator that finds nothing proves nothing: break brisa, and seeds break


class Careless(Store):
    """A store that updates what has changed since it was read."""

    def _check(self, write: Write) -> None:
        if not isinstance(write, Update):
            super()._check(write)


def forgets_the_dag(self: Runs, before: object, after: object) -> tuple[()]:
    """A run ends, and its DAG does not know."""
    return ()


def takes_any_news(self: Cascade, key: AttemptKey) -> TaskInstance | None:
    """News of any attempt counts, however late: the task waits for some attempt, after all."""
    instance = self.instance(key.name)
    return instance if instance.state.waiting and self.state is RunState.RUNNING else None


def never_looks_again(self: Cascade) -> None:
    """The sweep never has a reason to look at a run."""


def always_looks_again(self: Cascade) -> float:
    """The sweep always has a reason to look at a run."""
    return self.now


def sleeps_on(cascade: Cascade, event: object) -> None:
    """What a sensor waited for has come, and it is not woken."""


def gives_up(self: object) -> bool:
    """A renewal that meets a conflict takes the attempt for somebody else's."""
    return False


def counts_nobody(self: Pool) -> int:
    """Slots that are given out are free all the same."""
    return 0


def keeps_slots(self: Pools, pool: Pool, one: object) -> bool:
    """Whoever has slots needs them, whatever has become of it."""
    return True


def has_room(cascade: Cascade) -> None:
    """All that is ready begins, as far as its pools let it."""
    cascade.base = replace(cascade.base, max_active_tasks=0)
    admission.admit(cascade)


def looks_nowhere(*_: object) -> bool:
    """No task waits for the run before."""
    return False


def hears_nothing(self: Pasts, run: object) -> list[Past]:
    """The run before gets on, and who follows is not told."""
    return []


def forgets_events(self: Consumers, dag_id: str, events: object) -> Told:
    """A DAG is told of events, and does not listen."""
    return Told()


def has_none(self: Deadlines, run: Run, *_: object) -> Run:
    """A run is made without its DAG's deadlines."""
    return run


def tells_at_once(self: Cascade) -> None:
    """Somebody is told of each deadline, missed or not."""
    for place, moment in [*deadlines.pending(self.base, self.as_run())] if self.deadlines else ():
        self.send(deadlines.name_of(place), Move.RELEASE, try_number=1, max_tries=1, sends=0)
        assert moment


def leaves_watches(watchers: tuple[Watch, ...], run: Run, spec: DagSpec) -> tuple[tuple[Watch, ...], tuple[Watch, ...]]:
    """A run becomes what somebody waits for, and does not look who."""
    return (), watchers


def wakes_nobody(*_: object) -> None:
    """A run becomes what somebody waits for, and whoever waits sleeps on."""


def keeps_watches(dag: Dag, run: Run) -> tuple[Dag, Run]:
    """A run is made, and whoever waits for it stays with the DAG."""
    return dag, run


def leaves_all(self: Deletion, stored: Stored[Run]) -> Stored[Run]:
    """A run is deleted, and what belongs to it is not."""
    return stored


def needs_no_run(self: Worker, attempt: Attempt, waits: object) -> None:
    """A worker that is late cleans up nothing."""


def wants_all(self: Backfill) -> bool:
    """A backfill begins all of its runs at once."""
    return self.next_start is not None


def test_a_sensor_that_is_not_woken_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would look again by itself, much later: nothing is lost but time, and that is found too."""
    monkeypatch.setitem(HANDLERS, Woken, sleeps_on)
    assert invariant(first_broken(simulate)) == "I1"


@pytest.mark.parametrize(
    ("owner", "name", "broken", "invariants"),
    [
        (Runs, "_dag_writes", forgets_the_dag, {"I9"}),
        (Cascade, "awaited", takes_any_news, {"I1", "I2", "I4", "I7"}),
        (Cascade, "next_check_at", never_looks_again, {"I1"}),
        (Cascade, "next_check_at", always_looks_again, {"I1"}),
        (worker._Held, "_is_ours_yet", gives_up, {"I3", "I7"}),
        (Pool, "taken", property(counts_nobody), {"I9"}),
        (Pools, "_rightful", keeps_slots, {"I1"}),
        (advance_module, "admit", has_room, {"I9"}),
        (past, "holds_back", looks_nowhere, {"I14"}),
        (Pasts, "told", hears_nothing, {"I1"}),
        (Consumers, "tell", forgets_events, {"I13"}),
        (Backfill, "wants_more", property(wants_all), {"I9"}),
        (Deadlines, "given", has_none, {"I15"}),
        (advance_module, "alert", tells_at_once, {"I15"}),
        (watching, "parted", leaves_watches, {"I16"}),
        (watching, "handed_over", keeps_watches, {"I16"}),
        (runs_module, "wake", wakes_nobody, {"I16"}),
        (Deletion, "_emptied", leaves_all, {"I17"}),
        (Worker, "_leave_nothing", needs_no_run, {"I17"}),
    ],
    ids=lambda one: getattr(getattr(one, "fget", one), "__name__", ""),
)
def test_a_broken_rule_is_found(
    owner: object, name: str, broken: object, invariants: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule is broken on purpose, and a seed says which invariant that costs."""
    monkeypatch.setattr(simulator, "MOST_STEPS", 20_000)  # what never comes to rest is seen sooner
    monkeypatch.setattr(owner, name, broken)
    assert invariant(first_broken(simulate)) in invariants


def test_a_store_that_ignores_revisions_is_found() -> None:
    """Without the compare in compare-and-set, somebody's commit is undone."""
    assert invariant(first_broken(lambda seed: simulate(seed, store=Careless))) in {"I2", "I4", "I5", "I9", "I14"}


def test_a_platform_without_ticks_is_found() -> None:
    """A message is lost, or a worker, and nobody sweeps: a run waits for ever."""
    assert invariant(first_broken(lambda seed: simulate(seed, sweeps=False))) == "I1"


def first_broken(one: Callable[[int], Simulated], most: int = 200) -> Simulated:
    """The first seed that breaks."""
    return next(done for done in map(one, range(most)) if done.broken)


def invariant(done: Simulated) -> str:
    """Which one is broken, by its number."""
    return done.broken[0].partition(":")[0]


def test_a_limit_that_is_exceeded_is_told() -> None:
    """Two runs of a DAG are active where one may be; a run that a person has reopened does not count."""
    spec = dag(task("t0"), max_active_runs=1)
    state = State({"d": spec})
    for run_id in ("r1", "r2"):
        state.running["d"][RunKey("d", run_id)] = queued(spec, run_id=run_id)
    assert list(max_active_runs(state)) == ["2 runs of d are active, and 1 may be"]
    state.reopened.add(RunKey("d", "r1"))
    assert list(max_active_runs(state)) == []


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        (max_active_tasks, ["2 tasks of r1 of d are active, and 1 may be"]),
        (max_active_tis_per_dagrun, ["2 of t in r1 of d are active, and 1 may be"]),
        (max_active_tis_per_dag, ["3 of t of d are active, and 2 may be"]),
        (pool_slots, ["8 slots of pool p are used, and it has 7"]),
    ],
)
def test_a_limit_of_tasks_that_is_exceeded_is_told(limit: Limit, told: list[str]) -> None:
    """In one run two instances are queued or running, and one is deferred, in another one; each needs two slots."""
    spec = dag(
        task("t", mapped={"x": 3}, pool="p", pool_slots=2, max_active_tis_per_dag=2, max_active_tis_per_dagrun=1),
        max_active_tasks=1,
    )
    state = State({"d": spec}, pools={"p": Pool(name="p", slots=7, include_deferred=True)})
    for run_id, states in {"r1": "queued running deferred", "r2": "running success scheduled"}.items():
        tasks = {f"t[{index}]": TaskInstance(state=TaskState[one.upper()]) for index, one in enumerate(states.split())}
        state.running["d"][RunKey("d", run_id)] = replace(queued(spec, run_id=run_id), tasks=tasks)
    assert list(limit(state)) == told


# --- a seed is a world, and the same one each time


def digest(seed: int) -> str:
    """A hash of all that happens in a seed."""
    lines: list[str] = []
    simulate(seed, tell=lines.append)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_a_seed_is_the_same_world_in_every_process() -> None:
    """Nothing depends on the clock, on addresses, or on the order of sets."""
    seeds = range(40, 50)
    told = [digest(seed) for seed in seeds]
    code = f"from tests.simulation.test_simulator import digest; print(*map(digest, {seeds!r}))"
    for salt in ("1", "2"):
        env = environment({"PYTHONHASHSEED": salt, "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}"})
        again = subprocess.run(
            [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert again.stdout.split() == told


def test_another_seed_is_another_world() -> None:
    """Seeds differ, in what there is and in what happens."""
    assert len({repr(scenario(seed)) for seed in range(50)}) == 50
    assert len({digest(seed) for seed in range(5)}) == 5


def test_a_broken_seed_says_how_to_replay_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line names the command, and that tells, line by line, what happens: when, who, which call, which fault."""
    monkeypatch.setattr(Runs, "_dag_writes", forgets_the_dag)
    found = first_broken(simulate)
    assert command.said(found).endswith(f"replay: python -m tests.simulation --seed {found.seed} -v")

    assert command.main(["--seed", str(found.seed), "-v"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[-2:] == [found.broken[0], f"seed {found.seed}: broken"]
    assert any("Store.commit Create Run, Update Dag" in line for line in told)
    assert any("run running" in line for line in told)


def test_the_summary_of_many_seeds_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """How many seeds, how many of them broken, how long, which faults, which states."""
    monkeypatch.setattr(command, "BUILD", tmp_path / "build")
    assert command.main(["--seeds", "30", "--from", "7", "--processes", "2"]) == 0
    assert "30 seeds in" in capsys.readouterr().out
    summary = json.loads((tmp_path / "build" / "simulation.json").read_text("utf-8"))
    assert (summary["seeds"], summary["first"], summary["broken"]) == (30, 7, 0)
    assert summary["seconds"] > 0
    assert set(summary["faults"]) <= {kind.value for kind in Fault}
    assert summary["states"]["run success"] > 0

"""What user code does: the same for the same try of the same task instance, whatever happens around it.

That is what makes two worlds comparable: with faults and without, a try that ends for good ends the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from zlib import crc32

from brisa.errors import UnavailableError
from brisa.model.asset import AssetUpdate
from brisa.model.json import JsonValue
from brisa.model.run import AttemptKey, Outcome, RunKey
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import Decides, OutcomeKind
from brisa.operators.google.jobs import Jobs
from brisa.runtime.request import AttemptRequest
from brisa.runtime.supervisor import Answer, Report
from tests.simulation.faults import Fault, Faults
from tests.simulation.features import outlets
from tests.simulation.scenario import BUCKET, OBJECTS
from tests.simulation.world import Host

SUCCESS = Outcome(kind=OutcomeKind.SUCCESS)
FAILED = Outcome(kind=OutcomeKind.FAILED, error="as it was meant to")
UNWANTED = Outcome(kind=OutcomeKind.FAILED, error="it is no longer wanted")
OUTCOMES = (
    *[SUCCESS] * 14,
    *[FAILED] * 4,
    Outcome(kind=OutcomeKind.FAILED, retryable=False),
    Outcome(kind=OutcomeKind.SKIPPED),
)
DURATIONS = (0.05, 0.05, 0.5, 0.5, 5.0, 40.0, 150.0)
NOBODY: Any = None
"""A client that is not asked for anything."""
SLOW_LOOK = 1800.0
"""Seconds after which a sensor looks again, though nobody has told it of its object."""
SLEEPS = {"poke": OutcomeKind.RESCHEDULE, "deferrable": OutcomeKind.DEFERRED}


@dataclass(frozen=True, slots=True)
class Play:
    """One try: how long each of its attempts takes, how often it sleeps, and how it ends."""

    seconds: float
    sleeps: int
    interval: float
    looks_at: str
    """The object that a sensor waits for."""
    reads: bool
    """Whether it pulls the XComs of the tasks above."""
    outcome: Outcome


def play(seed: int, spec: DagSpec, task: TaskSpec, key: AttemptKey) -> Play:
    """What the try of ``key`` does. Its attempts, by ``seq``, are parts of the same play."""
    text = f"{seed}/{key.dag_id}/{key.run_id}/{key.name}/{key.try_number}"
    chance = Random(crc32(text.encode()))
    outcome = chance.choice(OUTCOMES)
    if outcome.kind is OutcomeKind.SUCCESS:
        outcome = _success(chance, spec, task, key)
    return Play(
        seconds=chance.choice(DURATIONS),
        sleeps=chance.randint(0, 3),
        interval=chance.choice((1.0, 30.0, 600.0)),
        looks_at=f"object{chance.randrange(OBJECTS)}",
        reads=chance.random() < 0.3,
        outcome=outcome,
    )


def _success(chance: Random, spec: DagSpec, task: TaskSpec, key: AttemptKey) -> Outcome:
    below = spec.downstream[task.task_id]
    assets = tuple(AssetUpdate(uri=uri) for uri in outlets(task))
    length = None
    if task.feeds_map:
        length = 1 if key.map_index >= 0 else chance.randint(0, 3)
    match task.decides:
        case Decides.BRANCH:
            follow = tuple(sorted(chance.sample(below, chance.randint(0, len(below)))))
            return Outcome(kind=OutcomeKind.SUCCESS, follow=follow, length=length, assets=assets)
        case Decides.CIRCUIT:
            circuit = chance.choice(("", "direct", "all"))
            return Outcome(kind=OutcomeKind.SUCCESS, circuit=circuit, length=length, assets=assets)
        case Decides.NOTHING:
            return Outcome(kind=OutcomeKind.SUCCESS, length=length, assets=assets)


@dataclass
class Outside:
    """What user code sees of the world, and does to it."""

    objects: set[str] = field(default_factory=set)
    """Those that are written by now."""
    jobs: defaultdict[RunKey, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Ids of the jobs that each run has submitted: to submit one again attaches to it."""
    left_alone: bool = True
    """Whether nobody clears or marks anything."""


class PlayedSupervisor:
    """Stands for the processes that run user code, on one host: it plays, and what can go wrong there does."""

    def __init__(self, host: Host, seed: int, specs: dict[str, DagSpec], faults: Faults, outside: Outside) -> None:
        """``outside`` is what user code sees of the world."""
        self._host = host
        self._seed = seed
        self._specs = specs
        self._faults = faults
        self._outside = outside

    def run(
        self,
        request: AttemptRequest,
        *,
        answer: Answer,
        heartbeat: Callable[[], bool],
        heartbeat_every: float,
        **_: object,
    ) -> Report:
        """Play one attempt, as :meth:`brisa.runtime.supervisor.Supervisor.run`."""
        if request.run_ended or request.kill:
            self._host.sleep(1.0)
            return Report(outcome=SUCCESS)
        key = request.key
        spec = self._specs[key.dag_id]
        task = spec.by_id[key.task_id]
        played = play(self._seed, spec, task, key)
        if self._faults.strikes(Fault.CHILD_LOST, self._host.world.now):
            return Report(outcome=FAILED, lost=True)
        if self._faults.strikes(Fault.ATTEMPT_HUNG, self._host.world.now):
            self._host.sleep(self._faults.chance.uniform(50.0, 500.0))
        self._outside.jobs[key.run_key].add(Jobs(NOBODY, {"ti": key}).next_id())
        outcome = self._outcome(played, task, key, answer)
        if self._faults.strikes(Fault.WORKER_KILLED, self._host.world.now):
            self._host.sleep(played.seconds * self._faults.chance.random())
            self._host.crash()
        if not self._alive_for(played.seconds, heartbeat, heartbeat_every):
            return Report(outcome=UNWANTED)
        if played.reads and self._outside.left_alone:
            self._read(request, task, answer)
        return Report(outcome=outcome, xcoms={"return_value": [key.name, key.try_number]})

    def _outcome(self, played: Play, task: TaskSpec, key: AttemptKey, answer: Answer) -> Outcome:
        match task.operator:
            case "poke" | "deferrable" if key.seq < played.sleeps:
                return Outcome(kind=SLEEPS[task.operator], resume_at=self._host.now() + played.interval)
            case "sensor":
                name = played.looks_at
                self._ask(lambda: answer("await_object", {"bucket": BUCKET, "name": name, "prefix": False}))
                self._host.sleep(0.01)
                if name not in self._outside.objects:
                    return Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=self._host.now() + SLOW_LOOK)
            case "trigger":
                self._trigger(key, answer)
            case _:
                pass
        return played.outcome

    def _trigger(self, key: AttemptKey, answer: Answer) -> None:
        """Make a run of the next DAG, one for each task instance and try, whatever is repeated."""
        others = sorted(self._specs)
        wanted: dict[str, Any] = {
            "dag_id": others[others.index(key.dag_id) + 1],
            "run_id": f"by {key.run_id} {key.name} {key.generation}.{key.try_number}",
            "conf": {},
            "logical_date": None,
            "token": "/".join(map(str, key[:6])),
            "reset": False,
            "unless_paused": False,
        }
        found = self._ask(lambda: answer("trigger_dag_run", wanted))
        assert isinstance(found, dict)
        assert found["status"] == "triggered", f"I6: {wanted['run_id']!r}: {found}"

    def _alive_for(self, seconds: float, heartbeat: Callable[[], bool], every: float) -> bool:
        """Let the time pass, with heartbeats; False once the attempt is no longer wanted."""
        while seconds > every:
            self._host.sleep(every)
            seconds -= every
            if not heartbeat():
                return False
        self._host.sleep(seconds)
        return True

    def _read(self, request: AttemptRequest, task: TaskSpec, answer: Answer) -> None:
        """Each task above that has succeeded is seen to have returned what it did."""
        for up in task.upstream:
            above = self._specs[request.dag_id].by_id[up]
            if request.task_states.get(up) != "success" or above.empty:
                continue
            rows = self._ask(lambda up=up: answer("xcom_pull", {"key": "return_value", "task_ids": [up]}))  # type: ignore[misc]
            assert isinstance(rows, list)
            assert rows, f"I2: {up} has succeeded, and {task.task_id} pulls no value of it"

    def _ask(self, question: Callable[[], JsonValue]) -> JsonValue:
        """As user code that is patient: it asks again until there is an answer."""
        while True:
            try:
                return question()
            except UnavailableError:
                self._host.sleep(20.0)

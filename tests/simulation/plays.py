"""What user code does: the same for the same try of the same task instance, whatever happens around it.

That is what makes two worlds comparable: with faults and without, a try that ends for good ends the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from zlib import crc32

from brisa.errors import NotFoundError, UnavailableError
from brisa.model.asset import AssetUpdate
from brisa.model.json import JsonValue
from brisa.model.run import AttemptKey, Outcome, RunKey
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import Decides, OutcomeKind
from brisa.operators.dag_run import recheck_after
from brisa.operators.google.jobs import Jobs
from brisa.runtime.request import AttemptRequest
from brisa.runtime.supervisor import Answer, Report
from tests.simulation.faults import Fault, Faults
from tests.simulation.features import outlets
from tests.simulation.scenario import BUCKET, OBJECTS
from tests.simulation.waits import Question, Truth, awaits, end_of
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
POKE = 60.0
"""Seconds after which a task looks again that nobody tells of the run it waits for; after a few looks, an hour."""
PATIENCE = 40_000.0
"""Seconds that a sensor waits for a run of another DAG."""
TOO_LATE = Outcome(kind=OutcomeKind.FAILED, retryable=False, error="it has waited long enough")
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


def called(specs: Mapping[str, DagSpec], key: AttemptKey) -> tuple[str, str]:
    """The DAG, and the id of the run of it, that a try makes."""
    others = sorted(specs)
    run_id = f"by {key.run_id} {key.name} {key.generation}.{key.try_number}"
    return others[others.index(key.dag_id) + 1], run_id


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
    told: Counter[tuple[RunKey, int]] = field(default_factory=Counter)
    """Run and place of a deadline → how often user code was told that it was missed."""
    left_alone: bool = True
    """Whether nobody clears, marks or deletes anything."""
    begun: Callable[[AttemptKey], None] = lambda _: None
    """Told of each attempt whose user code begins."""


class PlayedSupervisor:
    """Stands for the processes that run user code, on one host: it plays, and what can go wrong there does."""

    def __init__(
        self, host: Host, seed: int, specs: dict[str, DagSpec], faults: Faults, outside: Outside, truth: Truth
    ) -> None:
        """``outside`` is what user code sees of the world, ``truth`` what that really is."""
        self._host = host
        self._seed = seed
        self._specs = specs
        self._faults = faults
        self._outside = outside
        self._truth = truth

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
        key = request.key
        self._outside.begun(key)
        if request.missed is not None:
            self._outside.told[key.run_key, request.missed.place] += 1
            self._host.sleep(1.0)
            return Report(outcome=SUCCESS if request.missed.place else FAILED)
        if request.run_ended or request.kill:
            self._host.sleep(1.0)
            return Report(outcome=SUCCESS)
        spec = self._specs[key.dag_id]
        task = spec.by_id[key.task_id]
        played = play(self._seed, spec, task, key)
        if self._faults.strikes(Fault.CHILD_LOST, self._host.world.now):
            return Report(outcome=FAILED, lost=True)
        if self._faults.strikes(Fault.ATTEMPT_HUNG, self._host.world.now):
            self._host.sleep(self._faults.chance.uniform(50.0, 500.0))
        self._outside.jobs[key.run_key].add(Jobs(NOBODY, {"ti": key}).next_id())
        try:
            outcome = self._outcome(played, task, request, answer)
        except NotFoundError:
            outcome = FAILED  # as with any other error that user code meets
        if self._faults.strikes(Fault.WORKER_KILLED, self._host.world.now):
            self._host.sleep(played.seconds * self._faults.chance.random())
            self._host.crash()
        if not self._alive_for(played.seconds, heartbeat, heartbeat_every):
            return Report(outcome=UNWANTED)
        if played.reads and self._outside.left_alone:
            self._read(request, task, answer)
        return Report(outcome=outcome, xcoms={"return_value": [key.name, key.try_number]})

    def _outcome(self, played: Play, task: TaskSpec, request: AttemptRequest, answer: Answer) -> Outcome:
        key = request.key
        match task.operator:
            case "poke" | "deferrable" if key.seq < played.sleeps:
                return Outcome(kind=SLEEPS[task.operator], resume_at=self._host.now() + played.interval)
            case "sensor":
                name = played.looks_at
                self._ask(lambda: answer("await_object", {"bucket": BUCKET, "name": name, "prefix": False}))
                self._host.sleep(0.01)
                if name not in self._outside.objects:
                    return Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=self._host.now() + SLOW_LOOK)
            case "trigger" | "call":
                run = self._trigger(key, answer)
                if run is None:
                    return FAILED
                if task.operator == "call":
                    return self._await(end_of(*run), request, answer) or played.outcome
            case "external":
                question = awaits(task)
                assert question is not None
                return self._await(question, request, answer) or played.outcome
            case _:
                pass
        return played.outcome

    def _await(self, question: Question, request: AttemptRequest, answer: Answer) -> Outcome | None:
        """As ``ExternalTaskSensor`` and ``TriggerDagRunOperator``: look, have the run tell, look again, sleep.

        ``None`` if the wait is over, and all is well.
        """
        self._truth.asked(question)
        begun, now = self._host.world.now, self._host.now()
        asleep, looks = OutcomeKind.DEFERRED if question.run_id else OutcomeKind.RESCHEDULE, request.seq
        states, is_told, rest = self._seen(question, answer), False, recheck_after(looks)
        if not question.verdict(states):
            wish = {**question.about, "allowed": [*question.allowed], "ends": [*question.ends], "patience": rest}
            is_told = self._ask(lambda: answer("await_runs", wish)) is True
            states = self._seen(question, answer) if is_told else states
        verdict = question.verdict(states)
        if verdict and self._outside.left_alone:
            where = f"I16: {request.key.name} of {request.run.run_id}"
            assert self._truth.was_so(question, begun), f"{where} sees {states}, which is not so: {question.about}"
        if verdict:
            return FAILED if verdict == "ends" else None
        if question.run_id and not states:
            return FAILED  # the run that it has made was deleted
        if not question.run_id and now > (request.first_started_at or now) + PATIENCE:
            return TOO_LATE
        return Outcome(kind=asleep, resume_at=now + (rest if is_told else POKE if looks < 5 else 60 * POKE))

    def _seen(self, question: Question, answer: Answer) -> list[str]:
        """The states of the run, or of what counts in it."""
        found = self._ask(lambda: answer("external_runs", question.about))
        assert isinstance(found, dict)
        runs: Any = found["runs"]
        if question.task_ids or question.group:
            return [state for run in runs for states in run["tasks"].values() for state in states]
        return [run["state"] for run in runs]

    def _trigger(self, key: AttemptKey, answer: Answer) -> tuple[str, str] | None:
        """Make a run of the next DAG, one for each task instance and try, whatever is repeated.

        Which run that is; ``None`` if there is no such DAG.
        """
        dag_id, run_id = called(self._specs, key)
        wanted: dict[str, Any] = {
            "dag_id": dag_id,
            "run_id": run_id,
            "conf": {},
            "logical_date": None,
            "token": "/".join(map(str, key[:6])),
            "reset": False,
            "unless_paused": False,
        }
        found = self._ask(lambda: answer("trigger_dag_run", wanted))
        assert isinstance(found, dict)
        if found["status"] == "unknown" and not self._outside.left_alone:
            return None
        assert found["status"] == "triggered", f"I6: {run_id!r}: {found}"
        return dag_id, run_id

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

"""The platform beneath brisa: hosts that come and go, a queue that delivers, ticks, events, people; all may fail."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from brisa.engine import attempt_key
from brisa.errors import ConflictError, NotFoundError, UnavailableError
from brisa.model.dag import Dag, DagVersion
from brisa.model.events import Ask, Free
from brisa.model.run import AttemptKey, Message, Run, RunKey, task_names
from brisa.model.states import TaskState
from brisa.model.work import Chore, Fold, Work
from brisa.ports.store import Create, Put
from brisa.schedule.due import Interval
from brisa.services.asset_documents import asset_writes
from brisa.services.backfills import BackfillError, Wanted
from brisa.services.deletion import DeletionError
from brisa.services.pausing import set_paused
from brisa.services.planner import cursor_fields, following
from brisa.services.pools import Pools
from brisa.services.runs import RunExistsError
from tests.simulation.calls import Calls, Outages
from tests.simulation.faults import Fault, Faults
from tests.simulation.features import VARIABLE
from tests.simulation.invariants import Watch
from tests.simulation.pasts import held_back
from tests.simulation.people import Act, Deed, Removal, perform
from tests.simulation.plays import SLOW_LOOK, Outside, PlayedSupervisor, called, play
from tests.simulation.scenario import BEGIN, BUCKET, Deploy, Scenario, Trigger
from tests.simulation.services import Services
from tests.simulation.stores import Blobs, Changes, Queue, Store
from tests.simulation.waits import Question, awaits, end_of
from tests.simulation.world import Host, Process, World
from tests.support.faults import Crash, Wrapped

PROMPT = 60.0
"""Seconds in which a sensor is woken where nothing goes wrong."""
LATE = 2000.0
"""Seconds after the last fault in which it may still have effects."""
AGAIN = "again"
"""The run of a DAG that was deleted, and is there again."""
DELIVERIES = 5
"""How often a message is delivered whose handling fails, before the queue drops it without trace."""


class Platform:
    """One seed's world, from its beginning until nothing is to come."""

    def __init__(
        self,
        plan: Scenario,
        faults: Faults,
        chance: Random,
        *,
        tell: Callable[[str], None] | None = None,
        takes_turns: bool = True,
        store: type[Store] = Store,
        sweeps: bool = True,
    ) -> None:
        """``chance`` draws delays. ``takes_turns``: whether processes hand over, and meet faults, at port calls.

        ``store`` and ``sweeps=False`` (no ticks) are for breaking brisa on purpose.
        """
        self.scenario = plan
        self.ahead = plan.tick if plan.tick > 1.0 else 0.0
        self.faults = faults
        self.world = World(plan.begin)
        self.takes_turns = takes_turns
        self.specs = {spec.dag_id: spec for spec in plan.dags}
        self.watch = Watch(self.specs, {pool.name: pool for pool in plan.pools})
        self.tell = None if tell is None else partial(self._tell, tell)
        self.watch.tell = self.tell
        self.store = store(self._committed)
        self.outages = Outages()
        self.blobs = Blobs()
        self.queue = Queue(Host(self.world, "queue"), self._sent)
        self.outside = Outside(left_alone=not plan.acts and not plan.removals, begun=self._begun)
        self.watch.truth.met_anew = self._met_anew
        if not faults.kinds and not plan.crowded:  # else who looks may wait for who runs a task
            self.watch.tells_within = 2 * plan.tick + 1.0
        self._chance = chance
        self._boots = itertools.count()
        self._begin = plan.begin
        self._ticked = plan.begin - plan.tick
        self._sweeps = sweeps
        self._dropped: set[RunKey] = set()
        """Runs of which the queue has lost a message: what a worker has left that was late then stays."""
        self._backlog: defaultdict[str, list[Callable[[], bool]]] = defaultdict(list)
        self._planned: tuple[object, float | None] = (None, None)
        """The next tick, and of which state that is true."""
        self._hosts: dict[str, list[Services]] = {}
        self._deploy()
        for role, count in self._roles().items():
            self._hosts[role] = [self._boot(f"{role}{number}") for number in range(count)]
        self._expect()

    def _tell(self, tell: Callable[[str], None], text: str) -> None:
        process = self.world.process
        who = "" if process is None else f"{process.host.name} {process.name}"
        tell(f"{self.world.now - self._begin:12.3f} {who:30} {text}")

    def _roles(self) -> dict[str, int]:
        if self.scenario.alone:
            return {"alone": 1}
        return {"planner": 2, "worker": self.scenario.workers, "events": 1, "people": 1}

    def _boot(self, name: str) -> Services:
        host = Host(self.world, name)
        store: Any = self.store
        queue: Any = self.queue
        blobs: Any = self.blobs
        if self.takes_turns:
            around = Calls(host, self.store, self.faults, self.outages, self.tell).around
            store, queue, blobs = (Wrapped(port, around) for port in (store, queue, blobs))
        supervisor = PlayedSupervisor(host, self.scenario.seed, self.specs, self.faults, self.outside, self.watch.truth)
        return Services(
            host,
            store,
            queue,
            blobs,
            supervisor,
            owner=f"{name}#{next(self._boots)}",
            ahead=self.ahead,
            wide_above=self.scenario.wide_above,
        )

    # --- before anything happens

    def _deploy(self) -> None:
        for spec in self.specs.values():
            interval: Interval | None = following(spec, None, BEGIN)
            dag = Dag(
                dag_id=spec.dag_id,
                version="v1",
                paused=False,
                max_active_runs=spec.max_active_runs,
                **cursor_fields(interval),
            )
            version = DagVersion(dag_id=spec.dag_id, version="v1", spec=spec)
            self.store.commit(Put(version), Create(dag), *asset_writes(self.store, spec.dag_id, None, spec))
        for pool in self.scenario.pools:
            self.store.commit(Create(pool))
        self.store.set_variables([(VARIABLE, "100")])

    def _expect(self) -> None:
        begin = self.world.now
        for trigger in self.scenario.triggers:
            self.world.at(begin + trigger.after, partial(self._persist, "people", "trigger", self._trigger, trigger))
        for number, after in enumerate(self.scenario.objects):
            self.world.at(begin + after, partial(self._write, f"object{number}"))
        for deploy in self.scenario.deploys:
            self.world.at(begin + deploy.after, partial(self._persist, "events", "deploy", self._upload, deploy))
        for fill in self.scenario.fills:
            self.world.at(begin + fill.after, partial(self._persist, "people", "backfill", self._fill, fill.wanted))
        for removal in self.scenario.removals:
            self.world.at(begin + removal.after, partial(self._remove, removal))
        for act in self.scenario.acts:
            self.world.at(begin + act.after, partial(self._act, act))
        self.world.at(self.faults.until, self._calm)

    def _calm(self) -> None:
        """The faults are over."""
        self.outages.until.clear()
        for services in itertools.chain(*self._hosts.values()):
            services.host.skew = 0.0

    # --- until nothing is to come

    def step(self) -> bool:
        """Let the next thing happen; False if nothing is to come."""
        at = self.world.next_at()
        if at is not None and at < self._ticked + self.scenario.tick:
            self.world.step()
            return True
        tick = self._next_tick()
        if tick is not None and (at is None or tick <= at):
            self.world.now = max(tick, self.world.now)
            self._ticked = tick
            self.world.watched_until = tick + self.scenario.tick
            self._tick()
        elif at is not None:
            self.world.step()
        else:
            return False
        return True

    def _next_tick(self) -> float | None:
        """The next tick at which there is something to do: one that reads two empty queries does nothing else."""
        seen = self.store.commits, self._ticked
        if self._planned[0] != seen:
            due = self.store.next_work(self.ahead, self.held_back) if self._sweeps else None
            begin, every = self._begin, self.scenario.tick
            tick = None
            if due is not None:
                earliest = max(due, self._ticked + every, self.world.now)
                tick = begin + math.ceil((earliest - begin) / every) * every
            self._planned = seen, tick
        return self._planned[1]

    def held_back(self, run: Run) -> bool:
        """Whether the run waits for the one before it, and for nothing else."""
        return bool(run.behind) and held_back(run, self.specs, self._run)

    def _run(self, key: RunKey) -> Run | None:
        found = self.store.run(key)
        return None if found is None else found.record

    def _tick(self) -> None:
        if self.faults.strikes(Fault.TICK_MISSED, self.world.now):
            return
        for _ in range(1 + self.faults.strikes(Fault.TICK_DOUBLED, self.world.now)):
            services = self._some("planner")
            self._start(services, "tick", services.planner.tick)

    def idle(self, days: int) -> int:
        """Let ``days`` pass with a tick now and then, though nothing is to come: how many commits and messages.

        Looks at runs that are held back do not count: each is a commit, or a chore, ever more seldom.
        """
        looks = days * 3
        before = self.store.commits + looks * sum(self.held_back(run) for run in self.store.all_runs())
        planner = self._some("planner").planner
        for _ in range(looks):
            self.world.now += 8 * 3600.0 + 17.0
            planner.tick()
        return max(self.store.commits + self.queue.depth() - before, 0)

    def who_holds_slots(self) -> Iterator[str]:
        """I1: slots of pools are free once nothing is to come, or found to be by who has waited for some a while."""
        pools = Pools(self.store, Host(self.world, "anybody"))
        for name in [stored.record.name for stored in self.store.pools() if stored.record.users]:
            ask = Ask(attempt=AttemptKey("other", "run", "task"), pool=name, slots=1000)
            for _ in range(2):
                pools.ask(ask)
                self.world.now += 3600.0
            pools.free(Free(attempt=ask.attempt, pool=name))
            stored = self.store.pool(name)
            if stored is not None and stored.record.users:
                yield f"I1: nothing is to come, and slots of pool {name} are kept for {sorted(stored.record.users)}"

    # --- hosts and processes

    def _place(self, role: str) -> str:
        return "alone" if self.scenario.alone else role

    def _some(self, role: str) -> Services:
        return self._chance.choice(self._hosts[self._place(role)])

    def _start(
        self,
        services: Services,
        name: str,
        work: Callable[[], object],
        then: Callable[[bool], None] = lambda _: None,
        *,
        by_hand: bool = False,
    ) -> None:
        """Run ``work`` on a host; ``then`` is told whether it went well."""

        def ended(error: BaseException | None) -> None:
            if self.tell is not None and error is not None:
                self.tell(f"{name} has ended with {type(error).__name__}: {error}")
            if isinstance(error, Crash):
                self._replace(services)
            elif error is not None and not isinstance(error, ConflictError | UnavailableError):
                self.watch.broken.append(f"{name} has raised {type(error).__name__}: {error}")
            then(error is None)

        process = Process(services.host, name, work, ended, by_hand=by_hand)
        self.world.at(self.world.now, process.resume)

    def _replace(self, crashed: Services) -> None:
        """Another host takes the place of one that has crashed."""
        for hosts in self._hosts.values():
            if crashed in hosts:
                fresh = self._boot(crashed.host.name)
                hosts[hosts.index(crashed)] = fresh
                if self.scenario.alone:
                    self._start(fresh, "recover", partial(fresh.planner.recover, fresh.owner))

    def _persist(self, role: str, name: str, work: Callable[..., object], *args: object, by_hand: bool = False) -> None:
        """Have ``work`` done on a host of that role, again until it went well."""
        services = self._some(role)

        def then(well: bool) -> None:
            if not well:
                later = self.world.now + self._chance.uniform(5.0, 30.0)
                self.world.at(later, lambda: self._persist(role, name, work, *args, by_hand=by_hand))

        self._start(services, name, partial(work, services, *args), then, by_hand=by_hand)

    # --- the queue

    def _sent(self, works: Sequence[Work]) -> None:
        for moment in {work.not_before or 0.0 for work in works}:
            self.world.at(moment, self._pump)

    def _pump(self) -> None:
        now, chance = self.world.now, self._chance
        for work in self.queue.take(now, limit=1000, owner="queue"):
            if self.faults.strikes(Fault.MESSAGE_LOST, now):
                self.queue.done(work.name)
                self._note_dropped(work)
                continue
            late = chance.uniform(1.0, 900.0) if self.faults.strikes(Fault.MESSAGE_LATE, now) else 0.0
            self.world.at(now + chance.random() * 0.1 + late, partial(self._deliver, work, 0))
            if self.faults.strikes(Fault.MESSAGE_REPEATED, now):
                self.world.at(
                    now + chance.choice((0.1, 10.0, 600.0)) * chance.random(), partial(self._deliver, work, 0)
                )

    def _note_dropped(self, work: Work) -> None:
        if isinstance(work, Message | Fold):
            self._dropped.add(work.attempt.run_key if isinstance(work, Message) else work.run)

    def _deliver(self, work: Work, failures: int) -> None:
        place = self._place("planner" if isinstance(work, Chore) else "worker")
        if not self._hand_over(place, work, failures):
            self._backlog[place].append(partial(self._hand_over, place, work, failures))

    def _hand_over(self, place: str, work: Work, failures: int) -> bool:
        """Have a host with a free slot handle the message; False if there is none."""
        free = [services for services in self._hosts[place] if services.busy < self.scenario.slots]
        if not free:
            return False
        services = self._chance.choice(free)
        services.busy += 1

        def then(well: bool) -> None:
            services.busy -= 1
            if well or failures + 1 == DELIVERIES:
                self.queue.done(work.name)
                if not well:
                    self._note_dropped(work)
            else:
                later = self.world.now + self._chance.uniform(1.0, 10.0) * 2**failures
                self.world.at(later, partial(self._deliver, work, failures + 1))
            self.world.at(self.world.now, partial(self._work_off, place))

        handle = services.planner.handle if isinstance(work, Chore) else services.worker.handle
        self._start(services, type(work).__name__.lower(), partial(handle, work), then)  # type: ignore[arg-type]
        return True

    def _work_off(self, place: str) -> None:
        backlog = self._backlog[place]
        while backlog and backlog[0]():
            backlog.pop(0)

    # --- events

    def _write(self, name: str) -> None:
        """An object is written; whoever waits for it will hear of it, most likely."""
        self.outside.objects.add(name)
        now, chance = self.world.now, self._chance
        for _ in range(1 + self.faults.strikes(Fault.EVENT_REPEATED, now)):
            if not self.faults.strikes(Fault.EVENT_LOST, now):
                late = chance.uniform(10.0, 3000.0) if self.faults.strikes(Fault.EVENT_LATE, now) else 0.0
                arrive = partial(self._persist, "events", "event", self._finalized, name)
                self.world.at(now + chance.random() * 2.0 + late, arrive)

        if not self.faults.kinds:
            self.world.at(now + PROMPT, partial(self._nobody_sleeps_on, name))

    def _nobody_sleeps_on(self, name: str) -> None:
        """Where nothing goes wrong, whoever waited for an object is woken, and not found by its own slow look."""
        for run in self.store.all_runs():
            spec = self.specs[run.dag_id]
            for task_id in task_names(run):
                instance = run.task(task_id)
                key = attempt_key(run, task_id, instance)
                task = spec.by_id[key.task_id]
                if task.operator != "sensor" or instance.state is not TaskState.UP_FOR_RESCHEDULE:
                    continue
                awaited = play(self.scenario.seed, spec, task, key).looks_at
                if awaited == name and (instance.due_at or 0.0) > self.world.now + SLOW_LOOK / 2:
                    self.watch.broken.append(f"I1: {name} has come, and {task_id} of {run.run_id} sleeps on")

    def _finalized(self, services: Services, name: str) -> None:
        services.objects.finalized(BUCKET, name, "1")

    def _upload(self, services: Services, deploy: Deploy) -> None:
        services.registry._register(self.specs[deploy.dag_id], deploy.source, "")

    # --- people

    def _trigger(self, services: Services, trigger: Trigger) -> None:
        try:
            services.runs.trigger(trigger.dag_id, run_id=trigger.run_id, logical_date=trigger.logical_date)
        except RunExistsError:
            return  # asked for before, though the answer was lost
        except NotFoundError:
            self._only_where_deleted(trigger.dag_id)

    def _fill(self, services: Services, wanted: Wanted) -> None:
        try:
            services.backfills.create(wanted)
        except BackfillError:
            return  # there is nothing to fill, or it was asked for before, though the answer was lost
        except NotFoundError:
            self._only_where_deleted(wanted.dag_id)

    def _act(self, act: Act) -> None:
        if act.deed is Deed.PAUSE:
            self._persist("people", "pause", self._pause_until, act.dag_id, self.world.now + act.pick % 3600)
            return
        runs = self.store.runs(act.dag_id)
        if runs:
            run = runs[act.pick % len(runs)].record
            services = self._some("people")
            self._start(services, act.deed, partial(self._perform, act, services, run.key), by_hand=True)

    def _perform(self, act: Act, services: Services, key: RunKey) -> None:
        try:
            perform(act, services.clearing, self.specs[key.dag_id], key)
        except NotFoundError:
            self._only_where_deleted(key.dag_id)

    def _pause_until(self, services: Services, dag_id: str, moment: float) -> None:
        self._pause(services, dag_id, True)
        self.world.at(moment, lambda: self._persist("people", "unpause", self._pause, dag_id, False))

    def _pause(self, services: Services, dag_id: str, paused: bool) -> None:
        try:
            set_paused(services.store, services.host, dag_id, paused)
        except NotFoundError:
            self._only_where_deleted(dag_id)

    def _only_where_deleted(self, dag_id: str) -> None:
        """A run, or its DAG, was not found."""
        assert any(one.dag_id == dag_id for one in self.scenario.removals), f"I6: nobody has deleted {dag_id}"

    # --- deletion

    def _remove(self, removal: Removal) -> None:
        runs = self.store.runs(removal.dag_id)
        if removal.whole:
            self._persist("people", Deed.DELETE, self._delete_dag, removal, by_hand=True)
        elif runs:
            key = runs[removal.pick % len(runs)].record.key
            self._persist("people", Deed.DELETE, self._delete_run, key, removal.cancel, by_hand=True)

    def _delete_run(self, services: Services, key: RunKey, cancel: bool) -> None:
        with suppress(NotFoundError, DeletionError):
            services.deletion.delete_run(key, cancel=cancel)

    def _delete_dag(self, services: Services, removal: Removal) -> None:
        with suppress(NotFoundError, DeletionError):
            services.deletion.delete_dag(removal.dag_id, cancel=removal.cancel)
        if removal.again is not None:
            later = self.world.now + removal.again
            self.world.at(later, lambda: self._persist("events", "register", self._again, removal.dag_id))

    def _again(self, services: Services, dag_id: str) -> None:
        services.registry._register(self.specs[dag_id], "# again", "")
        stored = self.store.dag(dag_id)
        if stored is None or stored.record.deleting:
            raise UnavailableError("it is being deleted; a later look at the file makes it anew")
        self._trigger(services, Trigger(after=0.0, dag_id=dag_id, run_id=AGAIN, logical_date=BEGIN - timedelta(days=9)))

    def _begun(self, key: AttemptKey) -> None:
        process = self.world.process
        gone = self.watch.gone.get(key.run_key)
        if gone is not None and process is not None and process.begun > gone:
            self.watch.broken.append(f"I17: {key} is executed, and its run was deleted before")

    @property
    def touched(self) -> set[str]:
        """Ids of the DAGs of which runs were deleted, or all."""
        return {removal.dag_id for removal in self.scenario.removals}

    def left(self) -> Iterator[str]:
        """I17: what there still is of runs and DAGs that were deleted; or no longer, of one that came back."""
        for key in (one for one in self.watch.gone if one not in self._dropped):
            for what in (*self.store.left_of(*key), *self.blobs.left_of(*key)):
                yield f"I17: {key.run_id} of {key.dag_id} was deleted, and there is {what}"
        for removal in self.scenario.removals:
            stored = self.store.dag(removal.dag_id)
            if stored is not None and stored.record.deleting:
                yield f"I1: nothing is to come, and {removal.dag_id} is still being deleted"
            elif removal.again is not None and self.store.run(RunKey(removal.dag_id, AGAIN)) is None:
                yield f"I17: {removal.dag_id} was registered again, and has no run"
            elif stored is None and all(key.dag_id != removal.dag_id for key in self._dropped):
                for what in (*self.store.left_of(removal.dag_id), *self.blobs.left_of(removal.dag_id)):
                    yield f"I17: {removal.dag_id} was deleted, and there is {what}"

    # --- tasks that wait for runs

    def _met_anew(self, question: Question) -> None:
        """Whoever waits for a run is woken, and does not find out by its own slow look, once nothing goes wrong."""
        self.watch.states["wait over"] += 1
        found = not self.scenario.removals and self.scenario.watchers > 1
        if found and self.world.now > self.faults.until + LATE * bool(self.faults.kinds):
            self.world.at(self.world.now + PROMPT, partial(self._nobody_sleeps_through, question))

    def _nobody_sleeps_through(self, question: Question) -> None:
        for run in self.store.all_runs() if self.watch.truth.is_so(question) else ():
            for name in task_names(run):
                instance = run.task(name)
                asleep = instance.state in (TaskState.UP_FOR_RESCHEDULE, TaskState.DEFERRED)
                late = (instance.due_at or 0.0) > self.world.now + 2 * PROMPT
                if asleep and late and question in self._awaited(run, name):
                    self.watch.broken.append(f"I16: {question.about} is as {name} of {run.run_id} waits for")

    def _awaited(self, run: Run, name: str) -> Iterator[Question]:
        spec = self.specs[run.dag_id]
        key = attempt_key(run, name, run.task(name))
        task = spec.by_id[key.task_id]
        found = awaits(task)
        if found is not None:
            yield found
        elif task.operator == "call":
            yield end_of(*called(self.specs, key))

    def close(self) -> None:
        """Nothing more happens here: processes that are left end where they are."""
        for services in itertools.chain(*self._hosts.values()):
            services.host.on = False

    # --- what is watched

    def _committed(self, changes: Changes) -> None:
        process = self.world.process
        by_hand = process is not None and process.by_hand
        marks_run = by_hand and process is not None and Deed(process.name).ends_run
        self.watch.committed(changes, self.world.now, by_hand=by_hand, marks_run=marks_run)

"""Triggers of every kind, an operator that defers itself to one, and its tries by a clock that is put forward."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from brisa.authoring.dag import DAG
from brisa.authoring.operator import BaseOperator
from brisa.authoring.triggers import BaseTrigger, TaskFailedEvent, TaskSkippedEvent, TaskSuccessEvent, TriggerEvent
from brisa.model.states import OutcomeKind
from brisa.runtime.memory import MemoryChannel
from tests.runtime.attempts import run_task

BEGAN = 1_704_110_400.0


class Yields(BaseTrigger):
    """Yields ``what`` once ``steps`` sleeps of ``seconds`` are over; notes each look in ``seen``."""

    seen: list[str] = []  # noqa: RUF012  shared by all that are made, which is the point

    def __init__(self, what=None, steps=0, seconds=0.0):
        self.what, self.steps, self.seconds = what, steps, seconds

    def serialize(self):
        return f"{type(self).__module__}.{type(self).__name__}", {
            "what": self.what,
            "steps": self.steps,
            "seconds": self.seconds,
        }

    async def run(self):
        for _ in range(self.steps):
            self.seen.append("slept")
            await asyncio.sleep(self.seconds)
        yield self.event()

    def event(self):
        return TriggerEvent(self.what)

    async def cleanup(self):
        self.seen.append("cleaned up")


class YieldsGarbage(Yields):
    def event(self):
        return 3


class Succeeds(Yields):
    def event(self):
        return TaskSuccessEvent(xcoms={"return_value": self.what})


class Skips(Yields):
    def event(self):
        return TaskSkippedEvent()


class Fails(Yields):
    def event(self):
        return TaskFailedEvent()


class Raises(Yields):
    async def run(self):
        if self.what is None:
            raise ValueError("the service is gone")
        yield self.event()


class Ends(Yields):
    async def run(self):
        if self.what:
            yield


class Coroutine(Yields):
    async def returns(self):
        return TriggerEvent(1)

    run: Any = returns


class Blocks(Yields):
    async def run(self):
        time.sleep(30)
        yield TriggerEvent(1)


class Exits(Yields):
    async def run(self):
        if self.what is None:
            raise SystemExit(3)
        yield self.event()


class CancelsItsJob(Yields):
    """Waits for something that never comes, and cancels its job when it is cancelled."""

    async def run(self):
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            self.seen.append("job cancelled")
            raise
        yield


class Hears(Yields):
    """Waits for an answer, from a thread or a pipe, but not for ever."""

    async def run(self):
        if self.what == "thread":
            answer = await asyncio.wait_for(asyncio.to_thread(self.find), 30)
        else:
            process = await asyncio.create_subprocess_exec("sh", "-c", "sleep 0.05; printf found", stdout=-1)
            told, _ = await asyncio.wait_for(process.communicate(), 30)
            answer = told.decode()
        yield TriggerEvent(answer)

    def find(self):
        time.sleep(0.05)
        return "found"


class Defers(BaseOperator):
    """Defers itself to ``trigger``, and then returns what it was told."""

    template_fields: Sequence[str] = ("text",)

    def __init__(self, *, trigger, text="", timeout=None, kwargs=None, method="done", **more):
        super().__init__(**more)
        self.trigger, self.text, self.timeout, self.given, self.method = trigger, text, timeout, kwargs, method
        self.ended = []

    def execute(self, context):
        self.text = "changed"
        context["ti"].xcom_push("before", "the job's id")
        self.defer(trigger=self.trigger, method_name=self.method, kwargs=self.given, timeout=self.timeout)

    def done(self, context, event=None, **kwargs):
        return [event, kwargs, self.text, context["ti"].xcom_pull(task_ids="t", key="before")]

    def again(self, context, event=None):
        self.defer(trigger=self.trigger, method_name="again")

    def on_kill(self):
        Yields.seen.append("killed")


def a_dag(operator=Defers, **kwargs):
    """A DAG of one task that defers itself."""
    with DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None) as dag:
        operator(task_id="t", **kwargs)
    return dag


class Trying:
    """One try of a task, attempt after attempt, by a clock that is put forward between them."""

    def __init__(self, dag):
        self.dag, self.channel, self.now, self.seq = dag, MemoryChannel(), BEGAN, 0

    def attempt(self):
        """The next attempt."""
        begun = time.time()
        outcome, _ = run_task(
            self.dag,
            channel=self.channel,
            seq=self.seq,
            started_at=self.now,
            first_started_at=BEGAN if self.seq else None,
        )
        self.seq += 1
        self.now += time.time() - begun
        return outcome

    def later(self, outcome):
        """The attempt that ended so has asked for another one, at its moment."""
        assert outcome.kind is OutcomeKind.DEFERRED
        self.now += max(0.0, outcome.resume_at - time.time())
        self.channel.next_attempt()
        return self.attempt()

    @property
    def result(self):
        return self.channel.values().get("return_value")

"""One trace from the planner over the queue to the worker, and on to its successors, with the Cloud Tasks emulator."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from brisa.adapters.cloudtasks import CloudTasksQueue, decode_work
from brisa.adapters.memory import FakeClock, MemoryTelemetry
from brisa.handlers.planner import PLANNER
from brisa.handlers.worker import WORKER
from brisa.model.run import Message
from brisa.model.trace import read_trace
from brisa.ports.store import Update
from brisa.ports.telemetry import NOWHERE
from brisa.services.news import News
from brisa.services.planner import Planner
from brisa.services.runs import Runs
from brisa.services.worker import Worker as AttemptWorker
from tests.adapters.cloudtasks.local_cloud_tasks import Received, Worker, manual_cloud
from tests.handlers.deployment import Deployment, request
from tests.support.builders import dag, task
from tests.support.site import Silent, Site

ID, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SENT = f"00-{ID}-{SPAN}-01"


class Cloud:
    """A deployment whose queue is the Cloud Tasks emulator; what that posts is kept, and handed on by the test."""

    def __init__(self, telemetry: Any) -> None:
        self.emulator, self.inbox = manual_cloud(), Worker()
        site = self.site = Site(dag(task("a"), task("b", "a"), task("c", "a")))
        self.clock = FakeClock(site.clock.now())
        self.emulator.at(self.clock.now())
        queue = CloudTasksQueue(
            self.emulator.client,
            self.emulator.queue(),
            self.inbox.url,
            service_account="planner@test",
            clock=self.clock,
        )
        news = News(telemetry)
        runs = Runs(site.store, queue, self.clock, Silent(), news=news)
        deployment = self.deployment = Deployment()
        deployment.store, deployment.clock, deployment.telemetry = site.store, self.clock, telemetry
        deployment.runs, deployment.queue = runs, queue  # type: ignore[assignment]  # another queue than in memory
        deployment.planner = Planner(site.store, self.clock, runs, news=news)  # type: ignore[assignment]  # a real one
        deployment.worker = AttemptWorker(
            site.store,
            site.blobs,
            self.clock,
            runs,
            site.supervisor,  # type: ignore[arg-type]  # the part of it that workers use
            owner="w",
            origin=lambda version: (version.version, None),
            news=news,
        )

    def tick(self, **headers: str) -> None:
        """As Cloud Scheduler calls the planner."""
        assert self.deployment.call(PLANNER, request(headers=headers)).status_code == 200

    def delivered(self) -> list[Received]:
        """What the emulator has posted since."""
        self.emulator.at(self.clock.now())
        posted = sorted(self.inbox.received, key=lambda one: decode_work(one.body).name)
        self.inbox.received.clear()
        return posted

    def work(self, posted: Received) -> None:
        """The worker, with the body and the headers that came from the queue."""
        headers = {"traceparent": posted.headers["traceparent"]} if "traceparent" in posted.headers else {}
        assert self.deployment.call(WORKER, request(posted.body, headers=headers)).status_code == 200


@pytest.fixture
def cloud(telemetry):
    """One in which a run waits to be begun by the next tick: its DAG was paused."""
    made = Cloud(telemetry)
    pause(made.site, True)
    made.site.trigger()
    pause(made.site, False)
    yield made
    made.inbox.close()


def pause(site: Site, paused: bool) -> None:
    """Pause the site's DAG, or no longer."""
    (stored,) = site.store.dags()
    site.store.commit(Update(replace(stored.record, paused=paused), stored.revision))


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Of the functions' log."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("telemetry", [MemoryTelemetry()], ids=["heard"])
def test_one_trace(cloud, telemetry, capsys):
    """The spans of a tick, of the attempt that it begins and of both attempts after that are one tree."""
    cloud.tick(traceparent=SENT)
    (first,) = cloud.delivered()
    cloud.work(first)
    second, third = cloud.delivered()
    cloud.work(second)
    cloud.work(third)

    assert {span.trace.trace_id for span in telemetry.spans} == {ID}
    named = {span.trace.span_id: span for span in telemetry.spans}
    tick = next(span for span in telemetry.spans if span.name == "tick")
    attempts = {span.attributes["task_id"]: span for span in telemetry.spans if span.name == "attempt"}
    assert tick.parent == read_trace(SENT)
    assert attempts["a"].parent == tick.trace
    for successor in "bc":
        finish = named[attempts[successor].parent.span_id]
        assert (finish.name, finish.parent) == ("finish", attempts["a"].trace)
    assert {line["logging.googleapis.com/trace"] for line in lines(capsys)} == {f"projects/my-project/traces/{ID}"}


@pytest.mark.parametrize("telemetry", [NOWHERE], ids=["unheard"])
def test_one_trace_that_nobody_records(cloud, capsys):
    """Without an exporter the trace goes the same way, in the header alone, so that the lines of the log have it."""
    cloud.tick(traceparent=SENT)
    (first,) = cloud.delivered()
    cloud.work(first)
    second, _ = cloud.delivered()

    assert (first.headers["traceparent"], second.headers["traceparent"]) == (SENT, SENT)
    told = lines(capsys)
    assert [line["outcome"] for line in told] == ["tick", "handled"]
    assert {line["logging.googleapis.com/trace"] for line in told} == {f"projects/my-project/traces/{ID}"}


@pytest.mark.parametrize("telemetry", [NOWHERE], ids=["unheard"])
def test_the_header_is_no_part_of_the_message(cloud):
    """Bodies and names are as without a trace: a message sent twice, in two traces, is one."""
    cloud.tick()
    (plain,) = cloud.delivered()
    assert "traceparent" not in plain.headers
    message = decode_work(plain.body)
    assert isinstance(message, Message)
    cloud.tick(traceparent=SENT)
    cloud.clock.advance(60.0)
    cloud.tick(traceparent=SENT)
    (again,) = cloud.delivered()
    assert decode_work(again.body).attempt == message.attempt  # type: ignore[union-attr]  # it is the same kind
    assert plain.headers["X-CloudTasks-TaskName"] == message.name

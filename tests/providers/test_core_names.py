"""The small things of Airflow's core that provider packages are built with."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.exceptions import AirflowException, AirflowTaskTimeout
from brisa.compat.decorators import DecoratedOperator, task_decorator_factory
from brisa.compat.helpers import (
    convert_camel_to_snake,
    determine_kwargs,
    exactly_one,
    merge_dicts,
    patch_environ,
    provide_session,
)
from brisa.compat.notifier import BaseNotifier
from brisa.compat.operators import BaseAsyncOperator, poke_mode_only
from brisa.compat.timeout import timeout
from brisa.model.states import OutcomeKind
from brisa.operators.sensor import BaseSensorOperator
from tests.runtime.attempts import run_task


def dag_of(make: Any) -> DAG:
    with DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None) as dag:
        make()
    return dag


def test_a_decorator_of_a_package() -> None:
    """``@task.sql`` and its like: an operator whose main argument the decorated function returns."""

    class Shout(DecoratedOperator):
        def execute(self, context: Any) -> str:
            kwargs = determine_kwargs(self.python_callable, self.op_args, {**context, **self.op_kwargs})
            return str(self.python_callable(*self.op_args, **kwargs)).upper()

    @task_decorator_factory(decorated_operator_class=Shout, retries=2)
    def say(word: str, ds: str | None = None) -> str:
        return f"{word} {ds}"

    dag = dag_of(lambda: say("hello {{ dag.dag_id }}"))
    outcome, channel = run_task(dag, "say")

    assert outcome.kind is OutcomeKind.SUCCESS
    assert channel.values()["return_value"] == "HELLO D 2024-01-15"
    assert dag.get_task("say").retries == 2


def test_a_notifier_is_a_callback_with_templates() -> None:
    """It renders its fields with the context of the task that it is called for."""
    told = []

    class Tell(BaseNotifier):
        template_fields: Sequence[str] = ("words",)

        def __init__(self, words: list[str]) -> None:
            super().__init__()
            self.words = words

        def notify(self, context: Any) -> None:
            told.append((self.words, context["run_id"]))

    Tell(["{{ run_id }}!"])({"run_id": "r", "dag": None})

    assert told == [(["r!"], "r")]


def test_an_operator_that_is_a_coroutine() -> None:
    """What aexecute returns is the task's result."""

    class Later(BaseAsyncOperator):
        async def aexecute(self, context: Any) -> str:
            return await asyncio.sleep(0, "come")

    outcome, channel = run_task(dag_of(lambda: Later(task_id="later")), "later")

    assert outcome.kind is OutcomeKind.SUCCESS
    assert channel.values()["return_value"] == "come"


def test_a_sensor_that_remembers_says_that_it_can_not() -> None:
    """Each look is a process of its own, so such a sensor would never end."""

    @poke_mode_only
    class Remembers(BaseSensorOperator):
        pass

    outcome, _ = run_task(dag_of(lambda: Remembers(task_id="remembers")), "remembers")

    assert (outcome.kind, outcome.retryable) == (OutcomeKind.FAILED, False)
    assert "remembers between two looks" in outcome.error


def test_a_timeout_ends_what_takes_longer() -> None:
    """It raises inside, and leaves the alarm as it was."""
    before, _ = signal.getitimer(signal.ITIMER_REAL)
    with pytest.raises(AirflowTaskTimeout, match="too long"), timeout(0.01, "too long"):
        signal.pause()

    after, _ = signal.getitimer(signal.ITIMER_REAL)
    assert (after > 0) == (before > 0)
    assert after <= before


def test_a_timeout_within_a_shorter_one() -> None:
    """Whichever is over first counts; after an inner one has ended, the outer goes on."""
    with pytest.raises(AirflowTaskTimeout, match="outer"), timeout(0.01, "outer"), timeout(60, "inner"):
        signal.pause()
    with timeout(60, "outer"):
        with timeout(30, "inner"):
            pass

        assert 30 < signal.getitimer(signal.ITIMER_REAL)[0] <= 60


def test_helpers() -> None:
    """They do what Airflow's of the same name do."""
    with patch_environ({"BRISA_TEST_PATCHED": "1"}):
        assert os.environ["BRISA_TEST_PATCHED"] == "1"

    assert "BRISA_TEST_PATCHED" not in os.environ
    assert merge_dicts({"a": 1, "b": {"c": 2}}, {"b": {"d": 3}}) == {"a": 1, "b": {"c": 2, "d": 3}}
    assert (exactly_one(None, 1), exactly_one(1, 1), exactly_one()) == (True, False, False)
    assert convert_camel_to_snake("sourceTable") == "source_table"
    with pytest.raises(AirflowException, match=r"lambda.*Airflow's database"):
        provide_session(lambda session: session)()

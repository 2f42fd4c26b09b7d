"""When a failed try is followed by another, and when brisa gives up."""

from __future__ import annotations

import math
from typing import Any

import pytest

from brisa.engine.retries import claim_grace, retry_delay
from brisa.model.events import Enqueue
from brisa.model.run import AttemptKey, Outcome
from brisa.model.states import OutcomeKind
from tests.engine.oracle import answers
from tests.support.builders import FAILED, NOON, started, task

DAY = 86_400.0


def wait(row: dict[str, Any], task_id: str = "t") -> float:
    settings = task(
        task_id,
        retries=9,
        retry_delay=row["retry_delay"],
        retry_exponential_backoff=row["exponential"],
        max_retry_delay=row.get("max_retry_delay"),
    )
    return retry_delay(settings, AttemptKey("d", "r", task_id, try_number=row["try_number"]))


def name_of(row: dict[str, Any]) -> str:
    return "-".join(str(row.get(key)) for key in ("retry_delay", "exponential", "max_retry_delay", "try_number"))


def grows(row: dict[str, Any]) -> bool:
    """True is a factor of 2; False and 1.0 are none (and True == 1.0 in Python)."""
    return row["exponential"] is True or row["exponential"] not in (0.0, 1.0)


ROWS = [row for row in answers("retries") if "delay" in row]


@pytest.mark.parametrize("row", [row for row in ROWS if not grows(row)], ids=name_of)
def test_a_fixed_wait_is_airflows(row: dict[str, Any]) -> None:
    """Without backoff the wait is retry_delay, whatever the try and the limit."""
    assert wait(row) == row["delay"]


@pytest.mark.parametrize("row", [row for row in ROWS if grows(row)], ids=name_of)
def test_a_growing_wait_lies_within_airflows_bounds(row: dict[str, Any]) -> None:
    """With backoff, brisa's wait and Airflow's lie between the same bounds."""
    factor = 2.0 if row["exponential"] is True else row["exponential"]
    least = max(1, math.ceil(row["retry_delay"] * factor ** min(row["try_number"] - 1, 64)))
    most = min(DAY, row["max_retry_delay"] or DAY)
    low, high = min(least, most), min(2 * least - 1, most)

    assert low <= row["delay"] <= high, "these bounds are not Airflow's"
    assert low <= wait(row) <= high


@pytest.mark.parametrize("row", answers("retries", "spread"), ids=name_of)
def test_the_waits_of_many_tasks_spread_over_airflows_bounds(row: dict[str, Any]) -> None:
    """Tasks that fail together do not come back together: their waits fill the bounds that Airflow's fill."""
    waits = {wait(row, f"s{i}") for i in range(row["tasks"])}
    least = max(1, math.ceil(row["retry_delay"] * 2 ** (row["try_number"] - 1)))

    assert least <= min(waits) <= max(waits) <= 2 * least - 1
    assert len(waits) > min(least, row["tasks"]) / 2


@pytest.mark.parametrize("number", [1, 60, 1_100, 1_000_000])
@pytest.mark.parametrize("delay", [0.0, 0.5, 1e9])
def test_no_try_is_too_many_for_the_sum(number: int, delay: float) -> None:
    """The wait stays between a second and a day, however high the try (Airflow 2 raises OverflowError there)."""
    assert 1 <= wait({"retry_delay": delay, "exponential": True, "try_number": number}) <= DAY


def test_the_same_try_always_waits_equally_long() -> None:
    """The wait is told by the names of the attempt alone: two workers that fold the same failure agree."""
    row = {"retry_delay": 300, "exponential": True, "try_number": 5}

    assert wait(row) == wait(row) != wait(row, "another")


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_a_task_is_tried_once_and_then_once_per_retry(retries: int) -> None:
    """With ``retries`` of n, a task that always fails is tried n + 1 times, and then it has failed."""
    player = started(task("t", retries=retries, retry_delay=60.0))

    player.play(lambda _: FAILED)

    tries = [command.message.attempt.try_number for command in player.commands if isinstance(command, Enqueue)]
    assert tries == list(range(1, retries + 2))
    assert player.states() == {"t": "failed"}
    assert player.run.state == "failed"


def test_tries_count_as_in_airflow() -> None:
    """The first attempt is number 1, and with two retries the last is number 3."""
    (row,) = answers("retries", "first_try")
    player = started(task("t", retries=row["retries"]))
    seen = []

    def fail(key: AttemptKey) -> Outcome:
        seen.append(key.try_number)
        return FAILED

    player.play(fail)

    assert seen == [number for what, number in row["seen"] if what == "attempt"]
    assert player.run.state == row["run_state"]


def test_a_retry_waits_for_its_delay_and_then_succeeds() -> None:
    """After a failure the task is up_for_retry, its message is held until the delay is over, and the run waits."""
    player = started(task("t", retries=1, retry_delay=60.0), task("after", "t"))

    decision = player.finish("t", outcome=FAILED)

    assert player.states() == {"t": "up_for_retry", "after": "none"}
    (command,) = decision.commands
    assert isinstance(command, Enqueue)
    assert command.message.not_before == NOON + 60
    assert command.message.attempt == AttemptKey("d", "manual__1", "t", try_number=2)
    assert player.run.next_check_at == NOON + 60 + claim_grace(0)

    player.play()
    assert player.states() == {"t": "success", "after": "success"}
    assert player.task("t").try_number == 2


def test_a_failure_that_no_retry_can_help_is_final() -> None:
    """AirflowFailException fails a task at once, though tries are left."""
    player = started(task("t", retries=5), task("after", "t"))

    player.finish("t", outcome=Outcome(kind=OutcomeKind.FAILED, retryable=False))

    assert player.states() == {"t": "failed", "after": "upstream_failed"}


def test_the_grace_for_a_claim_doubles_up_to_an_hour() -> None:
    """A message that nobody claims is sent again ever more seldom, so that a stopped worker costs little."""
    assert [claim_grace(sends) for sends in (0, 1, 2, 6, 1000)] == [60, 120, 240, 3600, 3600]

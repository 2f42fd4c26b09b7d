"""Names of runs, tasks, attempts and messages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brisa.engine.create import run_id_for
from brisa.model.run import AttemptKey, Message, Run, RunKey, TaskKey
from brisa.model.states import RunType
from tests.support.builders import queued, started, task

DAY = datetime(2024, 1, 1, tzinfo=UTC)
IDS = st.from_regex(r"[\w.-]{1,8}", fullmatch=True)
KEYS = st.builds(
    AttemptKey, IDS, st.text(max_size=8), IDS, st.just(-1), st.integers(0, 3), st.integers(1, 3), st.integers(0, 3)
)


@pytest.mark.parametrize(
    ("run_type", "run_id"),
    [
        (RunType.SCHEDULED, "scheduled__2024-01-01T00:00:00+00:00"),
        (RunType.MANUAL, "manual__2024-01-01T00:00:00+00:00"),
        (RunType.BACKFILL, "backfill__2024-01-01T00:00:00+00:00"),
        (RunType.ASSET, "asset_triggered__2024-01-01T00:00:00+00:00"),
    ],
)
def test_run_ids_are_told_by_type_and_date(run_type: RunType, run_id: str) -> None:
    """The same type and date make the same id, written as Airflow writes it: a doubled tick makes no second run."""
    assert run_id_for(run_type, DAY) == run_id


def test_a_new_run_is_queued_and_pinned_to_its_version() -> None:
    """A run begins queued, with nothing awaited, and an id of the caller's choice or its own."""
    spec = started(task("t")).spec
    run = queued(spec, run_id="mine")

    assert (run.key, run.version, run.state.value) == (RunKey("d", "mine"), "v1", "queued")
    assert (run.next_check_at, run.tasks, run.queued_at > 0) == (None, {}, True)


def test_a_task_that_nothing_has_happened_to_is_fresh() -> None:
    """A run answers for tasks that it does not hold yet."""
    assert Run(dag_id="d", run_id="r", version="v").task("any").state.value == "none"


def test_mapped_tasks_are_named_with_their_index() -> None:
    """A task instance is written as Airflow writes it."""
    assert (str(TaskKey("t")), str(TaskKey("t", 3))) == ("t", "t[3]")


def test_an_attempt_knows_its_run_and_task() -> None:
    """The parts of an attempt's name are names themselves."""
    key = AttemptKey("d", "r", "t", 2)

    assert (key.run_key, key.task_key) == (RunKey("d", "r"), TaskKey("t", 2))


def test_message_names_are_hashed() -> None:
    """A queue's names show nothing and start at random, whatever the ids; sending again makes another name."""
    message = Message(attempt=AttemptKey("d", "r", "t"))

    assert len(message.name) == 32
    assert set(message.name) <= set("0123456789abcdef")
    assert message.name == Message(attempt=AttemptKey("d", "r", "t"), not_before=5.0).name
    assert message.name != Message(attempt=AttemptKey("d", "r", "t"), send=1).name


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(KEYS, st.integers(0, 3)), min_size=2, max_size=2, unique=True))
def test_no_two_messages_share_a_name(pair: list[tuple[AttemptKey, int]]) -> None:
    """Different attempts, or sends, have different names, whatever text a run id holds."""
    first, second = (Message(attempt=key, send=send).name for key, send in pair)

    assert first != second

"""The table of legal moves, and the page of the documentation that is made from it."""

from __future__ import annotations

from itertools import product

import pytest

from brisa.engine.transitions import TABLE, Move, after, diagram
from brisa.errors import IllegalMoveError
from brisa.model.states import TaskState
from tests.support import task_states

BY_HAND = {Move.CLEAR, Move.MARK_SUCCESS, Move.MARK_FAILED, Move.MARK_SKIPPED, Move.REMOVE}


@pytest.mark.parametrize(("state", "move"), [pair for pair in product(TaskState, Move) if pair not in TABLE], ids=str)
def test_a_move_that_the_table_lacks_is_one_error(state: TaskState, move: Move) -> None:
    """Whatever is not in the table raises IllegalMoveError, which names the move and the state."""
    with pytest.raises(IllegalMoveError, match=f"{move.value!r} from state {state.value!r}"):
        after(state, move)


@pytest.mark.parametrize(("pair", "reached"), TABLE.items(), ids=str)
def test_a_move_of_the_table_leads_where_it_says(pair: tuple[TaskState, Move], reached: TaskState) -> None:
    """Each line of the table is a move."""
    assert after(*pair) is reached


@pytest.mark.parametrize("state", [state for state in TaskState if state.terminal])
def test_only_a_person_changes_a_final_state(state: TaskState) -> None:
    """Nothing leads out of a terminal state but clear and mark (invariant I4)."""
    assert {move for before, move in TABLE if before is state} == BY_HAND


@pytest.mark.parametrize("move", list(Move))
def test_a_move_always_leads_to_the_same_sort_of_state(move: Move) -> None:
    """No move is dead, and none is final from one state and not from another."""
    reached = {state for (_, other), state in TABLE.items() if other is move}

    assert reached
    assert len({state.terminal for state in reached}) == 1


def test_everything_that_waits_can_end() -> None:
    """From every state that awaits an attempt, the attempt's every end is a move: no answer can be illegal."""
    ends = {
        Move.SUCCEED,
        Move.FAIL,
        Move.SKIP,
        Move.RETRY,
        Move.RESCHEDULE,
        Move.DEFER,
        Move.LOSE,
        Move.RESEND,
        Move.CLAIM,
    }

    for state in TaskState:
        if state.waiting:
            assert ends <= {move for before, move in TABLE if before is state}


def test_the_diagram_shows_every_move() -> None:
    """Each line of the table is a line of the diagram; moves by hand, possible from everywhere, are notes."""
    lines = diagram().splitlines()

    for (before, move), reached in TABLE.items():
        if move in BY_HAND:
            assert f"    note right of {reached.value}: {move.value} leads here from every state" in lines
        else:
            (line,) = (line for line in lines if line.startswith(f"    {before.value} --> {reached.value}: "))
            assert move.value in line.split(": ")[1].split(", ")


def test_the_page_on_task_states_is_up_to_date() -> None:
    """The documentation's table and diagram are those of the code."""
    page = task_states.PAGE.read_text("utf-8")

    assert task_states.BEGIN in page
    assert page == task_states.renewed(page), f"{task_states.PAGE.name} is stale; run: {task_states.COMMAND}"

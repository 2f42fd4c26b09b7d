"""The legal moves of a task instance, as a table. Whatever is not in it raises one error in one place."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from brisa.errors import IllegalMoveError
from brisa.model.states import TaskState as S


class Move(StrEnum):
    """What can be done to a task instance."""

    RELEASE = "release"
    """Its trigger rule is met: send its first message."""
    HOLD = "hold"
    """Its trigger rule is met, and it waits for room within a limit."""
    LOOK_BACK = "look back"
    """Its trigger rule is met, and it waits for the run before."""
    EXPAND = "expand"
    """Its trigger rule is met, and it is mapped: instances stand in its place from now on."""
    COMPLETE = "complete"
    """Its trigger rule is met and there is nothing to run."""
    SKIP = "skip"
    """Its trigger rule, a branch, or its own attempt says that it does not run."""
    BLOCK = "block"
    """Its trigger rule can't be met any more because of a failure above."""
    DUE = "due"
    """Its delay is over, or what it waited for has happened, and it waits for room within a limit."""
    ASK = "ask"
    """A pool is asked for slots."""
    GRANT = "grant"
    """A pool has given it slots."""
    ADMIT = "admit"
    """There is room: send its first message."""
    CLAIM = "claim"
    """The sweep saw that an attempt is running."""
    SUCCEED = "succeed"
    FAIL = "fail"
    RETRY = "retry"
    """Its attempt failed and a try is left."""
    RESCHEDULE = "reschedule"
    """A sensor has not seen what it waits for."""
    DEFER = "defer"
    """Its attempt waits for something that brisa is told of."""
    WAKE = "wake"
    """What it waited for has happened."""
    RESEND = "resend"
    """Nobody claimed its message in time."""
    LOSE = "lose"
    """The worker of its attempt is gone: the same try again."""
    CLEAR = "clear"
    """A person wants it to run again."""
    MARK_SUCCESS = "mark success"
    MARK_FAILED = "mark failed"
    MARK_SKIPPED = "mark skipped"
    REMOVE = "remove"
    """A person does not want it in the run any more."""


_EVERY = tuple(S)
_WAITING = tuple(state for state in S if state.waiting)
_FROM_NONE = {
    Move.RELEASE: S.QUEUED,
    Move.HOLD: S.SCHEDULED,
    Move.LOOK_BACK: S.NONE,
    Move.EXPAND: S.SCHEDULED,
    Move.COMPLETE: S.SUCCESS,
    Move.SKIP: S.SKIPPED,
    Move.BLOCK: S.UPSTREAM_FAILED,
}
_FROM_WAITING = {
    Move.CLAIM: S.RUNNING,
    Move.SUCCEED: S.SUCCESS,
    Move.SKIP: S.SKIPPED,
    Move.FAIL: S.FAILED,
    Move.RETRY: S.UP_FOR_RETRY,
    Move.RESCHEDULE: S.UP_FOR_RESCHEDULE,
    Move.DEFER: S.DEFERRED,
    Move.LOSE: S.QUEUED,
}
_DELAYED = (S.UP_FOR_RETRY, S.UP_FOR_RESCHEDULE, S.DEFERRED)
_FROM_HELD = {Move.ASK: S.SCHEDULED, Move.GRANT: S.SCHEDULED, Move.ADMIT: S.QUEUED, Move.SKIP: S.SKIPPED}
_BY_HAND = {
    Move.CLEAR: S.NONE,
    Move.MARK_SUCCESS: S.SUCCESS,
    Move.MARK_FAILED: S.FAILED,
    Move.MARK_SKIPPED: S.SKIPPED,
    Move.REMOVE: S.REMOVED,
}

TABLE: dict[tuple[S, Move], S] = {
    **{(S.NONE, move): after for move, after in _FROM_NONE.items()},
    **{(state, move): after for state in _WAITING for move, after in _FROM_WAITING.items()},
    **{(state, Move.RESEND): state for state in _WAITING},
    **{(S.SCHEDULED, move): after for move, after in _FROM_HELD.items()},
    **{(state, Move.DUE): S.SCHEDULED for state in _DELAYED},
    (S.UP_FOR_RESCHEDULE, Move.WAKE): S.QUEUED,
    (S.DEFERRED, Move.WAKE): S.QUEUED,
    **{(state, move): after for state in _EVERY for move, after in _BY_HAND.items()},
}
"""(state before, move) → state after."""


def after(state: S, move: Move) -> S:
    """The state that ``move`` leads to; :class:`IllegalMoveError` if the table has no such move."""
    try:
        return TABLE[state, move]
    except KeyError:
        raise IllegalMoveError(f"no move {move.value!r} from state {state.value!r}") from None


def diagram() -> str:
    """The table as a Mermaid state diagram; moves by hand, possible from everywhere, stand in one note each."""
    return "\n".join(["stateDiagram-v2", *_lines()]) + "\n"


def _lines() -> Iterator[str]:
    moves: dict[tuple[S, S], list[Move]] = {}
    for (before, move), reached in TABLE.items():
        if move not in _BY_HAND:
            moves.setdefault((before, reached), []).append(move)
    yield f"    [*] --> {S.NONE.value}"
    for (before, reached), names in moves.items():
        yield f"    {before.value} --> {reached.value}: {', '.join(name.value for name in names)}"
    for move, reached in _BY_HAND.items():
        yield f"    note right of {reached.value}: {move.value} leads here from every state"

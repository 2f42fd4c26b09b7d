"""People who interfere: they clear, mark and pause."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from brisa.model.events import Clear, Event, Mark, MarkRun
from brisa.model.spec import DagSpec
from brisa.model.states import RunState, TaskState

MARKS = (TaskState.SUCCESS, TaskState.FAILED, TaskState.SKIPPED)


class Deed(StrEnum):
    """What a person does."""

    CLEAR = "clear"
    CLEAR_BELOW = "clear, and what is below"
    MARK = "mark"
    MARK_RUN = "mark the run"
    PAUSE = "pause"


@dataclass(frozen=True, kw_only=True)
class Act:
    """A person's deed, ``after`` seconds from the beginning. ``pick`` chooses among what there is by then."""

    after: float
    deed: Deed
    dag_id: str
    pick: int
    mark: TaskState
    mark_run: RunState


def drawn_acts(chance: Random, dags: tuple[DagSpec, ...]) -> tuple[Act, ...]:
    """A few deeds, most of them while a lot goes on."""
    return tuple(
        Act(
            after=chance.choice((chance.uniform(0, 30), chance.uniform(0, 600), chance.uniform(0, 7200))),
            deed=chance.choice(tuple(Deed)),
            dag_id=chance.choice(dags).dag_id,
            pick=chance.randrange(2**32),
            mark=chance.choice(MARKS),
            mark_run=chance.choice((RunState.SUCCESS, RunState.FAILED)),
        )
        for _ in range(chance.randint(1, 4))
    )


def events_of(act: Act, spec: DagSpec) -> list[Event]:
    """What a deed is to the run that it is done to."""
    chance = Random(act.pick)
    ids = tuple(chance.sample([one.task_id for one in spec.tasks], min(len(spec.tasks), chance.randint(1, 2))))
    match act.deed:
        case Deed.CLEAR:
            return [Clear(task_ids=ids)]
        case Deed.CLEAR_BELOW:
            return [Clear(task_ids=tuple(sorted({*ids, *spec.closure(ids)})))]
        case Deed.MARK:
            return [Mark(task_ids=ids, state=act.mark)]
        case Deed.MARK_RUN:
            return [MarkRun(state=act.mark_run)]
        case Deed.PAUSE:
            return []

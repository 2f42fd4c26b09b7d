"""People who interfere: they clear, mark, pause and delete."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from brisa.model.run import RunKey
from brisa.model.spec import DagSpec
from brisa.model.states import RunState, TaskState
from brisa.services.clearing import Clearing, ClearingError, Selection

MARKS = (TaskState.SUCCESS, TaskState.FAILED, TaskState.SKIPPED)


class Deed(StrEnum):
    """What a person does."""

    CLEAR = "clear"
    CLEAR_BELOW = "clear, and what is below"
    RERUN = "rerun from where it failed"
    MARK = "mark"
    MARK_RUN = "mark the run"
    CANCEL = "cancel the run"
    PAUSE = "pause"
    DELETE = "delete"

    @property
    def ends_run(self) -> bool:
        """Whether it may end a run, whatever its tasks say."""
        return self in (Deed.MARK_RUN, Deed.CANCEL, Deed.DELETE)


ACTS = tuple(deed for deed in Deed if deed is not Deed.DELETE)


@dataclass(frozen=True, kw_only=True)
class Act:
    """A person's deed, ``after`` seconds from the beginning. ``pick`` chooses among what there is by then."""

    after: float
    deed: Deed
    dag_id: str
    pick: int
    mark: TaskState
    mark_run: RunState


@dataclass(frozen=True, kw_only=True)
class Removal:
    """A run is deleted, or (``whole``) its DAG with all that is known of it, ``after`` seconds from the beginning.

    Asked for until it is gone, or, without ``cancel``, until there is something that has not ended.
    """

    after: float
    dag_id: str
    pick: int
    whole: bool
    cancel: bool
    again: float | None
    """After how many more seconds somebody registers the DAG again, and wants a run of it."""


def drawn_removals(chance: Random, dags: tuple[DagSpec, ...]) -> tuple[Removal, ...]:
    """A few runs are deleted, or one DAG, most of them while they are live."""
    whole = chance.random() < 0.5
    return tuple(
        Removal(
            after=chance.choice((chance.uniform(0, 30), chance.uniform(0, 600), chance.uniform(0, 7200))),
            dag_id=chance.choice(dags).dag_id,
            pick=chance.randrange(2**32),
            whole=whole,
            cancel=chance.random() < 0.9,
            again=chance.choice((None, 0.0, 30.0, 4000.0)) if whole else None,
        )
        for _ in range(1 if whole else chance.randint(1, 3))
    )


def drawn_acts(chance: Random, dags: tuple[DagSpec, ...]) -> tuple[Act, ...]:
    """A few deeds, most of them while a lot goes on."""
    return tuple(
        Act(
            after=chance.choice((chance.uniform(0, 30), chance.uniform(0, 600), chance.uniform(0, 7200))),
            deed=chance.choice(ACTS),
            dag_id=chance.choice(dags).dag_id,
            pick=chance.randrange(2**32),
            mark=chance.choice(MARKS),
            mark_run=chance.choice((RunState.SUCCESS, RunState.FAILED)),
        )
        for _ in range(chance.randint(1, 4))
    )


def perform(act: Act, clearing: Clearing, spec: DagSpec, key: RunKey) -> None:
    """Do it to a run of a DAG; what can't be done is not."""
    chance = Random(act.pick)
    ids = tuple(chance.sample([one.task_id for one in spec.tasks], min(len(spec.tasks), chance.randint(1, 2))))
    chosen = Selection(
        dag_id=key.dag_id,
        run_ids=(key.run_id,),
        task_ids=ids,
        downstream=act.deed is Deed.CLEAR_BELOW,
        future=chance.random() < 0.2,
        only_failed=chance.random() < 0.1,
    )
    with suppress(ClearingError):
        match act.deed:
            case Deed.CLEAR | Deed.CLEAR_BELOW:
                clearing.clear(chosen)
            case Deed.RERUN:
                clearing.rerun(key)
            case Deed.MARK:
                clearing.mark(chosen, act.mark)
            case Deed.MARK_RUN:
                clearing.mark_run(key, act.mark_run)
            case Deed.CANCEL:
                clearing.cancel(key)
            case Deed.PAUSE | Deed.DELETE:
                pass

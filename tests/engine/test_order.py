"""Results do not depend on the order of deliveries, nor on how they are batched or repeated (invariant I7)."""

from __future__ import annotations

from random import Random

from hypothesis import event, given, settings
from hypothesis import strategies as st

from brisa.model.events import Enqueue, Finished, Start
from brisa.model.run import Outcome
from brisa.model.spec import DagSpec
from brisa.model.states import OutcomeKind
from tests.engine.strategies import dags, ends
from tests.support.builders import NOON, Player, queued

POKE = Outcome(kind=OutcomeKind.RESCHEDULE, resume_at=NOON + 60)
Fates = dict[str, list[list[Outcome]]]
"""Task id → for each try, how its attempts end, the last one for good."""


@st.composite
def fated_dags(draw: st.DrawFn) -> tuple[DagSpec, Fates]:
    """A DAG, and what each attempt of each task will report whenever it is made."""
    spec = draw(dags(timeouts=False))
    fates = {}
    for one in spec.tasks:
        final = ends(spec, one.task_id)
        tries = st.tuples(st.integers(0, 2), final).map(lambda pair: [*[POKE] * pair[0], pair[1]])
        fates[one.task_id] = draw(st.lists(tries, min_size=one.retries + 1, max_size=one.retries + 1))
    return spec, fates


def play(spec: DagSpec, fates: Fates, order: Random) -> Player:
    """Play a run to its end, delivering in random order, in random batches, some things twice and some late again."""
    player = Player(spec, queued(spec))
    player.give(Start())
    delivered: list[Finished] = []
    while waiting := player.waiting():
        batch = []
        for task_id in order.sample(waiting, order.randint(1, len(waiting))):
            key = player.key(task_id)
            batch.append(player.finished(task_id, fates[task_id][key.try_number - 1][key.seq]))
        delivered += batch
        batch += order.choices(delivered, k=order.randint(0, 3))
        order.shuffle(batch)
        player.give(*batch)
    return player


def summary(player: Player) -> tuple[object, ...]:
    """All that order must not change: states, tries, pokes, skips, the run's state, and how often each was sent."""
    tasks = {
        one.task_id: (at.state, at.try_number, at.max_tries, at.generation, at.seq, at.skips)
        for one in spec_tasks(player)
        for at in [player.task(one.task_id)]
    }
    sent = sorted(str(command.message) for command in player.commands if isinstance(command, Enqueue))
    return tasks, player.run.state, sent


def spec_tasks(player: Player):
    return player.spec.tasks


@settings(max_examples=200, deadline=None, derandomize=True)
@given(fated=fated_dags(), seeds=st.lists(st.integers(), min_size=4, max_size=4, unique=True))
def test_any_order_of_deliveries_leads_to_the_same_end(fated: tuple[DagSpec, Fates], seeds: list[int]) -> None:
    """Four ways to deliver the same ends, shuffled, batched and repeated, leave the same tasks and the same run."""
    spec, fates = fated
    first, *others = [summary(play(spec, fates, Random(seed))) for seed in seeds]

    event(f"run {first[1]}")
    for other in others:
        assert other == first

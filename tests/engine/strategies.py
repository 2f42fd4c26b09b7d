"""Random DAGs and outcomes, for Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from brisa.model.run import Outcome
from brisa.model.spec import DagSpec, TaskSpec
from brisa.model.states import Decides, OutcomeKind, TriggerRule

RULES = [*TriggerRule, *[TriggerRule.ALL_SUCCESS] * 6]
"""Every rule, and the default one as often as a third of the time, so that cascades run deep."""
DECISIONS = [*[Decides.NOTHING] * 5, Decides.BRANCH, Decides.CIRCUIT]


@st.composite
def dags(draw: st.DrawFn, *, most: int = 12, timeouts: bool = True) -> DagSpec:
    """A DAG of up to ``most`` tasks: all rules, empty tasks, branches, short circuits, 0 to 2 retries."""
    tasks: list[TaskSpec] = []
    for number in range(draw(st.integers(1, most))):
        above = draw(st.sets(st.sampled_from(tasks).map(lambda one: one.task_id), max_size=3)) if tasks else set()
        decides = draw(st.sampled_from(DECISIONS))
        tasks.append(
            TaskSpec(
                task_id=f"t{number}",
                upstream=tuple(sorted(above)),
                trigger_rule=draw(st.sampled_from(RULES)),
                decides=decides,
                empty=decides is Decides.NOTHING and draw(st.integers(0, 4)) == 0,
                retries=draw(st.integers(0, 2)),
                retry_delay=draw(st.sampled_from([0.0, 10.0, 300.0])),
                retry_exponential_backoff=draw(st.booleans()),
            )
        )
    timeout = draw(st.sampled_from([None, 500.0, 5_000.0])) if timeouts else None
    return DagSpec(dag_id="d", tasks=tuple(tasks), dagrun_timeout=timeout)


def successes(spec: DagSpec, task_id: str) -> st.SearchStrategy[Outcome]:
    """How an attempt of the task may succeed: a branch chooses, a short circuit cuts or does not."""
    below = spec.downstream[task_id]
    match spec.by_id[task_id].decides:
        case Decides.BRANCH:
            chosen = st.lists(st.sampled_from(below), unique=True) if below else st.just([])
            return chosen.map(lambda ids: Outcome(kind=OutcomeKind.SUCCESS, follow=tuple(ids)))
        case Decides.CIRCUIT:
            cuts = st.sampled_from(["", "direct", "all"])
            return cuts.map(lambda circuit: Outcome(kind=OutcomeKind.SUCCESS, circuit=circuit))
        case Decides.NOTHING:
            return st.just(Outcome(kind=OutcomeKind.SUCCESS))


def ends(spec: DagSpec, task_id: str) -> st.SearchStrategy[Outcome]:
    """How an attempt of the task may end its try."""
    return st.one_of(
        successes(spec, task_id),
        st.just(Outcome(kind=OutcomeKind.FAILED)),
        st.just(Outcome(kind=OutcomeKind.FAILED)),
        st.just(Outcome(kind=OutcomeKind.FAILED, retryable=False)),
        st.just(Outcome(kind=OutcomeKind.SKIPPED)),
    )

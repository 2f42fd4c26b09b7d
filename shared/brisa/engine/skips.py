"""What a branch or a short circuit skips."""

from __future__ import annotations

from collections.abc import Callable

from brisa.model.run import UNMAPPED, Outcome, TaskInstance, TaskKey
from brisa.model.spec import DagSpec
from brisa.model.states import TaskState, TriggerRule


def skipped_by(spec: DagSpec, task_id: str, outcome: Outcome) -> tuple[str, ...]:
    """Ids of the tasks that the successful ``outcome`` of ``task_id`` skips, sorted.

    A branch skips its direct downstream tasks except those it follows and those below what it follows (a join is
    often both). A short circuit skips its direct downstream tasks, or all below. Teardowns are never skipped. These
    are Airflow's rules (tests/oracle/branching.json).
    """
    direct = set(spec.downstream[task_id])
    if outcome.follow is not None:
        followed = [name for below in outcome.follow for name in _named(spec, task_id, below)]
        skipped = direct.difference(followed, spec.closure(followed))
    elif outcome.circuit == "all":
        skipped = set(spec.closure([task_id]))
    elif outcome.circuit == "direct":
        skipped = direct
    else:
        return ()
    return tuple(sorted(below for below in skipped if not spec.by_id[below].is_teardown))


def _named(spec: DagSpec, task_id: str, below: str) -> list[str]:
    """The names of a task that is to be followed: of a mapped one, its instance of the branch's own index, or all."""
    if below in spec.by_id:
        return [below]
    index = TaskKey.of(task_id).map_index
    own = str(TaskKey(below, index))
    if index != UNMAPPED and own in spec.downstream[task_id]:
        return [own]
    return [name for name in spec.by_id if TaskKey.of(name).task_id == below]


class SkipCauses:
    """The task whose end skipped another right then, for each skipped task of a run."""

    def __init__(self, spec: DagSpec, instance_of: Callable[[str], TaskInstance]) -> None:
        """Look at all tasks that are skipped now; :meth:`add` those that are skipped later, in topological order."""
        self._spec = spec
        self._instance_of = instance_of
        self._causes: dict[str, str | None] = {}
        for task in spec.tasks:
            if instance_of(task.task_id).state is TaskState.SKIPPED:
                self.add(task.task_id)

    def add(self, task_id: str) -> None:
        """``task_id`` has been skipped."""
        self._causes[task_id] = self._find(task_id)

    def of(self, task_id: str) -> str | None:
        """The cause; ``None`` if the skip hung on more than one task's end."""
        return self._causes.get(task_id)

    def _find(self, task_id: str) -> str | None:
        """The branch or short circuit that decided so, or the task's own attempt, or what skipped a task above it.

        The last only if everything above ends after that, so that nothing else was waited for.
        """
        for gate in self._spec.gates.get(task_id, ()):
            if task_id in self._instance_of(gate).skips:
                return gate
        if self._instance_of(task_id).started_at is not None:
            return task_id
        task = self._spec.by_id[task_id]
        if task.trigger_rule is TriggerRule.ALL_SUCCESS:
            for up in task.upstream:
                cause = self._causes.get(up)
                if cause is not None and self._spec.after(cause).issuperset(task.upstream):
                    return cause
        return None

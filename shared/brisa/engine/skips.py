"""What a branch or a short circuit skips."""

from __future__ import annotations

from collections.abc import Callable

from brisa.model.run import UNMAPPED, Outcome, TaskInstance, TaskKey
from brisa.model.spec import DagSpec
from brisa.model.states import TaskState, TriggerRule


def skipped_by(spec: DagSpec, name: str, outcome: Outcome, names: Callable[[str], list[str]]) -> tuple[str, ...]:
    """The names of what the successful ``outcome`` of the task or instance called ``name`` skips, sorted.

    A branch skips its direct downstream tasks except those it follows and those below what it follows (a join is
    often both). A short circuit skips its direct downstream tasks, or all below. An instance of a mapped one skips, of
    its direct downstream tasks alone, the instance of its own map index, if they have one. Teardowns are never skipped.
    These are Airflow's rules (tests/oracle/branching.json, tests/oracle/skips.json).

    ``spec`` is the DAG as it was written; ``names`` says by which names the run knows one of its tasks by now.
    """
    task_id, index = TaskKey.of(name)
    direct = set(spec.downstream[task_id])
    if outcome.follow is not None:
        skipped = direct.difference(
            outcome.follow, spec.closure(below for below in outcome.follow if below in spec.by_id)
        )
    elif outcome.circuit == "all" and index == UNMAPPED:
        skipped = set(spec.closure([task_id]))
    elif outcome.circuit:
        skipped = direct
    else:
        return ()
    tasks = [spec.by_id[below] for below in skipped if not spec.by_id[below].is_teardown]
    if index == UNMAPPED:
        return tuple(sorted(each for task in tasks for each in names(task.task_id)))
    return tuple(sorted(str(TaskKey(task.task_id, index)) for task in tasks if task.is_mapped))


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

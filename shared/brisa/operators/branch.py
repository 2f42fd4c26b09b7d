"""Branches: a task that decides which of the tasks below it run.

An operator tells its decision to ``context["ti"].decide(…)`` and ends normally; the engine skips the others. A task
directly below the branch that is also below a task it follows is not skipped (that is the engine's part).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from brisa.authoring.dag import DAG
from brisa.authoring.exceptions import AirflowException
from brisa.authoring.operator import BaseOperator
from brisa.model.states import Decides


def chosen_tasks(dag: DAG, choice: object) -> tuple[str, ...]:
    """The task ids that a branch's ``choice`` names: an id, an iterable of ids, or ``None`` for nothing.

    The id of a task group stands for the group's first tasks. Any task of the DAG may be named, as in Airflow, whether
    or not it is directly below the branch. An unknown id, or something that is no text, is an
    :class:`AirflowException` that names it.
    """
    if choice is None:
        return ()
    names: list[Any] = [choice] if isinstance(choice, str) or not isinstance(choice, Iterable) else list(choice)
    odd = [name for name in names if not isinstance(name, str)]
    if odd:
        found = ", ".join(f"{name!r} ({type(name).__name__})" for name in odd)
        raise AirflowException(f"a branch returns a task id, a list of them, or None; this one returned {found}")
    groups = dag.task_group_dict
    chosen: dict[str, None] = {}
    for name in names:
        if name in groups:
            chosen.update(dict.fromkeys(root.task_id for root in groups[name].get_roots()))
        else:
            chosen[name] = None
    unknown = sorted(name for name in chosen if not dag.has_task(name))
    if unknown:
        raise AirflowException(
            f"a branch must return ids of tasks of its DAG; DAG {dag.dag_id!r} has no "
            f"{'task' if len(unknown) == 1 else 'tasks'} {', '.join(map(repr, unknown))}"
        )
    return tuple(chosen)


def below(dag: DAG, task_ids: Iterable[str]) -> set[str]:
    """Ids of everything below ``task_ids``, direct or not."""
    seen: set[str] = set()
    stack = list(task_ids)
    while stack:
        fresh = dag.get_task(stack.pop()).downstream_task_ids - seen
        seen |= fresh
        stack.extend(fresh)
    return seen


class SkipMixin:
    """What custom operators use to skip tasks directly below themselves."""

    decides: Decides = Decides.BRANCH

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.decides is Decides.NOTHING:  # `class Mine(BaseOperator, SkipMixin)` finds BaseOperator's first
            cls.decides = Decides.BRANCH

    def skip_all_except(self, ti: Any, branch_task_ids: object) -> None:
        """Skip what is directly below this task, but for ``branch_task_ids`` (see :func:`chosen_tasks`)."""
        ti.decide(follow=chosen_tasks(ti.task.dag, branch_task_ids))

    def skip(self, *args: Any, tasks: Collection[Any] = (), ti: Any = None, **kwargs: Any) -> None:
        """Skip ``tasks``, which must be directly below this one.

        Airflow 2 calls it with (dag run, execution date, tasks), Airflow 3 with (task instance, tasks).
        """
        from brisa.authoring.running import get_current_context

        instance = ti or get_current_context()["ti"]
        unwanted = {task.task_id for task in (tasks or (args[-1] if args else ()))}
        direct = set(instance.task.downstream_task_ids)
        if unwanted - direct:
            raise AirflowException(f"skip() works on tasks directly below; these are not: {sorted(unwanted - direct)}")
        instance.decide(follow=tuple(sorted(direct - unwanted)))


class BranchMixIn(SkipMixin):
    """Gives an operator ``do_branch``."""

    def do_branch(self, context: Mapping[str, Any], branches_to_execute: Any) -> Any:
        """Follow ``branches_to_execute``; what to return from ``execute``.

        That is the choice itself, which becomes the task's XCom; but nothing in dialect 3 when something is skipped.
        """
        ti = context["ti"]
        if isinstance(branches_to_execute, Iterable) and not isinstance(branches_to_execute, str | Mapping | list):
            branches_to_execute = list(branches_to_execute)  # a generator can be read once
        dag = ti.task.dag
        follow = chosen_tasks(dag, branches_to_execute)
        skipped = set(ti.task.downstream_task_ids) - set(follow) - below(dag, follow)
        ti.task.log.info("Following %s", ", ".join(follow) if follow else "nothing")
        if skipped:
            ti.task.log.info("Skipping %s", ", ".join(sorted(skipped)))
        ti.decide(follow=follow)
        return None if skipped and pushes_nothing(ti) else branches_to_execute


def pushes_nothing(ti: Any) -> bool:
    """Whether a task that skips others pushes no return value: so in Airflow 3, not in 2."""
    return bool(getattr(ti, "dialect", 3) >= 3)


class BaseBranchOperator(BaseOperator, BranchMixIn):
    """Base of custom branches: override ``choose_branch``."""

    decides = Decides.BRANCH

    def choose_branch(self, context: Mapping[str, Any]) -> str | Iterable[str] | None:
        """Which tasks directly below to run: an id, several, a group's id, or ``None``."""
        raise NotImplementedError(f"{type(self).__name__} does not override choose_branch()")

    def execute(self, context: Mapping[str, Any]) -> Any:
        """Choose and follow."""
        return self.do_branch(context, self.choose_branch(context))

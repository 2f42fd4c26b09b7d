"""I16: a task that waits for a run goes on when that is as it waits for: not before, and not much later."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from brisa.engine.mapping import is_expanded
from brisa.model.dag import Dag
from brisa.model.json import JsonObject, JsonValue
from brisa.model.run import Run, RunKey, TaskKey
from brisa.model.spec import DagSpec, TaskSpec

ENDS = ("success", "failed")


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a task waits for: that a run, or some of its tasks, are ``allowed``, or that any of it ``ends`` the wait."""

    dag_id: str
    run_id: str = ""
    date: str = ""
    """The logical date of the run, where it is not known by its id."""
    task_ids: tuple[str, ...] = ()
    group: str = ""
    allowed: tuple[str, ...] = ("success",)
    ends: tuple[str, ...] = ()

    @cached_property
    def about(self) -> JsonObject:
        """The question, as a task asks it."""
        run: JsonObject = {"run_ids": [self.run_id]} if self.run_id else {"logical_dates": [self.date]}
        return {"dag_id": self.dag_id, **run, "task_ids": [*self.task_ids], "group": self.group or None}

    def is_about(self, run: Run) -> bool:
        """Whether this run is meant."""
        if self.dag_id != run.dag_id:
            return False
        if self.run_id:
            return self.run_id == run.run_id
        return run.logical_date is not None and datetime.fromisoformat(self.date) == run.logical_date

    def verdict(self, states: Iterable[str]) -> str:
        """What these states mean: ``allowed``, ``ends`` or, if the wait goes on, nothing."""
        found = [*states]
        if any(state in self.ends for state in found):
            return "ends"
        return "allowed" if found and all(state in self.allowed for state in found) else ""

    def states(self, run: Run, spec: DagSpec) -> list[str]:
        """The states that count, as the run has them."""
        if not self.task_ids and not self.group:
            return [run.state.value]
        ids = [*self.task_ids, *(one.task_id for one in spec.tasks if self.group and one.group_id == self.group)]
        return [state for task_id in ids for state in _states(run, task_id)]


def _states(run: Run, task_id: str) -> Iterator[str]:
    own = run.task(task_id)
    if not is_expanded(own):
        yield own.state.value
        return
    for name, one in run.tasks.items():
        if name != task_id and TaskKey.of(name).task_id == task_id:
            yield one.state.value


def awaits(task: TaskSpec) -> Question | None:
    """What a sensor waits for in a run of another DAG."""
    told = task.display.get("awaits")
    if not isinstance(told, dict):
        return None
    return Question(
        dag_id=str(told["dag_id"]),
        date=str(told["date"]),
        task_ids=_texts(told["task_ids"]),
        group=str(told["group"]),
        ends=_texts(told["ends"]),
    )


def _texts(told: JsonValue) -> tuple[str, ...]:
    assert isinstance(told, list)
    return tuple(map(str, told))


def end_of(dag_id: str, run_id: str) -> Question:
    """What a task waits for that has made a run, and wants it to end."""
    return Question(dag_id=dag_id, run_id=run_id, ends=("failed",))


@dataclass
class Truth:
    """When each thing that tasks wait for was so."""

    specs: Mapping[str, DagSpec]
    met_anew: Callable[[Question], None] = lambda _: None
    """Told when something that somebody waits for has become so."""
    _questions: dict[Question, float] = field(default_factory=dict)
    """Until when it was so: for ever, while it is; never, if it was not."""
    _runs: dict[RunKey, Run] = field(default_factory=dict)

    def asked(self, question: Question) -> None:
        """A task waits for this."""
        if question not in self._questions:
            found = [run for run in self._runs.values() if question.is_about(run)]
            self._questions[question] = math.inf if any(self._is_so(question, run) for run in found) else -math.inf

    def was_so(self, question: Question, since: float) -> bool:
        """Whether it was so at any time ``since``."""
        return self._questions[question] >= since

    def is_so(self, question: Question) -> bool:
        """Whether it is so now."""
        return self._questions[question] == math.inf

    def _is_so(self, question: Question, run: Run) -> bool:
        return bool(question.verdict(question.states(run, self.specs[run.dag_id])))

    def changed(self, run: Run, now: float) -> None:
        """A run is so now."""
        self._runs[run.key] = run
        for question, until in self._questions.items():
            if question.is_about(run):
                if self._is_so(question, run):
                    self._questions[question] = math.inf
                    if until != math.inf:
                        self.met_anew(question)
                elif until == math.inf:
                    self._questions[question] = now

    def gone(self, key: RunKey, now: float) -> None:
        """A run is no more."""
        run = self._runs.pop(key, None)
        for question, until in self._questions.items():
            if run is not None and question.is_about(run) and until == math.inf:
                self._questions[question] = now

    # --- watches: whoever is still in a document waits for what is not so

    def overlooked(self, run: Run) -> Iterator[str]:
        """The watches that a run's document has though what they wait for is so."""
        for watch in run.watchers:
            question = Question(
                dag_id=run.dag_id,
                run_id=run.run_id,
                task_ids=watch.task_ids,
                group=watch.group,
                allowed=watch.allowed,
                ends=watch.ends,
            )
            if self._is_so(question, run):
                yield f"I16: {run.run_id} of {run.dag_id} is as {watch.task} waits for, which is not told"

    def misplaced(self, dag: Dag) -> Iterator[str]:
        """The watches that a DAG's document has though there is such a run."""
        for watch in dag.watchers:
            for run in self._runs.values():
                if run.dag_id == dag.dag_id and (
                    run.run_id == watch.awaited_run
                    or (watch.awaited_date is not None and run.logical_date == watch.awaited_date)
                ):
                    yield f"I16: {watch.task} waits for {run.run_id} of {run.dag_id} with the DAG, and there is the run"

"""Tasks that are too long or too large for a worker: it hands them to jobs, which do all that a worker does.

Who claims is the job, not the worker that starts it. So a job that never begins leaves the run as a lost message does,
and the sweep sends the message again; a second start of the same message finds the attempt claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from brisa.errors import AuthoringError, JobError, Location
from brisa.model.jobs import JobSize, fitting, seconds_of
from brisa.model.run import Message
from brisa.model.spec import JOB, DagSpec, TaskSpec
from brisa.ports.jobs import Jobs


class LongWork:
    """Starts jobs for attempts. Safe between threads."""

    def __init__(self, jobs: Callable[[], Jobs], sizes: Sequence[JobSize]) -> None:
        """``jobs`` is called when the first is needed. ``sizes``: those that the deployment has."""
        self._jobs = jobs
        self._sizes = tuple(sizes)

    def takes(self, task: TaskSpec) -> bool:
        """Whether ``task`` is to run as a job. Who only may last too long runs at the worker where there is none."""
        return task.is_long and (task.executor == JOB or bool(self._sizes))

    def start(self, message: Message, task: TaskSpec) -> None:
        """Have a job handle ``message``; :class:`JobError` if there is none that can."""
        size = fitting(task, self._sizes)
        self._jobs().start(size.job, message, seconds=seconds_of(task, size))


def misfits(spec: DagSpec, sizes: Sequence[JobSize]) -> Sequence[AuthoringError]:
    """What the tasks of a DAG ask of jobs and a deployment with ``sizes`` does not have, with file, DAG and task."""
    found = []
    for task in spec.tasks:
        if task.executor == JOB or (task.is_long and sizes):
            try:
                seconds_of(task, fitting(task, sizes))
            except JobError as error:
                place = Location(file=spec.file, line=task.line, dag_id=spec.dag_id, task_id=task.task_id)
                found.append(AuthoringError(str(error), place))
    return found

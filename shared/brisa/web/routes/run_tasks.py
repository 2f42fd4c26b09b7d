"""All tasks of one run in one answer, where the lists of task instances have a page of each hundred instances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from brisa.model.access import Permission
from brisa.model.run import RunKey
from brisa.services.task_instances import Instance, TaskInstances
from brisa.web.backend import Uses
from brisa.web.graph import group_nodes, label_of
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.run_tasks import RunTask, RunTasksResponse
from brisa.web.times import moment

router = routes("Overview")


@router.get(
    "/dags/{dag_id}/dagRuns/{dag_run_id}/tasks", dependencies=[needs(Permission.READ_RUNS)], responses=problems(404)
)
def get_run_tasks(dag_id: str, dag_run_id: str, backend: Uses) -> RunTasksResponse:
    """The tasks of a run and the states that they are in; instances of mapped tasks are counted."""
    instances = TaskInstances(backend.store, backend.runs)
    run = instances.run(RunKey(dag_id, dag_run_id))
    by_task: dict[str, list[Instance]] = {}
    for one in instances.of_runs([run]):
        by_task.setdefault(one.key.task_id, []).append(one)
    return RunTasksResponse(
        dag_id=dag_id,
        dag_run_id=dag_run_id,
        tasks=[_task(found) for found in by_task.values()],
        groups=group_nodes(backend.runs.spec(run)),
    )


def _task(found: Sequence[Instance]) -> RunTask:
    """A task that has at least one instance in the run, by its instances."""
    first, task = found[0], found[0].task
    expanded = first.key.map_index >= 0
    starts = [one.started_at for one in found if one.started_at is not None]
    ends = [one.entry.ended_at for one in found]
    ended = [end for end in ends if end is not None]
    return RunTask(
        task_id=task.task_id,
        label=label_of(task),
        operator=task.operator,
        group_id=task.group_id or None,
        is_mapped=task.is_mapped,
        state=None if expanded else first.state.value,
        counts=dict(Counter(one.state.value for one in found)) if expanded else None,
        start_date=moment(min(starts, default=None)),
        end_date=moment(max(ended)) if ended and len(ended) == len(ends) else None,
        try_number=max(one.try_number for one in found),
        max_tries=max(one.entry.max_tries - 1 if one.entry.max_tries else task.retries for one in found),
        notes=sum(bool(one.note) for one in found),
    )

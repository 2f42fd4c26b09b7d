"""The gRPC service ``google.cloud.tasks.v2.CloudTasks``: requests to the broker's verbs, refusals to statuses."""

from __future__ import annotations

from typing import Any

from google.cloud import tasks_v2
from google.protobuf import field_mask_pb2  # type: ignore[import-untyped] # generated, without types

from brisa.emulators.cloud_tasks.broker import Broker
from brisa.emulators.cloud_tasks.checks import (
    PAUSED,
    RUNNING,
    check_location,
    check_queue_name,
    check_task_name,
    full_queue,
)
from brisa.emulators.grpc_service import Metadata
from brisa.emulators.refused import Refused, invalid

NAME = "google.cloud.tasks.v2.CloudTasks"
COPIES = "x-brisa-duplicates"
"""The metadata of a CreateTask call that says how many duplicates of the task are delivered."""
MAX_COPIES = 100
_PAGE = 1000
_CHANGEABLE = ("rate_limits", "retry_config", "app_engine_routing_override", "stackdriver_logging_config")


class Service:
    """One method for each call of the API, by its name in snake case."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def create_queue(self, request: tasks_v2.CreateQueueRequest) -> tasks_v2.Queue:
        """CreateQueue."""
        check_queue_name(request.queue.name, check_location(request.parent))
        return self._broker.add_queue(_without_outputs(full_queue(request.queue)))

    def get_queue(self, request: tasks_v2.GetQueueRequest) -> tasks_v2.Queue:
        """GetQueue."""
        return self._broker.queue(check_queue_name(request.name))

    def list_queues(self, request: tasks_v2.ListQueuesRequest) -> tasks_v2.ListQueuesResponse:
        """ListQueues."""
        if request.filter:
            raise Refused("UNIMPLEMENTED", "this emulator has no filters")
        queues = self._broker.queues(check_location(request.parent))
        found = [queue for queue in queues if queue.name > request.page_token]
        page, token = _page(found, request.page_size)
        return tasks_v2.ListQueuesResponse(queues=page, next_page_token=token)

    def update_queue(self, request: tasks_v2.UpdateQueueRequest) -> tasks_v2.Queue:
        """UpdateQueue: creates a queue that is not there, as the service does."""
        name = check_queue_name(request.queue.name)
        try:
            queue = self._broker.queue(name)
        except Refused:
            return self._broker.add_queue(_without_outputs(full_queue(request.queue)))
        mask = request.update_mask
        paths = list(mask.paths) or list(_CHANGEABLE)
        if wrong := [path for path in paths if path.partition(".")[0] not in _CHANGEABLE]:
            raise invalid(f"update_mask: {wrong[0]!r} can't be changed")
        said, changed = field_mask_pb2.FieldMask(paths=paths), tasks_v2.Queue.pb(queue)
        if not said.IsValidForDescriptor(changed.DESCRIPTOR):
            raise invalid(f"update_mask: {', '.join(paths)[:200]}: a queue has no such field")
        said.MergeMessage(tasks_v2.Queue.pb(request.queue), changed, replace_message_field=True)
        return self._broker.put_queue(full_queue(queue, fresh=not mask.paths))

    def delete_queue(self, request: tasks_v2.DeleteQueueRequest) -> None:
        """DeleteQueue."""
        self._broker.drop_queue(check_queue_name(request.name))

    def purge_queue(self, request: tasks_v2.PurgeQueueRequest) -> tasks_v2.Queue:
        """PurgeQueue."""
        return self._broker.purge(check_queue_name(request.name))

    def pause_queue(self, request: tasks_v2.PauseQueueRequest) -> tasks_v2.Queue:
        """PauseQueue."""
        return self._broker.set_state(check_queue_name(request.name), PAUSED)

    def resume_queue(self, request: tasks_v2.ResumeQueueRequest) -> tasks_v2.Queue:
        """ResumeQueue."""
        return self._broker.set_state(check_queue_name(request.name), RUNNING)

    def create_task(self, request: tasks_v2.CreateTaskRequest, metadata: Metadata) -> tasks_v2.Task:
        """CreateTask."""
        copies = metadata.get(COPIES)
        if copies is not None and not (copies.isdecimal() and len(copies) < 4 and int(copies) <= MAX_COPIES):
            raise invalid(f"{COPIES}: a number from 0 to {MAX_COPIES}")
        task = self._broker.create(
            check_queue_name(request.parent), request.task, None if copies is None else int(copies)
        )
        return _view(task, request.response_view)

    def get_task(self, request: tasks_v2.GetTaskRequest) -> tasks_v2.Task:
        """GetTask."""
        return _view(self._broker.task(check_task_name(request.name)), request.response_view)

    def list_tasks(self, request: tasks_v2.ListTasksRequest) -> tasks_v2.ListTasksResponse:
        """ListTasks."""
        found = self._broker.tasks(check_queue_name(request.parent), request.page_token, _PAGE + 1)
        page, token = _page(found, request.page_size)
        tasks = [_view(task, request.response_view) for task in page]
        return tasks_v2.ListTasksResponse(tasks=tasks, next_page_token=token)

    def delete_task(self, request: tasks_v2.DeleteTaskRequest) -> None:
        """DeleteTask."""
        self._broker.delete(check_task_name(request.name))

    def run_task(self, request: tasks_v2.RunTaskRequest) -> tasks_v2.Task:
        """RunTask."""
        return _view(self._broker.run(check_task_name(request.name)), request.response_view)


def _without_outputs(queue: tasks_v2.Queue) -> tasks_v2.Queue:
    queue.state = RUNNING
    queue.purge_time = None
    return queue


def _view(task: tasks_v2.Task, view: int) -> tasks_v2.Task:
    """Bodies are shown only to who asks for the full view."""
    shown = tasks_v2.Task.View(view or tasks_v2.Task.View.BASIC)
    if shown != tasks_v2.Task.View.FULL:
        task.http_request.body = b""
    task.view = shown
    return task


def _page(found: list[Any], size: int) -> tuple[list[Any], str]:
    """The first page, and the token of the next: the last name of this one."""
    limit = min(size, _PAGE) if size > 0 else _PAGE
    page = found[:limit]
    return page, page[-1].name if len(found) > limit else ""

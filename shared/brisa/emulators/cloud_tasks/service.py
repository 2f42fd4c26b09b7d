"""The gRPC service ``google.cloud.tasks.v2.CloudTasks``: requests to the broker's verbs, refusals to statuses."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc  # type: ignore[import-untyped] # grpcio has no types
from google.cloud import tasks_v2
from google.protobuf import empty_pb2, field_mask_pb2  # type: ignore[import-untyped] # generated, without types

from brisa.emulators.cloud_tasks.broker import Broker
from brisa.emulators.cloud_tasks.checks import (
    PAUSED,
    RUNNING,
    Refused,
    check_location,
    check_queue_name,
    check_task_name,
    full_queue,
    invalid,
)
from brisa.errors import EmulatorError

NAME = "google.cloud.tasks.v2.CloudTasks"
COPIES = "x-brisa-duplicates"
"""The metadata of a CreateTask call that says how many duplicates of the task are delivered."""
MAX_COPIES = 100
_PAGE = 1000
_CHANGEABLE = ("rate_limits", "retry_config", "app_engine_routing_override", "stackdriver_logging_config")

Metadata = dict[str, str]


class Service:
    """One method for each call of the API, by its name in snake case: (request, metadata) → answer."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def create_queue(self, request: tasks_v2.CreateQueueRequest, _: Metadata) -> tasks_v2.Queue:
        """CreateQueue."""
        check_queue_name(request.queue.name, check_location(request.parent))
        return self._broker.add_queue(_without_outputs(full_queue(request.queue)))

    def get_queue(self, request: tasks_v2.GetQueueRequest, _: Metadata) -> tasks_v2.Queue:
        """GetQueue."""
        return self._broker.queue(check_queue_name(request.name))

    def list_queues(self, request: tasks_v2.ListQueuesRequest, _: Metadata) -> tasks_v2.ListQueuesResponse:
        """ListQueues."""
        if request.filter:
            raise Refused("UNIMPLEMENTED", "this emulator has no filters")
        queues = self._broker.queues(check_location(request.parent))
        found = [queue for queue in queues if queue.name > request.page_token]
        page, token = _page(found, request.page_size)
        return tasks_v2.ListQueuesResponse(queues=page, next_page_token=token)

    def update_queue(self, request: tasks_v2.UpdateQueueRequest, _: Metadata) -> tasks_v2.Queue:
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

    def delete_queue(self, request: tasks_v2.DeleteQueueRequest, _: Metadata) -> empty_pb2.Empty:
        """DeleteQueue."""
        self._broker.drop_queue(check_queue_name(request.name))
        return empty_pb2.Empty()

    def purge_queue(self, request: tasks_v2.PurgeQueueRequest, _: Metadata) -> tasks_v2.Queue:
        """PurgeQueue."""
        return self._broker.purge(check_queue_name(request.name))

    def pause_queue(self, request: tasks_v2.PauseQueueRequest, _: Metadata) -> tasks_v2.Queue:
        """PauseQueue."""
        return self._broker.set_state(check_queue_name(request.name), PAUSED)

    def resume_queue(self, request: tasks_v2.ResumeQueueRequest, _: Metadata) -> tasks_v2.Queue:
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

    def get_task(self, request: tasks_v2.GetTaskRequest, _: Metadata) -> tasks_v2.Task:
        """GetTask."""
        return _view(self._broker.task(check_task_name(request.name)), request.response_view)

    def list_tasks(self, request: tasks_v2.ListTasksRequest, _: Metadata) -> tasks_v2.ListTasksResponse:
        """ListTasks."""
        found = self._broker.tasks(check_queue_name(request.parent), request.page_token, _PAGE + 1)
        page, token = _page(found, request.page_size)
        tasks = [_view(task, request.response_view) for task in page]
        return tasks_v2.ListTasksResponse(tasks=tasks, next_page_token=token)

    def delete_task(self, request: tasks_v2.DeleteTaskRequest, _: Metadata) -> empty_pb2.Empty:
        """DeleteTask."""
        self._broker.delete(check_task_name(request.name))
        return empty_pb2.Empty()

    def run_task(self, request: tasks_v2.RunTaskRequest, _: Metadata) -> tasks_v2.Task:
        """RunTask."""
        return _view(self._broker.run(check_task_name(request.name)), request.response_view)


_CALLS: dict[str, tuple[Any, Any]] = {
    "CreateQueue": (tasks_v2.CreateQueueRequest, tasks_v2.Queue),
    "GetQueue": (tasks_v2.GetQueueRequest, tasks_v2.Queue),
    "ListQueues": (tasks_v2.ListQueuesRequest, tasks_v2.ListQueuesResponse),
    "UpdateQueue": (tasks_v2.UpdateQueueRequest, tasks_v2.Queue),
    "DeleteQueue": (tasks_v2.DeleteQueueRequest, None),
    "PurgeQueue": (tasks_v2.PurgeQueueRequest, tasks_v2.Queue),
    "PauseQueue": (tasks_v2.PauseQueueRequest, tasks_v2.Queue),
    "ResumeQueue": (tasks_v2.ResumeQueueRequest, tasks_v2.Queue),
    "CreateTask": (tasks_v2.CreateTaskRequest, tasks_v2.Task),
    "GetTask": (tasks_v2.GetTaskRequest, tasks_v2.Task),
    "ListTasks": (tasks_v2.ListTasksRequest, tasks_v2.ListTasksResponse),
    "DeleteTask": (tasks_v2.DeleteTaskRequest, None),
    "RunTask": (tasks_v2.RunTaskRequest, tasks_v2.Task),
}


def serve(broker: Broker, port: int) -> tuple[Any, int]:
    """A started gRPC server on loopback, and its port (a free one for 0). :class:`EmulatorError` for a taken one."""
    service = Service(broker)
    handlers = {
        call: grpc.unary_unary_rpc_method_handler(
            _answering(getattr(service, _snake(call))),
            request_deserializer=request.deserialize,
            response_serializer=answer.serialize if answer else empty_pb2.Empty.SerializeToString,
        )
        for call, (request, answer) in _CALLS.items()
    }
    options = [("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", 8 * 2**20)]
    server = grpc.server(ThreadPoolExecutor(16, thread_name_prefix="grpc"), options=options)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(NAME, handlers),))
    try:
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError as error:
        raise EmulatorError(f"Port {port} is taken: the Cloud Tasks emulator can't listen on it.") from error
    server.start()
    return server, int(bound)


def _answering(call: Callable[[Any, Metadata], Any]) -> Callable[[Any, Any], Any]:
    def run(request: Any, context: Any) -> Any:
        try:
            return call(request, {key: str(value) for key, value in context.invocation_metadata()})
        except Refused as refused:
            return context.abort(grpc.StatusCode[refused.status], str(refused))

    return run


def _snake(call: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in call).lstrip("_")


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

"""What fake-gcs-server calls of Pub/Sub, over gRPC: ``google.pubsub.v1.Publisher``'s ``Publish``, and nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc  # type: ignore[import-untyped] # grpcio has no types
from google import pubsub_v1

from brisa.emulators.eventarc.cloud_event import CloudEvent, cloud_event
from brisa.errors import EmulatorError

NAME = "google.pubsub.v1.Publisher"


def new_id() -> str:
    """A message id as Pub/Sub gives them out: digits, and never the same twice."""
    return str(10**15 + secrets.randbelow(9 * 10**15))


def publish(request: pubsub_v1.PublishRequest, accept: Callable[[CloudEvent], None]) -> pubsub_v1.PublishResponse:
    """Hand over the event of each message; answered when they are safe."""
    ids = []
    for message in request.messages:
        event = cloud_event(new_id(), dict(message.attributes), message.data)
        if event is not None:
            accept(event)
        ids.append(event.id if event else new_id())
    return pubsub_v1.PublishResponse(message_ids=ids)


def serve(accept: Callable[[CloudEvent], None], port: int) -> tuple[Any, int]:
    """A started gRPC server on loopback, and its port (a free one for 0). :class:`EmulatorError` for a taken one."""
    handlers = {
        "Publish": grpc.unary_unary_rpc_method_handler(
            lambda request, _context: publish(request, accept),
            request_deserializer=pubsub_v1.PublishRequest.deserialize,
            response_serializer=pubsub_v1.PublishResponse.serialize,
        )
    }
    server = grpc.server(ThreadPoolExecutor(4, thread_name_prefix="grpc"), options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(NAME, handlers),))
    try:
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError as error:
        raise EmulatorError(f"Port {port} is taken: the Eventarc emulator can't listen on it.") from error
    server.start()
    return server, int(bound)

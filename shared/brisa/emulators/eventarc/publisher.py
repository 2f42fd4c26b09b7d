"""What fake-gcs-server calls of Pub/Sub, over gRPC: ``google.pubsub.v1.Publisher``'s ``Publish``, and nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from google import pubsub_v1

from brisa.emulators.eventarc.cloud_event import CloudEvent, cloud_event

NAME = "google.pubsub.v1.Publisher"


class Publisher:
    """The service: a method for each call, by its name in snake case."""

    def __init__(self, accept: Callable[[CloudEvent], None]) -> None:
        self._accept = accept

    def publish(self, request: pubsub_v1.PublishRequest) -> pubsub_v1.PublishResponse:
        """Hand over the event of each message; answered when they are safe."""
        ids = []
        for message in request.messages:
            event = cloud_event(_new_id(), dict(message.attributes), message.data)
            if event is not None:
                self._accept(event)
            ids.append(event.id if event else _new_id())
        return pubsub_v1.PublishResponse(message_ids=ids)


def _new_id() -> str:
    """A message id as Pub/Sub gives them out: digits, and never the same twice."""
    return str(10**15 + secrets.randbelow(9 * 10**15))

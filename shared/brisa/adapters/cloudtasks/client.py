"""Google's client of Cloud Tasks, or the same client of an emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the SDK costs a function's cold start: only who connects pays
    from google.cloud.tasks_v2 import CloudTasksClient


def connect(emulator: str = "") -> CloudTasksClient:
    """A client with this process's own credentials; of the emulator at ``host:port``, without any, if one is given."""
    from google.cloud.tasks_v2 import CloudTasksClient

    if not emulator:
        return CloudTasksClient()
    import grpc  # type: ignore[import-untyped] # grpcio has no types
    from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport

    return CloudTasksClient(transport=CloudTasksGrpcTransport(channel=grpc.insecure_channel(emulator)))

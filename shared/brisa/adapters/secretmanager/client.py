"""Google's client of Secret Manager, or the same client of an emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the SDK costs a function's cold start: only who connects pays
    from google.cloud.secretmanager import SecretManagerServiceClient


def connect(emulator: str = "") -> SecretManagerServiceClient:
    """A client with this process's own credentials; of the emulator at ``host:port``, without any, if one is given."""
    from google.cloud.secretmanager import SecretManagerServiceClient

    if not emulator:
        return SecretManagerServiceClient()
    import grpc  # type: ignore[import-untyped] # grpcio has no types
    from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
        SecretManagerServiceGrpcTransport,
    )

    return SecretManagerServiceClient(
        transport=SecretManagerServiceGrpcTransport(channel=grpc.insecure_channel(emulator))
    )

"""The gRPC service ``google.cloud.secretmanager.v1.SecretManagerService``: requests to verbs, refusals to statuses."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import grpc  # type: ignore[import-untyped] # grpcio has no types
from google.cloud import secretmanager as api
from google.protobuf import empty_pb2  # type: ignore[import-untyped] # generated, without types
from google_crc32c import value as crc32c

from brisa.emulators.secret_manager.checks import (
    Refused,
    check_payload,
    check_project,
    check_secret,
    check_secret_id,
    check_secret_name,
    check_version_name,
    invalid,
)
from brisa.emulators.secret_manager.filters import Fields, parsed
from brisa.emulators.secret_manager.vault import DESTROYED, DISABLED, ENABLED, State, Vault
from brisa.errors import EmulatorError

NAME = "google.cloud.secretmanager.v1.SecretManagerService"
T = TypeVar("T")
_PAGE, _LARGEST_PAGE = 100, 25_000


class Service:
    """One method for each call of the API, by its name in snake case."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def create_secret(self, request: api.CreateSecretRequest) -> api.Secret:
        """CreateSecret."""
        parent = check_project(request.parent)
        check_secret(request.secret)
        return self._vault.add(parent, f"{parent}/secrets/{check_secret_id(request.secret_id)}", request.secret)

    def get_secret(self, request: api.GetSecretRequest) -> api.Secret:
        """GetSecret."""
        return self._vault.secret(check_secret_name(request.name))

    def list_secrets(self, request: api.ListSecretsRequest) -> api.ListSecretsResponse:
        """ListSecrets."""
        everything = self._vault.secrets(check_project(request.parent))
        page, token, total = _page(everything, request, _secret_fields)
        return api.ListSecretsResponse(secrets=page, next_page_token=token, total_size=total)

    def delete_secret(self, request: api.DeleteSecretRequest) -> empty_pb2.Empty:
        """DeleteSecret."""
        self._vault.drop(check_secret_name(request.name), request.etag)
        return empty_pb2.Empty()

    def add_secret_version(self, request: api.AddSecretVersionRequest) -> api.SecretVersion:
        """AddSecretVersion."""
        parent = check_secret_name(request.parent)
        data = check_payload(request)
        return self._vault.add_version(parent, data, checked="data_crc32c" in request.payload)

    def get_secret_version(self, request: api.GetSecretVersionRequest) -> api.SecretVersion:
        """GetSecretVersion."""
        return self._vault.version(*check_version_name(request.name))

    def list_secret_versions(self, request: api.ListSecretVersionsRequest) -> api.ListSecretVersionsResponse:
        """ListSecretVersions."""
        everything = self._vault.versions(check_secret_name(request.parent))
        page, token, total = _page(everything, request, _version_fields)
        return api.ListSecretVersionsResponse(versions=page, next_page_token=token, total_size=total)

    def access_secret_version(self, request: api.AccessSecretVersionRequest) -> api.AccessSecretVersionResponse:
        """AccessSecretVersion."""
        version, data = self._vault.access(*check_version_name(request.name))
        payload = api.SecretPayload(data=data, data_crc32c=crc32c(data))
        return api.AccessSecretVersionResponse(name=version.name, payload=payload)

    def disable_secret_version(self, request: api.DisableSecretVersionRequest) -> api.SecretVersion:
        """DisableSecretVersion."""
        return self._set_state(request, DISABLED)

    def enable_secret_version(self, request: api.EnableSecretVersionRequest) -> api.SecretVersion:
        """EnableSecretVersion."""
        return self._set_state(request, ENABLED)

    def destroy_secret_version(self, request: api.DestroySecretVersionRequest) -> api.SecretVersion:
        """DestroySecretVersion."""
        return self._set_state(request, DESTROYED)

    def _set_state(self, request: Any, state: State) -> api.SecretVersion:
        secret, number = check_version_name(request.name)
        return self._vault.set_state(secret, number, state, request.etag)


_CALLS: dict[str, tuple[Any, Any]] = {
    "CreateSecret": (api.CreateSecretRequest, api.Secret),
    "GetSecret": (api.GetSecretRequest, api.Secret),
    "ListSecrets": (api.ListSecretsRequest, api.ListSecretsResponse),
    "DeleteSecret": (api.DeleteSecretRequest, None),
    "AddSecretVersion": (api.AddSecretVersionRequest, api.SecretVersion),
    "GetSecretVersion": (api.GetSecretVersionRequest, api.SecretVersion),
    "ListSecretVersions": (api.ListSecretVersionsRequest, api.ListSecretVersionsResponse),
    "AccessSecretVersion": (api.AccessSecretVersionRequest, api.AccessSecretVersionResponse),
    "DisableSecretVersion": (api.DisableSecretVersionRequest, api.SecretVersion),
    "EnableSecretVersion": (api.EnableSecretVersionRequest, api.SecretVersion),
    "DestroySecretVersion": (api.DestroySecretVersionRequest, api.SecretVersion),
}


def serve(vault: Vault, port: int) -> tuple[Any, int]:
    """A started gRPC server on loopback, and its port (a free one for 0). :class:`EmulatorError` for a taken one."""
    service = Service(vault)
    handlers = {
        call: grpc.unary_unary_rpc_method_handler(
            _answering(getattr(service, _snake(call))),
            request_deserializer=request.deserialize,
            response_serializer=answer.serialize if answer else empty_pb2.Empty.SerializeToString,
        )
        for call, (request, answer) in _CALLS.items()
    }
    server = grpc.server(ThreadPoolExecutor(16, thread_name_prefix="grpc"), options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(NAME, handlers),))
    try:
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError as error:
        raise EmulatorError(f"Port {port} is taken: the Secret Manager emulator can't listen on it.") from error
    server.start()
    return server, int(bound)


def _answering(call: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def run(request: Any, context: Any) -> Any:
        try:
            return call(request)
        except Refused as refused:
            return context.abort(grpc.StatusCode[refused.status], str(refused))

    return run


def _snake(call: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in call).lstrip("_")


def _page(everything: list[tuple[int, T]], request: Any, fields: Callable[[T], Fields]) -> tuple[list[T], str, int]:
    """One page, newest first; the token of the next, which is the place of this one's last; how many there are.

    With a filter the service does not say how many.
    """
    if request.page_size < 0:
        raise invalid("page_size is negative")
    if request.page_token and not request.page_token.isdecimal():
        raise invalid("page_token is not one that this list has given")
    after = int(request.page_token) if request.page_token else None
    kept = parsed(request.filter)
    left = [(place, item) for place, item in everything if (after is None or place < after) and kept(fields(item))]
    page = left[: min(request.page_size or _PAGE, _LARGEST_PAGE)]
    token = str(page[-1][0]) if len(left) > len(page) else ""
    return [item for _, item in page], token, 0 if request.filter else len(everything)


def _secret_fields(secret: api.Secret) -> Fields:
    return {"name": secret.name, **{f"labels.{key}": value for key, value in secret.labels.items()}}


def _version_fields(version: api.SecretVersion) -> Fields:
    return {"name": version.name, "state": State(version.state).name}

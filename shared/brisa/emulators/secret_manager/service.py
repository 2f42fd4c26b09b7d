"""The gRPC service ``google.cloud.secretmanager.v1.SecretManagerService``: requests to verbs, refusals to statuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from google.cloud import secretmanager as api
from google_crc32c import value as crc32c

from brisa.emulators.refused import invalid
from brisa.emulators.secret_manager.checks import (
    check_payload,
    check_project,
    check_secret,
    check_secret_id,
    check_secret_name,
    check_version_name,
)
from brisa.emulators.secret_manager.filters import Fields, parsed
from brisa.emulators.secret_manager.vault import DESTROYED, DISABLED, ENABLED, State, Vault

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

    def delete_secret(self, request: api.DeleteSecretRequest) -> None:
        """DeleteSecret."""
        self._vault.drop(check_secret_name(request.name), request.etag)

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

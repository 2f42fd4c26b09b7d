"""Secrets in Google's Secret Manager: one secret for each name, whose newest version is the text."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from brisa.adapters.retrying import Retrying, options
from brisa.adapters.secretmanager.failures import LISTER, READER, WRITER, not_yet, refusal, without_words
from brisa.adapters.secretmanager.names import LABELS, OURS, annotated, name_of, secret_id, shown
from brisa.adapters.secretmanager.payload import decode, encode
from brisa.errors import StorageError
from brisa.ports.clock import Clock

if TYPE_CHECKING:  # the SDK costs a function's cold start: only who connects pays
    from google.cloud.secretmanager import SecretManagerServiceClient, SecretVersion

T = TypeVar("T")

_PAGE = 200
"""Secrets of one page: with the longest names they stay below the 4 MiB that gRPC takes."""
_LIVE = "state:(ENABLED OR DISABLED)"
"""Versions that can be read, or made to: each costs money, and none may stay when the secret has changed."""


class _UnreadableError(Exception):
    """``latest`` is a version that can't be read: the service lags behind, or a person has been at it."""


class SecretManagerSecrets:
    """A :class:`~brisa.ports.secrets.Secrets` in one project, beside whatever secrets others keep there.

    Each text that is set becomes a version, and the older ones are destroyed. Google promises to show a new version at
    once by its number alone: ``latest``, lists, and a new secret itself may lag behind, as a rule by seconds (its page
    "Resource consistency"). So nothing here decides by a look whether to write.

    A put that fails half-way may leave a name that :meth:`names` lists and :meth:`get` does not find, or the version
    before the last: repeating it mends both.
    """

    def __init__(
        self, client: SecretManagerServiceClient, project: str, *, clock: Clock, patience: float = 30.0
    ) -> None:
        """``client`` is that of :func:`~brisa.adapters.secretmanager.connect`; it logs nothing any more.

        A call that finds the service away is repeated for ``patience`` seconds.
        """
        self._client = client
        self._project = f"projects/{project}"
        self._clock = clock
        self._patience = patience
        # At DEBUG, Google's transport logs every request and every answer, payloads included.
        logging.getLogger(type(client.transport).__module__).disabled = True

    def get(self, name: str) -> str | None:
        """The secret's current text, or ``None`` if there is none."""
        what = f"read secret {shown(name)}"
        try:
            return self._make(READER, what, lambda: self._read_latest(name))
        except _UnreadableError:
            return self._make(LISTER, what, lambda: self._read_newest(name))

    def put(self, name: str, value: str) -> None:
        """Set it, and destroy what it was before."""
        data, noted = encode(name, value), annotated(name)
        version = self._make(WRITER, f"write secret {shown(name)}", lambda: self._write(name, data, noted))
        what = f"destroy the older versions of secret {shown(name)}"
        self._make(WRITER, what, lambda: self._destroy_before(version, name))

    def delete(self, name: str) -> None:
        """Remove it, if it is there."""
        self._make(WRITER, f"delete secret {shown(name)}", lambda: self._remove(name))

    def names(self) -> Sequence[str]:
        """The names of all secrets, sorted."""
        return self._make(LISTER, "list the secrets", self._listed)

    def _make(self, role: str, what: str, action: Callable[[], T]) -> T:
        calls = Retrying(self._clock, self._patience, service="Secret Manager", refused=refusal(role))
        return calls.make(what, lambda _: action())

    def _secret(self, name: str) -> str:
        return f"{self._project}/secrets/{secret_id(name)}"

    # --- reading

    def _read_latest(self, name: str) -> str | None:
        from google.api_core import exceptions

        try:
            return self._access(f"{self._secret(name)}/versions/latest", name)
        except exceptions.NotFound:
            return None
        except exceptions.FailedPrecondition as error:
            raise _UnreadableError from error

    def _read_newest(self, name: str) -> str | None:
        from google.api_core import exceptions

        live = self._live(name)
        enabled = [version for version in live if version.state == version.State.ENABLED]
        if not enabled:
            if live:
                raise StorageError(
                    f"secret {shown(name)} is disabled in Secret Manager ({self._secret(name)}): "
                    "enable its newest version, or set it again"
                )
            return None
        try:
            return self._access(max(enabled, key=_number).name, name)
        except (exceptions.NotFound, exceptions.FailedPrecondition) as error:
            raise not_yet("a newer version is not to be seen yet") from error

    def _access(self, version: str, name: str) -> str:
        from google_crc32c import value as crc32c

        payload = self._client.access_secret_version(request={"name": version}, **options()).payload
        if payload.data_crc32c != crc32c(payload.data):
            raise not_yet("the payload was damaged on its way")
        return decode(name, payload.data)

    def _live(self, name: str) -> list[SecretVersion]:
        from google.api_core import exceptions

        request = {"parent": self._secret(name), "filter": _LIVE}
        try:
            return list(self._client.list_secret_versions(request=request, **options()))
        except exceptions.NotFound:
            return []

    def _listed(self) -> list[str]:
        request = {"parent": self._project, "filter": OURS, "page_size": _PAGE}
        found = map(name_of, self._client.list_secrets(request=request, **options()))
        return sorted(name for name in found if name is not None)

    # --- writing

    def _write(self, name: str, data: bytes, noted: dict[str, str]) -> SecretVersion:
        from google.api_core import exceptions

        try:
            return self._add(name, data)
        except exceptions.NotFound:
            self._create(name, noted)
        try:
            return self._add(name, data)
        except exceptions.NotFound as error:
            raise not_yet("the secret was made, and is not to be seen yet") from error

    def _create(self, name: str, noted: dict[str, str]) -> None:
        from google.api_core import exceptions

        request = {
            "parent": self._project,
            "secret_id": secret_id(name),
            "secret": {"replication": {"automatic": {}}, "labels": LABELS, "annotations": noted},
        }
        try:
            self._client.create_secret(request=request, **options())
        except exceptions.AlreadyExists:
            return

    def _add(self, name: str, data: bytes) -> SecretVersion:
        from google.api_core import exceptions
        from google_crc32c import value as crc32c

        request = {"parent": self._secret(name), "payload": {"data": data, "data_crc32c": crc32c(data)}}
        try:
            return self._client.add_secret_version(request=request, **options())
        except exceptions.GoogleAPICallError as error:
            failed = without_words(error)
        # Raised out here, so that the first error is not even its context.
        raise failed

    def _destroy_before(self, version: SecretVersion, name: str) -> None:
        from google.api_core import exceptions

        for old in self._live(name):
            # Of a secret that was deleted meanwhile and made again, the numbers are low and the times late.
            if _number(old) < _number(version) and old.create_time <= version.create_time:
                try:
                    # The etag tells the two apart that have one number, before and after a deletion.
                    self._client.destroy_secret_version(request={"name": old.name, "etag": old.etag}, **options())
                except (exceptions.FailedPrecondition, exceptions.NotFound):
                    continue  # somebody else has done it

    def _remove(self, name: str) -> None:
        from google.api_core import exceptions

        try:
            self._client.delete_secret(request={"name": self._secret(name)}, **options())
        except exceptions.NotFound:
            return


def _number(version: SecretVersion) -> int:
    return int(version.name.rpartition("/")[2])

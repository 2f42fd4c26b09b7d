"""The service without its sockets: what each call does. Every verb may be called from any thread."""

from __future__ import annotations

import secrets
import threading
from datetime import UTC, datetime

from google.cloud import secretmanager

from brisa.emulators.refused import Refused
from brisa.emulators.secret_manager.ledger import Ledger

Secret = secretmanager.Secret
Version = secretmanager.SecretVersion
State = secretmanager.SecretVersion.State

ENABLED, DISABLED, DESTROYED = State(State.ENABLED), State(State.DISABLED), State(State.DESTROYED)


class Vault:
    """All secrets of one emulator, checked by the service, kept here."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.RLock()

    def add(self, parent: str, name: str, wanted: Secret) -> Secret:
        """A new secret without versions; ALREADY_EXISTS."""
        with self._lock:
            if self._ledger.secret(name) is not None:
                raise Refused("ALREADY_EXISTS", f"Secret [{name}] already exists.")
            made = Secret(
                name=name,
                replication=wanted.replication,
                labels=wanted.labels,
                annotations=wanted.annotations,
                create_time=datetime.now(UTC),
                etag=_etag(),
            )
            self._ledger.add_secret(name, parent, Secret.serialize(made))
            return made

    def secret(self, name: str) -> Secret:
        """One secret; NOT_FOUND."""
        with self._lock:
            body = self._ledger.secret(name)
            if body is None:
                raise Refused("NOT_FOUND", f"Secret [{name}] not found.")
            found: Secret = Secret.deserialize(body)
            return found

    def secrets(self, parent: str) -> list[tuple[int, Secret]]:
        """All secrets of a project with their places in the list, newest first."""
        with self._lock:
            return [(row.order, Secret.deserialize(row.body)) for row in self._ledger.secrets(parent)]

    def drop(self, name: str, etag: str) -> None:
        """Remove a secret and its versions."""
        with self._lock, self._ledger.together():
            _check_etag(self.secret(name).etag, etag)
            self._ledger.drop_secret(name)

    # --- versions

    def add_version(self, secret: str, data: bytes, *, checked: bool) -> Version:
        """The next version; ``checked``: its sender gave a checksum."""
        with self._lock:
            self.secret(secret)
            number = self._ledger.latest(secret) + 1
            made = Version(
                name=f"{secret}/versions/{number}",
                create_time=datetime.now(UTC),
                state=ENABLED,
                etag=_etag(),
                client_specified_payload_checksum=checked,
            )
            self._ledger.add_version(secret, number, Version.serialize(made), data)
            return made

    def version(self, secret: str, number: int | None) -> Version:
        """One version, ``None`` for the newest, whatever its state; NOT_FOUND."""
        with self._lock:
            self.secret(secret)
            wanted = number or self._ledger.latest(secret)
            body = self._ledger.version(secret, wanted)
            if body is None:
                which = f"Secret Version [{secret}/versions/{wanted}]" if wanted else f"Secret [{secret}]"
                raise Refused("NOT_FOUND", f"{which} not found or has no versions.")
            return _version(body)

    def versions(self, secret: str) -> list[tuple[int, Version]]:
        """All versions with their numbers, newest first."""
        with self._lock:
            self.secret(secret)
            return [(row.order, _version(row.body)) for row in self._ledger.versions(secret)]

    def access(self, secret: str, number: int | None) -> tuple[Version, bytes]:
        """A version and its payload; FAILED_PRECONDITION unless it is enabled."""
        with self._lock:
            version = self.version(secret, number)
            if version.state != ENABLED:
                state = State(version.state).name
                raise Refused("FAILED_PRECONDITION", f"Secret Version [{version.name}] is in {state} state.")
            return version, self._ledger.data(secret, _number(version))

    def set_state(self, secret: str, number: int | None, state: Version.State, etag: str) -> Version:
        """Enable, disable or destroy; FAILED_PRECONDITION for a version that is destroyed already."""
        with self._lock:
            version = self.version(secret, number)
            _check_etag(version.etag, etag)
            if version.state == DESTROYED:
                raise Refused("FAILED_PRECONDITION", "SecretVersion.state is already DESTROYED.")
            version.state = state
            version.etag = _etag()
            destroyed = state == DESTROYED
            if destroyed:
                version.destroy_time = datetime.now(UTC)
            self._ledger.save_version(secret, _number(version), Version.serialize(version), destroyed=destroyed)
            return version

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._ledger.close()


def _version(body: bytes) -> Version:
    found: Version = Version.deserialize(body)
    return found


def _number(version: Version) -> int:
    return int(version.name.rpartition("/")[2])


def _etag() -> str:
    """With the quotes: they are part of it (aip.dev/154)."""
    return f'"{secrets.token_hex(7)}"'


def _check_etag(actual: str, expected: str) -> None:
    if expected not in ("", actual):
        raise Refused("FAILED_PRECONDITION", f"the etag {expected[:100]} is not that of the resource, {actual}")

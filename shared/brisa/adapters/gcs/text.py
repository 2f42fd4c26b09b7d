"""One object as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brisa.adapters.gcs.failures import ONCE, retrying
from brisa.errors import StorageError
from brisa.ports.clock import Clock

if TYPE_CHECKING:
    from google.cloud.storage import Client

_PATIENCE = 5.0


def read_text(client: Client, location: str, clock: Clock) -> str:
    """The object at ``gs://bucket/name``. :class:`~brisa.errors.StorageError` if it can't be read or is no UTF-8,
    :class:`~brisa.errors.UnavailableError` if Cloud Storage does not answer."""
    bucket, _, name = location.removeprefix("gs://").partition("/")
    if not bucket or not name:
        raise StorageError(f"{location!r} names no object: write gs://bucket/name")
    blob = client.bucket(bucket).blob(name)
    data: bytes = retrying(clock, _PATIENCE).make(f"read {location}", lambda _: blob.download_as_bytes(**ONCE))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise StorageError(f"{location} is no text in UTF-8") from error

"""What the service accepts; everything else is refused with the status and the reason that a caller can act on.

Limits: the references of ``Secret`` and ``SecretPayload``, v1, and https://cloud.google.com/secret-manager/quotas.
"""

from __future__ import annotations

import re

from google.cloud import secretmanager
from google_crc32c import value as crc32c

from brisa.emulators.refused import invalid

MAX_PAYLOAD = 65_536
MAX_ANNOTATIONS = 16 * 1024
"""Bytes of all keys and values: fewer are allowed."""
MAX_LABELS = 64
LATEST = "latest"

_PROJECT = r"projects/[A-Za-z0-9.:-]+"
_ID = r"[A-Za-z0-9_-]{1,255}"
_PARENT = re.compile(_PROJECT)
_SECRET_ID = re.compile(_ID)
_SECRET = re.compile(rf"{_PROJECT}/secrets/{_ID}")
_VERSION = re.compile(rf"({_PROJECT}/secrets/{_ID})/versions/({LATEST}|[1-9][0-9]{{0,9}})")
# The service takes lower case and caseless letters of any script; so does this, of ASCII.
_LABEL = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_ANNOTATION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


def check_project(name: str) -> str:
    """``name`` if it is that of a project."""
    if not _PARENT.fullmatch(name):
        raise invalid(f"{name[:200]!r} is no projects/PROJECT")
    return name


def check_secret_id(name: str) -> str:
    """``name`` if a secret can be called so."""
    if not _SECRET_ID.fullmatch(name):
        raise invalid(f"secret_id is {name[:300]!r}: it has 1 to 255 letters, digits, - and _")
    return name


def check_secret_name(name: str) -> str:
    """``name`` if it is that of a secret."""
    if not _SECRET.fullmatch(name):
        raise invalid(f"{name[:300]!r} is no projects/PROJECT/secrets/SECRET")
    return name


def check_version_name(name: str) -> tuple[str, int | None]:
    """The secret and the number in the name of a version; ``None`` for the latest."""
    found = _VERSION.fullmatch(name)
    if not found:
        raise invalid(f"{name[:300]!r} is no projects/PROJECT/secrets/SECRET/versions/NUMBER, nor …/{LATEST}")
    return found[1], None if found[2] == LATEST else int(found[2])


def check_secret(secret: secretmanager.Secret) -> None:
    """:class:`Refused` unless a secret can be made so."""
    if "replication" not in secret or not secret.replication._pb.WhichOneof("replication"):  # noqa: SLF001
        raise invalid("secret.replication is required: automatic or user_managed")
    if len(secret.labels) > MAX_LABELS:
        raise invalid(f"a secret has at most {MAX_LABELS} labels")
    for key, value in secret.labels.items():
        if not _LABEL.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
            raise invalid(
                f"label {key[:100]!r}: keys and values have up to 63 of a-z, 0-9, _ and -, keys begin with a-z"
            )
    if wrong := [key for key in secret.annotations if not _ANNOTATION.fullmatch(key)]:
        raise invalid(f"annotation {wrong[0][:100]!r}: keys have 1 to 63 letters, digits, -, _ and . within")
    size = sum(len(key.encode()) + len(value.encode()) for key, value in secret.annotations.items())
    if size >= MAX_ANNOTATIONS:
        raise invalid(f"the annotations have {size} bytes: fewer than {MAX_ANNOTATIONS} are allowed")


def check_payload(request: secretmanager.AddSecretVersionRequest) -> bytes:
    """The data of a payload. No message says what is in it."""
    if "payload" not in request:
        raise invalid("Field [payload] is required.")
    data: bytes = request.payload.data
    if not data:
        raise invalid("Secret Payload cannot be empty.")
    if len(data) > MAX_PAYLOAD:
        raise invalid(f"the payload has {len(data)} bytes: at most {MAX_PAYLOAD} are allowed")
    if "data_crc32c" in request.payload and request.payload.data_crc32c != crc32c(data):
        raise invalid("payload.data_crc32c is not the checksum of payload.data")
    return data

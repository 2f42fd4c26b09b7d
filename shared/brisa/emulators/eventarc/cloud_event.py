"""The request that Eventarc makes of a notification of Cloud Storage.

Shape: https://cloud.google.com/eventarc/docs/cloudevents (binary mode of the CloudEvents HTTP binding, 1.0.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_TYPES = {
    "OBJECT_FINALIZE": "google.cloud.storage.object.v1.finalized",
    "OBJECT_DELETE": "google.cloud.storage.object.v1.deleted",
    "OBJECT_ARCHIVE": "google.cloud.storage.object.v1.archived",
    "OBJECT_METADATA_UPDATE": "google.cloud.storage.object.v1.metadataUpdated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudEvent:
    """A POST to a function: headers and body. ``id`` is the same at each delivery, and that of no other event."""

    id: str
    headers: Mapping[str, str]
    body: bytes


def cloud_event(event_id: str, attributes: Mapping[str, str], data: bytes) -> CloudEvent | None:
    """The event of one Pub/Sub message of Cloud Storage; ``None`` for a message that is none.

    ``data`` is the object's resource as JSON, and becomes the body as it is.
    """
    kind, bucket, name = (attributes.get(key, "") for key in ("eventType", "bucketId", "objectId"))
    if kind not in _TYPES or not bucket or not name:
        return None
    said = {
        "ce-id": event_id,
        "ce-specversion": "1.0",
        "ce-type": _TYPES[kind],
        "ce-source": f"//storage.googleapis.com/projects/_/buckets/{bucket}",
        "ce-subject": f"objects/{name}",
        "ce-time": attributes.get("eventTime", ""),
        "ce-bucket": bucket,
    }
    headers = {key: header_value(value) for key, value in said.items()}
    return CloudEvent(id=event_id, headers={**headers, "Content-Type": "application/json"}, body=data)


def header_value(text: str) -> str:
    """``text`` as an HTTP header carries it: the CloudEvents HTTP binding, section 3.1.3.2.

    Space, quotation mark, percent sign and everything outside of printable ASCII become ``%`` and the hex digits of
    their UTF-8 bytes; all else stays.
    """
    return "".join(
        letter if "!" <= letter <= "~" and letter not in '"%' else "".join(f"%{byte:02X}" for byte in letter.encode())
        for letter in text
    )

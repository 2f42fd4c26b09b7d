"""What a CloudEvent of Cloud Storage says, in binary or structured mode, as Eventarc delivers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from werkzeug.datastructures import Headers

from brisa.errors import DecodeError
from brisa.handlers.bodies import decoded_object

FINALIZED = "google.cloud.storage.object.v1.finalized"
DELETED = "google.cloud.storage.object.v1.deleted"
LONGEST_NAME = 1024
"""Bytes of an object's name in UTF-8 (Cloud Storage's page "About Cloud Storage objects")."""
_LONGEST_BUCKET = 222
_BUCKETS = "//storage.googleapis.com/projects/_/buckets/"
_STRUCTURED = "application/cloudevents+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectEvent:
    """A generation of an object has come, or is gone."""

    bucket: str
    name: str
    generation: str
    """Digits."""
    deleted: bool


def read_event(headers: Headers, body: bytes) -> ObjectEvent:
    """The event of a request; :class:`~brisa.errors.DecodeError`, which says why, if it is none of ours.

    Its body is the object's resource (storage#object), whose bucket and name must agree with the event's source
    and subject. Names are data: whatever Cloud Storage allows.
    """
    attributes, resource = _parsed(headers, body)
    kind = attributes.get("type")
    if kind not in (FINALIZED, DELETED):
        raise DecodeError("the event is of another type than objects finalized or deleted")
    event = ObjectEvent(
        bucket=_text(resource, "bucket", _LONGEST_BUCKET),
        name=_text(resource, "name", LONGEST_NAME),
        generation=_text(resource, "generation", 20),
        deleted=kind == DELETED,
    )
    if not (event.generation.isascii() and event.generation.isdigit()):
        raise DecodeError("the object's generation is no number")
    if _BUCKETS + event.bucket not in _readings(attributes.get("source")):
        raise DecodeError("the event's source is not the object's bucket")
    if f"objects/{event.name}" not in _readings(attributes.get("subject")):
        raise DecodeError("the event's subject is not the object's name")
    return event


def _parsed(headers: Headers, body: bytes) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    from cloudevents.exceptions import GenericException
    from cloudevents.http import from_http
    from cloudevents.sdk.converters import is_binary

    named = dict(headers)
    if not is_binary(named):
        if headers.get("Content-Type", "").partition(";")[0].strip().lower() != _STRUCTURED:
            raise DecodeError(f"this is no CloudEvent: it has neither headers of one nor the type {_STRUCTURED}")
        decoded_object(body)
    try:
        event = from_http(named, body, data_unmarshaller=_as_it_is)
    except (GenericException, ValueError, TypeError, AttributeError, KeyError) as error:
        # The library lets Python's own errors out for attributes of odd types or names.
        raise DecodeError(f"this is no CloudEvent: {type(error).__name__}") from error
    data = event.get_data()
    if not isinstance(data, str | bytes):
        raise DecodeError("the event holds no object's resource")
    return event.get_attributes(), decoded_object(data)


def _as_it_is(content: str | bytes) -> str | bytes:
    return content


def _text(resource: Mapping[str, Any], name: str, longest: int) -> str:
    value = resource.get(name)
    if not isinstance(value, str) or not value:
        raise DecodeError(f"the object's {name} is no text")
    if len(value.encode()) > longest:
        raise DecodeError(f"the object's {name} has more than {longest} bytes")
    return value


def _readings(attribute: object) -> tuple[str, ...]:
    """What an attribute may stand for.

    In headers, what is not plain ASCII is percent-encoded (the HTTP binding of CloudEvents 1.0), but not every sender
    does so, and in structured mode nothing is. Bytes beyond ASCII in a header reach Python as Latin-1.
    """
    if not isinstance(attribute, str):
        return ()
    try:
        decoded = unquote_to_bytes(attribute.encode("latin-1")).decode()
    except UnicodeError:
        decoded = unquote(attribute)
    return attribute, decoded

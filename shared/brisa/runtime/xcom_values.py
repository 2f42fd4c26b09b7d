"""XCom values as JSON and back.

Plain JSON values stand as they are. A value of another known type is an object with the one key :data:`TAG`. Reading
never imports or calls anything that the data names: the types are a fixed table, so hostile data can at worst be
refused. Which types survive follows Airflow 3: tuples, sets, dates and times (with their zone), timedelta, Decimal and
UUID come back as what they were; keys of a dict become text. Beyond it, bytes, ``time`` and NaN survive too, numpy's
numbers come back as Python's, and a dataclass comes back as a dict.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from brisa.errors import DecodeError, TaskError
from brisa.model.json import JsonValue
from brisa.runtime.lazy import Lazy, value_of

TAG: Final = "__brisa__"


class XComTypeError(TaskError, TypeError):
    """A value that a task pushed has no JSON form; names the XCom, the task and the type."""


def to_json(value: object, *, key: str = "return_value", task_id: str = "") -> JsonValue:
    """The JSON form of ``value``; :class:`XComTypeError` if it has none."""
    try:
        return _encode(value)
    except _NotJsonError as error:
        verb = "is" if error.value is value else "contains"
        raise XComTypeError(
            f"XCom {key!r} of task {task_id!r} {verb} {error.what}, which is not JSON{error.hint}; "
            "store large or special data elsewhere (a file, a bucket, a table) and pass where it is"
        ) from None
    except RecursionError:
        raise XComTypeError(f"XCom {key!r} of task {task_id!r} contains itself, or is nested too deeply") from None


def from_json(data: JsonValue) -> Any:
    """The value whose JSON form is ``data``; :class:`~brisa.errors.DecodeError` if it is none."""
    if isinstance(data, list):
        return [from_json(item) if isinstance(item, list | dict) else item for item in data]
    if not isinstance(data, dict):
        return data
    if TAG not in data:
        return {name: from_json(item) for name, item in data.items()}
    tagged = data[TAG]
    kind, *payload = tagged if isinstance(tagged, list) and tagged else [None]
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None or len(data) != 1:
        raise DecodeError(f"not an XCom value: {str(data)[:80]}")
    try:
        return read(*payload)
    except (TypeError, ValueError, ArithmeticError, ZoneInfoNotFoundError) as error:
        raise DecodeError(f"not an XCom value: {str(data)[:80]} ({error})") from error


def plain(data: JsonValue) -> JsonValue:
    """``data`` (as :func:`to_json` makes it) for people and other programs: dates as ISO text, tuples as lists."""
    if isinstance(data, list):
        return [plain(item) for item in data]
    if not isinstance(data, dict):
        return data
    if TAG not in data:
        return {name: plain(item) for name, item in data.items()}
    value = from_json(data)
    if isinstance(value, tuple | set | frozenset):
        return plain(_items(value))
    if isinstance(value, dict):
        return {name: plain(_encode(item)) for name, item in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class _NotJsonError(Exception):
    def __init__(self, value: object, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.value = value
        self.what = what
        self.hint = hint


def _encode(value: object) -> JsonValue:
    kind = type(value)
    if value is None or kind in (str, bool, int, float):
        return cast(JsonValue, value)
    if kind is list:
        return [_encode(item) for item in cast(list[object], value)]
    if kind is dict:
        return _encode_dict(cast(dict[object, object], value))
    write = _WRITERS.get(kind)
    if write is not None:
        return {TAG: write(value)}
    return _encode_subclass(value)


def _encode_dict(value: Mapping[Any, object]) -> JsonValue:
    if any(not isinstance(name, str | int | float | bool | None) for name in value):
        odd = next(name for name in value if not isinstance(name, str | int | float | bool | None))
        raise _NotJsonError(value, f"a dict with the key {odd!r} ({type(odd).__name__})")
    plain = {str(name): _encode(item) for name, item in value.items()}
    return {TAG: ["dict", plain.pop(TAG), plain]} if TAG in plain else plain


def _encode_subclass(value: object) -> JsonValue:
    """Values whose type only derives from a known one, or is recognised by how it looks."""
    if isinstance(value, dt.datetime):
        is_pendulum = type(value).__module__.startswith("pendulum")
        return {TAG: ["pendulum" if is_pendulum else "datetime", *_zoned(value)]}
    if isinstance(value, str):
        return str.__str__(value)  # the text of an enum's member, not its name
    if isinstance(value, int | float):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [_encode(item) for item in value]
    if isinstance(value, Mapping):
        return _encode_dict(value)
    if isinstance(value, list):
        return [_encode(item) for item in value]
    for base, write in _WRITERS.items():
        if isinstance(value, base) and base is not dt.timedelta:
            return {TAG: write(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _encode_dict({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    return _encode_foreign(value)


def _encode_foreign(value: Any) -> JsonValue:
    kind = type(value)
    if kind is Lazy:  # an entry of the context that user code passes on
        return _encode(value_of(value))
    package = kind.__module__.partition(".")[0]
    if package == "numpy" and getattr(value, "shape", None) == () and hasattr(value, "item"):
        return _encode(value.item())
    if kind.__name__ == "LazyXCom":
        return [_encode(item) for item in value]
    hints = {
        "numpy": " (.tolist() makes it a list)",
        "pandas": " (.to_dict() makes it a dict)",
    }
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    raise _NotJsonError(value, f"a {module}{kind.__qualname__}", hints.get(package, ""))


def _zoned(value: dt.datetime) -> list[JsonValue]:
    """ISO text, and the zone's name where it has one: an offset alone would lose daylight saving."""
    zone = getattr(value.tzinfo, "key", None) or getattr(value.tzinfo, "name", None)
    offset = value.utcoffset()
    fixed = None if offset is None else dt.timezone(offset)
    iso = dt.datetime.combine(value.date(), value.time(), tzinfo=fixed).isoformat()
    return [iso, zone] if isinstance(zone, str) and "/" in zone else [iso]


def _read_datetime(iso: str, zone: str | None = None) -> dt.datetime:
    value = dt.datetime.fromisoformat(iso)
    return value.astimezone(ZoneInfo(zone)) if zone else value


def _read_pendulum(iso: str, zone: str | None = None) -> dt.datetime:
    import pendulum

    value = pendulum.instance(dt.datetime.fromisoformat(iso))
    return value.in_timezone(zone) if zone else value


def _items(values: Any) -> list[JsonValue]:
    return [_encode(item) for item in values]


_WRITERS: Final[Mapping[type, Callable[[Any], list[JsonValue]]]] = {
    tuple: lambda value: ["tuple", _items(value)],
    set: lambda value: ["set", _items(sorted(value, key=repr))],
    frozenset: lambda value: ["frozenset", _items(sorted(value, key=repr))],
    dt.datetime: lambda value: ["datetime", *_zoned(value)],
    dt.date: lambda value: ["date", value.isoformat()],
    dt.time: lambda value: ["time", value.isoformat()],
    dt.timedelta: lambda value: ["timedelta", value.days, value.seconds, value.microseconds],
    Decimal: lambda value: ["decimal", str(value)],
    uuid.UUID: lambda value: ["uuid", str(value)],
    bytes: lambda value: ["bytes", base64.b64encode(value).decode()],
}
_READERS: Final[Mapping[str, Callable[..., Any]]] = {
    "tuple": lambda items: tuple(from_json(items)),
    "set": lambda items: set(from_json(items)),
    "frozenset": lambda items: frozenset(from_json(items)),
    "dict": lambda tagged, plain: {**from_json(plain), TAG: from_json(tagged)},
    "datetime": _read_datetime,
    "pendulum": _read_pendulum,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "timedelta": dt.timedelta,
    "decimal": Decimal,
    "uuid": uuid.UUID,
    "bytes": lambda text: base64.b64decode(text, validate=True),
}

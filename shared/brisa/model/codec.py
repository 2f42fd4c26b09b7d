"""Records to JSON and back: the one place where stored and sent JSON is made and read.

``encode`` gives values that :func:`json.dumps` takes; ``decode`` rebuilds the record and raises
:class:`~brisa.errors.DecodeError` for anything else. Fields that hold their default are left out, unknown fields are
ignored (a newer brisa may have written them). What is stored by itself, or sent, tells its format, too
(:mod:`brisa.model.formats`): ``encode_document``, ``encode_work`` and their counterparts. Converters are compiled once
per type from its annotations. A :class:`TaskInstance` is one short text, made and read once: a run of 1,000 tasks is
about 60 kB.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache, lru_cache
from typing import Any, TypeVar

from brisa.errors import DecodeError
from brisa.model.formats import check_format, stamped
from brisa.model.run import Message, TaskInstance
from brisa.model.states import TaskState
from brisa.model.work import Chore, Fold, NextRun, Work

T = TypeVar("T")
Convert = Callable[[Any], Any]


def dumps(value: object) -> str:
    """Compact JSON text, non-ASCII kept; escaped where it has lone surrogates, which no UTF-8 store would take."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def encode(record: object) -> Any:
    """The JSON form of a record."""
    kind: Any = type(record)
    return _encoder(kind)(record)


def decode(kind: type[T], data: object) -> T:
    """The record of type ``kind`` whose JSON form is ``data``; :class:`DecodeError` if it is none."""
    try:
        convert = _decoder(typing.cast(Any, kind))
        result: T = convert(data)
    except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise DecodeError(f"not a {kind.__name__}: {type(error).__name__}: {error}") from error
    return result


def encode_document(record: object) -> dict[str, Any]:
    """The JSON form of a record that is stored by itself."""
    return stamped(encode(record))


def decode_document(kind: type[T], data: object) -> T:
    """As :func:`decode`, of a record that is stored by itself.

    Raises :class:`~brisa.errors.NewerFormatError` for one that a newer brisa has written in a format of its own.
    """
    check_format(kind.__name__, data)
    return decode(kind, data)


def encode_work(work: Work) -> dict[str, Any]:
    """The JSON form of what a queue carries; ``kind`` tells the others from messages, which have none."""
    data = encode_document(work)
    kind = _KINDS.get(type(work))
    return data if kind is None else {"kind": kind, **data}


def decode_work(data: object) -> Work:
    """What a queue carried; :class:`DecodeError` if it is nothing of the sort, as in :func:`decode_document`."""
    check_format("message", data)
    kind = data.get("kind") if isinstance(data, dict) else None
    match kind:
        case None:
            return decode(Message, data)
        case "fold":
            return decode(Fold, data)
        case "chore":
            return decode(Chore, data)
        case "next_run":
            return decode(NextRun, data)
        case _:
            raise DecodeError("not work: a kind that is not known")


_KINDS: Mapping[type, str] = {Fold: "fold", Chore: "chore", NextRun: "next_run"}


_PARTS = 13
"""Of an instance's text; further ones are a newer brisa's, and ignored as unknown fields are."""


def _encode_instance(instance: TaskInstance) -> str:
    """The fields, separated by ``/``, without trailing defaults: ``s/1/1/0/0/0/0//1700000000.5/1700000001.25``."""
    if instance.text:
        return instance.text
    text = "/".join(
        (
            instance.state.code,
            str(instance.try_number),
            str(instance.max_tries),
            str(instance.generation),
            str(instance.seq),
            str(instance.sends),
            str(instance.losses),
            _time(instance.due_at),
            _time(instance.started_at),
            _time(instance.ended_at),
            ",".join(instance.skips),
            "" if instance.length is None else str(instance.length),
            str(instance.granted or ""),
        )
    ).rstrip("/")
    object.__setattr__(instance, "text", text)
    return text


def _time(seconds: float | None) -> str:
    return "" if seconds is None else repr(seconds)


@lru_cache(maxsize=65536)
def _decode_instance(text: str) -> TaskInstance:
    """Cached: the same run is read again and again, and most of its instances have not changed."""
    parts = text.split("/")[:_PARTS]
    parts += [""] * (_PARTS - len(parts))
    code, try_number, max_tries, generation, seq, sends, losses, due_at, started_at, ended_at, *rest = parts
    skips, length, granted = rest
    instance = TaskInstance(
        state=TaskState.from_code(code),
        try_number=int(try_number),
        max_tries=int(max_tries),
        generation=int(generation),
        seq=int(seq),
        sends=int(sends),
        losses=int(losses),
        due_at=float(due_at) if due_at else None,
        started_at=float(started_at) if started_at else None,
        ended_at=float(ended_at) if ended_at else None,
        skips=tuple(skips.split(",")) if skips else (),
        length=int(length) if length else None,
        granted=int(granted or 0),
    )
    object.__setattr__(instance, "text", text)
    return instance


def _same(value: Any) -> Any:
    return value


def _checked(*kinds: type) -> Convert:
    """Passes values of exactly these types: ``True`` is no number here, nor is a text a list of its letters."""

    def run(value: Any) -> Any:
        if type(value) not in kinds:
            raise TypeError(f"{type(value).__name__} where {kinds[0].__name__} should be")
        return value

    return run


_LEAVES: Mapping[Any, Convert] = {
    TaskInstance: _decode_instance,
    datetime: datetime.fromisoformat,
    str: _checked(str),
    bool: _checked(bool),
    int: _checked(int),
    float: _checked(float, int),
}
_a_list = _checked(list)
_an_object = _checked(dict)


@cache
def _encoder(kind: Any) -> Convert:
    if kind is TaskInstance:
        return _encode_instance
    if isinstance(kind, type) and is_dataclass(kind):
        return _record_encoder(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return lambda value: value.value
    if kind is datetime:
        return datetime.isoformat
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        inner = _encoder(_only_member(args))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        inner = _encoder(args[0])
        return lambda value: [inner(item) for item in value]
    if origin is Mapping or origin is dict:
        inner = _encoder(args[1])
        return _same if inner is _same else lambda value: {key: inner(item) for key, item in value.items()}
    if isinstance(kind, type) and issubclass(kind, tuple):
        return list
    return _same


@cache
def _decoder(kind: Any) -> Convert:
    if kind in _LEAVES:
        return _LEAVES[kind]
    if isinstance(kind, type) and is_dataclass(kind):
        return _record_decoder(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        inner = _decoder(_only_member(args))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        inner = _decoder(args[0])
        return lambda value: tuple(inner(item) for item in _a_list(value))
    if origin is Mapping or origin is dict:
        inner = _decoder(args[1])
        if inner is _same:
            return lambda value: dict(_an_object(value))
        return lambda value: {key: inner(item) for key, item in _an_object(value).items()}
    if isinstance(kind, type) and issubclass(kind, tuple):
        parts = [_decoder(hint) for hint in typing.get_type_hints(kind).values()]
        return lambda value: kind(*(part(item) for part, item in zip(parts, _a_list(value), strict=True)))
    return _same


def _only_member(args: tuple[Any, ...]) -> Any:
    """The other member of an ``X | None``; JSON values (a union of many) pass as they are."""
    members = [arg for arg in args if arg is not types.NoneType]
    return members[0] if len(members) == 1 else object


def _record_encoder(kind: type) -> Convert:
    parts = [(name, _encoder(hint), default) for name, hint, default in _shape(kind)]

    def run(record: Any) -> dict[str, Any]:
        data = {}
        for name, convert, default in parts:
            value = getattr(record, name)
            if value != default:
                data[name] = convert(value)
        return data

    return run


def _record_decoder(kind: type) -> Convert:
    parts = [(name, _decoder(hint)) for name, hint, _ in _shape(kind)]

    def run(data: Any) -> Any:
        _an_object(data)
        return kind(**{name: convert(data[name]) for name, convert in parts if name in data})

    return run


def _shape(kind: type) -> list[tuple[str, Any, Any]]:
    """Name, type and default of each field; a default that never equals anything where there is none."""
    hints = typing.get_type_hints(kind, localns={"JsonObject": dict[str, object], "JsonValue": object})
    return [
        (
            field.name,
            hints[field.name],
            field.default_factory() if field.default_factory is not MISSING else field.default,
        )
        for field in fields(kind)
    ]

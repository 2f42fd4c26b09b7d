"""What all bodies and answers have in common."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import to_json


class Answer(BaseModel):
    """What is answered; times are written in UTC, as ISO 8601 with a ``Z``. Half characters, which a DAG's author or a
    task may have put into a text, and which no answer can hold, are question marks."""

    model_config = ConfigDict(populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, data: Any) -> Any:
        return {name: _whole(value) for name, value in data.items()} if isinstance(data, dict) else data


def _whole(value: Any) -> Any:
    if value is None or value.__class__ in _PLAIN:
        return value
    match value:
        case str() if not value.isascii():
            return value.encode("utf-8", "replace").decode()
        case list() | tuple() if value and not isinstance(value[0], BaseModel):
            return [_whole(one) for one in value]
        case dict():
            return {_whole(name): _whole(one) for name, one in value.items()}
        case _:
            return value


_PLAIN = frozenset({bool, int, float, datetime})
"""Most of what is answered, and cannot be half; telling so at once takes a tenth off a long list."""


class Body(BaseModel):
    """What is sent: a field that it does not know is refused, as Airflow does (422), and so is a text with half a
    character, which no store would take."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _check(cls, data: Any) -> Any:
        if isinstance(data, dict) and any(_is_half(value) for value in data.values()):
            raise ValueError("a text has half a character in it")
        return data


def _is_half(value: Any) -> bool:
    """Of a text, or a list of texts; what is deeper is a body of its own, or plain JSON."""
    if isinstance(value, list):
        return any(isinstance(one, str) and _is_half(one) for one in value)
    return isinstance(value, str) and not value.isascii() and value.encode("utf-8", "replace").decode() != value


def given(*names: str) -> dict[str, Any]:
    """JSON Schema: all of these fields are there, and not ``null``."""
    return {"required": [*names], "properties": {name: {"not": {"type": "null"}} for name in names}}


def without(*schemas: dict[str, Any]) -> dict[str, Any]:
    """JSON Schema: none of these fits."""
    return {"not": {"anyOf": [*schemas]}}


class Problem(Answer):
    """Why a request was refused."""

    detail: str | dict[str, Any]


class ValidationError(Answer):
    """Where a request is unfit, and how."""

    loc: list[str | int]
    msg: str
    type: str


class HTTPValidationError(Answer):
    """Why a request is unfit: by place, as FastAPI tells it, or in a sentence."""

    detail: list[ValidationError] | str


def plain_json(value: Any) -> Any:
    """``value``; :class:`ValueError` for one that no JSON is sent of: NaN, half characters, what is nested too deep."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
        to_json(value)
    except (ValueError, RecursionError) as error:
        raise ValueError("this is no JSON that can be sent: no NaN, no half characters, nothing too deep") from error
    return value


def _some(value: Any) -> Any:
    if value is None:
        raise ValueError("value cannot be null")
    return value


PlainJson = Annotated[Any, AfterValidator(plain_json)]
"""Any JSON value that can be stored and sent again."""
SomeJson = Annotated[
    Any, AfterValidator(_some), AfterValidator(plain_json), Field(json_schema_extra={"not": {"type": "null"}})
]
"""The same, but ``null``."""

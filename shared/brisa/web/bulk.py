"""Several changes in one request: Airflow's bulk bodies, the same for every kind of thing.

Actions are done in the order given. One that must not meet what is there (``fail``) is refused whole before it begins;
what is left is done one by one, and each result is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import HTTPException
from pydantic import Field

from brisa.errors import BrisaError, NotFoundError
from brisa.web.schemas.base import Body
from brisa.web.schemas.common import (
    BulkActionNotOnExistence,
    BulkActionOnExistence,
    BulkActionResponse,
    BulkResponse,
)

T = TypeVar("T", bound=Body)


class BulkCreateAction(Body, Generic[T]):
    """Make these."""

    action: Literal["create"]
    entities: list[T]
    action_on_existence: BulkActionOnExistence = BulkActionOnExistence.FAIL


class BulkUpdateAction(Body, Generic[T]):
    """Change these; of each only the fields that ``update_mask`` names, if there is one."""

    action: Literal["update"]
    entities: list[T]
    update_mask: list[str] | None = None
    action_on_non_existence: BulkActionNotOnExistence = BulkActionNotOnExistence.FAIL


class BulkDeleteAction(Body, Generic[T]):
    """Delete these, each given by its name, or as far as it takes to tell which is meant."""

    action: Literal["delete"]
    entities: list[str | T]
    action_on_non_existence: BulkActionNotOnExistence = BulkActionNotOnExistence.FAIL


class BulkBody(Body, Generic[T]):
    """What is to be done."""

    actions: list[
        Annotated[BulkCreateAction[T] | BulkUpdateAction[T] | BulkDeleteAction[T], Field(discriminator="action")]
    ]


@dataclass(frozen=True, kw_only=True)  # no slots: Python 3.11 can't make one whose type is given, Bulk[PoolBody](…)
class Bulk(Generic[T]):
    """How one kind of thing is changed. Each verb may raise; what it raises is told, and the others are done."""

    kind: str
    """In words, for people: ``pool``."""
    name: Callable[[T], str]
    exists: Callable[[str], bool]
    create: Callable[[T], object]
    """Also where one of that name is there: then it takes its place."""
    update: Callable[[T, list[str] | None], object]
    delete: Callable[[str], object]

    def perform(self, body: BulkBody[T]) -> BulkResponse:
        """All actions of ``body``, and what came of them; several of one kind are told together."""
        told: dict[str, BulkActionResponse] = {}
        for action in body.actions:
            result = told.setdefault(action.action, BulkActionResponse())
            match action:
                case BulkCreateAction():
                    self._create(action, result)
                case BulkUpdateAction():
                    self._update(action, result)
                case BulkDeleteAction():
                    self._delete(action, result)
        return BulkResponse(**told)

    def _create(self, action: BulkCreateAction[T], result: BulkActionResponse) -> None:
        there = [self.name(one) for one in action.entities if self.exists(self.name(one))]
        if there and action.action_on_existence is BulkActionOnExistence.FAIL:
            result.errors.append(_error(409, f"The {self.kind}s {_listed(there)} already exist."))
            return
        for one in action.entities:
            name = self.name(one)
            if name not in there or action.action_on_existence is BulkActionOnExistence.OVERWRITE:
                _try(result, name, partial(self.create, one))

    def _update(self, action: BulkUpdateAction[T], result: BulkActionResponse) -> None:
        for one in self._found(action.entities, action.action_on_non_existence, result):
            _try(result, self.name(one), partial(self.update, one, action.update_mask))

    def _delete(self, action: BulkDeleteAction[T], result: BulkActionResponse) -> None:
        names = [one if isinstance(one, str) else self.name(one) for one in action.entities]
        missing = [name for name in names if not self.exists(name)]
        if missing and action.action_on_non_existence is BulkActionNotOnExistence.FAIL:
            result.errors.append(_error(404, f"The {self.kind}s {_listed(missing)} were not found."))
            return
        for name in names:
            if name not in missing:
                _try(result, name, partial(self.delete, name))

    def _found(self, entities: Sequence[T], otherwise: BulkActionNotOnExistence, result: BulkActionResponse) -> list[T]:
        missing = [self.name(one) for one in entities if not self.exists(self.name(one))]
        if missing and otherwise is BulkActionNotOnExistence.FAIL:
            result.errors.append(_error(404, f"The {self.kind}s {_listed(missing)} were not found."))
            return []
        return [one for one in entities if self.name(one) not in missing]


def _try(result: BulkActionResponse, name: str, change: Callable[[], object]) -> None:
    try:
        change()
    except HTTPException as error:
        result.errors.append(_error(error.status_code, str(error.detail)))
    except NotFoundError as error:
        result.errors.append(_error(404, str(error)))
    except BrisaError as error:
        result.errors.append(_error(400, str(error)))
    else:
        result.success.append(name)


def _error(status: int, text: str) -> dict[str, Any]:
    return {"error": text, "status_code": status}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)

"""Variables: settings by name, which DAG files and tasks read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import HTTPException, Query

from brisa.model.access import Permission
from brisa.model.variable import Variable
from brisa.services.variables import VariableError, Variables, kept, shown, text_of
from brisa.web.backend import Backend, Uses
from brisa.web.bulk import Bulk, BulkBody
from brisa.web.paging import Limit, Offset, begins, in_order, matches, page, sorted_by
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.common import BulkResponse
from brisa.web.schemas.variables import VariableBody, VariableCollectionResponse, VariableResponse

router = routes("Variable")
_READ, _EDIT = needs(Permission.READ_VARIABLES), needs(Permission.EDIT_VARIABLES)
_KEYS: Mapping[str, Callable[[Variable], Any]] = {
    "id": lambda one: one.key,
    "key": lambda one: one.key,
    "description": lambda one: one.description,
    "is_encrypted": lambda _: False,
    "team_name": lambda _: None,
}


@router.get("/variables", dependencies=[_READ], responses=problems(400))
def get_variables(
    backend: Uses,
    order_by: Annotated[list[str], sorted_by(_KEYS)],
    limit: Limit = 50,
    offset: Offset = 0,
    variable_key_pattern: str | None = None,
    variable_key_prefix_pattern: str | None = None,
) -> VariableCollectionResponse:
    """Those in the store; what environment variables define is not among them."""
    found = [
        one
        for one in Variables(backend.store).all()
        if matches(variable_key_pattern, one.key) and begins(variable_key_prefix_pattern, one.key)
    ]
    variables = page(in_order(found, order_by, _KEYS, "id"), limit, offset)
    return VariableCollectionResponse(variables=[_view(one) for one in variables], total_entries=len(found))


@router.post("/variables", status_code=201, dependencies=[_EDIT], responses=problems(400, 409))
def post_variable(body: VariableBody, backend: Uses) -> VariableResponse:
    """Make a Variable; a value that is no text is kept as JSON."""
    if Variables(backend.store).exists(body.key):
        raise HTTPException(409, f"The Variable with key: `{body.key}` already exists")
    return _put(backend, _made(body))


@router.get("/variables/{variable_key:path}", dependencies=[_READ], responses=problems(404))
def get_variable(variable_key: str, backend: Uses) -> VariableResponse:
    """One Variable; ``***`` stands for what is secret by its name."""
    return _view(Variables(backend.store).get(variable_key))


@router.patch("/variables/{variable_key:path}", dependencies=[_EDIT], responses=problems(400, 404))
def patch_variable(
    variable_key: str, body: VariableBody, backend: Uses, update_mask: Annotated[list[str] | None, Query()] = None
) -> VariableResponse:
    """Change a Variable: what the body has, and of that only what ``update_mask`` names; ``***`` stays what it was."""
    if body.key != variable_key:
        raise HTTPException(400, "Invalid body, key from request body doesn't match uri parameter")
    return _put(backend, _changed(Variables(backend.store).get(variable_key), body, update_mask))


@router.delete("/variables/{variable_key:path}", status_code=204, dependencies=[_EDIT], responses=problems(404))
def delete_variable(variable_key: str, backend: Uses) -> None:
    """Remove a Variable."""
    Variables(backend.store).delete(variable_key)


@router.patch("/variables", dependencies=[_EDIT], responses=problems())
def bulk_variables(body: BulkBody[VariableBody], backend: Uses) -> BulkResponse:
    """Make, change and remove several Variables."""
    variables = Variables(backend.store)
    return Bulk[VariableBody](
        kind="Variable",
        name=lambda one: one.key,
        exists=variables.exists,
        create=lambda one: _put(backend, _made(one)),
        update=lambda one, mask: _put(backend, _changed(variables.get(one.key), one, mask)),
        delete=variables.delete,
    ).perform(body)


def _made(body: VariableBody) -> Variable:
    return Variable(body.key, text_of(body.value), body.description)


def _changed(before: Variable, body: VariableBody, mask: list[str] | None) -> Variable:
    wanted = body.model_fields_set & set(mask) if mask else body.model_fields_set
    return Variable(
        before.key,
        kept(before.key, text_of(body.value), before.value) if "value" in wanted else before.value,
        body.description if "description" in wanted else before.description,
    )


def _put(backend: Backend, one: Variable) -> VariableResponse:
    try:
        Variables(backend.store).put(one)
    except VariableError as error:
        raise HTTPException(400, str(error)) from error
    return _view(one)


def _view(one: Variable) -> VariableResponse:
    return VariableResponse(
        key=one.key,
        value=shown(one.key, one.value),
        description=one.description,
        is_encrypted=False,
        team_name=None,
    )

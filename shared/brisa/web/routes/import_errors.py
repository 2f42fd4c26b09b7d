"""DAG files that do not load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.model.dag import ImportFailure
from brisa.web.backend import Uses
from brisa.web.constants import BUNDLE_NAME
from brisa.web.ids import number
from brisa.web.paging import Limit, Offset, begins, in_order, matches, page, sorted_by
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.dags import ImportErrorCollectionResponse, ImportErrorResponse
from brisa.web.times import moment

router = routes("Import Error")
_READ = needs(Permission.READ_DAGS)
_KEYS: Mapping[str, Callable[[ImportFailure], Any]] = {
    **dict.fromkeys(("id", "import_error_id"), lambda one: number("import_error", one.file)),
    "timestamp": lambda one: one.seen_at,
    "filename": lambda one: one.file,
    "bundle_name": lambda one: BUNDLE_NAME,
    "stacktrace": lambda one: one.traceback or one.message,
}


@router.get("/importErrors", dependencies=[_READ], responses=problems(400))
def get_import_errors(
    backend: Uses,
    order_by: Annotated[list[str], sorted_by(_KEYS)],
    limit: Limit = 50,
    offset: Offset = 0,
    filename_pattern: str | None = None,
    filename_prefix_pattern: str | None = None,
    filename: str | None = None,
    bundle_name: str | None = None,
) -> ImportErrorCollectionResponse:
    """The files, each with why it does not load."""
    found = [
        one
        for one in backend.store.import_failures()
        if matches(filename_pattern, one.file)
        and begins(filename_prefix_pattern, one.file)
        and filename in (None, one.file)
        and bundle_name in (None, BUNDLE_NAME)
    ]
    shown = page(in_order(found, order_by, _KEYS, "id"), limit, offset)
    return ImportErrorCollectionResponse(import_errors=[_view(one) for one in shown], total_entries=len(found))


@router.get("/importErrors/{import_error_id}", dependencies=[_READ], responses=problems(404))
def get_import_error(import_error_id: int, backend: Uses) -> ImportErrorResponse:
    """One file."""
    for failure in backend.store.import_failures():
        if number("import_error", failure.file) == import_error_id:
            return _view(failure)
    raise NotFoundError(f"The ImportError with import_error_id: `{import_error_id}` was not found")


def _view(failure: ImportFailure) -> ImportErrorResponse:
    return ImportErrorResponse(
        import_error_id=number("import_error", failure.file),
        timestamp=moment(failure.seen_at),
        filename=failure.file,
        bundle_name=BUNDLE_NAME,
        stack_trace=failure.traceback or failure.message,
        message=failure.message,
        line=failure.line or None,
        source=failure.source or None,
    )

"""Loading a DAG file again."""

from __future__ import annotations

from fastapi import HTTPException

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.web.backend import Uses
from brisa.web.dags import file_of
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes

router = routes("DAG Parsing")


@router.put(
    "/parseDagFile/{file_token}",
    status_code=201,
    dependencies=[needs(Permission.EDIT_DAGS)],
    responses=problems(404, 501),
)
def reparse_dag_file(file_token: str, backend: Uses) -> None:
    """Have a DAG file loaded again soon; ``file_token`` is what a DAG says of its file.

    On Google Cloud files are loaded when they are uploaded: 501.
    """
    file = file_of(file_token)
    known = {one.record.file for one in backend.store.dags()} | {one.file for one in backend.store.import_failures()}
    if not file or file not in known:
        raise NotFoundError("File not found")
    if backend.reload is None:
        raise HTTPException(501, "DAG files are loaded here when they are uploaded: upload this one again")
    backend.reload(file)

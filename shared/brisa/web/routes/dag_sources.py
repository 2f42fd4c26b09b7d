"""The source code of DAG files, as it was when a version was made."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, HTTPException
from fastapi.responses import PlainTextResponse, Response

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.web.backend import Uses
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.dags import DAGSourceResponse
from brisa.web.versions import display_name, hash_of, versions_of

router = routes("DagSource")
_JSON, _TEXT = "application/json", "text/plain"


@router.get(
    "/dagSources/{dag_id}",
    dependencies=[needs(Permission.READ_CODE)],
    response_model=DAGSourceResponse,
    responses={**problems(404, 406), 200: {"content": {_TEXT: {"schema": {"type": "string"}}}}},
)
def get_dag_source(
    dag_id: str, backend: Uses, version_number: int | None = None, accept: Annotated[str, Header()] = "*/*"
) -> DAGSourceResponse | Response:
    """The whole file that a DAG is in, of its current version, or another; as JSON, or as the text that it is."""
    wanted = [one.partition(";")[0].strip() for one in accept.split(",")]
    if not {"*/*", "application/*", _JSON, "text/*", _TEXT}.intersection(wanted):
        raise HTTPException(406, "Only application/json or text/plain is supported")
    stored = backend.store.dag(dag_id)
    dag = None if stored is None or stored.record.deleting else stored.record
    version = None
    if dag is not None:
        named = dag.version if version_number is None else hash_of(backend.store, dag_id, version_number)
        version = None if named is None else backend.store.version(dag_id, named)
    if dag is None or version is None:
        raise NotFoundError(f"The source code of the Dag {dag_id}, version_number {version_number} was not found")
    # Of the types that are named without a wildcard, the first counts.
    if next((one for one in wanted if one in (_JSON, _TEXT)), _JSON) == _TEXT:
        return PlainTextResponse(version.source.encode("utf-8", "replace"))
    told = versions_of(backend.store, {dag_id: dag}).get((dag_id, version.version))
    return DAGSourceResponse(
        content=version.source,
        dag_id=dag_id,
        version_number=None if told is None else told.version_number,
        dag_display_name=display_name(dag, dag_id),
    )

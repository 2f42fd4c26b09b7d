"""The metrics of this process, for Prometheus."""

from __future__ import annotations

from fastapi import HTTPException, Response

from brisa.model.access import Permission
from brisa.web.backend import Uses
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes

router = routes("Monitor", prefix="")
_NONE_KEPT = "no metrics are kept here: start `brisa standalone` with --metrics"


@router.get(
    "/metrics",
    dependencies=[needs(Permission.READ_RUNS)],
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems(404)},
)
def get_metrics(backend: Uses) -> Response:
    """In Prometheus's text format. They name DAGs, so they take a token, which Prometheus can send."""
    if backend.metrics is None:
        raise HTTPException(404, _NONE_KEPT)
    page, kind = backend.metrics()
    return Response(page, headers={"content-type": kind})

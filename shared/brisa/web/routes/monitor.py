"""Whether brisa is well."""

from __future__ import annotations

from datetime import UTC, datetime

from brisa.services.health import health
from brisa.web.backend import Uses
from brisa.web.permissions import FOR_EVERYBODY
from brisa.web.routing import routes
from brisa.web.schemas.common import BaseInfoResponse
from brisa.web.schemas.server import (
    DagProcessorInfoResponse,
    HealthInfoResponse,
    SchedulerInfoResponse,
    TriggererInfoResponse,
)

router = routes("Monitor")


@router.get("/monitor/health", dependencies=[FOR_EVERYBODY])
def get_health(backend: Uses) -> HealthInfoResponse:
    """How its parts are; ``null`` for what is none here. Triggers are run by workers, piece by piece: there is no
    triggerer. Always 200, as in Airflow."""
    found = health(backend.store, backend.clock, backend.beats())
    return HealthInfoResponse(
        metadatabase=BaseInfoResponse(status=_word(found.store)),
        scheduler=SchedulerInfoResponse(
            status=_word(found.scheduler), latest_scheduler_heartbeat=_moment(found.scheduler_beat)
        ),
        triggerer=TriggererInfoResponse(status=None, latest_triggerer_heartbeat=None),
        dag_processor=DagProcessorInfoResponse(
            status=_word(found.dag_processor), latest_dag_processor_heartbeat=_moment(found.dag_processor_beat)
        ),
    )


def _word(well: bool | None) -> str | None:
    return None if well is None else "healthy" if well else "unhealthy"


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()

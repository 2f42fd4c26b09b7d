"""What works in the background."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from brisa.model.access import Permission
from brisa.services.health import Part
from brisa.web.backend import Backend, Uses
from brisa.web.paging import Limit, Offset, in_order, page, sorted_by
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.server import JobCollectionResponse, JobResponse

router = routes("Job")
_FIELDS = ("id", "dag_id", "state", "job_type", "start_date", "end_date", "latest_heartbeat", "executor_class")
_KEYS: Mapping[str, Callable[[JobResponse], Any]] = {
    name: lambda job, name=name: getattr(job, name)  # type: ignore[misc]
    for name in (*_FIELDS, "hostname", "unixname")
}
_IDS = {part: number for number, part in enumerate(Part, 1)}


@router.get("/jobs", dependencies=[needs(Permission.READ_SERVER)], responses=problems(400))
def get_jobs(
    backend: Uses,
    order_by: Annotated[list[str], sorted_by(_KEYS)],
    is_alive: bool | None = None,
    start_date_gte: datetime | None = None,
    start_date_gt: datetime | None = None,
    start_date_lte: datetime | None = None,
    start_date_lt: datetime | None = None,
    end_date_gte: datetime | None = None,
    end_date_gt: datetime | None = None,
    end_date_lte: datetime | None = None,
    end_date_lt: datetime | None = None,
    limit: Limit = 50,
    offset: Offset = 0,
    job_state: str | None = None,
    job_type: str | None = None,
    hostname: str | None = None,
    executor_class: str | None = None,
) -> JobCollectionResponse:
    """The planner, and the look at DAG files, of this process. On Google Cloud nothing works between two requests, so
    there are none. None of them has ended: those of earlier processes are not remembered."""
    asked_end = any(value is not None for value in (end_date_gte, end_date_gt, end_date_lte, end_date_lt))
    equal = {"state": job_state, "job_type": job_type, "hostname": hostname, "executor_class": executor_class}
    found = [
        job
        for job, alive in _jobs(backend)
        if is_alive in (None, alive)
        and not asked_end
        and all(wanted is None or getattr(job, name) == wanted for name, wanted in equal.items())
        and _within(job.start_date, start_date_gte, start_date_gt, start_date_lte, start_date_lt)
    ]
    jobs = page(in_order(found, order_by, _KEYS, "id"), limit, offset)
    return JobCollectionResponse(jobs=list(jobs), total_entries=len(found))


def _jobs(backend: Backend) -> list[tuple[JobResponse, bool]]:
    now = backend.clock.now()
    return [
        (
            JobResponse(
                id=_IDS[beat.part],
                dag_id=None,
                state="running",
                job_type=beat.part.value,
                start_date=datetime.fromtimestamp(beat.started_at, UTC),
                end_date=None,
                latest_heartbeat=datetime.fromtimestamp(beat.last, UTC),
                executor_class=None,
                hostname=socket.gethostname(),
                unixname=_user(),
            ),
            beat.alive(now),
        )
        for beat in backend.beats()
    ]


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a user that has no name
        return None


def _within(
    moment: datetime | None, gte: datetime | None, gt: datetime | None, lte: datetime | None, lt: datetime | None
) -> bool:
    assert moment is not None  # noqa: S101  each has a start
    gte, gt, lte, lt = (one if one is None or one.tzinfo else one.replace(tzinfo=UTC) for one in (gte, gt, lte, lt))
    return not (
        (gte is not None and moment < gte)
        or (gt is not None and moment <= gt)
        or (lte is not None and moment > lte)
        or (lt is not None and moment >= lt)
    )

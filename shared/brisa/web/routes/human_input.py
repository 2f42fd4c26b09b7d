"""Tasks that ask a person. brisa's fail when they run (:mod:`brisa.operators.hitl`), so nothing is ever asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from brisa.errors import NotFoundError
from brisa.model.access import Permission
from brisa.web.backend import Backend, Uses
from brisa.web.filters import Moment
from brisa.web.instances import instance_id
from brisa.web.paging import Limit, Offset, in_order, sorted_by
from brisa.web.permissions import needs
from brisa.web.routes.task_instances import known
from brisa.web.routing import problems, routes
from brisa.web.schemas.human import (
    HITLDetail,
    HITLDetailCollection,
    HITLDetailHistory,
    HITLDetailResponse,
    UpdateHITLDetailPayload,
)

router = routes("Task Instance")
_READ, _EDIT = needs(Permission.READ_RUNS), needs(Permission.EDIT_RUNS)
_RUN = "/dags/{dag_id}/dagRuns/{dag_run_id}"
_DETAILS = f"{_RUN}/taskInstances/{{task_id}}/{{map_index:index}}/hitlDetails"
_ORDERS: Sequence[str] = (
    "ti_id",
    "subject",
    "responded_at",
    "created_at",
    "responded_by_user_id",
    "responded_by_user_name",
    "dag_id",
    "run_id",
    "run_after",
    "rendered_map_index",
    "task_instance_operator",
    "task_instance_state",
)
_KEYS = dict.fromkeys(_ORDERS, str)
Texts = Annotated[list[str], Query(default_factory=list)]


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the list may be narrowed to, once there is one."""

    dag_id_pattern: str | None = None
    dag_id_prefix_pattern: str | None = None
    task_id: str | None = None
    task_id_pattern: str | None = None
    task_id_prefix_pattern: str | None = None
    map_index: int | None = None
    state: Texts
    response_received: bool | None = None
    responded_by_user_id: Texts
    responded_by_user_name: Texts
    subject_search: str | None = None
    body_search: str | None = None
    created_at_gte: Moment | None = None
    created_at_gt: Moment | None = None
    created_at_lte: Moment | None = None
    created_at_lt: Moment | None = None


@router.get(f"{_RUN}/hitlDetails", dependencies=[_READ], responses=problems(400))
def get_hitl_details(
    dag_id: str,
    dag_run_id: str,
    narrowed: Annotated[Filters, Depends()],
    order_by: Annotated[list[str], sorted_by(_ORDERS)],
    limit: Limit = 50,
    offset: Offset = 0,
) -> HITLDetailCollection:
    """What was asked: nothing."""
    in_order([], order_by, _KEYS, "ti_id")
    return HITLDetailCollection(hitl_details=[], total_entries=0)


@router.get(_DETAILS, dependencies=[_READ], responses=problems(404))
def get_hitl_detail(dag_id: str, dag_run_id: str, task_id: str, map_index: int, backend: Uses) -> HITLDetail:
    """404: nothing was asked."""
    raise _nothing(backend, dag_id, dag_run_id, task_id, map_index)


@router.patch(_DETAILS, dependencies=[_EDIT], responses=problems(400, 404, 409))
def update_hitl_detail(
    dag_id: str, dag_run_id: str, task_id: str, map_index: int, body: UpdateHITLDetailPayload, backend: Uses
) -> HITLDetailResponse:
    """404: nothing was asked."""
    raise _nothing(backend, dag_id, dag_run_id, task_id, map_index)


@router.get(f"{_DETAILS}/tries/{{try_number}}", dependencies=[_READ], responses=problems(404))
def get_hitl_detail_try_detail(
    dag_id: str, dag_run_id: str, task_id: str, map_index: int, try_number: int, backend: Uses
) -> HITLDetailHistory:
    """404: nothing was asked."""
    raise _nothing(backend, dag_id, dag_run_id, task_id, map_index)


def _nothing(backend: Backend, dag_id: str, dag_run_id: str, task_id: str, map_index: int) -> NotFoundError:
    one = known(backend, dag_id, dag_run_id, task_id, map_index)
    return NotFoundError(f"Human-in-the-loop detail does not exist for Task Instance with id {instance_id(one)}")

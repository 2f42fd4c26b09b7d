"""Versions of DAGs, numbered by age, and as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from brisa.model.dag import Dag
from brisa.ports.store import StateStore, VersionId
from brisa.web.constants import BUNDLE_NAME, BUNDLE_VERSION
from brisa.web.ids import uuid
from brisa.web.schemas.versions import DagVersionResponse
from brisa.web.times import moment


def display_name(dag: Dag | None, dag_id: str) -> str:
    """A DAG's name for people."""
    return (dag.summary.display_name if dag is not None and dag.summary is not None else "") or dag_id


def versions_of(store: StateStore, dags: Mapping[str, Dag | None]) -> dict[tuple[str, str], DagVersionResponse]:
    """All versions of these DAGs by DAG and hash, the first of a DAG first: it has the number 1."""
    return {
        (dag_id, one.version): _view(one, number, display_name(dags[dag_id], dag_id))
        for dag_id, ids in groupby(store.version_ids(list(dags)), key=lambda one: one.dag_id)
        for number, one in enumerate(ids, 1)
    }


def hash_of(store: StateStore, dag_id: str, number: int) -> str | None:
    """The hash of the version that has this number, or ``None``."""
    ids = store.version_ids([dag_id])
    return ids[number - 1].version if 1 <= number <= len(ids) else None


def _view(one: VersionId, number: int, name: str) -> DagVersionResponse:
    return DagVersionResponse(
        id=uuid("version", one.dag_id, one.version),
        version_number=number,
        dag_id=one.dag_id,
        bundle_name=BUNDLE_NAME,
        bundle_version=BUNDLE_VERSION,
        created_at=moment(one.created_at),
        dag_display_name=name,
        bundle_url=None,
    )

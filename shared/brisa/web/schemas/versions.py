"""What is said of a version of a DAG."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from brisa.web.schemas.base import Answer


class DagVersionResponse(Answer):
    """Airflow's DagVersionResponse."""

    id: UUID
    version_number: int
    dag_id: str
    bundle_name: str | None
    bundle_version: str | None
    created_at: datetime
    dag_display_name: str
    bundle_url: str | None

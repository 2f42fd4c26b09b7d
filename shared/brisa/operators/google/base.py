"""What all Google operators have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from brisa.authoring.operator import BaseOperator
from brisa.operators.google.clients import DEFAULT_CONNECTION, SDK, Impersonation, bigquery_client, storage_client


class GoogleOperator(BaseOperator):
    """Holds ``gcp_conn_id`` and ``impersonation_chain`` (see :mod:`brisa.operators.google.clients`)."""

    preloads: Sequence[str] = SDK
    ui_color = "#f0eee4"

    def __init__(
        self, *, gcp_conn_id: str = DEFAULT_CONNECTION, impersonation_chain: Impersonation = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain

    def storage(self, project_id: str | None = None) -> Any:
        """A Cloud Storage client, made anew."""
        return storage_client(project_id, self.impersonation_chain)

    def bigquery(self, project_id: str | None = None, location: str | None = None) -> Any:
        """A BigQuery client, made anew."""
        return bigquery_client(project_id, location, self.impersonation_chain)


def listed(value: str | list[str] | tuple[str, ...] | None) -> list[str]:
    """One or several as a list; none is an empty one."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)

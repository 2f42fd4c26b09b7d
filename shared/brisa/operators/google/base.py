"""What all Google operators and sensors have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from brisa.authoring.operator import BaseOperator
from brisa.authoring.registry import notice
from brisa.operators.google.clients import DEFAULT_CONNECTION, SDK, Impersonation, bigquery_client, storage_client


class GoogleClients:
    """Makes the clients of whoever has a ``gcp_conn_id`` and an ``impersonation_chain``."""

    gcp_conn_id: str
    impersonation_chain: Impersonation

    def storage(self, project_id: str | None = None) -> Any:
        """A Cloud Storage client, made anew."""
        return storage_client(project_id, self.impersonation_chain, self.gcp_conn_id)

    def bigquery(self, project_id: str | None = None, location: str | None = None) -> Any:
        """A BigQuery client, made anew."""
        return bigquery_client(project_id, location, self.impersonation_chain, self.gcp_conn_id)


class GoogleOperator(GoogleClients, BaseOperator):
    """Holds ``gcp_conn_id`` and ``impersonation_chain`` (see :mod:`brisa.operators.google.clients`)."""

    preloads: Sequence[str] = SDK
    ui_color = "#f0eee4"

    def __init__(
        self, *, gcp_conn_id: str = DEFAULT_CONNECTION, impersonation_chain: Impersonation = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain

    def accepted(self, why: str, **given: Any) -> None:
        """Tell the author which of these arguments, that Airflow's operator has, mean nothing here, and why."""
        for name, value in given.items():
            if value is not None:
                notice(f"{name} of {self.task_type} has no effect: {why}")


def listed(value: str | list[str] | tuple[str, ...] | None) -> list[str]:
    """One or several as a list; none is an empty one."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)

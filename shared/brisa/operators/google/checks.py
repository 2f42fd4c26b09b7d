"""Checks of data by a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from brisa.authoring.exceptions import AirflowException
from brisa.operators.google.base import GoogleOperator
from brisa.operators.google.jobs import Jobs

Context = Mapping[str, Any]


class _Query(GoogleOperator):
    """What the checks have in common: one query, whose first row counts."""

    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers: ClassVar[dict[str, str]] = {"sql": "sql"}
    ui_color = "#C0D7FF"

    def __init__(
        self,
        *,
        sql: str,
        use_legacy_sql: bool = True,
        location: str | None = None,
        labels: dict[str, str] | None = None,
        query_params: list[Any] | None = None,
        project_id: str | None = None,
        encryption_configuration: dict[str, Any] | None = None,
        deferrable: bool = False,
        poll_interval: float = 4.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sql = sql
        self.use_legacy_sql = use_legacy_sql
        self.location = location
        self.labels = labels
        self.query_params = query_params
        self.project_id = project_id
        self.encryption_configuration = encryption_configuration
        self.deferrable = deferrable
        self.poll_interval = poll_interval

    def first_row(self, context: Context) -> dict[str, Any]:
        """Column → value of the first row; no row is a failure."""
        part = {
            "query": self.sql,
            "useLegacySql": self.use_legacy_sql,
            "queryParameters": self.query_params,
            "destinationEncryptionConfiguration": self.encryption_configuration,
        }
        configuration: dict[str, Any] = {"query": {name: value for name, value in part.items() if value is not None}}
        if self.labels:
            configuration["labels"] = self.labels
        job = Jobs(self.bigquery(self.project_id, self.location), context, self.location).run(configuration)
        for row in job.result(max_results=1):
            return dict(row.items())
        raise AirflowException(f"the check's query gave no rows: {self.sql.strip()}")


class BigQueryCheckOperator(_Query):
    """Fails unless every value of the first row that ``sql`` gives is true (0, NULL and '' are not)."""

    template_fields: Sequence[str] = ("sql", "gcp_conn_id", "impersonation_chain", "labels", "query_params")

    def execute(self, context: Context) -> None:
        """Check."""
        row = self.first_row(context)
        bad = [name for name, value in row.items() if not value]
        if bad:
            raise AirflowException(f"the check failed: {', '.join(bad)} not true. All of it: {_shown(row)}")
        self.log.info("The check passed: %s", _shown(row))


class BigQueryValueCheckOperator(_Query):
    """Fails unless the values of the first row equal ``pass_value``, numbers within ``tolerance`` (0.1: 10 %)."""

    template_fields: Sequence[str] = ("sql", "gcp_conn_id", "pass_value", "impersonation_chain", "query_params")

    def __init__(self, *, pass_value: Any, tolerance: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pass_value = pass_value
        self.tolerance = tolerance

    def execute(self, context: Context) -> None:
        """Check."""
        row = self.first_row(context)
        bad = [name for name, value in row.items() if not self._passes(value)]
        if bad:
            margin = f" within {float(self.tolerance):.1%}" if self.tolerance is not None else ""
            raise AirflowException(f"expected {self.pass_value!r}{margin}; {', '.join(bad)} differ: {_shown(row)}")
        self.log.info("The check passed: %s", _shown(row))

    def _passes(self, value: Any) -> bool:
        try:
            wanted, number = float(self.pass_value), float(value)
        except (TypeError, ValueError):
            return str(value) == str(self.pass_value)
        if self.tolerance is None:
            return number == wanted
        margin = abs(wanted) * float(self.tolerance)
        return wanted - margin <= number <= wanted + margin


def _shown(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items())

"""Checks of data by a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from brisa.operators.google.clients import SDK
from brisa.operators.google.job_operator import BigQueryJobOperator
from brisa.operators.google.jobs import Jobs
from brisa.operators.sql import BaseSQLOperator
from brisa.operators.sql_checks import SQLColumnCheckOperator, SQLIntervalCheckOperator, SQLTableCheckOperator

Context = Mapping[str, Any]


class _Asking(BigQueryJobOperator, BaseSQLOperator):
    """What all checks have in common: queries, each a job. The connection is ``gcp_conn_id``."""

    preloads: Sequence[str] = SDK
    ui_color = "#C0D7FF"

    def __init__(
        self,
        *,
        use_legacy_sql: bool = True,
        labels: dict[str, str] | None = None,
        encryption_configuration: dict[str, Any] | None = None,
        query_params: list[Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        others = {"conn_id": self.conn_id, "database": self.database, "hook_params": self.hook_params or None}
        self.accepted("the connection is gcp_conn_id", **others)
        self.use_legacy_sql = use_legacy_sql
        self.labels = labels
        self.encryption_configuration = encryption_configuration
        self.query_params = query_params

    def ask(self, jobs: Jobs, sql: str, max_results: int | None = None) -> Any:
        """The rows of a query."""
        part = {
            "query": sql,
            "useLegacySql": self.use_legacy_sql,
            "queryParameters": self.query_params,
            "destinationEncryptionConfiguration": self.encryption_configuration,
        }
        configuration: dict[str, Any] = {"query": {name: value for name, value in part.items() if value is not None}}
        if self.labels:
            configuration["labels"] = self.labels
        return jobs.run(configuration, self.prefix).result(max_results=max_results)


class _Query(_Asking):
    """What the checks have in common that are one query, whose first row counts."""

    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers: ClassVar[dict[str, str]] = {"sql": "sql"}

    def __init__(self, *, sql: str, parameters: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.accepted("BigQuery has query_params", parameters=parameters)
        self.sql = sql

    def first_row(self, context: Context) -> dict[str, Any]:
        """Column → value of the first row; no row is a failure."""
        for row in self.ask(self.jobs(context), self.sql, max_results=1):
            return dict(row.items())
        raise self.failed(f"the check's query gave no rows: {self.sql.strip()}")


class BigQueryCheckOperator(_Query):
    """Fails unless every value of the first row that ``sql`` gives is true (0, NULL and '' are not)."""

    template_fields: Sequence[str] = (
        "sql",
        "conn_id",
        "gcp_conn_id",
        "impersonation_chain",
        "labels",
        "query_params",
    )

    def execute(self, context: Context) -> None:
        """Check."""
        row = self.first_row(context)
        bad = [name for name, value in row.items() if not value]
        if bad:
            raise self.failed(f"the check failed: {', '.join(bad)} not true. All of it: {_shown(row)}")
        self.log.info("The check passed: %s", _shown(row))


class BigQueryValueCheckOperator(_Query):
    """Fails unless the values of the first row equal ``pass_value``, numbers within ``tolerance`` (0.1: 10 %)."""

    template_fields: Sequence[str] = (
        "sql",
        "conn_id",
        "gcp_conn_id",
        "pass_value",
        "impersonation_chain",
        "labels",
        "query_params",
    )

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
            raise self.failed(f"expected {self.pass_value!r}{margin}; {', '.join(bad)} differ: {_shown(row)}")
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


class _Rows:
    """What the checks of :mod:`brisa.operators.sql_checks` use of a hook, made of the jobs of one attempt."""

    def __init__(self, operator: _Asking, jobs: Jobs) -> None:
        self._operator = operator
        self._jobs = jobs

    def get_records(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows."""
        return [tuple(row.values()) for row in self._operator.ask(self._jobs, sql)]

    def get_first(self, sql: str) -> tuple[Any, ...] | None:
        """The first row, if there is one."""
        return next((tuple(row.values()) for row in self._operator.ask(self._jobs, sql, max_results=1)), None)


class _SqlCheck(_Asking):
    """A check of :mod:`brisa.operators.sql_checks`, asked of BigQuery."""

    _context: Context

    def execute(self, context: Context) -> None:
        """Check."""
        self._context = context
        super().execute(context)

    def get_db_hook(self) -> _Rows:
        """What answers the check's queries."""
        return _Rows(self, self.jobs(self._context))


class BigQueryIntervalCheckOperator(_SqlCheck, SQLIntervalCheckOperator):
    """Fails if a metric of ``table`` is too different from that of ``days_back`` days before; see there."""

    template_fields: Sequence[str] = (
        "table",
        *SQLIntervalCheckOperator.template_fields,
        "gcp_conn_id",
        "impersonation_chain",
        "labels",
    )


class BigQueryColumnCheckOperator(_SqlCheck, SQLColumnCheckOperator):
    """Fails unless columns of ``table`` are as ``column_mapping`` says; see there."""

    template_fields: Sequence[str] = (
        *SQLColumnCheckOperator.template_fields,
        "gcp_conn_id",
        "impersonation_chain",
        "labels",
    )


class BigQueryTableCheckOperator(_SqlCheck, SQLTableCheckOperator):
    """Fails unless each of ``checks`` holds in ``table``; see there."""

    template_fields: Sequence[str] = (
        *SQLTableCheckOperator.template_fields,
        "gcp_conn_id",
        "impersonation_chain",
        "labels",
    )


def _shown(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items())

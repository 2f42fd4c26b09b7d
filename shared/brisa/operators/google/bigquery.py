"""BigQuery: jobs, reading rows, and a sensor; with the checks and those for datasets and tables from beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from brisa.authoring.exceptions import AirflowException
from brisa.operators.google.base import GoogleClients, GoogleOperator
from brisa.operators.google.checks import (
    BigQueryCheckOperator,
    BigQueryColumnCheckOperator,
    BigQueryIntervalCheckOperator,
    BigQueryTableCheckOperator,
    BigQueryValueCheckOperator,
)
from brisa.operators.google.clients import DEFAULT_CONNECTION, SDK, Impersonation
from brisa.operators.google.errors import in_words
from brisa.operators.google.job_operator import BigQueryJobOperator
from brisa.operators.google.tables import (
    BigQueryCreateEmptyDatasetOperator,
    BigQueryCreateEmptyTableOperator,
    BigQueryCreateTableOperator,
    BigQueryDeleteDatasetOperator,
    BigQueryDeleteTableOperator,
)
from brisa.operators.google.updates import (
    BigQueryGetDatasetOperator,
    BigQueryGetDatasetTablesOperator,
    BigQueryUpdateDatasetOperator,
    BigQueryUpdateTableOperator,
)
from brisa.operators.sensor import BaseSensorOperator

__all__ = [
    "BigQueryCheckOperator",
    "BigQueryColumnCheckOperator",
    "BigQueryCreateEmptyDatasetOperator",
    "BigQueryCreateEmptyTableOperator",
    "BigQueryCreateTableOperator",
    "BigQueryDeleteDatasetOperator",
    "BigQueryDeleteTableOperator",
    "BigQueryGetDataOperator",
    "BigQueryGetDatasetOperator",
    "BigQueryGetDatasetTablesOperator",
    "BigQueryInsertJobOperator",
    "BigQueryIntervalCheckOperator",
    "BigQueryTableCheckOperator",
    "BigQueryTableExistenceSensor",
    "BigQueryUpdateDatasetOperator",
    "BigQueryUpdateTableOperator",
    "BigQueryValueCheckOperator",
]

Context = Mapping[str, Any]


class BigQueryInsertJobOperator(BigQueryJobOperator):
    """Runs a job (query, load, extract or copy) given as the API's JobConfiguration; its XCom is the job's id.

    A text in ``configuration`` that ends in ``.sql`` or ``.json`` is read from that file. Queries are standard SQL
    unless ``useLegacySql`` says otherwise.
    """

    template_fields: Sequence[str] = (
        "configuration",
        "job_id",
        "location",
        "gcp_conn_id",
        "impersonation_chain",
        "project_id",
    )
    template_ext: Sequence[str] = (".json", ".sql")
    template_fields_renderers: ClassVar[dict[str, str]] = {"configuration": "json", "configuration.query.query": "sql"}
    ui_color = "#5F86FF"

    def __init__(self, *, configuration: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.configuration = configuration

    def execute(self, context: Context) -> str:
        """Run the job; its id."""
        if not isinstance(self.configuration, Mapping):
            raise AirflowException(f"configuration must be a dict, not {type(self.configuration).__name__}")
        job = self.jobs(context).run(self.configuration, self.prefix)
        self.log.info("BigQuery job %s: done", job.job_id)
        return str(job.job_id)


class BigQueryGetDataOperator(GoogleOperator):
    """The first rows of a table, or of the result of the query job ``job_id``: lists (``as_dict``: dicts) in XCom.

    ``selected_fields`` (parted by commas) chooses columns; they come in the table's order, as in Airflow. No query is
    made, so what would be told to one has no effect.
    """

    template_fields: Sequence[str] = (
        "dataset_id",
        "table_id",
        "table_project_id",
        "job_id",
        "job_project_id",
        "project_id",
        "max_results",
        "selected_fields",
        "gcp_conn_id",
        "impersonation_chain",
    )
    ui_color = "#E4F0E8"

    def __init__(
        self,
        *,
        dataset_id: str | None = None,
        table_id: str | None = None,
        table_project_id: str | None = None,
        job_id: str | None = None,
        job_project_id: str | None = None,
        project_id: str | None = None,
        max_results: int = 100,
        selected_fields: str | None = None,
        location: str | None = None,
        as_dict: bool = False,
        use_legacy_sql: bool | None = None,
        encryption_configuration: dict[str, Any] | None = None,
        deferrable: bool = False,
        poll_interval: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (job_id is None) == (dataset_id is None or table_id is None):
            raise ValueError("give dataset_id and table_id, or a job_id")
        self.accepted(
            "the rows are read, and no query is made",
            use_legacy_sql=use_legacy_sql,
            encryption_configuration=encryption_configuration,
            poll_interval=poll_interval,
        )
        self.dataset_id = dataset_id
        self.table_id = table_id
        self.table_project_id = table_project_id
        self.job_id = job_id
        self.job_project_id = job_project_id
        self.project_id = project_id
        self.max_results = max_results
        self.selected_fields = selected_fields
        self.location = location
        self.as_dict = as_dict
        self.deferrable = deferrable

    def execute(self, context: Context) -> list[Any]:
        """Read the rows."""
        client = self.bigquery(self.job_project_id or self.project_id, self.location)
        name = f"{self.table_project_id or self.project_id or client.project}.{self.dataset_id}.{self.table_id}"
        what = f"the job {self.job_id}" if self.job_id else f"the table {name}"
        with in_words(f"read {what}"):
            table = client.get_job(self.job_id, location=self.location).destination if self.job_id else name
            table = client.get_table(table)
            fields = self._selected(list(table.schema), what)
            rows = list(client.list_rows(table, selected_fields=fields, max_results=int(self.max_results)))
        self.log.info("%d rows of %s", len(rows), what)
        return [dict(row.items()) if self.as_dict else list(row.values()) for row in rows]

    def _selected(self, fields: list[Any], what: str) -> list[Any]:
        if not self.selected_fields:
            return fields
        wanted = [field.strip() for field in self.selected_fields.split(",")]
        known = [field.name for field in fields]
        missing = [field for field in wanted if field not in known]
        if missing:
            raise AirflowException(f"{what} has no column {', '.join(missing)}; it has {known}")
        return [field for field in fields if field.name in wanted]


class BigQueryTableExistenceSensor(GoogleClients, BaseSensorOperator):
    """Waits until a table exists."""

    template_fields: Sequence[str] = ("project_id", "dataset_id", "table_id", "gcp_conn_id", "impersonation_chain")
    preloads: Sequence[str] = SDK
    ui_color = "#f0eee4"

    def __init__(
        self,
        *,
        project_id: str | None = None,
        dataset_id: str,
        table_id: str,
        gcp_conn_id: str = DEFAULT_CONNECTION,
        impersonation_chain: Impersonation = None,
        deferrable: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.project_id = project_id
        self.dataset_id = dataset_id
        self.table_id = table_id
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain
        self.deferrable = deferrable

    def poke(self, context: Context) -> bool:
        """Look once."""
        from google.api_core.exceptions import NotFound

        client = self.bigquery(self.project_id)
        name = f"{self.project_id or client.project}.{self.dataset_id}.{self.table_id}"
        self.log.info("Looking for the table %s", name)
        try:
            with in_words(f"look for the table {name}"):
                client.get_table(name)
        except AirflowException as error:
            if isinstance(error.__cause__, NotFound):
                return False
            raise
        return True

"""BigQuery: jobs, reading rows, and a sensor; with the checks and those for datasets and tables from beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from brisa.authoring.exceptions import AirflowException
from brisa.operators.google.base import GoogleOperator
from brisa.operators.google.checks import BigQueryCheckOperator, BigQueryValueCheckOperator
from brisa.operators.google.clients import DEFAULT_CONNECTION, SDK, Impersonation, bigquery_client
from brisa.operators.google.errors import in_words
from brisa.operators.google.jobs import Jobs
from brisa.operators.google.tables import (
    BigQueryCreateEmptyDatasetOperator,
    BigQueryCreateEmptyTableOperator,
    BigQueryCreateTableOperator,
    BigQueryDeleteDatasetOperator,
    BigQueryDeleteTableOperator,
)
from brisa.operators.sensor import BaseSensorOperator

__all__ = [
    "BigQueryCheckOperator",
    "BigQueryCreateEmptyDatasetOperator",
    "BigQueryCreateEmptyTableOperator",
    "BigQueryCreateTableOperator",
    "BigQueryDeleteDatasetOperator",
    "BigQueryDeleteTableOperator",
    "BigQueryGetDataOperator",
    "BigQueryInsertJobOperator",
    "BigQueryTableExistenceSensor",
    "BigQueryValueCheckOperator",
]

Context = Mapping[str, Any]


class BigQueryInsertJobOperator(GoogleOperator):
    """Runs a job (query, load, extract or copy) given as the API's JobConfiguration; its XCom is the job's id.

    A text in ``configuration`` that ends in ``.sql`` or ``.json`` is read from that file. Queries are standard SQL
    unless ``useLegacySql`` says otherwise. ``job_id`` begins the job's id; ``force_rerun`` and ``reattach_states`` are
    accepted and mean nothing here: a try is one job, and attaches to it alone.
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

    def __init__(
        self,
        *,
        configuration: dict[str, Any],
        project_id: str | None = None,
        location: str | None = None,
        job_id: str | None = None,
        force_rerun: bool = True,
        reattach_states: set[str] | None = None,
        cancel_on_kill: bool = True,
        result_retry: Any = None,
        result_timeout: float | None = None,
        deferrable: bool = False,
        poll_interval: float = 4.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.configuration = configuration
        self.project_id = project_id
        self.location = location
        self.job_id = job_id
        self.force_rerun = force_rerun
        self.reattach_states = reattach_states
        self.cancel_on_kill = cancel_on_kill
        self.result_retry = result_retry
        self.result_timeout = result_timeout
        self.deferrable = deferrable
        self.poll_interval = poll_interval
        self._jobs: Jobs | None = None

    def execute(self, context: Context) -> str:
        """Run the job; its id."""
        if not isinstance(self.configuration, Mapping):
            raise AirflowException(f"configuration must be a dict, not {type(self.configuration).__name__}")
        self._jobs = Jobs(self.bigquery(self.project_id, self.location), context, self.location)
        job = self._jobs.run(self.configuration, self.job_id or "brisa")
        self.log.info("BigQuery job %s: done", job.job_id)
        return str(job.job_id)

    def on_kill(self) -> None:
        """Cancel the job that runs."""
        if self.cancel_on_kill and self._jobs and self._jobs.current is not None:
            self._jobs.current.cancel()


class BigQueryGetDataOperator(GoogleOperator):
    """The first rows of a table, as lists (or with ``as_dict`` dicts) in XCom.

    ``selected_fields`` (parted by commas) chooses columns; they come in the table's order, as in Airflow.
    """

    template_fields: Sequence[str] = (
        "dataset_id",
        "table_id",
        "table_project_id",
        "job_project_id",
        "selected_fields",
        "max_results",
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
        job_project_id: str | None = None,
        project_id: str | None = None,
        max_results: int = 100,
        selected_fields: str | None = None,
        location: str | None = None,
        as_dict: bool = False,
        use_legacy_sql: bool = True,
        deferrable: bool = False,
        poll_interval: float = 4.0,
        job_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not dataset_id or not table_id:
            raise ValueError("give dataset_id and table_id")
        self.dataset_id = dataset_id
        self.table_id = table_id
        self.table_project_id = table_project_id
        self.job_project_id = job_project_id
        self.project_id = project_id
        self.max_results = max_results
        self.selected_fields = selected_fields
        self.location = location
        self.as_dict = as_dict
        self.use_legacy_sql = use_legacy_sql
        self.deferrable = deferrable
        self.poll_interval = poll_interval
        self.job_id = job_id

    def execute(self, context: Context) -> list[Any]:
        """Read the rows."""
        client = self.bigquery(self.job_project_id or self.project_id, self.location)
        name = f"{self.table_project_id or self.project_id or client.project}.{self.dataset_id}.{self.table_id}"
        with in_words(f"read the table {name}"):
            table = client.get_table(name)
            fields = list(table.schema)
            if self.selected_fields:
                wanted = [field.strip() for field in self.selected_fields.split(",")]
                known = {field.name: field for field in fields}
                missing = [field for field in wanted if field not in known]
                if missing:
                    raise AirflowException(f"the table {name} has no column {', '.join(missing)}; it has {list(known)}")
                fields = [field for field in fields if field.name in wanted]
            rows = list(client.list_rows(table, selected_fields=fields, max_results=int(self.max_results)))
        self.log.info("%d rows of %s", len(rows), name)
        return [dict(row.items()) if self.as_dict else list(row.values()) for row in rows]


class BigQueryTableExistenceSensor(BaseSensorOperator):
    """Waits until a table exists."""

    template_fields: Sequence[str] = ("project_id", "dataset_id", "table_id", "impersonation_chain")
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

        client = bigquery_client(self.project_id, impersonation_chain=self.impersonation_chain)
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

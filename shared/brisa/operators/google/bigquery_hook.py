"""``BigQueryHook``: what DAG files do with BigQuery in functions of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from brisa.authoring.exceptions import AirflowException
from brisa.operators.google.base_hook import GoogleBaseHook
from brisa.operators.google.connections import DEFAULT_CONNECTION, Impersonation, parted
from brisa.operators.google.errors import in_words, message_of
from brisa.operators.google.jobs import insert, table_name, table_reference
from brisa.operators.sql_hooks import DbApiHook, Parameters


class BigQueryHook(GoogleBaseHook, DbApiHook):
    """Queries and jobs of BigQuery, over the official client (:meth:`get_client`).

    :meth:`run`, :meth:`get_records` and :meth:`get_first` go through its DB-API. ``use_legacy_sql``, ``location``,
    ``priority``, ``api_resource_configs`` and ``labels`` that are left out come from the connection's extras; SQL is
    legacy then, as in Airflow. What a hook does is done whenever it is called: an operator's job is done once per try,
    a hook's is not.
    """

    default_conn_name = DEFAULT_CONNECTION
    conn_type = "gcpbigquery"
    hook_name = "Google Bigquery"

    def __init__(
        self,
        gcp_conn_id: str = DEFAULT_CONNECTION,
        use_legacy_sql: bool | None = None,
        location: str | None = None,
        priority: str | None = None,
        api_resource_configs: Mapping[str, Any] | None = None,
        impersonation_chain: Impersonation = None,
        impersonation_scopes: str | Sequence[str] | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        """``impersonation_scopes`` is accepted, and has no effect: the connection's ``scope`` counts."""
        super().__init__(gcp_conn_id, impersonation_chain)
        self._given = {
            "use_legacy_sql": use_legacy_sql,
            "location": location,
            "priority": priority,
            "api_resource_configs": api_resource_configs,
            "labels": labels,
        }

    @property
    def use_legacy_sql(self) -> bool:
        """Whether queries are legacy SQL."""
        given = self._given["use_legacy_sql"]
        return self.connection.flag("use_legacy_sql", True) if given is None else bool(given)

    @property
    def location(self) -> str | None:
        """Where jobs run."""
        found: str | None = self._option("location")
        return found

    def _option(self, name: str) -> Any:
        given = self._given[name]
        return self.connection.extras.get(name) if given is None else given

    def get_client(self, project_id: str | None = None, location: str | None = None) -> Any:
        """A client of :mod:`google.cloud.bigquery`."""
        return self.bigquery(project_id, location or self.location)

    def get_conn(self) -> Any:
        """A connection of Google's DB-API for BigQuery, whose queries are as the hook was told."""
        from google.cloud.bigquery import QueryJobConfig, dbapi

        client = self.get_client()
        client.default_query_job_config = QueryJobConfig.from_api_repr(self._query_configuration())
        # The faster way to read rows knows no emulator.
        return dbapi.connect(client, prefer_bqstorage_client=False)  # type: ignore[no-untyped-call]  # annotated in part

    @property
    def project_id(self) -> str | None:
        """The project that jobs run in."""
        project: str | None = self.get_client().project
        return project

    def _query_configuration(self) -> dict[str, Any]:
        given = self._option("api_resource_configs") or {}
        query = {"useLegacySql": self.use_legacy_sql, "priority": self._option("priority") or "INTERACTIVE"}
        return {"labels": dict(self._option("labels") or {}), **given, "query": query | dict(given.get("query") or {})}

    def insert_job(
        self,
        *,
        configuration: Mapping[str, Any],
        job_id: str | None = None,
        project_id: str | None = None,
        location: str | None = None,
        nowait: bool = False,
        retry: Any = None,
        timeout: float | None = None,
    ) -> Any:
        """Submit the job of the API's JobConfiguration, and, unless ``nowait``, wait for its end; the client's job."""
        from google.api_core.exceptions import GoogleAPICallError

        job_id = job_id or f"brisa_{uuid4().hex}"
        place = location or self.location
        try:
            job = insert(self.get_client(project_id, place), dict(configuration), job_id, place)
            if not nowait:
                job.result(timeout=timeout, **({} if retry is None else {"retry": retry}))
        except (GoogleAPICallError, ValueError) as error:
            raise AirflowException(f"BigQuery job {job_id} failed: {message_of(error)}") from error
        return job

    def get_job(self, job_id: str, project_id: str | None = None, location: str | None = None) -> Any:
        """A job by its id."""
        with in_words(f"find the BigQuery job {job_id}"):
            return self.get_client(project_id, location).get_job(job_id, location=location or self.location)

    def get_df(
        self, sql: str, parameters: Parameters = None, dialect: str | None = None, *, df_type: str = "pandas"
    ) -> Any:
        """The rows of a query as a DataFrame of pandas; ``dialect``: ``legacy`` or ``standard``."""
        from pandas import DataFrame

        if df_type != "pandas":
            raise AirflowException(f"get_df gives DataFrames of pandas, not of {df_type}")
        if parameters:
            raise AirflowException("get_df has no parameters; take get_client().query() with its query_parameters")
        configuration = self._query_configuration()
        configuration["query"] |= {"query": sql} | ({"useLegacySql": dialect == "legacy"} if dialect else {})
        rows = self.insert_job(configuration=configuration).result()
        return DataFrame([tuple(row.values()) for row in rows], columns=[field.name for field in rows.schema])

    def get_pandas_df(self, sql: str, parameters: Parameters = None, dialect: str | None = None, **_: Any) -> Any:
        """As :meth:`get_df`: the older name."""
        return self.get_df(sql, parameters, dialect)

    def table_exists(self, dataset_id: str, table_id: str, project_id: str | None = None) -> bool:
        """Whether there is such a table."""
        from google.api_core.exceptions import NotFound

        client, name = self._table(dataset_id, table_id, project_id)
        try:
            client.get_table(name)
        except NotFound:
            return False
        return True

    def insert_all(
        self,
        project_id: str | None,
        dataset_id: str,
        table_id: str,
        rows: list[dict[str, Any]],
        ignore_unknown_values: bool = False,
        skip_invalid_rows: bool = False,
        fail_on_error: bool = False,
    ) -> None:
        """Stream rows into a table: dicts, or ``{"json": {…}}`` as the API has them."""
        client, name = self._table(dataset_id, table_id, project_id)
        plain = [row["json"] if isinstance(row.get("json"), Mapping) else row for row in rows]
        with in_words(f"insert rows into {name}"):
            errors = client.insert_rows_json(
                name, plain, ignore_unknown_values=ignore_unknown_values, skip_invalid_rows=skip_invalid_rows
            )
        if errors and fail_on_error:
            raise AirflowException(f"{len(errors)} rows were not inserted into {name}: {errors[0]}")
        self.log.info("Inserted %d rows into %s; %d were refused", len(rows) - len(errors), name, len(errors))

    def list_rows(
        self,
        dataset_id: str,
        table_id: str,
        max_results: int | None = None,
        selected_fields: list[str] | str | None = None,
        page_token: str | None = None,
        start_index: int | None = None,
        project_id: str | None = None,
        location: str | None = None,
        retry: Any = None,
        return_iterator: bool = False,
    ) -> Any:
        """Rows of a table, all of them or the columns ``selected_fields``: a list, or with ``return_iterator`` not."""
        client, name = self._table(dataset_id, table_id, project_id, location)
        wanted = parted(selected_fields)
        options = {} if retry is None else {"retry": retry}
        with in_words(f"read the table {name}"):
            table = client.get_table(name)
            fields = [field for field in table.schema if not wanted or field.name in wanted]
            rows = client.list_rows(
                table,
                selected_fields=fields,
                max_results=max_results,
                page_token=page_token,
                start_index=start_index,
                **options,
            )
            return rows if return_iterator else list(rows)

    def get_schema(self, dataset_id: str, table_id: str, project_id: str | None = None) -> dict[str, Any]:
        """``{"fields": […]}`` of a table, as the API has it."""
        client, name = self._table(dataset_id, table_id, project_id)
        with in_words(f"read the table {name}"):
            return {"fields": [field.to_api_repr() for field in client.get_table(name).schema]}

    def delete_table(self, table_id: str, not_found_ok: bool = True, project_id: str | None = None) -> None:
        """Remove the table ``[project.]dataset.table``."""
        client = self.get_client(project_id)
        name = table_name(table_reference(table_id, client.project))
        with in_words(f"delete the table {name}"):
            client.delete_table(name, not_found_ok=not_found_ok)

    def _table(
        self, dataset_id: str, table_id: str, project_id: str | None, location: str | None = None
    ) -> tuple[Any, str]:
        client = self.get_client(project_id, location)
        return client, f"{project_id or client.project}.{dataset_id}.{table_id}"

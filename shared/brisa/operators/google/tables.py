"""BigQuery's datasets and tables: make and remove them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from brisa.authoring.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from brisa.operators.google.base import GoogleOperator
from brisa.operators.google.clients import storage_client
from brisa.operators.google.errors import in_words
from brisa.operators.google.jobs import table_name, table_reference

Context = Mapping[str, Any]


def _if_exists(value: str) -> str:
    allowed = ("ignore", "log", "fail", "skip")
    if str(value) not in allowed:
        raise ValueError(f"if_exists must be one of {', '.join(allowed)}, not {value!r}")
    return str(value)


class _Create(GoogleOperator):
    """What operators have in common that make something which may be there already."""

    ui_color = "#5F86FF"

    def __init__(self, *, if_exists: str = "log", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.if_exists = _if_exists(if_exists)

    def exists_already(self, what: str, error: Exception) -> None:
        """It is there: what ``if_exists`` says."""
        message = f"{what} exists already"
        if self.if_exists == "fail":
            raise AirflowException(message) from error
        if self.if_exists == "skip":
            raise AirflowSkipException(message) from error
        if self.if_exists == "log":
            self.log.info("%s", message)


class BigQueryCreateEmptyDatasetOperator(_Create):
    """Makes a dataset. ``if_exists``: ``log`` (default), ``ignore``, ``fail`` or ``skip``."""

    template_fields: Sequence[str] = (
        "dataset_id",
        "project_id",
        "dataset_reference",
        "gcp_conn_id",
        "impersonation_chain",
    )

    def __init__(
        self,
        *,
        dataset_id: str | None = None,
        project_id: str | None = None,
        dataset_reference: dict[str, Any] | None = None,
        location: str | None = None,
        exists_ok: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if exists_ok is not None:  # the older name of if_exists
            self.if_exists = "log" if exists_ok else "fail"
        self.dataset_id = dataset_id
        self.project_id = project_id
        self.dataset_reference = dataset_reference
        self.location = location

    def execute(self, context: Context) -> None:
        """Make the dataset."""
        from google.api_core.exceptions import Conflict
        from google.cloud import bigquery

        client = self.bigquery(self.project_id, self.location)
        resource = dict(self.dataset_reference or {})
        given = dict(resource.get("datasetReference") or {})
        dataset_id = self.dataset_id or given.get("datasetId")
        if not dataset_id:
            raise AirflowFailException("give dataset_id, or a dataset_reference with one")
        project = self.project_id or given.get("projectId") or client.project
        resource["datasetReference"] = {"datasetId": dataset_id, "projectId": project}
        if self.location:
            resource["location"] = self.location
        name = f"{project}.{dataset_id}"
        try:
            with in_words(f"create the dataset {name}"):
                client.create_dataset(bigquery.Dataset.from_api_repr(resource))
        except AirflowException as error:
            if not isinstance(error.__cause__, Conflict):
                raise
            self.exists_already(f"the dataset {name}", error)


class BigQueryDeleteDatasetOperator(GoogleOperator):
    """Removes a dataset; with ``delete_contents`` also its tables. One that is not there is no error."""

    template_fields: Sequence[str] = ("dataset_id", "project_id", "gcp_conn_id", "impersonation_chain")
    ui_color = "#5F86FF"

    def __init__(
        self, *, dataset_id: str, project_id: str | None = None, delete_contents: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.dataset_id = dataset_id
        self.project_id = project_id
        self.delete_contents = delete_contents

    def execute(self, context: Context) -> None:
        """Remove the dataset."""
        client = self.bigquery(self.project_id)
        name = f"{self.project_id or client.project}.{self.dataset_id}"
        with in_words(f"delete the dataset {name}"):
            client.delete_dataset(name, delete_contents=self.delete_contents, not_found_ok=True)


class BigQueryCreateTableOperator(_Create):
    """Makes a table, or a view, from the API's Table resource. ``if_exists`` as for datasets."""

    template_fields: Sequence[str] = (
        "dataset_id",
        "table_id",
        "table_resource",
        "project_id",
        "gcs_schema_object",
        "google_cloud_storage_conn_id",
        "gcp_conn_id",
        "impersonation_chain",
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {"table_resource": "json"}

    def __init__(
        self,
        *,
        dataset_id: str,
        table_id: str,
        table_resource: dict[str, Any] | None = None,
        project_id: str | None = None,
        location: str | None = None,
        gcs_schema_object: str | None = None,
        google_cloud_storage_conn_id: str | None = None,
        retry: Any = None,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.google_cloud_storage_conn_id = google_cloud_storage_conn_id
        self.retry = retry
        self.dataset_id = dataset_id
        self.table_id = table_id
        self.table_resource = table_resource
        self.project_id = project_id
        self.location = location
        self.gcs_schema_object = gcs_schema_object
        self.timeout = timeout

    def resource(self) -> dict[str, Any]:
        """The Table resource, without its reference."""
        resource = dict(self.table_resource or {})
        if self.gcs_schema_object:
            conn_id = self.google_cloud_storage_conn_id or self.gcp_conn_id
            client = storage_client(None, self.impersonation_chain, conn_id)
            resource["schema"] = {"fields": read_schema(client, self.gcs_schema_object)}
        return resource

    def execute(self, context: Context) -> dict[str, Any]:
        """Make the table; its reference."""
        from google.api_core.exceptions import Conflict
        from google.cloud import bigquery

        client = self.bigquery(self.project_id, self.location)
        project = self.project_id or client.project
        reference = {"projectId": project, "datasetId": self.dataset_id, "tableId": self.table_id}
        name = table_name(reference)
        table = bigquery.Table.from_api_repr({**self.resource(), "tableReference": reference})
        try:
            with in_words(f"create the table {name}"):
                client.create_table(table, timeout=self.timeout, **({"retry": self.retry} if self.retry else {}))
        except AirflowException as error:
            if not isinstance(error.__cause__, Conflict):
                raise
            self.exists_already(f"the table {name}", error)
        return reference


class BigQueryCreateEmptyTableOperator(BigQueryCreateTableOperator):
    """Makes a table from single arguments instead of one resource."""

    template_fields: Sequence[str] = (
        "dataset_id",
        "table_id",
        "table_resource",
        "project_id",
        "gcs_schema_object",
        "labels",
        "view",
        "materialized_view",
        "gcp_conn_id",
        "impersonation_chain",
    )

    def __init__(
        self,
        *,
        schema_fields: list[dict[str, Any]] | None = None,
        time_partitioning: dict[str, Any] | None = None,
        labels: dict[str, str] | None = None,
        view: dict[str, Any] | None = None,
        materialized_view: dict[str, Any] | None = None,
        encryption_configuration: dict[str, Any] | None = None,
        cluster_fields: list[str] | None = None,
        exists_ok: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if exists_ok is not None:
            self.if_exists = "log" if exists_ok else "fail"
        self.schema_fields = schema_fields
        self.time_partitioning = time_partitioning
        self.labels = labels
        self.view = view
        self.materialized_view = materialized_view
        self.encryption_configuration = encryption_configuration
        self.cluster_fields = cluster_fields

    def resource(self) -> dict[str, Any]:
        """The Table resource that the arguments make; ``table_resource`` in their place if it is given."""
        if self.table_resource:
            return super().resource()
        parts = {
            "schema": {"fields": self.schema_fields} if self.schema_fields else None,
            "timePartitioning": self.time_partitioning,
            "labels": self.labels,
            "view": self.view,
            "materializedView": self.materialized_view,
            "encryptionConfiguration": self.encryption_configuration,
            "clustering": {"fields": self.cluster_fields} if self.cluster_fields else None,
        }
        return {**super().resource(), **{name: value for name, value in parts.items() if value}}


class BigQueryDeleteTableOperator(GoogleOperator):
    """Removes a table or view, ``[project.]dataset.table``. Unless ``ignore_if_missing``, it must be there."""

    template_fields: Sequence[str] = ("deletion_dataset_table", "gcp_conn_id", "impersonation_chain")
    ui_color = "#ffd1dc"

    def __init__(
        self,
        *,
        deletion_dataset_table: str,
        ignore_if_missing: bool = False,
        location: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.deletion_dataset_table = deletion_dataset_table
        self.ignore_if_missing = ignore_if_missing
        self.location = location

    def execute(self, context: Context) -> None:
        """Remove the table. In a repeated attempt of one try it may be gone already: that is this task's own doing."""
        client = self.bigquery(location=self.location)
        name = table_name(table_reference(self.deletion_dataset_table, client.project))
        again = bool(getattr(context["ti"], "reschedule_count", 0))
        with in_words(f"delete the table {name}"):
            client.delete_table(name, not_found_ok=self.ignore_if_missing or again)


def read_schema(client: Any, uri: str) -> list[Any]:
    """The list of fields in the JSON file ``gs://bucket/object``."""
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    with in_words(f"read the schema {uri}"):
        text = client.bucket(bucket).blob(name).download_as_bytes()
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise AirflowException(f"{uri} is not JSON: {error}") from error
    if not isinstance(fields, list):
        raise AirflowException(f"{uri} must hold a list of fields, not {type(fields).__name__}")
    return fields

"""BigQuery's datasets and tables: look at them, and change what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from brisa.authoring.exceptions import AirflowException
from brisa.operators.google.base import GoogleOperator
from brisa.operators.google.errors import in_words
from brisa.operators.google.jobs import table_name

Context = Mapping[str, Any]


class BigQueryGetDatasetOperator(GoogleOperator):
    """What the API says of a dataset, in XCom."""

    template_fields: Sequence[str] = ("dataset_id", "project_id", "gcp_conn_id", "impersonation_chain")
    ui_color = "#5F86FF"

    def __init__(self, *, dataset_id: str, project_id: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dataset_id = dataset_id
        self.project_id = project_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Look at the dataset."""
        client = self.bigquery(self.project_id)
        name = f"{self.project_id or client.project}.{self.dataset_id}"
        with in_words(f"read the dataset {name}"):
            found: dict[str, Any] = client.get_dataset(name).to_api_repr()
        return found


class BigQueryGetDatasetTablesOperator(BigQueryGetDatasetOperator):
    """The references of a dataset's tables (at most ``max_results``), as a list in XCom."""

    def __init__(self, *, max_results: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_results = max_results

    def execute(self, context: Context) -> list[dict[str, Any]]:  # type: ignore[override]  # another XCom
        """List the tables."""
        client = self.bigquery(self.project_id)
        name = f"{self.project_id or client.project}.{self.dataset_id}"
        with in_words(f"list the tables of {name}"):
            return [item.reference.to_api_repr() for item in client.list_tables(name, max_results=self.max_results)]


class BigQueryUpdateDatasetOperator(GoogleOperator):
    """Changes the ``fields`` of a dataset (all that ``dataset_resource`` has, if none is named) to what that says.

    XCom: what the API says of the dataset afterwards. Doing it again changes nothing.
    """

    template_fields: Sequence[str] = ("dataset_id", "project_id", "gcp_conn_id", "impersonation_chain")
    template_fields_renderers: ClassVar[dict[str, str]] = {"dataset_resource": "json"}
    ui_color = "#5F86FF"

    def __init__(
        self,
        *,
        dataset_resource: dict[str, Any],
        fields: list[str] | None = None,
        dataset_id: str | None = None,
        project_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dataset_resource = dataset_resource
        self.fields = fields
        self.dataset_id = dataset_id
        self.project_id = project_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Change the dataset."""
        from google.cloud import bigquery

        client = self.bigquery(self.project_id)
        given = {"datasetId": self.dataset_id, "projectId": self.project_id}
        reference = _reference(self.dataset_resource, "datasetReference", given, client.project)
        resource = {**self.dataset_resource, "datasetReference": reference}
        fields = self.fields or list(self.dataset_resource)
        with in_words(f"update the dataset {reference['projectId']}.{reference['datasetId']}"):
            found = client.update_dataset(bigquery.Dataset.from_api_repr(resource), fields)
        changed: dict[str, Any] = found.to_api_repr()
        return changed


class BigQueryUpdateTableOperator(GoogleOperator):
    """Changes the ``fields`` of a table to what ``table_resource`` says, as :class:`BigQueryUpdateDatasetOperator`."""

    template_fields: Sequence[str] = ("dataset_id", "table_id", "project_id", "gcp_conn_id", "impersonation_chain")
    template_fields_renderers: ClassVar[dict[str, str]] = {"table_resource": "json"}
    ui_color = "#5F86FF"

    def __init__(
        self,
        *,
        table_resource: dict[str, Any],
        fields: list[str] | None = None,
        dataset_id: str | None = None,
        table_id: str | None = None,
        project_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.table_resource = table_resource
        self.fields = fields
        self.dataset_id = dataset_id
        self.table_id = table_id
        self.project_id = project_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Change the table."""
        from google.cloud import bigquery

        client = self.bigquery(self.project_id)
        given = {"datasetId": self.dataset_id, "tableId": self.table_id, "projectId": self.project_id}
        reference = _reference(self.table_resource, "tableReference", given, client.project)
        resource = {**self.table_resource, "tableReference": reference}
        fields = self.fields or list(self.table_resource)
        with in_words(f"update the table {table_name(reference)}"):
            found = client.update_table(bigquery.Table.from_api_repr(resource), fields)
        changed: dict[str, Any] = found.to_api_repr()
        return changed


def _reference(resource: Mapping[str, Any], key: str, given: Mapping[str, str | None], project: str) -> dict[str, str]:
    """The reference in a resource, with what is ``given`` beside it for what it lacks."""
    found = {name: value for name, value in given.items() if value} | dict(resource.get(key) or {})
    found.setdefault("projectId", project)
    missing = [name for name in given if name not in found]
    if missing:
        raise AirflowException(f"neither the arguments nor the {key} of the resource say {' and '.join(missing)}")
    return found

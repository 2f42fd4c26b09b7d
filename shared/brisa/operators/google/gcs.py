"""Cloud Storage: buckets, objects, and sensors for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from brisa.authoring.exceptions import AirflowException
from brisa.operators.google.base import GoogleClients, GoogleOperator, listed
from brisa.operators.google.clients import DEFAULT_CONNECTION, SDK, Impersonation
from brisa.operators.google.errors import in_words
from brisa.operators.google.objects import names, new_bucket
from brisa.operators.sensor import Awaited, BaseSensorOperator, PokeReturnValue

__all__ = [
    "GCSCreateBucketOperator",
    "GCSDeleteBucketOperator",
    "GCSDeleteObjectsOperator",
    "GCSListObjectsOperator",
    "GCSObjectExistenceSensor",
    "GCSObjectUpdateSensor",
    "GCSObjectsWithPrefixExistenceSensor",
]

Context = Mapping[str, Any]


class GCSCreateBucketOperator(GoogleOperator):
    """Makes a bucket; one that is there already is left as it is."""

    template_fields: Sequence[str] = (
        "bucket_name",
        "storage_class",
        "location",
        "project_id",
        "gcp_conn_id",
        "impersonation_chain",
    )

    def __init__(
        self,
        *,
        bucket_name: str,
        resource: dict[str, Any] | None = None,
        storage_class: str = "MULTI_REGIONAL",
        location: str = "US",
        project_id: str | None = None,
        labels: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bucket_name = bucket_name
        self.resource = resource
        self.storage_class = storage_class
        self.location = location
        self.project_id = project_id
        self.labels = labels

    def execute(self, context: Context) -> None:
        """Make the bucket."""
        from google.api_core.exceptions import Conflict

        client = self.storage(self.project_id)
        bucket = new_bucket(client, self.bucket_name, self.resource, self.storage_class, self.labels)
        try:
            with in_words(f"create the bucket gs://{self.bucket_name}"):
                client.create_bucket(bucket, location=self.location)
        except AirflowException as error:
            if not isinstance(error.__cause__, Conflict):
                raise
            self._check_ours(client)
            self.log.info("The bucket gs://%s exists already", self.bucket_name)

    def _check_ours(self, client: Any) -> None:
        """Bucket names are shared by all of Google's customers: a taken one may be somebody else's."""
        with in_words(f"use the bucket gs://{self.bucket_name}, whose name is taken"):
            next(iter(client.list_blobs(self.bucket_name, max_results=1)), None)


class GCSDeleteBucketOperator(GoogleOperator):
    """Removes a bucket; with ``force`` (the default) also what is in it. One that is not there is no error."""

    template_fields: Sequence[str] = ("bucket_name", "gcp_conn_id", "impersonation_chain", "user_project")

    def __init__(self, *, bucket_name: str, force: bool = True, user_project: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket_name = bucket_name
        self.force = force
        self.user_project = user_project

    def execute(self, context: Context) -> None:
        """Remove the bucket."""
        from google.api_core.exceptions import NotFound

        bucket = self.storage().bucket(self.bucket_name, user_project=self.user_project)
        try:
            with in_words(f"delete the bucket gs://{self.bucket_name}"):
                if self.force:  # one by one: the client's own force stops at 256 objects
                    for blob in bucket.list_blobs():
                        blob.delete()
                bucket.delete()
        except AirflowException as error:
            if not isinstance(error.__cause__, NotFound):
                raise
            self.log.info("The bucket gs://%s does not exist", self.bucket_name)


class GCSListObjectsOperator(GoogleOperator):
    """Names of the objects with a prefix (one or several), as a list in XCom."""

    template_fields: Sequence[str] = (
        "bucket",
        "prefix",
        "delimiter",
        "match_glob",
        "gcp_conn_id",
        "impersonation_chain",
    )

    def __init__(
        self,
        *,
        bucket: str,
        prefix: str | list[str] | None = None,
        delimiter: str | None = None,
        match_glob: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.prefix = prefix
        self.delimiter = delimiter
        self.match_glob = match_glob

    def execute(self, context: Context) -> list[str]:
        """The names."""
        return names(self.storage(), self.bucket, listed(self.prefix), self.delimiter, self.match_glob)


class GCSDeleteObjectsOperator(GoogleOperator):
    """Removes ``objects``, or everything with a ``prefix``. Objects that are gone already are no error."""

    template_fields: Sequence[str] = ("bucket_name", "prefix", "objects", "gcp_conn_id", "impersonation_chain")

    def __init__(
        self,
        *,
        bucket_name: str,
        objects: list[str] | None = None,
        prefix: str | list[str] | None = None,
        ignore_error: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (objects is None) == (prefix is None):
            raise ValueError("give either objects or prefix, not both and not neither")
        self.bucket_name = bucket_name
        self.objects = objects
        self.prefix = prefix
        self.ignore_error = ignore_error

    def execute(self, context: Context) -> None:
        """Remove them."""
        from google.api_core.exceptions import NotFound

        client = self.storage()
        objects = listed(self.objects) if self.prefix is None else names(client, self.bucket_name, listed(self.prefix))
        bucket = client.bucket(self.bucket_name)
        for name in objects:
            try:
                with in_words(f"delete gs://{self.bucket_name}/{name}"):
                    bucket.blob(name).delete()
            except AirflowException as error:
                # Gone already: perhaps this very try has removed it before its worker was lost.
                if not (self.ignore_error or isinstance(error.__cause__, NotFound)):
                    raise
        self.log.info("Deleted %d objects of gs://%s", len(objects), self.bucket_name)


class _GCSSensor(GoogleClients, BaseSensorOperator):
    """What the sensors for objects have in common. ``deferrable`` or not, they are woken, and hold no worker."""

    preloads: Sequence[str] = SDK
    ui_color = "#f0eee4"

    def __init__(
        self,
        *,
        bucket: str,
        google_cloud_conn_id: str = DEFAULT_CONNECTION,
        impersonation_chain: Impersonation = None,
        deferrable: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.google_cloud_conn_id = google_cloud_conn_id
        self.impersonation_chain = impersonation_chain
        self.deferrable = deferrable

    @property
    def gcp_conn_id(self) -> str:  # type: ignore[override]  # read alone: Airflow's sensors have another name for it
        """The connection, by the name that operators have for it."""
        return self.google_cloud_conn_id


class GCSObjectExistenceSensor(_GCSSensor):
    """Waits until an object exists; its XCom is ``True``. With ``use_glob`` the name is a glob."""

    template_fields: Sequence[str] = ("bucket", "object", "google_cloud_conn_id", "impersonation_chain")

    def __init__(self, *, object: str, use_glob: bool = False, retry: Any = None, **kwargs: Any) -> None:  # noqa: A002  Airflow's name
        super().__init__(**kwargs)
        self.object = object
        self.use_glob = use_glob
        self.retry = retry

    def awaiting(self) -> Awaited:
        """The object; of a glob, all objects whose name begins as it does."""
        if self.use_glob:
            return Awaited(self.bucket, re.split(r"[*?\[{]", self.object, maxsplit=1)[0], prefix=True)
        return Awaited(self.bucket, self.object)

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once. A bucket that does not exist has no objects yet."""
        from google.api_core.exceptions import NotFound

        self.log.info("Looking for gs://%s/%s", self.bucket, self.object)
        client = self.storage()
        if not self.use_glob:
            with in_words(f"look for gs://{self.bucket}/{self.object}"):
                found = (
                    client.bucket(self.bucket).blob(self.object).exists(**({"retry": self.retry} if self.retry else {}))
                )
            return PokeReturnValue(found, xcom_value=True)
        try:
            return PokeReturnValue(bool(names(client, self.bucket, (), match_glob=self.object)), xcom_value=True)
        except AirflowException as error:
            if isinstance(error.__cause__, NotFound):
                return PokeReturnValue(False)
            raise


class GCSObjectsWithPrefixExistenceSensor(_GCSSensor):
    """Waits until there are objects with a prefix; its XCom is the list of their names."""

    template_fields: Sequence[str] = ("bucket", "prefix", "google_cloud_conn_id", "impersonation_chain")

    def __init__(self, *, prefix: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.prefix = prefix

    def awaiting(self) -> Awaited:
        """Any object with the prefix."""
        return Awaited(self.bucket, self.prefix, prefix=True)

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once."""
        self.log.info("Looking for gs://%s/%s*", self.bucket, self.prefix)
        found = names(self.storage(), self.bucket, [self.prefix])
        return PokeReturnValue(bool(found), xcom_value=found)


def end_of_interval(context: Context) -> datetime:
    """The default moment after which :class:`GCSObjectUpdateSensor` takes an object for new, as in Airflow's."""
    moment: datetime = context["data_interval_end"]
    return moment


class GCSObjectUpdateSensor(_GCSSensor):
    """Waits until an object was written after ``ts_func(context)``: by default the end of the data interval."""

    template_fields: Sequence[str] = ("bucket", "object", "google_cloud_conn_id", "impersonation_chain")

    def __init__(
        self,
        *,
        object: str,  # noqa: A002  Airflow's name
        ts_func: Callable[[Context], datetime] = end_of_interval,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.object = object
        self.ts_func = ts_func

    def awaiting(self) -> Awaited:
        """The object, written anew."""
        return Awaited(self.bucket, self.object)

    def poke(self, context: Context) -> bool:
        """Look once."""
        self.log.info("Looking for a new gs://%s/%s", self.bucket, self.object)
        with in_words(f"look for gs://{self.bucket}/{self.object}"):
            blob = self.storage().bucket(self.bucket).get_blob(self.object)
        if blob is None:
            return False
        after = self.ts_func(context)
        return bool(blob.updated > (after if after.tzinfo else after.replace(tzinfo=blob.updated.tzinfo)))

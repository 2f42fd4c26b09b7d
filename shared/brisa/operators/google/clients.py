"""The one place that makes Google's clients, when a task runs: from its connection and the environment.

With ``STORAGE_EMULATOR_HOST`` or ``BIGQUERY_EMULATOR_HOST`` set (an address such as ``http://127.0.0.1:9050``) the
client talks to that emulator without credentials, whatever the connection says. Else the connection ``gcp_conn_id``
has the credentials (:mod:`brisa.operators.google.connections`), or they are the application default ones.

The project is the one asked for, else the connection's, else that of the connection's key, else
``GOOGLE_CLOUD_PROJECT``, else that of the default credentials.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from brisa.operators.google.connections import DEFAULT_CONNECTION, GoogleConnection, Impersonation, anonymous

if TYPE_CHECKING:
    from google.cloud import bigquery, storage

__all__ = ["DEFAULT_CONNECTION", "SDK", "Impersonation", "bigquery_client", "default_project", "storage_client"]

SDK = ("google.cloud.bigquery", "google.cloud.storage")
"""Google's libraries: about a second to import."""
_LOCAL_PROJECT = "brisa-local"


def storage_client(
    project_id: str | None = None,
    impersonation_chain: Impersonation = None,
    gcp_conn_id: str = DEFAULT_CONNECTION,
) -> storage.Client:
    """A Cloud Storage client."""
    # Else it asks each bucket, in a thread, for what it would write into traces that nobody reads.
    os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
    from google.cloud import storage

    connection = GoogleConnection.find(gcp_conn_id)
    if os.environ.get("STORAGE_EMULATOR_HOST"):
        return storage.Client(project=_local_project(project_id, connection), credentials=anonymous())
    credentials, own = connection.credentials(impersonation_chain)
    project = project_id or default_project(connection, own)
    if project is None and credentials is None:
        return storage.Client()  # to this client, None would mean that there is no project
    return storage.Client(project=project, credentials=credentials)


def bigquery_client(
    project_id: str | None = None,
    location: str | None = None,
    impersonation_chain: Impersonation = None,
    gcp_conn_id: str = DEFAULT_CONNECTION,
) -> bigquery.Client:
    """A BigQuery client; without a ``location``, that of the connection."""
    from google.cloud import bigquery

    connection = GoogleConnection.find(gcp_conn_id)
    location = location or connection.extras.get("location")
    emulator = os.environ.get("BIGQUERY_EMULATOR_HOST")
    if emulator:
        return bigquery.Client(
            project=_local_project(project_id, connection),
            location=location,
            credentials=anonymous(),
            client_options={"api_endpoint": emulator if "://" in emulator else f"http://{emulator}"},
        )
    credentials, own = connection.credentials(impersonation_chain)
    return bigquery.Client(
        project=project_id or default_project(connection, own), location=location, credentials=credentials
    )


def default_project(connection: GoogleConnection, own: str | None = None) -> str | None:
    """The project of those who ask for none; ``own`` is that of the connection's key."""
    return connection.project or own or os.environ.get("GOOGLE_CLOUD_PROJECT")


def _local_project(asked: str | None, connection: GoogleConnection) -> str:
    return asked or default_project(connection) or _LOCAL_PROJECT

"""The one place that makes Google's clients: from the environment, when a task runs.

With ``STORAGE_EMULATOR_HOST`` or ``BIGQUERY_EMULATOR_HOST`` set (an address such as ``http://127.0.0.1:9050``) the
client talks to that emulator, without credentials; else it uses the application default credentials. The project is
the one asked for, else ``GOOGLE_CLOUD_PROJECT``, else that of the credentials.

``gcp_conn_id`` is accepted everywhere, as in Airflow; connections have no effect on the clients yet.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from google.cloud import bigquery, storage

SDK = ("google.cloud.bigquery", "google.cloud.storage")
"""Google's libraries: about a second to import."""
DEFAULT_CONNECTION = "google_cloud_default"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"

Impersonation = str | Sequence[str] | None
"""A service account to act as; of several, the last one, each being allowed to act as the next."""


def storage_client(project_id: str | None = None, impersonation_chain: Impersonation = None) -> storage.Client:
    """A Cloud Storage client."""
    # Else it asks each bucket, in a thread, for what it would write into traces that nobody reads.
    os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
    from google.cloud import storage

    emulator = os.environ.get("STORAGE_EMULATOR_HOST", "")
    project = project_id or os.environ.get("GOOGLE_CLOUD_PROJECT")
    if emulator:
        return storage.Client(project=project or "brisa-local", credentials=_anonymous())
    return storage.Client(project=project, credentials=_impersonated(impersonation_chain))


def bigquery_client(
    project_id: str | None = None, location: str | None = None, impersonation_chain: Impersonation = None
) -> bigquery.Client:
    """A BigQuery client."""
    from google.cloud import bigquery

    emulator = os.environ.get("BIGQUERY_EMULATOR_HOST", "")
    project = project_id or os.environ.get("GOOGLE_CLOUD_PROJECT")
    if emulator:
        return bigquery.Client(
            project=project or "brisa-local",
            location=location,
            credentials=_anonymous(),
            client_options={"api_endpoint": emulator if "://" in emulator else f"http://{emulator}"},
        )
    return bigquery.Client(project=project, location=location, credentials=_impersonated(impersonation_chain))


def _anonymous() -> Any:
    from google.auth.credentials import AnonymousCredentials

    return AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth has annotations in part


def _impersonated(chain: Impersonation) -> Any:
    """Credentials of the account at the end of ``chain``; ``None``, for the default ones, without a chain."""
    accounts = [chain] if isinstance(chain, str) else list(chain or ())
    if not accounts:
        return None
    import google.auth
    from google.auth import impersonated_credentials

    source, _ = google.auth.default(scopes=[SCOPE])
    *delegates, target = accounts
    return impersonated_credentials.Credentials(  # type: ignore[no-untyped-call]  # google-auth has annotations in part
        source, target_principal=target, delegates=delegates, target_scopes=[SCOPE]
    )

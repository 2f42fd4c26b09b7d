"""``GoogleBaseHook``: a connection of Google Cloud, for code of one's own."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from brisa.authoring.hooks import BaseHook
from brisa.operators.google.base import GoogleClients
from brisa.operators.google.clients import default_project
from brisa.operators.google.connections import DEFAULT_CONNECTION, GoogleConnection, Impersonation


class GoogleBaseHook(GoogleClients, BaseHook):
    """Base of Google's hooks: whom a connection logs in as, and to which project."""

    conn_name_attr = "gcp_conn_id"
    default_conn_name = DEFAULT_CONNECTION
    conn_type = "google_cloud_platform"
    hook_name = "Google Cloud"

    def __init__(
        self,
        gcp_conn_id: str = DEFAULT_CONNECTION,
        impersonation_chain: Impersonation = None,
        *,
        quota_project_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        """``quota_project_id`` is accepted, and has no effect: the connection has one of that name."""
        super().__init__(**kwargs)
        if quota_project_id is not None:
            self.log.warning("quota_project_id of a hook has no effect: give it to the connection %s", gcp_conn_id)
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain

    @cached_property
    def connection(self) -> GoogleConnection:
        """What the connection says."""
        return GoogleConnection.find(self.gcp_conn_id)

    @property
    def extras(self) -> dict[str, Any]:
        """The connection's extras, by their short names."""
        return dict(self.connection.extras)

    def get_credentials_and_project_id(self) -> tuple[Any, str | None]:
        """Credentials of google-auth, the default ones if the connection has none, and the project."""
        import google.auth

        credentials, project = self.connection.credentials(self.impersonation_chain)
        if credentials is None:
            credentials, project = google.auth.default(scopes=self.connection.scopes)
        return credentials, default_project(self.connection, project)

    def get_credentials(self) -> Any:
        """Credentials of google-auth."""
        return self.get_credentials_and_project_id()[0]

    def test_connection(self) -> tuple[bool, str]:
        """Whether Google takes the credentials, and what was said if not."""
        from google.auth.transport.requests import Request

        try:
            self.get_credentials().refresh(Request())
        except Exception as error:  # noqa: BLE001  whatever google-auth says is the answer
            return False, str(error)
        return True, "Connection successfully tested"

    @property
    def project_id(self) -> str | None:
        """The project that clients of this hook work in."""
        project: str | None = self.storage().project
        return project

    @property
    def num_retries(self) -> int:
        """What the connection says; Google's clients do not ask for it."""
        return self.connection.num_retries

    @property
    def scopes(self) -> list[str]:
        """What the credentials are for."""
        return self.connection.scopes

"""What a connection of type ``google_cloud_platform`` says of credentials, project and scopes.

Its extras are those of Airflow's page "Google Cloud Connection", each also as
``extra__google_cloud_platform__<name>``:

- one of ``key_path`` (a file with a service account's key), ``keyfile_dict`` (the key itself; also ``keyfile_json``),
  ``key_secret_name`` (its name in Secret Manager, in the project ``key_secret_project_id``) and
  ``credential_config_file`` (a file, or JSON, of any kind that google-auth reads); without any of them the application
  default credentials count, and with ``is_anonymous`` none;
- ``project``, ``scope`` and ``impersonation_chain`` (several with commas between them), ``quota_project_id``;
- for BigQuery ``location``, ``use_legacy_sql`` and ``labels``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from brisa.authoring.connections import find_connection, not_defined
from brisa.authoring.exceptions import AirflowException
from brisa.operators.google.keys import KEYS

DEFAULT_CONNECTION: Final = "google_cloud_default"
"""The connection of those who name none. It need not be there: then everything is Google's default."""
SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
Impersonation = str | Sequence[str] | None
"""A service account to act as; of several, the last one, each being allowed to act as the next."""
_PREFIX: Final = "extra__google_cloud_platform__"
_YES: Final = ("1", "on", "true", "yes")


@dataclass(frozen=True, slots=True)
class GoogleConnection:
    """A connection's extras by their short names; those that are empty are not there."""

    conn_id: str = DEFAULT_CONNECTION
    extras: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def find(cls, conn_id: str = DEFAULT_CONNECTION) -> GoogleConnection:
        """The connection of that id; an :class:`AirflowNotFoundException` if it is not there and not the default."""
        found = find_connection(conn_id)
        if found is None:
            if conn_id != DEFAULT_CONNECTION:
                raise not_defined(conn_id)
            return cls()
        extras = found.extra_dejson
        if not isinstance(extras, Mapping):
            raise AirflowException(f"the extra of the connection {conn_id!r} is not a JSON object")
        short = {name.removeprefix(_PREFIX): value for name, value in extras.items() if name.startswith(_PREFIX)}
        return cls(conn_id, {name: value for name, value in {**short, **extras}.items() if value not in (None, "")})

    @property
    def project(self) -> str | None:
        """The project that the connection names."""
        return self.extras.get("project")

    @property
    def scopes(self) -> list[str]:
        """What the credentials are for."""
        return parted(self.extras.get("scope")) or [SCOPE]

    @property
    def num_retries(self) -> int:
        """How often Airflow's hooks would repeat a request; Google's own clients repeat for a time, not a number."""
        try:
            return int(self.extras.get("num_retries", 5))
        except (TypeError, ValueError):
            raise AirflowException(f"num_retries of the connection {self.conn_id!r} is not a whole number") from None

    def flag(self, name: str, default: bool = False) -> bool:
        """An extra that is true or false; a URI has it as text."""
        value = self.extras.get(name, default)
        return value.strip().lower() in _YES if isinstance(value, str) else bool(value)

    def credentials(self, impersonation_chain: Impersonation = None) -> tuple[Any, str | None]:
        """Credentials, and the project that they belong to; ``(None, None)``: a client finds the default ones itself.

        ``impersonation_chain`` goes before the connection's own.
        """
        if self.flag("is_anonymous"):
            return anonymous(), None
        found, project = self._key()
        accounts = parted(impersonation_chain) or parted(self.extras.get("impersonation_chain"))
        quota_project = self.extras.get("quota_project_id")
        if found is None and (accounts or quota_project or "scope" in self.extras):
            import google.auth

            found, project = google.auth.default(scopes=self.scopes)
        if accounts:
            found = _impersonated(found, accounts, self.scopes)
        if quota_project:
            found = found.with_quota_project(quota_project)
        return found, project

    def _key(self) -> tuple[Any, str | None]:
        """The credentials that the connection holds or points to; ``(None, None)`` if it does not."""
        given = [name for name in KEYS if name in self.extras]
        if "idp_issuer_url" in self.extras:
            raise AirflowException(f"connection {self.conn_id!r}: brisa has no credentials of an idp_issuer_url")
        if len(given) > 1:
            raise AirflowException(f"connection {self.conn_id!r} has {' and '.join(given)}: one of them has to go")
        for name in given:
            value = self._secret(self.extras[name]) if name == "key_secret_name" else self.extras[name]
            return KEYS[name](value, self.scopes, f"{name} of the connection {self.conn_id!r}")
        return None, None

    def _secret(self, name: str) -> str:
        """The resource name of the newest version of a secret."""
        import google.auth

        project = self.extras.get("key_secret_project_id") or self.project or google.auth.default()[1]
        return f"projects/{project}/secrets/{name}/versions/latest"


def parted(value: Any) -> list[str]:
    """One or several texts, or one with commas between its parts, as a list."""
    parts = value.split(",") if isinstance(value, str) else value or ()
    return [part.strip() for part in parts if part.strip()]


def anonymous() -> Any:
    """Credentials of nobody."""
    from google.auth.credentials import AnonymousCredentials

    return AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth has annotations in part


def _impersonated(source: Any, accounts: Sequence[str], scopes: list[str]) -> Any:
    from google.auth import impersonated_credentials

    *delegates, target = accounts
    return impersonated_credentials.Credentials(  # type: ignore[no-untyped-call]  # google-auth has annotations in part
        source, target_principal=target, delegates=delegates, target_scopes=scopes
    )

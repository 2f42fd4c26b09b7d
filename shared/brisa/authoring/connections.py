"""``Connection``: where an outside system is and how to log in, by name."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Mapping
from typing import Any, Final, Self

from brisa.authoring import installed
from brisa.authoring.connection_text import (
    FIELDS,
    extra_text,
    from_json,
    from_uri,
    read_connection_text,
    to_uri,
)
from brisa.authoring.exceptions import AirflowException, AirflowNotFoundException
from brisa.authoring.running import Supervisor, current_supervisor
from brisa.authoring.secrets import mask_secret

HOOKS: Final[Mapping[str, str]] = {
    "gcpbigquery": "brisa.operators.google.hooks.BigQueryHook",
    "google_cloud_platform": "brisa.operators.google.hooks.GoogleBaseHook",
    "http": "brisa.operators.http.HttpHook",
    "https": "brisa.operators.http.HttpHook",
    "smtp": "brisa.operators.email.SmtpHook",
    "sqlite": "brisa.operators.sql_hooks.SqliteHook",
}
"""Type of connection → the hook that brisa itself has for it."""
PROVIDERS: Final[Mapping[str, str]] = {
    "aws": "amazon",
    "google_cloud_platform": "google",
    "mssql": "microsoft-mssql",
    "redshift": "amazon",
    "wasb": "microsoft-azure",
}
"""Type of connection → the end of its provider package's name, where that is not the type itself."""


class Connection:
    """Airflow's ``Connection``. Its text form, and its errors, never show the password."""

    EXTRA_KEY: Final = "__extra__"

    def __init__(
        self,
        conn_id: str | None = None,
        conn_type: str | None = None,
        description: str | None = None,
        host: str | None = None,
        login: str | None = None,
        password: str | None = None,
        schema: str | None = None,
        port: int | None = None,
        extra: str | Mapping[str, Any] | None = None,
        uri: str | None = None,
    ) -> None:
        """By its parts, or by ``uri`` alone; ``extra`` is JSON, or what becomes JSON."""
        if uri and (conn_type or host or login or password or schema or port or extra):
            raise AirflowException(
                "You must create an object using the URI or individual values (conn_type, host, login, password, "
                "schema, port or extra). You can't mix these two ways to create this object."
            )
        self.conn_id = conn_id
        self.conn_type = conn_type
        self.description = description
        self.host = host
        self.login = login
        self.password = password
        self.schema = schema
        self.port = port
        self.extra = extra_text(extra)
        if uri:
            self._take(from_uri(uri) | {"description": description})

    @classmethod
    def of(cls, conn_id: str | None, fields: Mapping[str, Any]) -> Self:
        """The connection with these :data:`~brisa.authoring.connection_text.FIELDS`; those left out are ``None``."""
        return cls(conn_id, **{name: fields.get(name) for name in FIELDS})

    @classmethod
    def from_uri(cls, uri: str, conn_id: str | None = None) -> Self:
        """The connection that a URI says."""
        return cls.of(conn_id, from_uri(uri))

    @classmethod
    def from_json(cls, value: str, conn_id: str | None = None) -> Self:
        """The connection that a JSON object says."""
        return cls.of(conn_id, from_json(value))

    @classmethod
    def get(cls, conn_id: str) -> Self:
        """The connection of that id; :class:`AirflowNotFoundException` if there is none. Airflow 3's name."""
        fields = connection_fields(conn_id)
        if fields is None:
            raise not_defined(conn_id)
        return cls.of(conn_id, fields)

    @classmethod
    def get_connection_from_secrets(cls, conn_id: str) -> Self:
        """As :meth:`get`: Airflow 2's name."""
        return cls.get(conn_id)

    def _take(self, fields: Mapping[str, Any]) -> None:
        for name in FIELDS:
            setattr(self, name, fields[name])

    def parse_from_uri(self, uri: str) -> None:
        """Take over what a URI says."""
        self._take(from_uri(uri))

    def __repr__(self) -> str:
        return self.conn_id or ""

    @property
    def extra_dejson(self) -> Any:
        """What the JSON of ``extra`` says; an empty dict if it says nothing or is no JSON."""
        return self.get_extra_dejson()

    def get_extra_dejson(self, nested: bool = False) -> Any:
        """As :attr:`extra_dejson`; ``nested``: values that are JSON in turn are read too."""
        found = _read_json(self.extra, {}) if self.extra else {}
        if nested and isinstance(found, dict):
            return {key: _read_json(value, value) if isinstance(value, str) else value for key, value in found.items()}
        return found

    async def aextra_dejson(self) -> Any:
        """As :attr:`extra_dejson`, for coroutines."""
        return self.extra_dejson

    def get_password(self) -> str | None:
        """The password."""
        return self.password

    def set_password(self, value: str | None) -> None:
        """Change the password of this object."""
        self.password = value

    def get_extra(self) -> str | None:
        """``extra`` as text."""
        return self.extra

    def set_extra(self, value: str | Mapping[str, Any] | None) -> None:
        """Change ``extra`` of this object."""
        self.extra = extra_text(value)

    def get_uri(self) -> str:
        """The connection as a URI; whoever prints it prints the password."""
        return to_uri(vars(self))

    def to_dict(self, *, prune_empty: bool = False) -> dict[str, Any]:
        """Id and fields, the password among them, ``extra`` as what its JSON says."""
        found = {"conn_id": self.conn_id} | {name: getattr(self, name) for name in FIELDS}
        found["extra"] = self.extra_dejson
        return {name: value for name, value in found.items() if not prune_empty or value not in (None, {})}

    def as_json(self) -> str:
        """What :meth:`from_json` reads: the fields that say something."""
        found = self.to_dict(prune_empty=True)
        found.pop("conn_id", None)
        return json.dumps(found)

    def get_hook(self, *, hook_params: Mapping[str, Any] | None = None) -> Any:
        """A hook for this connection: an installed package's, else brisa's own, else an error that says what to do."""
        path = {**HOOKS, **installed.hooks()}.get(self.conn_type or "")
        if path is None:
            raise AirflowException(
                f'Unknown hook type "{self.conn_type}" of connection {self.conn_id!r}: brisa itself has hooks for '
                f"{', '.join(HOOKS)}" + (f"; {to_install(self.conn_type)}" if self.conn_type else "")
            )
        module, _, name = path.rpartition(".")
        hook = getattr(importlib.import_module(module), name)
        return hook(**{hook.conn_name_attr: self.conn_id}, **(hook_params or {}))


def to_install(conn_type: str) -> str:
    """Which package to install for connections of a type, in words."""
    name = PROVIDERS.get(conn_type, conn_type.replace("_", "-"))
    return f"install apache-airflow-providers-{name}, and use its hook"


def _read_json(text: str, otherwise: Any) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return otherwise


def not_defined(conn_id: str) -> AirflowNotFoundException:
    """The error for an id that no connection has."""
    return AirflowNotFoundException(f"The conn_id `{conn_id}` isn't defined")


def find_connection(conn_id: str) -> Connection | None:
    """The connection of that id, or ``None``."""
    fields = connection_fields(conn_id)
    return None if fields is None else Connection.of(conn_id, fields)


def connection_fields(conn_id: str, supervisor: Supervisor | None = None) -> Mapping[str, Any] | None:
    """The fields of a connection, or ``None``: from this process's environment, else asked of the supervisor.

    A task may so set ``AIRFLOW_CONN_…`` for itself, as in Airflow. While a DAG file loads there is nobody to ask.
    Its secrets are hidden in logs from now on.
    """
    fields = connection_from_environment(conn_id)
    supervisor = supervisor or current_supervisor()
    if fields is None and supervisor is not None:
        fields = supervisor.ask("connection", conn_id=conn_id)
    if fields is not None:
        mask_secret(fields.get("password"))
        mask_secret(_read_json(extra_text(fields.get("extra")) or "", {}), "extra")
    return fields


def connection_from_environment(conn_id: str) -> Mapping[str, Any] | None:
    """The fields of the connection in ``BRISA_CONN_…``, else ``AIRFLOW_CONN_…``; one that is empty is not there."""
    for prefix in ("BRISA_CONN_", "AIRFLOW_CONN_"):
        text = os.environ.get(prefix + str(conn_id).upper())
        if text:
            return named(conn_id, text)
    return None


def named(conn_id: str, text: str) -> Mapping[str, Any]:
    """The fields that ``text`` says; an error names the connection."""
    try:
        return read_connection_text(text)
    except AirflowException as error:
        raise AirflowException(f"connection {conn_id!r} can't be read: {error}") from None

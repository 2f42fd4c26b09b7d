"""``var.value.x``, ``var.json.x`` and ``conn.x`` in templates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from brisa.authoring.exceptions import AirflowNotFoundException
from brisa.authoring.variables import Variable
from brisa.runtime.request import Channel

_MISSING: Any = object()


class VariableAccessor:
    """``var.value`` and ``var.json``: a missing one is a :class:`KeyError`, unless ``get`` is given a default."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        return self.get(key)

    __getitem__ = __getattr__

    def get(self, key: str, default: Any = _MISSING) -> Any:
        """The Variable ``key``, or the default."""
        if default is _MISSING:
            return Variable.get(key, deserialize_json=self._as_json)
        return Variable.get(key, default, deserialize_json=self._as_json)


class Connection:
    """One connection, with Airflow's names."""

    def __init__(self, conn_id: str, fields: Mapping[str, Any]) -> None:
        self.conn_id = conn_id
        self.conn_type = fields.get("conn_type") or ""
        self.host = fields.get("host")
        self.login = fields.get("login")
        self.password = fields.get("password")
        self.schema = fields.get("schema")
        self.port = fields.get("port")
        self.description = fields.get("description")
        extra = fields.get("extra")
        self.extra = extra if isinstance(extra, str) or extra is None else json.dumps(extra)

    def __repr__(self) -> str:
        return self.conn_id

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """``extra`` as the dict that its JSON says; empty if it says none."""
        try:
            found = json.loads(self.extra or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def get_uri(self) -> str:
        """The connection as a URI; whoever prints it prints the password."""
        user = quote(self.login or "", safe="")
        secret = f":{quote(self.password, safe='')}" if self.password else ""
        place = quote(self.host or "", safe="") + (f":{self.port}" if self.port else "")
        extra = f"?{urlencode(self.extra_dejson)}" if self.extra_dejson else ""
        at = "@" if user or secret else ""
        return (
            f"{self.conn_type.replace('_', '-')}://{user}{secret}{at}{place}/{quote(self.schema or '', safe='')}{extra}"
        )


class ConnectionAccessor:
    """``conn.my_id``; a missing one is an :class:`AirflowNotFoundException`."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def __getattr__(self, conn_id: str) -> Connection:
        if conn_id.startswith("__"):
            raise AttributeError(conn_id)
        found = self.get(conn_id)
        if not isinstance(found, Connection):
            raise AirflowNotFoundException(f"The conn_id `{conn_id}` isn't defined")
        return found

    def get(self, conn_id: str, default_conn: Any = None) -> Any:
        """The connection, or the default."""
        fields = self._channel.ask("connection", conn_id=conn_id)
        return default_conn if fields is None else Connection(conn_id, fields)

"""``var.value.x``, ``var.json.x`` and ``conn.x`` in templates."""

from __future__ import annotations

from typing import Any

from brisa.authoring.connections import Connection, connection_fields, not_defined
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


class ConnectionAccessor:
    """``conn.my_id``; a missing one is an :class:`AirflowNotFoundException`."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def __getattr__(self, conn_id: str) -> Connection:
        if conn_id.startswith("__"):
            raise AttributeError(conn_id)
        found = self.get(conn_id)
        if not isinstance(found, Connection):
            raise not_defined(conn_id)
        return found

    def get(self, conn_id: str, default_conn: Any = None) -> Any:
        """The connection, or the default."""
        fields = connection_fields(conn_id, self._channel)
        return default_conn if fields is None else Connection.of(conn_id, fields)

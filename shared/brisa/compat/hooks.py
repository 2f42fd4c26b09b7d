"""``BaseHook`` and ``Connection`` as DAG files and provider packages get them: installed packages' hooks come first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from brisa.authoring import connections, hooks
from brisa.compat import installed
from brisa.compat.helpers import import_string


class Connection(connections.Connection):
    """Airflow's ``Connection``, which knows the hooks of the installed packages."""

    def get_hook(self, *, hook_params: Mapping[str, Any] | None = None) -> Any:
        """A hook for this connection: an installed package's, else brisa's own, else an error that says what to do."""
        path = installed.hooks().get(self.conn_type or "")
        if path is None:
            return super().get_hook(hook_params=hook_params)
        hook = import_string(path)
        return hook(**{hook.conn_name_attr: self.conn_id}, **(hook_params or {}))

    async def aextra_dejson(self) -> Any:
        """What the JSON of ``extra`` says, for coroutines."""
        return self.extra_dejson


class BaseHook(hooks.BaseHook):
    """Airflow's ``BaseHook``, whose connections are these."""

    @classmethod
    def get_connection(cls, conn_id: str) -> Connection:
        """The connection of that id; :class:`AirflowNotFoundException` if there is none."""
        return Connection.get(conn_id)

    @classmethod
    async def aget_connection(cls, conn_id: str) -> Connection:
        """The same for coroutines."""
        return cls.get_connection(conn_id)

    @classmethod
    async def aget_hook(cls, conn_id: str, hook_params: Mapping[str, Any] | None = None) -> Any:
        """A hook for that connection, for coroutines."""
        return cls.get_hook(conn_id, hook_params)

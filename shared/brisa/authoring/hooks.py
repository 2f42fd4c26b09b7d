"""``BaseHook``: what every hook is, Airflow's way to an outside system."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from brisa.authoring.connections import Connection


class BaseHook:
    """Base of all hooks: finds the connection; subclasses override :meth:`get_conn` and add what they can do."""

    conn_name_attr = "conn_id"
    """The constructor's argument for the connection's id."""

    def __init__(self, logger_name: str | None = None) -> None:
        super().__init__()
        self.__logger_name = logger_name

    @cached_property
    def log(self) -> logging.Logger:
        """The logger whose lines go to the attempt's log."""
        name = getattr(self, "_BaseHook__logger_name", None)  # a subclass need not call our constructor
        return logging.getLogger(f"airflow.task.hooks.{name or type(self).__qualname__}")

    @classmethod
    def get_connection(cls, conn_id: str) -> Connection:
        """The connection of that id; :class:`AirflowNotFoundException` if there is none."""
        return Connection.get(conn_id)

    @classmethod
    def get_hook(cls, conn_id: str, hook_params: Mapping[str, Any] | None = None) -> Any:
        """A hook for that connection, by its type."""
        return cls.get_connection(conn_id).get_hook(hook_params=hook_params)

    @classmethod
    async def aget_connection(cls, conn_id: str) -> Connection:
        """As :meth:`get_connection`, for coroutines."""
        return cls.get_connection(conn_id)

    @classmethod
    async def aget_hook(cls, conn_id: str, hook_params: Mapping[str, Any] | None = None) -> Any:
        """As :meth:`get_hook`, for coroutines."""
        return cls.get_hook(conn_id, hook_params)

    def get_conn(self) -> Any:
        """What the hook works with, connected."""
        raise NotImplementedError(f"{type(self).__name__} does not override get_conn()")

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Fields for Airflow's form; brisa has no such form."""
        return {}

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """As :meth:`get_connection_form_widgets`."""
        return {}

"""Links from a task to a page elsewhere, which operators of provider packages declare."""

from __future__ import annotations

from typing import Any, ClassVar

from brisa.authoring.links import LINK_KEY
from brisa.authoring.running import TaskInstanceKey


class BaseOperatorLink:
    """Base of such links: subclasses have a ``name`` and override :meth:`get_link`."""

    operators: ClassVar[list[type]] = []
    name: ClassVar[str] = ""

    @property
    def xcom_key(self) -> str:
        """The XCom that keeps the link's address."""
        return LINK_KEY.format(type(self).__name__)

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        """The address."""
        raise NotImplementedError(f"{type(self).__name__} does not override get_link()")


class XCom:
    """Airflow's table of XComs, as far as a running task can ask for it."""

    XCOM_RETURN_KEY = "return_value"

    @classmethod
    def get_value(cls, *, ti_key: TaskInstanceKey, key: str | None = None, **_: Any) -> Any:
        """What the task instance pushed under ``key``; ``None`` if nothing."""
        from brisa.authoring.running import get_current_context

        return get_current_context()["ti"].xcom_pull(
            task_ids=ti_key.task_id, dag_id=ti_key.dag_id, run_id=ti_key.run_id, key=key or cls.XCOM_RETURN_KEY
        )


BaseXCom = XCom
"""Airflow's base of custom XCom backends; brisa takes none."""
XCOM_RETURN_KEY = XCom.XCOM_RETURN_KEY

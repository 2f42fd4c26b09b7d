"""The addresses of an operator's links, once it has run: kept as XComs, as in Airflow, so that no user code is needed
to show them."""

from __future__ import annotations

import logging
from typing import Any, Final

from brisa.authoring.links import links_of
from brisa.authoring.running import TaskInstanceKey
from brisa.runtime.guarded import guarded
from brisa.runtime.task_instance import TaskInstanceView

log: Final = logging.getLogger("brisa.task")


def push_links(operator: Any, ti: TaskInstanceView) -> None:
    """Push them; a link that fails is logged, and has none."""
    key = TaskInstanceKey(ti.dag_id, ti.task_id, ti.run_id, ti.try_number, ti.map_index)

    def push(xcom_key: str, link: Any) -> None:
        try:
            address = link.get_link(operator, ti_key=key)
        except Exception as error:  # noqa: BLE001  user code may raise anything, and this is for people only
            log.warning("The link %r has no address: %s: %s", link.name, type(error).__name__, error)
            return
        if isinstance(address, str) and address:
            ti.xcom_push(xcom_key, address)

    for xcom_key, link in links_of(operator).items():
        guarded(f"link {link.name!r}", push, xcom_key, link)

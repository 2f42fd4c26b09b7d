"""Links to pages elsewhere that operators declare in ``operator_extra_links``: each has a ``name``, a ``get_link``, and
the key of the XCom that keeps its address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

LINK_KEY = "_link_{}"
"""That key, of a link that does not say another: with the name of its class, as in Airflow."""


def links_of(operator: Any) -> dict[str, Any]:
    """XCom key → link, of an operator or its class; empty for one whose links can't be told before it runs."""
    declared = getattr(operator, "operator_extra_links", ())
    if not isinstance(declared, Iterable) or isinstance(declared, str):
        return {}
    found = [one for one in declared if isinstance(getattr(one, "name", None), str) and hasattr(one, "get_link")]
    return {_key(one): one for one in found}


def _key(link: Any) -> str:
    key = getattr(link, "xcom_key", None)
    return key if isinstance(key, str) else LINK_KEY.format(type(link).__name__)

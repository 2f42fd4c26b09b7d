"""Provider packages: those that are installed, and those whose names brisa serves itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import distributions

from brisa._version import __version__
from brisa.compat.hook import MODULES
from brisa.compat.published import package_of
from brisa.compat.table import TABLE
from brisa.model.access import Permission
from brisa.web.paging import Limit, Offset, page
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.server import ProviderCollectionResponse, ProviderResponse

router = routes("Provider")
_START = "apache-airflow-providers-"
_DOCUMENTS = "https://airflow.apache.org/docs"


@router.get("/providers", dependencies=[needs(Permission.READ_SERVER)], responses=problems())
def get_providers(limit: Limit = 50, offset: Offset = 0) -> ProviderCollectionResponse:
    """By name. One that is not installed has brisa's version: that says which names of the package there are."""
    found = sorted(_providers().values(), key=lambda one: one.package_name)
    return ProviderCollectionResponse(providers=list(page(found, limit, offset)), total_entries=len(found))


@cache
def _providers() -> Mapping[str, ProviderResponse]:
    served = {package_of(module) for module in MODULES if TABLE.get(module)} - {""}
    own = {
        name: ProviderResponse(
            package_name=name,
            description="Not installed: brisa itself has the operators, sensors and hooks of it that it knows",
            version=__version__,
            documentation_url=None,
        )
        for name in served
    }
    return own | {one.package_name: one for one in _installed()}


def _installed() -> list[ProviderResponse]:
    found = []
    for one in distributions():
        name = re.sub(r"[-_.]+", "-", str(one.metadata["Name"])).lower()
        if name.startswith(_START):
            found.append(
                ProviderResponse(
                    package_name=name,
                    description=str(one.metadata["Summary"] or ""),
                    version=one.version,
                    documentation_url=f"{_DOCUMENTS}/{name}/{one.version}",
                )
            )
    return found

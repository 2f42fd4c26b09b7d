"""Airflow's plugins: there are none. All code of users' is loaded with their DAG files, into processes of its own."""

from __future__ import annotations

from brisa.model.access import Permission
from brisa.web.paging import Limit, Offset
from brisa.web.permissions import needs
from brisa.web.routing import problems, routes
from brisa.web.schemas.server import PluginCollectionResponse, PluginImportErrorCollectionResponse

router = routes("Plugin")
_READ = needs(Permission.READ_SERVER)


@router.get("/plugins", dependencies=[_READ], responses=problems())
def get_plugins(limit: Limit = 50, offset: Offset = 0) -> PluginCollectionResponse:
    """None."""
    return PluginCollectionResponse(plugins=[], total_entries=0)


@router.get("/plugins/importErrors", dependencies=[_READ], responses=problems())
def import_errors() -> PluginImportErrorCollectionResponse:
    """None."""
    return PluginImportErrorCollectionResponse(import_errors=[], total_entries=0)

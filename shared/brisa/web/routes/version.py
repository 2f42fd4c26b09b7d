"""Which brisa this is."""

from __future__ import annotations

from brisa._version import __version__
from brisa.web.permissions import FOR_EVERYBODY
from brisa.web.routing import routes
from brisa.web.schemas.server import VersionInfo

router = routes("Version")


@router.get("/version", dependencies=[FOR_EVERYBODY])
def get_version() -> VersionInfo:
    """brisa's version."""
    return VersionInfo(version=__version__, git_version=None)

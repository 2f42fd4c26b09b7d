"""The FastAPI application: all routes, over one backend."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

import brisa.web.routes
from brisa._version import __version__
from brisa.web.backend import Backend
from brisa.web.limits import Limits
from brisa.web.permissions import FOR_EVERYBODY
from brisa.web.problems import handle_errors
from brisa.web.routing import PREFIX

_ABOUT = (
    "Airflow 3's stable REST API, served by brisa. Get a token from `POST /auth/token`, and send it as "
    "`Authorization: Bearer …`; on Google Cloud, send an identity token of yours."
)


def make_app(backend: Backend) -> FastAPI:
    """All routes of :mod:`brisa.web.routes`, answered by ``backend``."""
    app = FastAPI(
        title="brisa",
        version=__version__,
        description=_ABOUT,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_name,
        separate_input_output_schemas=False,
    )
    app.state.backend = backend
    for router in _routers():
        app.include_router(router)
    handle_errors(app)
    app.add_middleware(Limits)

    @app.get(f"{PREFIX}/openapi.json", include_in_schema=False, dependencies=[FOR_EVERYBODY])
    def openapi() -> JSONResponse:
        """This API, described: OpenAPI 3.1."""
        return JSONResponse(app.openapi())

    return app


def _routers() -> Iterator[APIRouter]:
    """The ``router`` of each module in :mod:`brisa.web.routes`."""
    for found in sorted(pkgutil.iter_modules(brisa.web.routes.__path__), key=lambda module: module.name):
        yield importlib.import_module(f"{brisa.web.routes.__name__}.{found.name}").router


def _name(route: APIRoute) -> str:
    """A method's name in generated clients: that of its function, which is Airflow's."""
    return route.name

"""The FastAPI application: all routes, over one backend."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

import brisa.web.routes
from brisa._version import __version__
from brisa.web.backend import Backend
from brisa.web.console import Console
from brisa.web.limits import Limits
from brisa.web.permissions import FOR_EVERYBODY
from brisa.web.problems import handle_errors
from brisa.web.routing import PREFIX

_ABOUT = (
    "Airflow 3's stable REST API, served by brisa. Get a token from `POST /auth/token`, and send it as "
    "`Authorization: Bearer …`; on Google Cloud, send an identity token of yours."
)


def make_app(backend: Backend, modules: Iterable[str] | None = None) -> FastAPI:
    """All routes of :mod:`brisa.web.routes`, or those of some of its ``modules``, answered by ``backend``."""
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
    add_routes(app, _modules() if modules is None else modules)
    handle_errors(app)
    app.add_middleware(Limits)
    if modules is None:  # who asks for some of the routes only is a program
        app.add_middleware(Console)

    @app.get(f"{PREFIX}/openapi.json", include_in_schema=False, dependencies=[FOR_EVERYBODY])
    def openapi() -> JSONResponse:
        """This API, described: OpenAPI 3.1."""
        return JSONResponse(app.openapi())

    return app


def add_routes(app: FastAPI, modules: Iterable[str]) -> None:
    """Have ``app`` answer with the routes of these modules, too."""
    for module in modules:
        app.include_router(importlib.import_module(f"{brisa.web.routes.__name__}.{module}").router)


def _modules() -> Iterator[str]:
    return iter(sorted(found.name for found in pkgutil.iter_modules(brisa.web.routes.__path__)))


def _name(route: APIRoute) -> str:
    """A method's name in generated clients: that of its function, which is Airflow's."""
    return route.name

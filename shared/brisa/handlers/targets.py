"""What functions-framework serves: ``planner``, ``worker`` and ``events``. The api is :mod:`brisa.web.target`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING

import functions_framework
from werkzeug import Request, Response

from brisa.handlers.entrance import Entrance
from brisa.handlers.events import EVENTS
from brisa.handlers.log_lines import log_in_lines
from brisa.handlers.planner import PLANNER
from brisa.handlers.worker import WORKER

if TYPE_CHECKING:
    from brisa.bootstrap.cloud import CloudStack


def _cloud() -> CloudStack:
    from brisa.bootstrap.cloud import cloud_stack

    log_in_lines()
    return cloud_stack()


_entrance = Entrance(_cloud)


@functions_framework.http
def planner(request: Request) -> Response:
    """See :mod:`brisa.handlers.planner`."""
    return _entrance.serve(PLANNER, request)


@functions_framework.http
def worker(request: Request) -> Response:
    """See :mod:`brisa.handlers.worker`."""
    return _entrance.serve(WORKER, request)


@functions_framework.http
def events(request: Request) -> Response:
    """See :mod:`brisa.handlers.events`."""
    return _entrance.serve(EVENTS, request)

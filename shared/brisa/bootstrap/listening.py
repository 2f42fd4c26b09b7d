"""Who listens to what this process tells of itself; the SDK is loaded only if somebody does."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from brisa.errors import BrisaError
from brisa.ports.telemetry import NOWHERE, Telemetry

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where numbers and spans go."""

    telemetry: Telemetry = NOWHERE
    page: Callable[[], tuple[bytes, str]] | None = None
    """What Prometheus is shown, and its media type; ``None`` where nothing is kept for it."""


def listening(
    service: str, *, prometheus: bool = False, at_once: bool = False, environment: Mapping[str, str] = os.environ
) -> Listening:
    """Whoever the environment names (see :mod:`brisa.adapters.otel.connect`), and, with ``prometheus``, who asks.

    :class:`~brisa.errors.BrisaError` when the packages for ``prometheus`` are missing. For a collector that the
    environment names, that is an error in the log: work goes on unheard.
    """
    from brisa.adapters.otel import ENDPOINTS, connect

    if not prometheus and not any(environment.get(name) for name in ENDPOINTS):
        return Listening()
    try:
        found = connect(service, prometheus=prometheus, at_once=at_once, environment=environment)
    except BrisaError as error:
        if prometheus:
            raise
        log.error("nobody hears what is measured: %s", error)
        return Listening()
    return Listening(telemetry=found.telemetry, page=found.page)

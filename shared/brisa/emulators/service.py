"""What one thing that runs on this machine in place of Google Cloud is: a row of a table."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from brisa.emulators.layout import Layout
from brisa.emulators.settings import Settings

HOST = "127.0.0.1"
"""The only address on which anything listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """All that the command of a service may depend on. ``ports`` has those of the services that run, and no other."""

    layout: Layout
    ports: Mapping[str, int]
    settings: Settings = field(default_factory=Settings)

    def address(self, port: str) -> str:
        """``host:port``, as gRPC clients want it."""
        return f"{HOST}:{self.ports[port]}"

    def url(self, port: str) -> str:
        """The same for HTTP."""
        return f"http://{self.address(port)}"


Ask = Callable[[Site, float], bool]
"""(where, seconds to wait) → whether the service answers."""


def _nothing(*_: object) -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A process that is kept running."""

    name: str
    command: Callable[[Site], list[str]]
    answers: Ask
    """Whether it is well: asked while it starts, and by whoever wants to know."""
    ports: tuple[str, ...] = ()
    """Names of the ports that it listens on."""
    environment: Callable[[Site], Mapping[str, str]] = _nothing
    """What is set for it beside this process's own variables."""
    after: tuple[str, ...] = ()
    """Services that must have answered before it starts, of those that run at all."""
    again: bool = True
    """Whether it is started again when it dies: not if what it kept is lost with it."""
    once: bool = False
    """A step, not a server: it counts as answering once it has ended with status 0, and is not started again."""
    needs: Callable[[], object] = _nothing
    """Raises :class:`~brisa.errors.EmulatorError`, which says what to install, if it can't run here."""


def http_answers(port: str, path: str = "/", *, below: int = 300) -> Ask:
    """Well is what answers ``GET path`` with a status below ``below``."""

    def ask(site: Site, timeout: float) -> bool:
        connection = http.client.HTTPConnection(HOST, site.ports[port], timeout=timeout)
        try:
            connection.request("GET", path)
            return connection.getresponse().status < below
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ask


def listens(port: str) -> Ask:
    """Well is what takes connections."""

    def ask(site: Site, timeout: float) -> bool:
        try:
            with socket.create_connection((HOST, site.ports[port]), timeout):
                return True
        except OSError:
            return False

    return ask


def never(_site: Site, _timeout: float) -> bool:
    """What is no server answers nobody."""
    return False

"""The API of an embedded brisa: uvicorn in a thread of its process.

FastAPI and what belongs to it take a second to load, and 60 MB: that is done when somebody first connects, so that who
does not use the API has none of it.
"""

from __future__ import annotations

import errno
import logging
import select
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from brisa.errors import BrisaError

if TYPE_CHECKING:
    from uvicorn import Server

log = logging.getLogger(__name__)
_BACKLOG = 128
_POLITE = 0.5
"""Seconds that requests under way may take when the server is to end."""


class PortError(BrisaError):
    """The API can't listen where it was told to; says what to do."""


class ApiServer:
    """Listens from the beginning, serves from ``serve`` on, until it is left.

    ``with ApiServer("127.0.0.1", 8080) as server: server.serve(make); …``
    """

    def __init__(self, host: str, port: int, *, behind_proxy: bool = False) -> None:
        """``port`` 0 is any that is free. ``behind_proxy``: what calls from this machine is a proxy, which says from
        where the request is, and whether it came by HTTPS. :class:`PortError`."""
        self._behind_proxy = behind_proxy
        self._socket = _listening(host, port)
        self._wake, self._woken = socket.socketpair()
        self._thread: threading.Thread | None = None
        self._server: Server | None = None
        self._lock = threading.Lock()
        self._ending = threading.Event()

    @property
    def port(self) -> int:
        """Where it listens."""
        found: int = self._socket.getsockname()[1]
        return found

    @property
    def url(self) -> str:
        """Its address, for people."""
        host = self._socket.getsockname()[0]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  that somebody asked for
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def serve(self, make: Callable[[], Any]) -> None:
        """Answer with the ASGI application that ``make`` makes, in a thread; return at once."""
        self._thread = threading.Thread(target=self._run, args=(make,), name="api", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop within a second: requests under way get half of it. Idempotent."""
        with self._lock:
            self._ending.set()
            if self._server is not None:
                self._server.should_exit = True
        self._wake.close()
        if self._thread is None:
            self._woken.close()
        else:
            self._thread.join(_POLITE)
            if self._server is not None:
                self._server.force_exit = True
            self._thread.join(1 - _POLITE)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _is_news(self, _: logging.LogRecord) -> bool:
        """Requests that are given up at the end, such as those that wait for changes, are no errors."""
        return not self._ending.is_set()

    def _run(self, make: Callable[[], Any]) -> None:
        with self._woken:
            select.select([self._socket, self._woken], [], [])
        if self._ending.is_set():
            return
        try:
            server = self._made(make)
            with self._lock:
                if self._ending.is_set():
                    return
                self._server = server
            logging.getLogger("uvicorn.error").addFilter(self._is_news)
            try:
                server.run([self._socket])
            finally:
                logging.getLogger("uvicorn.error").removeFilter(self._is_news)
        except Exception:
            log.exception("the API has ended")
            self._socket.close()  # nobody is to wait for an answer

    def _made(self, make: Callable[[], Any]) -> Server:
        from uvicorn import Config, Server

        # Unless there is a proxy, nobody on this machine is to say in whose name they call.
        config = Config(
            make(),
            log_config=None,
            access_log=False,
            proxy_headers=self._behind_proxy,
            forwarded_allow_ips="127.0.0.1,::1",
            server_header=False,
            lifespan="off",
            ws="none",
        )
        return Server(config)


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what has ended may linger, what listens counts
            made.bind(address)
            made.listen(_BACKLOG)
        except BaseException:
            made.close()
            raise
    except (OSError, UnicodeError) as error:
        raise PortError(_advice(host, port, error)) from error
    return made


def _advice(host: str, port: int, error: OSError | UnicodeError) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {host} is taken, perhaps by another `brisa standalone`: end that program, choose another "
            "port with --port (0 for any), or go without the API with --no-api"
        )
    reason = getattr(error, "strerror", None) or "there is no such address"
    return f"the API can't listen on port {port} of {host[:100]}: {reason}; choose with --host and --port"

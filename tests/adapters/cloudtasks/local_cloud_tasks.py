"""Cloud Tasks emulators for tests, as processes of their own, and a worker that they post to."""

from __future__ import annotations

import atexit
import itertools
import threading
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.cloud import tasks_v2

from brisa.adapters.cloudtasks import connect
from tests.emulators.emulator_process import EmulatorProcess

LOCATION = "projects/test/locations/europe-west1"
_numbers = itertools.count()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # as many as an emulator sends at once, and more


class CloudTasks(EmulatorProcess):
    """One emulator process."""

    def __init__(self, *options: str) -> None:
        super().__init__("cloud_tasks", *options)
        self.client: tasks_v2.CloudTasksClient = connect(self.address)

    def queue(self, **settings) -> str:
        """The name of a new queue."""
        name = f"{LOCATION}/queues/q-{next(_numbers)}"
        self.client.create_queue(parent=LOCATION, queue=tasks_v2.Queue({"name": name, **settings}))
        return name

    def at(self, now: float) -> None:
        """Set a manual clock, and wait until all that is due then has been delivered and answered."""
        put = urllib.request.Request(f"{self.url}/clock", data=str(now).encode(), method="PUT")
        urllib.request.urlopen(put, timeout=10).close()
        self.quiet()

    def quiet(self) -> None:
        """Wait until nothing is due and nothing is under way."""
        urllib.request.urlopen(f"{self.url}/quiet", timeout=60).close()

    def get(self, path: str) -> bytes:
        """What its HTTP side answers."""
        with urllib.request.urlopen(self.url + path, timeout=10) as response:
            return bytes(response.read())

    def ended(self) -> int:
        """As of any emulator."""
        self.client.transport.close()
        return super().ended()


@cache
def manual_cloud() -> CloudTasks:
    """One for the session whose time is told. Set it before use."""
    return _for_the_session("--manual-clock")


@cache
def real_cloud() -> CloudTasks:
    """One for the session in the machine's time."""
    return _for_the_session()


def _for_the_session(*options: str) -> CloudTasks:
    cloud = CloudTasks(*options)
    atexit.register(cloud.end)
    return cloud


@dataclass(frozen=True)
class Received:
    """A request that came to the worker."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Worker:
    """An HTTP server that keeps what it receives, and answers as it is told."""

    answer: Callable[[Received], int] = lambda request: 200
    received: list[Received] = field(default_factory=list)

    def __post_init__(self) -> None:
        worker = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = Received(self.command, self.path, dict(self.headers.items()), body)
                worker.received.append(request)
                status = worker.answer(request)
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:  # whoever asked has given up
                    self.close_connection = True

            do_GET = do_PUT = do_POST  # noqa: N815 (the base class names them)

            def log_message(self, format, *args) -> None:  # noqa: A002
                """Silent."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/work"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def bodies(self) -> list[bytes]:
        """What came, in order."""
        return [request.body for request in self.received]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

"""Cloud Storage for tests: one fake-gcs-server to a session, and a server in front that may answer in its place."""

from __future__ import annotations

import atexit
import http.client
import itertools
import json
import os
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias
from unittest import mock
from urllib.parse import unquote

from google.cloud.storage import Client

from brisa.adapters.gcs import GcsBundle, connect
from brisa.emulators.installed import PROJECT, gcs_binary
from brisa.emulators.ports import choose
from tests.support.waiting import until

_numbers = itertools.count()


class Gcs:
    """One emulator process, whose buckets are in its memory."""

    def __init__(self) -> None:
        self.port = choose(["gcs"], {})["gcs"]
        self.url = f"http://127.0.0.1:{self.port}"
        place = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(self.port)]
        told = ["-external-url", self.url, "-public-host", f"127.0.0.1:{self.port}", "-backend", "memory"]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed by end)
        self.process = subprocess.Popen(
            [gcs_binary(), *place, *told], stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        until(self._answers, what="fake-gcs-server")
        self.client = client(self.url)

    def bucket(self) -> str:
        """The name of a new bucket."""
        name = f"bucket-{next(_numbers)}"
        self.client.create_bucket(name)
        return name

    def end(self) -> None:
        """End it."""
        self.client.close()
        self.process.kill()
        self.process.wait(20)
        self._log.close()

    def _answers(self) -> bool:
        assert self.process.poll() is None
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0


@cache
def local_gcs() -> Gcs:
    """One for the session."""
    gcs = Gcs()
    atexit.register(gcs.end)
    return gcs


def client(url: str) -> Client:
    """A new client of the emulator, or of what stands in front of it, at ``url``."""
    # The client reads the environment as it is made, and never again.
    with mock.patch.dict(os.environ, STORAGE_EMULATOR_HOST=url):
        return connect(PROJECT)


class WritableBucket(GcsBundle):
    """A bundle in a bucket of the emulator's that a test can write to as it does to the one in memory."""

    def __init__(self, folder, *, bucket=None, prefix="dags", through=None, **settings):
        self._name = bucket or local_gcs().bucket()
        super().__init__(through or local_gcs().client, self._name, prefix, folder / "mirror", **settings)

    def object(self, path):
        """The object of a file."""
        return local_gcs().client.bucket(self._name).blob(self._prefix + path)

    def write(self, path, content):
        """Add or change a file."""
        self.object(path).upload_from_string(content, content_type="text/plain")

    def remove(self, path):
        """Remove a file."""
        self.object(path).delete()


@dataclass(frozen=True)
class Request:
    """What came to a front."""

    method: str
    path: str
    """Decoded, with the query."""


Answer: TypeAlias = tuple[int, bytes]


@dataclass
class Front:
    """An HTTP server: ``answer`` gives status and body, or ``None`` to leave it to the emulator behind.

    Cutting the connection is status 0. ``seen`` has the requests about objects, in order: the client asks for the
    bucket too, in a thread of its own, whenever it likes.
    """

    answer: Callable[[Request], Answer | None]
    seen: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet to an answer: the second of two would wait 40 ms for the first to be confirmed

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = Request(self.command, unquote(self.path))
                answer: Answer | None = (200, b"{}")
                if "/o" in self.path:
                    front.seen.append(request)
                    answer = front.answer(request)
                headers: Mapping[str, str] = {}
                status, content = answer or (0, b"")
                if answer is None:
                    status, headers, content = behind(self.command, self.path, body, dict(self.headers.items()))
                if not status:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 (the base class names them)

            def log_message(self, format, *args) -> None:  # noqa: A002
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.client = client(f"http://127.0.0.1:{self._server.server_address[1]}")
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def count(self, method: str) -> int:
        """How many such requests came."""
        return sum(request.method == method for request in self.seen)

    def close(self) -> None:
        """Stop listening."""
        self.client.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def front(answer: Callable[[Request], Answer | None]) -> Iterator[Front]:
    """A front until the block ends."""
    one = Front(answer)
    try:
        yield one
    finally:
        one.close()


def behind(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    """What the emulator answers."""
    kept = {name: value for name, value in headers.items() if name.lower() in ("content-type", "range")}
    connection = http.client.HTTPConnection("127.0.0.1", local_gcs().port, timeout=10)
    try:
        connection.request(method, path, body, kept)
        answer = connection.getresponse()
        told = ("content-type", "content-range", "x-goog-generation", "x-goog-hash")
        named = {name: value for name, value in answer.getheaders() if name.lower() in told}
        return answer.status, named, answer.read()
    finally:
        connection.close()


def failing(times: int, status: int = 503) -> Callable[[Request], Answer | None]:
    """The first ``times`` requests fail."""
    numbers = itertools.count(1)
    body = json.dumps({"error": {"code": status, "message": "not now"}}).encode()
    return lambda request: (status, body) if next(numbers) <= times else None

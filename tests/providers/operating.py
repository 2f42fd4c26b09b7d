"""Runs small DAG files with operators of the provider packages, against servers on loopback."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from brisa.compat.published import package_of
from brisa.runtime.loader import load_file
from tests.emulators.local_cloud import local_cloud
from tests.providers.importing import PREFIX
from tests.support.mail_box import mail_box
from tests.support.trials import run_dag

DAGS = Path(__file__).parent / "dags"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a DAG file comes to: XComs by task, and the tasks that are skipped."""

    dag_id: str
    xcoms: Mapping[str, Any] = field(default_factory=dict)
    skipped: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operated:
    """How it went: the operators' classes that ran well, and what did not."""

    dag_id: str
    classes: Mapping[str, tuple[str, ...]]
    """Package → names of its classes."""
    problems: tuple[str, ...]


RUNS = (
    Expected(dag_id="over_http", xcoms={"ask": "2024-01-01"}),
    Expected(dag_id="with_sql", xcoms={"total": [[6]]}, skipped=frozenset({"many"})),
    Expected(dag_id="by_mail"),
    Expected(
        dag_id="on_google",
        xcoms={
            "upload": ["gs://providers-walks/in/walk.csv"],
            "read": [["6"]],
            "names": ["2024-01-01/walk.csv", "in/walk.csv", "out/steps.csv"],
        },
    ),
)
LOADED_ONLY = "not_connected"


def operate() -> Iterator[Operated]:
    """Run them all, and load the one that can't be run."""
    with _servers() as letters:
        for expected in RUNS:
            yield _run(expected)
        if sorted(letters()) != ["reader@example.com", "watcher@example.com"]:
            yield Operated(dag_id="by_mail", classes={}, problems=(f"letters went to {letters()}",))
    loaded = load_file(DAGS, f"{LOADED_ONLY}.py")
    yield Operated(dag_id=LOADED_ONLY, classes={}, problems=tuple(failure.message for failure in loaded.failures))


def _run(expected: Expected) -> Operated:
    file = DAGS / f"{expected.dag_id}.py"
    tried = run_dag(file, expected.dag_id)
    problems = [
        f"{task_id} is {state}: {tried.logs.get(task_id, '')[-2000:]}"
        for task_id, state in tried.states.items()
        if state != ("skipped" if task_id in expected.skipped else "success")
    ]
    for task_id, wanted in expected.xcoms.items():
        found = tried.xcoms.get(task_id, {}).get("return_value")
        if found != wanted:
            problems.append(f"{task_id} returned {found!r}, not {wanted!r}")
    well = {task_id for task_id, state in tried.states.items() if state == "success"}
    dag = load_file(DAGS, file.name).dags[expected.dag_id]
    classes: dict[str, set[str]] = {}
    for task in dag.tasks:
        package = package_of(type(task).__module__).removeprefix(PREFIX)
        if task.task_id in well and package:
            classes.setdefault(package, set()).add(type(task).__name__)
    return Operated(
        dag_id=expected.dag_id,
        classes={package: tuple(sorted(names)) for package, names in classes.items()},
        problems=tuple(problems),
    )


@contextmanager
def _servers() -> Iterator[Any]:
    """A web server, a mail server, a database and a local cloud, which the environment's connections name."""
    _, cloud = local_cloud()
    with _web() as web, mail_box() as box, tempfile.TemporaryDirectory() as folder:
        google = {"is_anonymous": True, "project": cloud["GOOGLE_CLOUD_PROJECT"]}
        mail = {"disable_ssl": True, "disable_tls": True}
        connections = {
            "HTTP_DEFAULT": {"conn_type": "http", "host": "127.0.0.1", "port": web},
            "SMTP_DEFAULT": {"conn_type": "smtp", "host": "127.0.0.1", "port": box.port, "extra": mail},
            "SQLITE_DEFAULT": {"conn_type": "sqlite", "host": f"{folder}/walk.db"},
            "GOOGLE_CLOUD_DEFAULT": {"conn_type": "google_cloud_platform", "extra": google},
        }
        os.environ.update(cloud)
        os.environ.update({f"AIRFLOW_CONN_{name}": json.dumps(fields) for name, fields in connections.items()})
        yield lambda: [who for letter in box.letters for who in letter.recipients]


@contextmanager
def _web() -> Iterator[int]:
    """A web server that says it is ready, and sends back what it is sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"ready")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

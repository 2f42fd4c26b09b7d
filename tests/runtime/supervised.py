"""Runs attempts through a real supervisor, and looks at the processes that this leaves."""

import contextlib
import os
import select
import time
from dataclasses import dataclass, field
from pathlib import Path

from brisa.errors import NotFoundError
from brisa.runtime.supervisor import Report, Supervisor
from brisa.runtime.xcom_values import from_json
from tests.runtime.attempts import a_request, a_run

DAGS = Path(__file__).parent / "dags"
LONG = 30.0
"""Seconds after which something that is awaited will not happen any more."""


def nobody_answers(verb, payload):
    """Knows no Variables, Connections or XComs."""
    raise NotFoundError(f"nobody answers {verb}")


@dataclass
class Ended:
    """One attempt that has ended, and its log."""

    report: Report
    log: str

    @property
    def kind(self) -> str:
        return self.report.outcome.kind.value

    @property
    def error(self) -> str:
        return self.report.outcome.error

    @property
    def result(self):
        """What the task returned."""
        return from_json(self.report.xcoms["return_value"])


@dataclass
class House:
    """A supervisor, a folder of DAG files, and a folder for logs."""

    supervisor: Supervisor
    tmp: Path
    folder: Path = DAGS
    versions: dict[str, int] = field(default_factory=dict)

    def write(self, file: str, text: str) -> None:
        """Write a DAG file, whose DAG ``d`` is made by its task functions decorated with ``@task``."""
        (self.folder / file).write_text(
            "import datetime as dt, os, signal, sys, time\nfrom brisa import DAG, task\n"
            "dag = DAG('d', schedule=None, start_date=dt.datetime(2024, 1, 1))\n" + text
        )
        self.versions[file] = self.versions.get(file, 0) + 1

    def load(self, file: str):
        """Load a DAG file."""
        return self.supervisor.load(file, f"v{self.versions.get(file, 1)}")

    def run(
        self,
        task_id,
        *,
        file="tasks.py",
        conf=None,
        dag_id="d",
        log="log",
        answer=nobody_answers,
        changes=None,
        **options,
    ) -> Ended:
        """Run one attempt to its end."""
        path = self.tmp / log
        path.unlink(missing_ok=True)
        request = a_request(task_id, a_run(dag_id, conf=conf or {}), file=file, log=log, **(changes or {}))
        report = self.supervisor.run(
            request, fingerprint=f"v{self.versions.get(file, 1)}", log=path, answer=answer, **options
        )
        return Ended(report, path.read_text(errors="backslashreplace") if path.exists() else "")

    def pipe(self, name="pipe") -> Path:
        """A FIFO through which a task and its test wait for each other."""
        path: Path = self.tmp / name
        with contextlib.suppress(FileExistsError):
            os.mkfifo(path)
        return path


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not fetched yet (a zombie) does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone(pid: int, seconds: float = LONG) -> bool:
    """Wait for the end of a process, whosever child it is."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([fd], [], [], seconds)[0]) or not alive(pid)
    finally:
        os.close(fd)


def children(pid: int) -> list[int]:
    """The children of a process, those that have ended but were not fetched included."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(entry.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(entry.parent.name))
    return found


def until(condition, seconds: float = LONG):
    """Ask again and again until it holds, giving way to others in between; what it held."""
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        os.sched_yield()
    return found

"""The real program, in processes of its own: ``python -m brisa …``, and ``brisa standalone`` with what it prints."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.support.waiting import until

SHARED = Path(__file__).resolve().parents[2] / "shared"
COMMAND = [sys.executable, "-m", "brisa"]
_NOT_OURS = ("BRISA_", "AIRFLOW_", "COLUMNS", "FORCE_COLOR", "NO_COLOR")


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what would change brisa's answers, and with ``more``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
    return {**kept, "PYTHONPATH": str(SHARED), **(more or {})}


def brisa(*arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(
        command,
        env=environment(env),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@dataclass(frozen=True)
class Called:
    """How a command ended that ran in this process."""

    returncode: int
    stdout: str
    stderr: str


def called(*arguments: str | Path, **env: str) -> Called:
    """Run one command to its end in this process, for what needs no process of its own."""
    from brisa.cli import run

    out, err = io.StringIO(), io.StringIO()
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment(env))
    try:
        with redirect_stdout(out), redirect_stderr(err):
            try:
                status: object = run([*map(str, arguments)])
            except SystemExit as ended:
                status = ended.code
    finally:
        os.environ.clear()
        os.environ.update(kept)
    assert isinstance(status, int)
    return Called(status, out.getvalue(), err.getvalue())


@dataclass
class Home:
    """One home folder, its DAG files, and the commands that work on it."""

    path: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def dags(self) -> Path:
        """The folder of DAG files."""
        folder = self.path / "dags"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def write(self, name: str, text: str) -> Path:
        """Write a DAG file, or what lies beside one; whole at once, as deployment tools do."""
        file = self.dags / name
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        draft.write_text(textwrap.dedent(text), "utf-8")
        draft.replace(file)
        return file

    def brisa(self, *arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
        """Run one command on this home to its end."""
        return brisa(*arguments, **{"BRISA_HOME": str(self.path), **self.env, **env})

    def call(self, *arguments: str | Path, **env: str) -> Called:
        """Run one command on this home to its end, in this process."""
        return called(*arguments, **{"BRISA_HOME": str(self.path), **self.env, **env})

    def json(self, *arguments: str | Path) -> Any:
        """What a command that succeeds prints with ``-o json``."""
        done = self.call(*arguments, "-o", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def runs(self, dag_id: str) -> list[tuple[str, str]]:
        """(run id, state) of each run, without a process of its own."""
        from brisa.adapters.sqlite import Database, SqliteStore

        if not (self.path / "brisa.db").exists():
            return []
        with closing(Database(self.path / "brisa.db")) as database:
            found = SqliteStore(database).runs(dag_id)
        return [(one.record.run_id, one.record.state.value) for one in found]

    def states(self, dag_id: str) -> list[str]:
        """The states of the runs, the latest first."""
        return [state for _, state in self.runs(dag_id)]

    def dag_ids(self) -> list[str]:
        """Ids of the active DAGs."""
        from brisa.adapters.sqlite import Database, SqliteStore

        with closing(Database(self.path / "brisa.db")) as database:
            return [one.record.dag_id for one in SqliteStore(database).dags() if one.record.active]

    @contextmanager
    def standalone(self, *options: str, **env: str) -> Iterator[Standalone]:
        """``brisa standalone``, ready; ended, whatever happens, with all its processes."""
        with Standalone.started(self, *options, **env) as running:
            running.wait_for("ready")
            yield running


@dataclass
class Standalone:
    """A standalone process and what it has printed."""

    process: subprocess.Popen[bytes]
    printed: Path

    @classmethod
    @contextmanager
    def started(cls, home: Home, *options: str, **env: str) -> Iterator[Standalone]:
        """Started, perhaps not ready yet."""
        descriptor, name = tempfile.mkstemp(".txt", "standalone-", home.path.parent)
        with os.fdopen(descriptor, "wb") as file:
            everything = environment({"BRISA_HOME": str(home.path), **home.env, **env})
            command = [*COMMAND, "standalone", "--look-every", "0.1", "--port", "0", *options]
            process = subprocess.Popen(
                command, env=everything, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
            )
            running = cls(process, Path(name))
            try:
                yield running
            finally:
                family = running.family()
                process.kill()
                process.wait()
                until(lambda: not any(map(lives, family)), what="the end of all processes")

    def text(self) -> str:
        """Everything printed so far."""
        return self.printed.read_text("utf-8", "replace")

    def wait_for(self, text: str, seconds: float = 20.0) -> None:
        """Wait until it has printed ``text``."""
        until(lambda: text in self.text() or self.process.poll() is not None, seconds, what=f"{text!r} in its output")
        assert text in self.text(), f"it has ended: {self.text()}"

    def family(self) -> list[psutil.Process]:
        """All its processes, itself first."""
        return family(self.process.pid)

    def end(self, number: signal.Signals, seconds: float = 20.0) -> int:
        """Send a signal, wait for the end, and for that of all its processes; the exit status."""
        processes = self.family()
        self.process.send_signal(number)
        status = self.process.wait(seconds)
        until(lambda: not any(map(lives, processes)), what="the end of all its processes")
        return status


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it has begun, directly or not."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def lives(process: psutil.Process) -> bool:
    """Whether it runs; a zombie that nobody has asked after doesn't."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def counted(file: Path) -> Callable[[], dict[str, int]]:
    """Reads how often each line is in a file that tasks append their names to."""

    def count() -> dict[str, int]:
        lines = file.read_text().split() if file.exists() else []
        return {line: lines.count(line) for line in lines}

    return count

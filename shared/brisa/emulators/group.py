"""The emulators of one home, seen from outside: start or adopt, check, stop."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from brisa.emulators.installed import PROJECT, gcs_binary, require_bigquery
from brisa.emulators.keeper import held
from brisa.emulators.layout import Layout
from brisa.emulators.processes import end
from brisa.emulators.record import BIGQUERY, GCS, KEEPER, Record, load, save
from brisa.errors import EmulatorError

_PATHS = {GCS: "/storage/v1/b?project=" + PROJECT, BIGQUERY: f"/bigquery/v2/projects/{PROJECT}/datasets"}


class Emulators:
    """Cloud Storage and BigQuery on this machine, with their data below ``home``.

    They are processes of their own that outlive this one: a later ``start`` for the same home finds them and goes on
    with them. They end by ``stop``, or when ``home/brisa.lock`` has had no holder (:func:`fcntl.flock`) for ``grace``
    seconds. Two processes may call these verbs at the same time.
    """

    def __init__(self, home: Path, *, grace: float = 60.0, bigquery: bool = True) -> None:
        """``bigquery=False`` leaves BigQuery out: there is no emulator of it for a Python other than 3.13."""
        self.layout = Layout(home.absolute())
        self.grace = grace
        self.names = (GCS, BIGQUERY) if bigquery else (GCS,)
        self.environment: dict[str, str] = {}
        """The variables that ``start`` has returned."""

    def start(self, patience: float = 60.0) -> dict[str, str]:
        """Make sure that they run and answer; the environment variables by which clients find them.

        Idempotent. Running ones that answer are adopted, whoever started them. Raises
        :class:`~brisa.errors.EmulatorError` when a package or Python 3.13 is missing, and, with the end of the log,
        when one of them has not answered after ``patience`` seconds.
        """
        gcs_binary()
        if BIGQUERY in self.names:
            require_bigquery()
        self.layout.make()
        with self._alone():
            record = load(self.layout.record)
            if not (record.running(KEEPER, *self.names) and all(answers(record, name) for name in self.names)):
                self._end(record)
                self._launch()
                record = self._await(patience)
        self.environment = self._environment(record)
        return dict(self.environment)

    def healthy(self) -> bool:
        """Whether all of them run and answer."""
        record = load(self.layout.record)
        return record.running(*self.names) and all(answers(record, name) for name in self.names)

    def stop(self, patience: float = 10.0) -> None:
        """End them, unless somebody holds the home's lock and so needs them. Idempotent.

        Ends nothing but what the record names: pids together with their time of birth.
        """
        if self.layout.record.exists() and not held(self.layout.lock):
            self.layout.make()
            with self._alone():
                self._end(load(self.layout.record), patience)

    def local_path(self, bucket: str, name: str) -> Path:
        """The file that holds the object ``gs://bucket/name``; for reading only."""
        return self.layout.gcs / bucket / name

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time: who comes later finds what the first has started."""
        with self.layout.starting.open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _end(self, record: Record, patience: float = 10.0) -> None:
        """End the processes of ``record``, and write that they have ended."""
        # The keeper ends its children; then come those whose keeper was killed.
        end([process for name, process in record.processes.items() if name == KEEPER], patience)
        end([process for name, process in record.processes.items() if name != KEEPER], patience)
        if record.processes:
            save(self.layout.record, Record(ports=record.ports))

    def _launch(self) -> None:
        save(self.layout.record, Record(ports=load(self.layout.record).ports))
        command = [sys.executable, "-m", "brisa.emulators.keeper", str(self.layout.home), str(self.grace)]
        with self.layout.log(KEEPER).open("ab") as log:
            subprocess.run(
                [*command, *self.names],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                check=True,
            )

    def _await(self, patience: float) -> Record:
        deadline = time.monotonic() + patience
        pause = 0.02
        record = Record()
        while time.monotonic() < deadline:
            record = load(self.layout.record)
            if record.error:
                raise EmulatorError(f"{record.error}. {self._logs()}")
            if record.processes and not record.running(KEEPER):
                raise EmulatorError(f"The emulators' keeper ended. {self._logs()}")
            if record.running(KEEPER, *self.names) and all(answers(record, name) for name in self.names):
                return record
            time.sleep(pause)
        silent = [name for name in self.names if not (record.running(name) and answers(record, name))]
        self._end(record)
        raise EmulatorError(f"No answer from {', '.join(silent)} after {patience:g} seconds. {self._logs()}")

    def _environment(self, record: Record) -> dict[str, str]:
        environment = {"STORAGE_EMULATOR_HOST": record.url(GCS), "GOOGLE_CLOUD_PROJECT": PROJECT}
        if BIGQUERY in self.names:
            environment["BIGQUERY_EMULATOR_HOST"] = record.url(BIGQUERY)
        return environment

    def _logs(self) -> str:
        """The last lines of the logs that have any, for a person."""
        texts = []
        for name in (KEEPER, *self.names):
            path = self.layout.log(name)
            lines = path.read_text(errors="replace").strip().splitlines()[-5:] if path.exists() else []
            if lines:
                texts.append(f"{path} ends with:\n  " + "\n  ".join(lines))
        return "\n".join(texts) or f"Their logs, below {self.layout.log(KEEPER).parent}, are empty."


def answers(record: Record, name: str, timeout: float = 5.0) -> bool:
    """Whether the emulator ``name`` answers a harmless request."""
    try:
        with urllib.request.urlopen(record.url(name) + _PATHS[name], timeout=timeout) as response:  # noqa: S310 (http to loopback)
            return bool(response.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False

"""What is written down of the emulators of one home, so that any later process can find, adopt or end them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from brisa.emulators.processes import Process

GCS, BIGQUERY, KEEPER = "gcs", "bigquery", "keeper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The content of ``emulators.json``. ``ports`` outlive the processes: a restart uses the same ones if it can."""

    ports: Mapping[str, int] = field(default_factory=dict)
    """"gcs", "bigquery" (HTTP), "grpc" (BigQuery's other one), … → a port of 127.0.0.1."""
    processes: Mapping[str, Process] = field(default_factory=dict)
    """"keeper", "gcs", "bigquery", … → who runs it."""
    error: str = ""
    """Why the keeper gave up, if it did."""

    def url(self, name: str) -> str:
        """Where the emulator ``name`` answers."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def running(self, *names: str) -> bool:
        """Whether all of these processes are alive."""
        return all(name in self.processes and self.processes[name].alive() for name in names)


def load(path: Path) -> Record:
    """The record at ``path``; an empty one if there is none, or one that can't be read."""
    try:
        data = json.loads(path.read_text("utf-8"))
        return Record(
            ports={str(name): int(port) for name, port in data["ports"].items()},
            processes={
                str(name): Process(int(process["pid"]), str(process["born"]))
                for name, process in data["processes"].items()
            },
            error=str(data["error"]),
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return Record()


def save(path: Path, record: Record) -> None:
    """Write the record; readers see the old one or the new one."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(json.dumps(asdict(record), indent=2) + "\n", "utf-8")
    new.replace(path)


def with_process(record: Record, name: str, process: Process) -> Record:
    """The record with ``name`` run by ``process``."""
    return replace(record, processes={**record.processes, name: process})

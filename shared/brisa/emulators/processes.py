"""Processes that outlive the one that started them: named by pid and time of birth, so that no other is ever ended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """One process. A pid is used again by the system; together with ``born`` it is not."""

    pid: int
    born: str

    @classmethod
    def of(cls, pid: int) -> Process:
        """The process that has this pid now."""
        return cls(pid, birth(pid))

    def alive(self) -> bool:
        """Whether this very process still runs (one that ended and that nobody has waited for does not)."""
        return bool(self.born) and birth(self.pid) == self.born

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:  # it ended between the look and the signal
                return

    def kill(self) -> None:
        """Kill it, if it still runs, and with it the process group that it leads."""
        if self.alive():
            try:
                (os.killpg if os.getpgid(self.pid) == self.pid else os.kill)(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return


def birth(pid: int) -> str:
    """When the process began, as text that only serves to be compared; empty if there is none."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return ""
        # proc(5): the state is the third field, the start time since boot the twenty-second.
        return "" if fields[0] in "ZX" else fields[19]
    told = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, began = told.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else began.strip()


def end(processes: Iterable[Process], patience: float) -> None:
    """Ask the processes to end, wait up to ``patience`` seconds, then kill what is left."""
    left = [process for process in processes if process.alive()]
    for process in left:
        process.send(signal.SIGTERM)
    deadline = time.monotonic() + patience
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = [process for process in left if process.alive()]
    for process in left:
        process.kill()

"""Measures, prints a table, writes ``build/bench.json``."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from brisa._version import __version__
from tests.bench import figures

LIMITS: dict[str, tuple[float, str, str]] = {
    "chain40_s": (0.8, "s", "40 tasks in a row, whole run (Airflow 45.3, tuned 16.8; Prefect 5.8)"),
    "handover_ms": (10.0, "ms", "end of a task to start of the next, median (Airflow 940, tuned 190)"),
    "fan100_s": (1.5, "s", "100 tasks at once and a join (Airflow 15.6)"),
    "backlog_s": (5.0, "s", "5 DAGs x 20 runs x 3 tasks (Airflow 56.6)"),
    "commit_ms": (2.0, "ms", "one commit of a run of 1,000 tasks on SQLite, median"),
    "import_ms": (150.0, "ms", "from brisa import DAG, task"),
    "cold_s": (2.0, "s", "brisa standalone: from command to first task running"),
    "idle_mb": (120.0, "MB", "brisa standalone when idle, all processes (PSS)"),
    "reads_per_task": (1.0, "", "documents read for one more task"),
    "writes_per_task": (3.0, "", "documents written for one more task"),
    "queue_ops_per_task": (1.0, "", "messages sent for one more task"),
}
"""Figure → its limit, its unit, what it is. The peers were measured on machines of the same kind: 2 cores."""


def main() -> None:
    """Run all, or those named on the command line."""
    wanted = set(sys.argv[1:]) or set(LIMITS)
    measured: dict[str, float] = {}
    for measure in figures.ALL:
        if wanted & set(measure.names):
            measured.update({name: value for name, value in measure.run().items() if name in wanted})
    machine = f"{platform.machine()}, {figures.cores()} cores, Python {platform.python_version()}, brisa {__version__}"
    table = Table(title=machine, title_justify="left", box=None, pad_edge=False)
    for name in ("figure", "measured", "limit", "", "what"):
        table.add_column(name, justify="right" if name in ("measured", "limit") else "left")
    for name, (limit, unit, what) in LIMITS.items():
        if name in measured:
            value = measured[name]
            verdict = "[green]ok[/]" if value <= limit else "[bold red]over[/]"
            table.add_row(name, f"{value:.3g} {unit}", f"{limit:g} {unit}", verdict, what)
    Console(width=140).print(table)
    folder = Path("build")
    folder.mkdir(exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(measured, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""Measures, prints a table, writes ``build/bench.json``."""

from __future__ import annotations

import json
import platform
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from brisa._version import __version__
from brisa.compat.table import VERSIONS
from brisa.emulators.firestore import jar
from brisa.errors import EmulatorError
from brisa.web.console import STATIC
from tests.bench import figures

LIMITS: dict[str, tuple[float | None, str, str]] = {
    "chain40_s": (0.8, "s", "40 tasks in a row, whole run (Airflow 45.3, tuned 16.8; Prefect 5.8)"),
    "handover_ms": (10.0, "ms", "end of a task to start of the next, median (Airflow 940, tuned 190)"),
    "fan100_s": (1.5, "s", "100 tasks at once and a join (Airflow 15.6)"),
    "backlog_s": (5.0, "s", "5 DAGs x 20 runs x 3 tasks (Airflow 56.6)"),
    "mapped1000_s": (10.0, "s", "a mapped task of 1,000 instances over what another returns, and a join"),
    "commit_ms": (2.0, "ms", "one commit of a run of 1,000 tasks on SQLite, median"),
    "import_ms": (150.0, "ms", "from brisa import DAG, task"),
    "parse_file_ms": (60.0, "ms", "a new DAG file of 50 tasks: its process, its import, its specs; median"),
    "parse_folder_s": (8.0, "s", "200 such files in one process, time of the processor"),
    "parse_folder_airflow_s": (None, "s", f"Airflow {VERSIONS[2]}'s DagBag on the very same files, likewise"),
    "parse_vs_airflow": (0.1, "", "our time for them as a share of Airflow's"),
    "cold_s": (2.0, "s", "brisa standalone: from command to first task running"),
    "idle_mb": (120.0, "MB", "brisa standalone when idle, all processes (PSS)"),
    "tick_10000_s": (2.0, "s", "the planner, with 10,000 DAGs registered and 100 due: until all are begun"),
    "tick_10000_reads": (None, "", "documents that it reads for that"),
    "tick_100_reads": (None, "", "the same with no other DAGs registered"),
    "catchup1000_s": (60.0, "s", "catch-up of 1,000 daily runs of 3 tasks in embedded mode"),
    "catchup_kb_per_run": (None, "kB", "what the database grows by each of them"),
    "idle_week_writes": (0.0, "", "writes and messages in a week of ticks in which nothing is due"),
    "api_list_dags_ms": (
        100.0,
        "ms",
        "standalone with 1,000 DAGs and 100,000 runs, 8 clients: 50 DAGs, 95th percentile",
    ),
    "api_list_runs_ms": (100.0, "ms", "there: the latest 50 runs of all DAGs"),
    "api_dag_runs_ms": (100.0, "ms", "there: the latest 50 runs of one DAG"),
    "api_failed_runs_ms": (100.0, "ms", "there: the latest 50 failed runs"),
    "api_get_run_ms": (100.0, "ms", "there: one run"),
    "api_its_tasks_ms": (100.0, "ms", "there: its tasks"),
    "api_trigger_ms": (
        10.0,
        "ms",
        "there: each of 500 runs that are triggered, none of them lost",
    ),
    "api_mb": (None, "MB", "there: the process after all that (RSS)"),
    "console_kb": (300.0, "kB", "scripts of the console's first load, compressed"),
    "console_home_ms": (1000.0, "ms", "its home in a browser that has not seen it before, until all is there; median"),
    "console_dags_ms": (1000.0, "ms", "its list of 1,000 DAGs, likewise in one that has"),
    "console_grid_ms": (1000.0, "ms", "there: the grid of 100 runs of 300 tasks"),
    "console_graph_ms": (1000.0, "ms", "there: the graph of 300 tasks, laid out"),
    "console_log_ms": (1000.0, "ms", "there: the first lines of a log of 50 MB"),
    "console_scroll_ms": (100.0, "ms", "the longest task while that list, grid or log is scrolled"),
    "console_live_ms": (
        2000.0,
        "ms",
        "until an open list of DAGs shows what somebody else has changed; longest of ten",
    ),
    "console_log_task_ms": (200.0, "ms", "the longest task while that log is read to its end"),
    "reads_per_task": (1.0, "", "documents read for one more task"),
    "writes_per_task": (3.0, "", "documents written for one more task"),
    "queue_ops_per_task": (1.0, "", "messages sent for one more task"),
    "gcp_reads_per_task": (1.0, "", "Firestore: documents read for one more task of a chain"),
    "gcp_writes_per_task": (3.0, "", "Firestore: documents written for it"),
    "gcp_queue_ops_per_task": (1.0, "", "Cloud Tasks: tasks created for it"),
    "gcp_idle_tick_reads": (2.0, "", "Firestore: documents read by a tick that finds nothing"),
    "gcp_idle_tick_writes": (0.0, "", "Firestore: documents written by it"),
    "gcp_fan_in_1000_commits": (100.0, "", "commits of the run's document for 1,000 attempts that end together"),
    "gcp_cold_planner_s": (1.5, "s", "planner: from process start to its first answer, with Firestore's emulator"),
    "gcp_cold_worker_s": (1.5, "s", "worker: the same"),
    "gcp_cold_events_s": (1.5, "s", "events: the same"),
    "gcp_cold_api_s": (1.5, "s", "api: the same"),
    "gcp_chain40_s": (None, "s", "40 tasks in a row through the four functions (Airflow 45.3, tuned 16.8)"),
    "gcp_handover_ms": (None, "ms", "end of a task to start of the next there, median (Airflow 940, tuned 190)"),
    "gcp_fan100_s": (None, "s", "100 tasks at once and a join there (Airflow 15.6)"),
}
"""Figure → its limit, its unit, what it is. The peers were measured on machines of the same kind: 2 cores."""


def main() -> None:
    """Run all, or those named on the command line."""
    wanted = set(sys.argv[1:]) or set(LIMITS)
    measured: dict[str, float] = {}
    cloud = _cloud()
    for measure in (*figures.ALL, *_console(), *cloud):
        if wanted & set(measure.names):
            measured.update({name: value for name, value in measure.run().items() if name in wanted})
    machine = f"{platform.machine()}, {figures.cores()} cores, Python {platform.python_version()}, brisa {__version__}"
    table = Table(title=machine, title_justify="left", box=None, pad_edge=False)
    for name in ("figure", "measured", "limit", "", "what"):
        table.add_column(name, justify="right" if name in ("measured", "limit") else "left")
    for name, (limit, unit, what) in LIMITS.items():
        if name in measured:
            value = measured[name]
            verdict = "" if limit is None else "[green]ok[/]" if value <= limit else "[bold red]over[/]"
            table.add_row(name, f"{value:.3g} {unit}", "" if limit is None else f"{limit:g} {unit}", verdict, what)
    Console(width=140).print(table)
    if cloud and wanted == set(LIMITS):
        _show_examples()
    folder = Path("build")
    folder.mkdir(exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(measured, indent=2) + "\n")


def _console() -> tuple[figures.Measure, ...]:
    """What is measured in a browser, where there are one and the built console."""
    from tests.bench import console

    if console.program() is None or not (STATIC / "index.html").is_file():
        print("The figures that begin with console_ are left out: no Chromium, or the console is not built")
        return ()
    return (figures.Measure(console.FIGURES, console.console),)


def _cloud() -> tuple[figures.Measure, ...]:
    """What is measured on the stand-ins for Google Cloud, where they can run."""
    try:
        jar()
    except EmulatorError as missing:
        print(f"The figures that begin with gcp_ are left out: {missing}")
        return ()
    from tests.bench import functions, operations

    of_functions = tuple(name for name in LIMITS if re.match("gcp_(cold|chain|handover|fan100)", name))
    return (
        figures.Measure(("gcp_reads_per_task", "gcp_writes_per_task", "gcp_queue_ops_per_task"), operations.per_task),
        figures.Measure(("gcp_idle_tick_reads", "gcp_idle_tick_writes"), operations.idle_tick),
        figures.Measure(("gcp_fan_in_1000_commits",), operations.fan_in),
        figures.Measure(of_functions, functions.measured),
    )


def _show_examples() -> None:
    """For people: what whole runs ask for, and where a cold start's time goes."""
    from tests.bench import functions, operations

    table = Table(title="Operations of a run, beside its trigger", title_justify="left", box=None, pad_edge=False)
    for name in ("run", "documents read", "written", "messages", "commits of the run"):
        table.add_column(name, justify="left" if name == "run" else "right")
    for name, counted in operations.examples():
        table.add_row(name, *(f"{one:,}" for one in (counted.reads, counted.writes, counted.messages, counted.commits)))
    Console(width=140).print("", table)
    parts = ", ".join(f"{name} {milliseconds:.0f} ms" for name, milliseconds in functions.attributed())
    Console(width=140).print(f"\nImports of a cold start, each beyond those before it: {parts}")


if __name__ == "__main__":
    main()

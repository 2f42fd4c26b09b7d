"""The main job (`make run`): the whole of embedded mode, one real pipeline, from files in a bucket to KPIs.

    python -m pipelines.run_elevate [--home FOLDER] [--gcp]

Makes the three exports, starts the local Cloud Storage and BigQuery, uploads the exports with Google's own client,
runs the DAG `elevate_marketing` to its end, and prints the KPIs and where the exported file is. All it keeps is below
the home folder (build/elevate). Killed at any moment and started again, it goes on with the same run. Exit status: 0
for a successful run, 1 for a failed one, 2 when it can't begin.

With `--gcp` the same run goes through the local cloud (build/elevate-gcp) instead of embedded mode: brisa's functions
over Firestore, Cloud Tasks and Cloud Storage events; see elevate_on_gcp.py.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import logging
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from brisa.bootstrap import Listeners, Stack, embedded, set_paused
from brisa.cli.output import duration, print_rows, seconds_between
from brisa.cli.view import Progress, task_rows
from brisa.emulators import Emulators
from brisa.errors import BrisaError
from brisa.model.run import Run
from brisa.operators.google.clients import bigquery_client, storage_client

DAG_ID = "elevate_marketing"
FOLDER = Path(__file__).resolve().parent / "elevate_marketing"
HOME = FOLDER.parent.parent / "build" / "elevate"
BUCKET = os.environ.get("ELEVATE_BUCKET", "elevate-landing")
DATASET = "elevate"
FAILED, UNUSABLE = 1, 2


def main(home: Path) -> int:
    """Everything, from nothing to the table of KPIs; the exit status."""
    emulators = Emulators(home)
    with exports(home / "exports", "Cloud Storage and BigQuery") as files:
        os.environ.update(emulators.start())
    upload(files)
    listeners = Listeners()
    try:
        with embedded(home, FOLDER, listeners=listeners) as stack:
            run = run_dag(stack, listeners)
            failures = [] if run.state.value == "success" else reasons(stack, run)
            print_rows(task_rows(run, stack.state.runs.spec(run)), "table", nothing="")
        took = duration(seconds_between(run.started_at, run.ended_at))
        print(f"\n{run.dag_id} {run.run_id}: {run.state.value} in {took}")
        if failures:
            print("\n".join(failures), file=sys.stderr)
            return FAILED
        show_kpis()
        show_export(emulators.layout.gcs)
        return 0
    finally:
        emulators.stop()


def main_on_gcp(home: Path) -> int:
    """The same on the local cloud."""
    from brisa.emulators.local_cloud import LocalCloud
    from pipelines.elevate_on_gcp import run_on_gcp

    cloud = LocalCloud(home)
    try:
        with exports(home / "exports", "the stand-ins for Google Cloud, and brisa's functions,") as files:
            os.environ.update(cloud.start())
        ended = run_on_gcp(cloud, FOLDER, lambda: upload(files))
        print_rows(ended.rows, "table", nothing="")
        run = ended.run
        print(f"\n{run['dag_id']} {run['dag_run_id']}: {run['state']} in {duration(run['duration'])}")
        if run["state"] != "success":
            print(f"The logs are in gs://brisa-state/logs, below {cloud.layout.gcs}", file=sys.stderr)
            return FAILED
        show_kpis()
        show_export(cloud.layout.gcs)
        return 0
    finally:
        cloud.stop()


@contextmanager
def exports(folder: Path, what: str) -> Iterator[list[Path]]:
    """The three exports, made in ``folder`` while the block starts ``what``; they are there when it ends."""
    print(f"Making the exports in {folder}, and starting {what} on this machine …")
    files: list[Path] = []
    with subprocess.Popen([sys.executable, str(FOLDER / "generate.py"), str(folder)], stdout=subprocess.PIPE) as maker:
        yield files
        told, _ = maker.communicate()
    if maker.returncode:
        raise BrisaError(f"generate.py ended with {maker.returncode}")
    files += [Path(line) for line in told.decode().splitlines()]


def upload(files: Iterable[Path]) -> None:
    """Put the files into the bucket, with Google's client; those that are there already stay as they are."""
    with storage_client() as client:
        bucket = client.lookup_bucket(BUCKET) or client.create_bucket(BUCKET)
        for file in files:
            digest = base64.b64encode(hashlib.md5(file.read_bytes(), usedforsecurity=False).digest()).decode()
            there = bucket.get_blob(file.name)
            if there is None or there.md5_hash != digest:
                bucket.blob(file.name).upload_from_filename(str(file), content_type="text/csv")
            print(f"  gs://{BUCKET}/{file.name}  {file.stat().st_size / 1e6:.1f} MB")


def run_dag(stack: Stack, listeners: Listeners) -> Run:
    """Run the DAG to its end, showing its tasks: the run that a killed predecessor has left, else a new one."""
    store = stack.state.store
    broken = store.import_failures()
    if broken:
        raise BrisaError("\n".join(failure.message for failure in broken))
    run = unfinished(stack)
    if run is not None:
        print(f"Going on with the run {run.run_id}")
    else:
        run = new_run(stack)
    ended = threading.Event()
    key = run.key
    with Progress(stack.state.runs.spec(run), store) as progress:

        def watch(changed: Run) -> None:
            if changed.key == key:
                progress.watch(changed)
                if changed.state.terminal:
                    ended.set()

        listeners.add(watch)
        while True:  # a change before the listener was added is seen here
            stored = store.run(key)
            if stored is not None:
                progress.watch(stored.record)
                if stored.record.state.terminal:
                    return stored.record
            ended.wait(0.5)


def unfinished(stack: Stack) -> Run | None:
    """The oldest run of the DAG that has not ended."""
    runs = [stored.record for stored in stack.state.store.runs(DAG_ID)]
    return min((run for run in runs if not run.state.terminal), key=lambda run: run.queued_at, default=None)


def new_run(stack: Stack) -> Run:
    """A new run. Unpausing makes one by itself, for the last complete month; after that it takes a manual one."""
    dag = stack.state.store.dag(DAG_ID)
    if dag is not None and dag.record.paused:
        set_paused(stack.state, DAG_ID, False)
        stack.planner.tick()
        run = unfinished(stack)
        if run is not None:
            return run
    return stack.state.runs.trigger(DAG_ID, triggered_by="run_elevate")


def reasons(stack: Stack, run: Run) -> list[str]:
    """Why the run failed: a line for each attempt that did, with its log's name."""
    return [
        f"{attempt.record.key.task_id}: {attempt.record.outcome.error}"
        for attempt in stack.state.store.attempts(run.key)
        if attempt.record.outcome is not None and attempt.record.outcome.error
    ]


def show_kpis() -> None:
    """Print the year's KPIs per platform and campaign, from the table that the pipeline made."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    columns = ("impresiones", "clics", "gasto_usd", "conversiones", "ingresos_usd")
    totals: dict[str, dict[str, Counter[str]]] = {}
    with bigquery_client() as client:
        for row in client.list_rows(f"{DATASET}.kpis"):
            for campaign in ("", row["campana"]):  # the platform itself comes first
                total = totals.setdefault(row["plataforma"], {}).setdefault(campaign, Counter())
                total.update({name: float(row[name]) for name in columns})
    table = Table(title="KPIs of 2023, money in US dollars", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("platform, campaign", no_wrap=True)
    for heading in ("clicks", "CTR", "spent", "CPC", "CPA", "revenue", "ROAS"):
        table.add_column(heading, justify="right", no_wrap=True)
    for platform, campaigns in sorted(totals.items()):
        for campaign, total in sorted(campaigns.items()):
            table.add_row(f"  {campaign}" if campaign else platform, *_figures(total), style="" if campaign else "bold")
    console = Console()
    (console if console.is_terminal else Console(width=120)).print(table)


def _figures(total: Counter[str]) -> list[str]:
    def ratio(part: str, whole: str, form: str) -> str:
        return form.format(total[part] / total[whole]) if total[whole] else "–"

    return [
        f"{total['clics']:,.0f}",
        ratio("clics", "impresiones", "{:.2%}"),
        f"{total['gasto_usd']:,.0f}",
        ratio("gasto_usd", "clics", "{:.2f}"),
        ratio("gasto_usd", "conversiones", "{:.2f}"),
        f"{total['ingresos_usd']:,.0f}",
        ratio("ingresos_usd", "gasto_usd", "{:.2f}"),
    ]


def show_export(buckets: Path) -> None:
    """Print where the exported file is: its address, and the file that it is on this machine, below ``buckets``."""
    with storage_client() as client:
        blobs: list[Any] = list(client.list_blobs(BUCKET, prefix="kpis/"))
    newest = max(blobs, key=lambda blob: blob.updated)
    print(f"Exported: gs://{BUCKET}/{newest.name}\n          {buckets / BUCKET / newest.name}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run the pipeline elevate_marketing on this machine.")
    parser.add_argument("--home", type=Path, help=f"where everything is kept [{HOME}, with --gcp {HOME}-gcp]")
    parser.add_argument("--gcp", action="store_true", help="through the local cloud, instead of embedded mode")
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.WARNING)
    try:
        given = parser.parse_args()
        folder = given.home or (HOME.with_name(f"{HOME.name}-gcp") if given.gcp else HOME)
        sys.exit((main_on_gcp if given.gcp else main)(folder.expanduser().absolute()))
    except BrisaError as error:
        print(f"run_elevate: {error}", file=sys.stderr)
        sys.exit(UNUSABLE)

"""Compares, prints a table and a list of work, writes ``build/conformance.json``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from brisa.compat.table import VERSIONS
from brisa.errors import AuthoringError
from tests.conformance import known
from tests.conformance.environments import BUILD, dag_files, environment
from tests.conformance.judge import DIFFERS, IDENTICAL, KNOWN, NOT_COMPARED, Bench, Verdict, dialect_of
from tests.conformance.memory import Subject
from tests.conformance.work import work_list

_AT_ONCE = 2
_MOST_WORK = 25


def main() -> int:
    """The exit status: 1 if something differs that is not known."""
    options = _options()
    progress = Console(stderr=True)
    with progress.status("Getting the real Airflows ready ..."):
        subjects = _examples() if not options.folder or options.examples else []
        for folder in options.folder:
            subjects += _others(Path(folder).resolve())
    if options.only:
        files = [one for one in subjects if options.only in (one[1].file.name, one[1].file.stem)]
        subjects = files or [one for one in subjects if options.only in one[1].file.read_text("utf-8", "replace")]
    bench = Bench(python=sys.executable, known=known.read(), fresh=options.fresh, only=options.only)

    def judge(one: tuple[str, Subject]) -> list[Verdict]:
        name, subject = one
        verdicts = bench.judge(subject, name)
        told = Counter(verdict.verdict for verdict in verdicts)
        shown = ", ".join(f"{count} {verdict}" for verdict, count in told.items())
        progress.print(f"{name}  {subject.name}: {shown or 'no DAG'}", highlight=False)
        return verdicts

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        verdicts = [verdict for some in pool.map(judge, subjects) for verdict in some]
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    _show(console, verdicts, bench.known)
    BUILD.mkdir(exist_ok=True)
    result = {"shares": _shares(verdicts), "dags": [verdict.as_json() for verdict in verdicts]}
    (BUILD / "conformance.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return int(any(verdict.verdict == DIFFERS for verdict in verdicts))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__)
    parser.add_argument("--only", default="", metavar="NAME", help="only this DAG, or the DAGs of this file")
    named = os.environ.get("CONFORMANCE_FOLDER")
    parser.add_argument(
        "--folder",
        action="append",
        default=[named] if named else [],
        help="measure the DAG files of this folder instead; may be given again [$CONFORMANCE_FOLDER]",
    )
    parser.add_argument("--examples", action="store_true", help="Airflow's examples too, beside the folders")
    parser.add_argument("--fresh", action="store_true", help="ask the real Airflow again")
    return parser.parse_args()


def _examples() -> list[tuple[str, Subject]]:
    """The examples that each Airflow ships."""
    return [
        (version, Subject(airflow=airflow, file=file, folder=folder))
        for version in VERSIONS.values()
        for airflow in [environment(version)]
        for file, folder in airflow.examples()
    ]


def _others(folder: Path) -> list[tuple[str, Subject]]:
    """The files of any folder, each with the Airflow whose answers brisa gives it."""
    found = []
    for file in dag_files(folder):
        try:
            airflow = environment(VERSIONS[dialect_of(file.read_bytes(), file.name)])
        except AuthoringError:
            continue  # no Python: neither side has anything to run
        found.append((folder.name, Subject(airflow=airflow, file=file, folder=folder)))
    return found


def _shares(verdicts: Sequence[Verdict]) -> dict[str, dict[str, float]]:
    """Set → how many DAGs there are of each kind, and the share of identical ones among those compared."""
    shares = {}
    for name in dict.fromkeys(verdict.set for verdict in verdicts):
        told = Counter(verdict.verdict for verdict in verdicts if verdict.set == name)
        compared = told[IDENTICAL] + told[KNOWN] + told[DIFFERS]
        shares[name] = {
            "dags": compared + told[NOT_COMPARED],
            "compared": compared,
            "identical": told[IDENTICAL],
            "known": told[KNOWN],
            "unknown": told[DIFFERS],
            "share": round(told[IDENTICAL] / compared, 4) if compared else 0.0,
        }
    return shares


def _show(console: Console, verdicts: Sequence[Verdict], known_ones: known.Known) -> None:
    for title, verdict, words in (
        ("Not compared", NOT_COMPARED, lambda one: one.why),
        ("Known differences", KNOWN, lambda one: one.why),
        ("Different", DIFFERS, lambda one: str(one.differences[0]) + _more(one)),
    ):
        chosen = [one for one in verdicts if one.verdict == verdict]
        if chosen:
            console.print(f"\n[bold]{title}[/]")
        for one in chosen:
            console.print(escape(f"{one.set}  {one.dag_id}  {' '.join(words(one).split())}"), soft_wrap=True)
    unknown = [one for one in verdicts if one.verdict == DIFFERS]
    several = [one for one in unknown if len(one.differences) > 1]
    if several:
        console.print("\n[bold]Every difference of those that run[/]")
    for one in several:
        console.print(escape(f"{one.set}  {one.file}  {one.dag_id}"))
        for difference in one.differences:
            console.print(escape(f"    {difference}"), soft_wrap=True)
    work = work_list((f"{one.set} {one.dag_id}", one.work) for one in unknown)
    if work:
        console.print("\n[bold]What stops most DAGs[/]")
    for count, reason in work[:_MOST_WORK]:
        console.print(escape(f"{count:4}  {reason}"), soft_wrap=True)
    for entry in known_ones.stale({(one.airflow, one.dag_id) for one in verdicts}):
        console.print(escape(f"No longer so, take it out of {known.FILE.name}: {entry}"), soft_wrap=True)
    console.print()
    console.print(_table(verdicts))


def _more(verdict: Verdict) -> str:
    rest = len(verdict.differences) - 1
    return f" (and {rest} more)" if rest else ""


def _table(verdicts: Sequence[Verdict]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "DAGs", "compared", "identical", "known", "unknown", "share"):
        table.add_column(name, justify="right" if name else "left")
    for name, share in _shares(verdicts).items():
        numbers = [str(share[key]) for key in ("dags", "compared", "identical", "known", "unknown")]
        table.add_row(f"Airflow {name}" if name in VERSIONS.values() else name, *numbers, f"{share['share']:.1%}")
    return table


if __name__ == "__main__":
    sys.exit(main())

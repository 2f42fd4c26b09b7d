"""``brisa db …``: what a home keeps, as a whole."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import click

from brisa.cli.files import STDIO, confirm_deletion
from brisa.cli.output import DateType, home_option, many, options, output_option, print_rows, verbose_option
from brisa.cli.words import Words
from brisa.errors import BrisaError

_KIND = "brisa export"
_options = options(home_option, verbose_option)


@click.group(cls=Words)
def db() -> None:
    """Check, move and clean what a home keeps."""


@db.command()
@_options
def check(home_given: str | None) -> None:
    """Look whether the database is sound, and whether this brisa can read all that is in it."""
    from brisa.adapters.sqlite.dump import newest_format
    from brisa.bootstrap import home_folder
    from brisa.model.formats import READ

    file = home_folder(home_given) / "brisa.db"
    if not file.exists():
        raise BrisaError(f"there is no database yet: {file}; any command makes it")
    with _database(home_given) as database:
        for (verdict,) in database.read("PRAGMA integrity_check"):
            if verdict != "ok":
                raise BrisaError(f"{file} is damaged: {verdict}; `brisa db export` may still save what can be read")
        found = newest_format(database)
        if found > READ:
            raise BrisaError(
                f"{file} holds records of format {found}, and this brisa reads formats up to {READ}: install the brisa "
                "that has written them, or a later one; nothing was changed"
            )
    click.echo(f"{file} is sound")


@db.command()
@_options
def migrate(home_given: str | None) -> None:
    """Bring the database to the layout of this brisa; any command does so, too."""
    from brisa.adapters.sqlite.dump import layout_of, newest_format

    with _database(home_given) as database:
        click.echo(f"{database.path} has layout {layout_of(database)} and format {newest_format(database)}")


@db.command()
@click.argument("file")
@_options
def export(home_given: str | None, file: str) -> None:
    """Write all that a home keeps, with secrets, logs and XComs, to a file of JSON lines (- for standard output)."""
    from brisa.bootstrap import home_folder

    with _writing(file) as out:
        count = sum(out.write(f"{json.dumps(line)}\n") > 0 for line in _exported(home_folder(home_given), home_given))
    click.echo(f"{many(count - 1, 'record')} exported", err=True)


@db.command("import")
@click.argument("file")
@_options
def import_(home_given: str | None, file: str) -> None:
    """Fill a new home with what `db export` has written (- for the standard input)."""
    from brisa.adapters.local.home import HomeLock
    from brisa.bootstrap import home_folder, make_folder

    home = home_folder(home_given)
    make_folder(home, "the home folder")
    with _reading(file) as read, HomeLock(home):
        count = _import(home, _parsed(read, file))
    with _database(home_given):  # brings it up to this brisa's layout
        click.echo(f"{many(count, 'record')} imported into {home}")


@db.command()
@click.option("--clean-before-timestamp", type=DateType(), required=True, metavar="DATE", help="What is older goes.")
@click.option(
    "-t",
    "--tables",
    type=click.Choice(["dag_run", "log"]),
    multiple=True,
    help="Only runs with all that belongs to them, or only the audit log [both].",
)
@click.option("--dag-ids", metavar="IDS", help="Only runs of these DAGs, with commas between them [all].")
@click.option("--dry-run", is_flag=True, help="Say what would go, and do nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@_options
@output_option
def clean(
    home_given: str | None,
    clean_before_timestamp: datetime,
    tables: tuple[str, ...],
    dag_ids: str | None,
    dry_run: bool,
    yes: bool,
    output: str,
) -> None:
    """Remove runs that ended long ago, with their attempts, logs and XComs, and old entries of the audit log.

    The latest run of each DAG stays.
    """
    from brisa.bootstrap import home_folder, open_state
    from brisa.services.cleaning import Cleaning
    from brisa.services.deletion import Deletion

    before = clean_before_timestamp
    with open_state(home_folder(home_given)) as state:
        cleaning = Cleaning(state.store, Deletion(state.store, state.blobs, state.runs))
        names = tuple(name.strip() for name in (dag_ids or "").split(",") if name.strip())
        runs = [*cleaning.old_runs(before, names)] if "dag_run" in (tables or ("dag_run",)) else []
        entries = cleaning.count_entries(before) if "log" in (tables or ("log",)) and not names else 0
        if not dry_run and (runs or entries):
            if not yes:
                what = f"{len(runs):,} runs and {entries:,} entries of the audit log"
                confirm_deletion(f"Delete {what} of before {before.isoformat()}?")
            runs = [run for run in runs if cleaning.remove_run(run)]
            entries = cleaning.remove_entries(before) if entries else 0
        rows = [{"table": "dag_run", "rows": len(runs)}, {"table": "log", "rows": entries}]
        print_rows(rows, output, nothing="", numbers=("rows",))


@contextmanager
def _database(home_given: str | None) -> Iterator[Any]:
    from brisa.adapters.sqlite import Database
    from brisa.bootstrap import home_folder, make_folder

    home = home_folder(home_given)
    make_folder(home, "the home folder")
    database = Database(home / "brisa.db")
    try:
        yield database
    finally:
        database.close()


def _exported(home: Path, home_given: str | None) -> Iterator[dict[str, Any]]:
    """All lines: what they are, then rows of the database, secrets, and files."""
    from brisa._version import __version__
    from brisa.adapters.sqlite import SqliteSecrets
    from brisa.adapters.sqlite.dump import layout_of, newest_format, rows

    with _database(home_given) as database:
        told = {"layout": layout_of(database), "format": newest_format(database)}
        yield {"kind": _KIND, "version": __version__, **told}
        yield from rows(database)
    secrets = SqliteSecrets(home / "secrets.db", home / "secret.key")
    if (home / "secrets.db").exists():
        yield from ({"secret": name, "value": secrets.get(name)} for name in secrets.names())
    blobs = home / "blobs"
    for file in sorted(blobs.rglob("*")):
        if file.is_file() and file.relative_to(blobs).parts[0] != ".tmp":
            yield {"blob": str(file.relative_to(blobs)), "data": base64.b64encode(file.read_bytes()).decode()}


def _import(home: Path, lines: Iterator[tuple[int, dict[str, Any]]]) -> int:
    from brisa.adapters.sqlite import SqliteSecrets
    from brisa.adapters.sqlite.dump import restore
    from brisa.model.formats import check_format

    _, first = next(lines, (0, {}))
    if first.get("kind") != _KIND or not isinstance(first.get("layout"), int):
        raise BrisaError("that is nothing that `brisa db export` has written")
    check_format("export", first)
    others: list[dict[str, Any]] = []
    for path in (home / "brisa.db", home / "secrets.db"):
        if path.exists():
            raise BrisaError(f"the home {home} has a state already: choose another one")

    def database_rows() -> Iterator[tuple[int, dict[str, Any]]]:
        for number, line in lines:
            if "table" in line:
                yield number, line
            else:
                others.append(_checked(number, line))

    count = restore(home / "brisa.db", first["layout"], database_rows())
    secrets = SqliteSecrets(home / "secrets.db", home / "secret.key")
    for line in others:
        if "secret" in line:
            secrets.put(line["secret"], line["value"])
        else:
            target = home / "blobs" / line["blob"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(base64.b64decode(line["data"]))
    return count + len(others)


def _checked(number: int, line: dict[str, Any]) -> dict[str, Any]:
    """A line that is no row, unless it is none at all, or would be written outside of the home."""
    match line:
        case {"secret": str(), "value": str()}:
            return line
        case {"blob": str(name), "data": str(data)} if _is_within(name) and _is_base64(data):
            return line
        case _:
            raise BrisaError(f"line {number} is nothing that `brisa db export` has written")


def _is_within(name: str) -> bool:
    path = Path(name)
    return bool(path.parts) and ".." not in path.parts and not path.is_absolute()


def _is_base64(data: str) -> bool:
    try:
        base64.b64decode(data, validate=True)
    except ValueError:
        return False
    return True


def _parsed(read: Iterable[str], file: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, text in enumerate(read, 1):
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        if not isinstance(line, dict):
            raise BrisaError(f"{file}:{number}: this is no JSON object")
        yield number, line


@contextmanager
def _writing(file: str) -> Iterator[IO[str]]:
    import os

    if file == STDIO:
        yield sys.stdout
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it has secrets
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            yield opened
    except OSError as error:
        raise BrisaError(f"{file} can't be written: {error.strerror}") from error


@contextmanager
def _reading(file: str) -> Iterator[IO[str]]:
    if file == STDIO:
        yield sys.stdin
        return
    try:
        with Path(file).open(encoding="utf-8") as opened:
            yield opened
    except OSError as error:
        raise BrisaError(f"{file} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BrisaError(f"{file} is not UTF-8") from error

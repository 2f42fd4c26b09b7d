"""``brisa check``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from brisa.cli.output import one_line, verbose_option
from brisa.errors import BrisaError

_FAILED = 1


@click.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(exists=True, file_okay=False, path_type=Path))
@verbose_option
def check(folder: Path) -> None:
    """Load the DAG files of FOLDER, as a deployment would: status 1 if one does not load.

    Nothing runs, and nothing is kept. Prints the DAGs that there are.
    """
    if not loads(folder, tell=True):
        sys.exit(_FAILED)


def loads(folder: Path, *, tell: bool = False) -> bool:
    """Whether every DAG file loads; says which do not, and with ``tell`` which DAGs there are.

    :class:`~brisa.errors.BrisaError` if the folder has no DAG at all.
    """
    from brisa.bootstrap import trial

    with trial(folder.resolve()) as stack:
        failures = stack.registry.sync().failures
        for failure in failures:
            click.echo(f"does not load: {one_line(failure.message)}", err=True)
        dags = [stored.record.dag_id for stored in stack.store.dags()]
        if not failures and not dags:
            raise BrisaError(f"no file in {folder} defines a DAG: is that the folder?")
        for dag_id in dags if tell else ():
            click.echo(f"{one_line(dag_id)} loads")
    return not failures

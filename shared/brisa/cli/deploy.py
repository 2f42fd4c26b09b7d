"""``brisa deploy …``."""

from __future__ import annotations

import sys

import click

from brisa.cli.check import loads
from brisa.cli.output import folder_options, verbose_option, visible
from brisa.cli.words import Words

_FAILED = 1


@click.group(cls=Words)
def deploy() -> None:
    """Copy DAG files to where a deployment on Google Cloud has them."""


@deploy.command()
@click.argument("location", metavar="LOCATION")
@click.option("--delete", is_flag=True, help="Delete there what the folder does not have.")
@click.option("--dry-run", is_flag=True, help="Say what would be copied, and do nothing.")
@click.option("--no-check", is_flag=True, help="Do not load the DAG files first.")
@folder_options
@verbose_option
def dags(
    location: str, delete: bool, dry_run: bool, no_check: bool, home_given: str | None, dags_given: str | None
) -> None:
    """Copy the folder of DAG files to LOCATION, gs://BUCKET/PREFIX; what is the same there is left alone.

    Each DAG file has to load first. Status 1, and nothing is copied, if one does not.
    """
    from brisa.adapters.gcs import connect
    from brisa.adapters.gcs.publishing import Publisher
    from brisa.adapters.local.clock import SystemClock
    from brisa.bootstrap import dags_folder, home_folder

    bucket, prefix = _parts(location)
    folder = dags_folder(home_folder(home_given), dags_given)
    if not no_check and not loads(folder):
        click.echo("Nothing was copied.", err=True)
        sys.exit(_FAILED)
    publisher = Publisher(connect(), bucket, prefix, SystemClock())
    plan = publisher.plan(folder)
    for name in plan.upload:
        if not dry_run:
            publisher.upload(folder, name)
        click.echo(f"{'would copy' if dry_run else 'copied'} {visible(name)}")
    for name in plan.extra if delete else ():
        if not dry_run:
            publisher.delete(name)
        click.echo(f"{'would delete' if dry_run else 'deleted'} {visible(name)}")
    kept = f", {len(plan.extra)} there alone" if plan.extra and not delete else ""
    copied = f"{len(plan.upload)} {'to copy' if dry_run else 'copied'}"
    click.echo(f"{publisher.place}: {copied}, {len(plan.same)} the same{kept}", err=True)


def _parts(location: str) -> tuple[str, str]:
    bucket, _, prefix = location.removeprefix("gs://").partition("/")
    if not location.startswith("gs://") or not bucket:
        raise click.UsageError(f"{location!r} is no place like gs://bucket/dags")
    return bucket, prefix

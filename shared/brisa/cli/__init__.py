"""The command line: Airflow's words for the same things."""

from __future__ import annotations

import gc
import io
import signal
import sys
import traceback
from collections.abc import Sequence
from types import TracebackType
from typing import ClassVar

import click

from brisa._version import __version__
from brisa.cli.output import Shown, one_line, verbose_option
from brisa.cli.words import Words
from brisa.errors import BrisaError

BAD_INPUT = 2


class _Lazy(Words):
    """Groups whose commands are imported when they are used, so that ``brisa --help`` stays quick."""

    _modules: ClassVar[dict[str, tuple[str, str]]] = {
        "api-token": ("brisa.cli.tokens", "Print a token for the HTTP API."),
        "assets": ("brisa.cli.assets", "List assets and their events, and make them."),
        "backfill": ("brisa.cli.backfill", "Make runs for past intervals, look at them, pause and cancel that."),
        "check": ("brisa.cli.check", "Load the DAG files of a folder and say which do not."),
        "completion": ("brisa.cli.completion", "Print what makes a shell complete brisa's commands."),
        "config": ("brisa.cli.config", "Show how brisa is set."),
        "connections": ("brisa.cli.connections", "List, add, delete, test, import and export connections."),
        "cost": ("brisa.cli.cost", "Print what a load costs a month on Google Cloud."),
        "dags": ("brisa.cli.dags", "List, show, test, trigger DAGs; cancel and delete."),
        "db": ("brisa.cli.db", "Check, move and clean what a home keeps."),
        "deploy": ("brisa.cli.deploy", "Copy DAG files to where a deployment has them."),
        "info": ("brisa.cli.info", "Print what runs here, and where."),
        "local-gcp": ("brisa.cli.local_gcp", "Run Google Cloud's stand-ins and brisa's functions on this machine."),
        "pools": ("brisa.cli.pools", "List, set and delete pools: slots that tasks of all runs share."),
        "roles": ("brisa.cli.users", "List the roles that users have."),
        "standalone": ("brisa.cli.standalone", "Run everything on this machine."),
        "tasks": ("brisa.cli.tasks", "List, test, clear and mark tasks, see their states and logs."),
        "users": ("brisa.cli.users", "List, make and delete users, change their roles and passwords."),
        "variables": ("brisa.cli.variables", "List, get, set, delete, import and export Variables."),
    }
    """Name → the module that has a command of that name, and what it does in a few words."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self._modules])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._modules:
            return super().get_command(ctx, cmd_name)
        import importlib

        module = importlib.import_module(self._modules[cmd_name][0])
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def sentence(self, ctx: click.Context, name: str) -> str:
        """What it does, without importing it."""
        return self._modules[name][1] if name in self._modules else super().sentence(ctx, name)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@verbose_option
def cli() -> None:
    """brisa: Airflow DAGs, run by functions that scale to zero, or by one command on one machine."""


@cli.command()
def version() -> None:
    """Print brisa's version."""
    click.echo(__version__)


def main() -> None:
    """The console script: :func:`run` in a process of its own."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _terminated)
    if not {"-v", "--verbose"} & set(sys.argv):
        sys.excepthook = _tell_defect
    status = run()
    gc.freeze()  # else the interpreter looks through all that was loaded once more: a fifth of a short command's time
    sys.exit(status)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 for success, 1 for a failed run, 2 for a usage or parse error.

    130 is that of a command that was interrupted (Ctrl-C). ``arguments`` default to those of the process.
    """
    shown = Shown()
    try:
        status = cli.main(arguments, prog_name="brisa", standalone_mode=False, obj=shown)
    except click.UsageError as error:
        _tell_usage(error)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 128 + signal.SIGINT
    except BrisaError as error:
        if shown.verbose:
            traceback.print_exception(error)
        click.echo(f"Error: {one_line(str(error))}", err=True)
        return BAD_INPUT
    return status if isinstance(status, int) else 0


def _tell_usage(error: click.UsageError) -> None:
    """One line, and where to read more; whoever has typed no more than a group's name reads it at once."""
    if error.ctx is None or isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    told = one_line(error.format_message()).rstrip(".")
    click.echo(f"Error: {told}{' See' if told.endswith('?') else '; see'} `{error.ctx.command_path} --help`", err=True)


def _tell_defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """One line for what nobody has foreseen."""
    if issubclass(kind, Exception):
        text = one_line(f"{kind.__name__}: {error}")
        click.echo(f"Error: brisa has failed here, which is a defect of its own: {text}; -v shows where", err=True)
    else:
        sys.__excepthook__(kind, error, trace)


def _terminated(number: int, _frame: object) -> None:
    """End as Ctrl-C does: what was begun is cleaned up."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)

"""What the command line says of itself, and how quickly."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from brisa import _version
from brisa.cli import cli
from tests.support.program import COMMAND, brisa, environment

HEAVY = ("brisa.bootstrap", "croniter", "google.api_core", "jinja2", "pendulum", "rich", "sqlite3", "yaml")


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command, and every group, as the words that call it."""
    found = [path]
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found += commands(command, (*path, name)) if isinstance(command, click.Group) else [(*path, name)]
    return found


def test_all_commands_of_the_first_version_are_there():
    """The commands that the documents promise exist."""
    promised = {
        *((("dags", name)) for name in ("list", "show", "test", "trigger", "list-runs", "state")),
        *((("dags", name)) for name in ("pause", "unpause", "list-import-errors")),
        *((("tasks", name)) for name in ("list", "states-for-dag-run", "logs", "test")),
        ("standalone",),
        ("version",),
    }

    assert promised <= set(commands())


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]):
    """``--help`` and ``-h`` show usage, a sentence that says what the command does, and a line for each option."""
    long = CliRunner().invoke(cli, [*path, "--help"])
    short = CliRunner().invoke(cli, [*path, "-h"])

    assert long.exit_code == 0
    assert long.output == short.output
    usage, blank, sentence, *_ = long.output.splitlines()
    assert usage.startswith("Usage: ")
    assert (blank, sentence[:2]) == ("", "  ")
    assert sentence.strip()[0].isalpha()


@pytest.mark.parametrize("path", [path for path in commands() if path], ids=" ".join)
def test_every_option_says_what_it_does(path: tuple[str, ...]):
    """No option is without a help text."""
    command: click.Command = cli
    for name in path:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None
        command = found

    bare = [one.name for one in command.params if isinstance(one, click.Option) and not one.help]
    assert bare == []


def test_help_imports_nothing_heavy():
    """``brisa --help`` is quick because it loads none of the libraries that commands use."""
    probe = (
        "import sys; sys.argv = ['brisa', '--help']\n"
        "import brisa.cli\n"
        "try: brisa.cli.main()\n"
        "finally: print(sorted(set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", probe], env=environment(), capture_output=True, text=True, check=True)

    loaded = done.stderr
    assert "'brisa.cli'" in loaded
    assert [name for name in HEAVY if f"'{name}'" in loaded] == []


def test_version_is_the_packages():
    """``brisa version`` prints the version, and nothing else."""
    done = brisa("version")

    assert (done.stdout, done.stderr, done.returncode) == (f"{_version.__version__}\n", "", 0)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["dags", "list", "--nope"], "No such option"),
        (["dags", "tst"], "No such command 'tst'"),
        (["nope"], "No such command 'nope'"),
        (["dags", "test"], "Missing argument 'DAG_ID'"),
        (["dags", "list", "-o", "xml"], "'xml' is not one of"),
        (["dags", "list-runs", "d", "--state", "flying"], "'flying' is not one of"),
        (["tasks", "logs", "d", "latest", "t", "--try", "0"], "0 is not in the range"),
        (["standalone", "--slots", "0"], "0 is not in the range"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_usage_error_is_status_2(arguments: list[str], says: str):
    """A mistyped command line ends with status 2 and says what was wrong, before anything is touched."""
    done = CliRunner().invoke(cli, arguments, env={"BRISA_HOME": "/nowhere/at/all"})

    assert done.exit_code == 2
    assert says in done.output


def test_the_program_maps_usage_errors_too():
    """Outside of click's own machinery too, status and message are those of a usage error."""
    done = brisa("dags", "list", "--nope")

    assert done.returncode == 2
    assert done.stdout == ""
    assert "No such option" in done.stderr
    assert COMMAND[-1] in done.stderr

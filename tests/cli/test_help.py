"""What the command line says of itself, and how quickly."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from brisa import _version
from brisa.cli import cli, run
from tests.support.program import brisa, environment

HEAVY = ("brisa.bootstrap", "croniter", "google.api_core", "jinja2", "pendulum", "rich", "sqlite3", "yaml")


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command, and every group, as the words that call it."""
    found = [path]
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found += commands(command, (*path, name)) if isinstance(command, click.Group) else [(*path, name)]
    return found


PROMISED = {
    "dags": "backfill cancel-run delete delete-run details list list-import-errors list-jobs list-runs next-execution "
    "pause report reserialize show state test trigger unpause",
    "tasks": "clear failed-deps list logs mark render state states-for-dag-run test",
    "variables": "delete export get import list set",
    "connections": "add create-default-connections delete export get import list test",
    "pools": "delete export get import list set",
    "users": "change-role create delete list reset-password",
    "roles": "list",
    "assets": "details events list materialize",
    "backfill": "cancel create list pause show unpause",
    "config": "get-value list",
    "db": "check clean export import migrate",
    "deploy": "dags",
    "local-gcp": "env up",
}
ALONE = ("api-token", "check", "completion", "cost", "info", "standalone", "version")


def test_the_words_are_airflows_for_the_same_things():
    """All of them, and no others but brisa's own."""
    found = {path for path in commands() if path} - {(group,) for group in PROMISED}
    assert found == {(group, word) for group, words in PROMISED.items() for word in words.split()} | {
        (word,) for word in ALONE
    }


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


GROUPS = [path for path in commands() if any(other[: len(path)] == path != other for other in commands())]


@pytest.mark.parametrize("path", GROUPS, ids=" ".join)
def test_a_group_lists_its_commands_with_whole_sentences(path: tuple[str, ...]):
    """None is cut off with dots."""
    done = CliRunner().invoke(cli, [*path, "--help"])

    _, _, listed = done.output.partition("Commands:")
    assert listed
    assert "..." not in listed


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


USAGE = {
    "dags list -x": "No such option '-x'; see `brisa dags list --help`",
    "dags list --outpt json": "No such option '--outpt'. Did you mean '--output'? See `brisa dags list --help`",
    "dags tigger d": "No such command 'tigger'; did you mean 'trigger'? See `brisa dags --help`",
    "dag list": "No such command 'dag'; did you mean 'dags'? See `brisa --help`",
    "whatever": "No such command 'whatever'; see `brisa --help`",
    "dags trigger": "Missing argument 'DAG_ID'; see `brisa dags trigger --help`",
    "dags trigger d -c {": "--conf is not JSON: Expecting property name enclosed in double quotes: "
    "line 1 column 2 (char 1); see `brisa dags trigger --help`",
    "pools set etl many": "Invalid value for 'SLOTS': 'many' is not a valid integer; see `brisa pools set --help`",
}


@pytest.mark.parametrize(("typed", "told"), USAGE.items(), ids=USAGE)
def test_a_mistyped_command_is_one_line_with_a_hint(typed: str, told: str, capsys: pytest.CaptureFixture[str]):
    """On standard error; the status is 2."""
    assert run(typed.split()) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"Error: {told}\n")


def test_a_group_alone_says_what_it_has(capsys: pytest.CaptureFixture[str]):
    """Its commands, on standard error, as nothing was done."""
    assert run(["pools"]) == 2
    printed = capsys.readouterr()
    assert (printed.out, "Make a pool of so many slots" in printed.err) == ("", True)

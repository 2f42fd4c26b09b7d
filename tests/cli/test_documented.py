"""The reference of the command line has what the program has: commands, options, columns, variables, files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

import click
import pytest

from brisa.cli import cli
from brisa.cli.output import output_option
from brisa.model.states import RunState
from tests.support.documents import DOCS, ROOT, dag_example, typed
from tests.support.program import Home
from tests.support.waiting import until

COMMAND_LINE = (DOCS / "reference" / "command-line.md").read_text("utf-8")


def leaves(group: click.Group = cli, words: tuple[str, ...] = ("brisa",)) -> Iterator[tuple[str, click.Command]]:
    """Every command, by the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, (*words, name))
        elif command is not None:
            yield " ".join((*words, name)), command


COMMANDS: Mapping[str, click.Command] = dict(leaves())
SECTIONS: Mapping[str, str] = {
    title.strip("`"): text
    for title, text in re.findall(r"^##+ ([^\n]*)\n(.*?)(?=^##|\Z)", COMMAND_LINE, re.MULTILINE | re.DOTALL)
}
SHARED_OPTIONS = SECTIONS["Options that several commands have"]
WHERE = SHARED_OPTIONS.partition("`[WHERE]` in what follows stands for `")[2].partition("`")[0]
"""The options that say which brisa is meant."""


def options(command: click.Command) -> list[click.Option]:
    return [one for one in command.params if isinstance(one, click.Option)]


def test_the_page_has_every_command_and_no_other() -> None:
    """Each command has a section of its own."""
    assert sorted(title for title in SECTIONS if title.startswith("brisa ")) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_shown_with_all_it_takes(name: str) -> None:
    """The usage has each argument, those that may be left out in brackets, and each long option, and nothing else."""
    command = COMMANDS[name]
    (words,) = [["brisa", *words] for words in typed(SECTIONS[name])]
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    expected = [one.human_readable_name if one.required else f"[{one.human_readable_name}]" for one in arguments]
    longs = {text for one in options(command) for text in (one.opts + one.secondary_opts) if text.startswith("--")}

    shown = " ".join(words).replace("[WHERE]", WHERE)
    start = len(name.split())
    assert words[:start] == name.split()
    assert words[start : start + len(arguments)] == expected
    assert set(re.findall(r"--[a-z-]+", shown)) == longs - {"--exec-date"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name: str) -> None:
    """In the command's own section or among the shared ones there is a row with each way to write the option."""
    rows = [line for line in (SECTIONS[name] + SHARED_OPTIONS).splitlines() if line.startswith("| `-")]
    for option in options(COMMANDS[name]):
        spellings = [*option.opts, *option.secondary_opts]
        assert any(all(re.search(rf"`{re.escape(text)}[` ]", row) for text in spellings) for row in rows), (
            f"{name}: {spellings}"
        )


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_is_explained_that_is_not_there(name: str) -> None:
    """A section's own table has the options of its command alone."""
    explained = re.findall(r"^\| (`-.*?) \|", SECTIONS[name], re.MULTILINE)
    there = {text for one in options(COMMANDS[name]) for text in (*one.opts, *one.secondary_opts)}

    assert {text for row in explained for text in re.findall(r"`(-[a-z-]+)", row)} <= there


def test_the_words_that_options_take_are_listed() -> None:
    """Formats and states are named on the page as the program knows them."""
    formats = next(one.type for one in options(click.Command("x", params=_params(output_option))))
    assert isinstance(formats, click.Choice)
    for word in (*formats.choices, *RunState):
        assert f"`{word}`" in COMMAND_LINE


def _params(decorator: object) -> list[click.Parameter]:
    def nothing() -> None: ...

    decorator(nothing)  # type: ignore[operator]  # click types its decorators as objects
    found: list[click.Parameter] = nothing.__click_params__  # type: ignore[attr-defined]  # where click keeps them
    return found


ROWS = {
    "brisa dags list": (),
    "brisa dags list-import-errors": (),
    "brisa dags list-runs": ("hello",),
    "brisa dags show": ("hello",),
    "brisa dags state": ("hello", "mine"),
    "brisa dags test": ("hello", "--quiet"),
    "brisa dags trigger": ("hello", "-r", "other"),
    "brisa tasks list": ("hello",),
    "brisa tasks states-for-dag-run": ("hello", "mine"),
    "brisa dags report": (),
    "brisa variables list": ("--show-values",),
    "brisa connections list": ("--show-values",),
    "brisa pools list": (),
    "brisa users list": (),
    "brisa roles list": (),
    "brisa info": (),
    "brisa db clean": ("--clean-before-timestamp", "2024-01-01"),
}
"""Commands that print rows, or one object, with what to ask for."""


def documented_keys(name: str) -> list[str]:
    """What a section says that the printed rows (or the object) have, without what is in brackets behind a name."""
    found = re.search(r"(?:Columns|columns|Keys of the object|Keys): (.*?)\.(?:\s|$)", SECTIONS[name], re.DOTALL)
    assert found, name
    return re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", found[1]))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a DAG that has a run, and with a file that does not load."""
    home = Home(tmp_path_factory.mktemp("documented"))
    home.write("hello.py", dag_example(ROOT / "README.md"))
    home.write("bad.py", "from brisa import DAG\nDAG('bad', schedule='61 * * * *')\n")
    for words in (
        ("dags", "trigger", "hello", "-r", "mine"),
        ("variables", "set", "a", "1"),
        ("connections", "add", "a", "--conn-uri", "http://h"),
        ("pools", "set", "a", "1"),
        ("users", "create", "-u", "ana", "-r", "Admin", "--use-random-password"),
    ):
        assert home.call(*words).returncode == 0
    return home


@pytest.mark.parametrize("name", ROWS)
def test_the_documented_columns_are_printed(home: Home, name: str) -> None:
    """The names that a program finds in the JSON are those of the page, in its order."""
    printed = home.json(*name.split()[1:], *ROWS[name])
    (first, *_) = printed if isinstance(printed, list) else [printed]

    assert list(first) == documented_keys(name)


def environment_variables() -> set[str]:
    """The names (or beginnings of names) of environment variables that the sources have in their code."""
    found: set[str] = set()
    for file in (ROOT / "shared" / "brisa").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                if re.fullmatch(r"(BRISA|AIRFLOW|GOOGLE_CLOUD|STORAGE_EMULATOR|BIGQUERY_EMULATOR)_[A-Z_]+", text):
                    found.add(text)
    return found


def test_every_environment_variable_is_documented() -> None:
    """Those that the sources name are on the page, and the page has no other."""
    on_page = set(re.findall(r"`((?:[A-Z]+_)+[A-Z]*)`", SECTIONS["Environment variables"]))

    assert {"BRISA_HOME", "AIRFLOW_VAR_", "AIRFLOW_CTX_DAG_ID"} <= on_page
    assert on_page == environment_variables()


def test_what_lies_in_a_home_is_documented(home: Home) -> None:
    """After a session every name in a home is in the page's table."""
    table = SECTIONS["The home folder"]
    with home.standalone("--unpaused"):
        until(lambda: home.states("hello")[-1:] == ["queued"], what="the waiting run")
        assert home.call("dags", "unpause", "hello").returncode == 0
        until(lambda: set(home.states("hello")) == {"success"}, what="the end of all runs")
        names = {path.name for path in home.path.iterdir()}

    assert {"brisa.db", "brisa.lock", "doorbell", "blobs", "dags"} <= names
    for name in names:
        assert f"`{name}" in table, name

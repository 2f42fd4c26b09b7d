"""The guide to operations: a runbook for each alert, commands that are there, queries for what the code logs."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from tests.cli.test_documented import COMMANDS
from tests.infra.heavy import heavy
from tests.infra.test_declared import outcomes
from tests.support.documents import DOCS, ROOT
from tests.support.program import Home
from tests.test_repository import anchors

FOLDER = DOCS / "how-to" / "operate"
RUNBOOKS = FOLDER / "runbooks.md"
PAGES = [FOLDER.with_suffix(".md"), *sorted(FOLDER.glob("*.md"))]
PARTS = ("**Means**", "**People notice**", "**Look first**", "**Causes and cures**", "**Over**")


def name_of(page: Path) -> str:
    """For people."""
    return page.name


def sections() -> dict[str, str]:
    """Anchor → text of each runbook."""
    found = re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", RUNBOOKS.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return {_anchor(title): text for title, text in found}


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def shown(page: Path) -> list[str]:
    """The commands that a page shows to type, each on one line."""
    blocks = re.findall(r"^ *```console\n(.*?)^ *```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return re.findall(r"^ *\$ (.+)$", "\n".join(blocks), re.MULTILINE)


def quoted(page: Path) -> list[str]:
    """Those that it names in its sentences."""
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [" ".join(found.split()) for found in re.findall(r"`((?:brisa|gcloud|infra/\S+\.sh) [^`]+)`", text)]


# --- runbooks and alerts


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    """Under the alert's own name."""
    alerts = json.loads((ROOT / "infra" / "monitoring" / "alerts.json").read_text("utf-8"))
    named = {_anchor(alert["displayName"].removeprefix("${name}: ")) for alert in alerts}
    assert named == set(sections())
    assert set(sections()) <= anchors(RUNBOOKS)


@pytest.mark.parametrize("runbook", sections())
def test_a_runbook_is_complete(runbook: str) -> None:
    """What it means, who notices, where to look, what helps, and when it is over; with a command to begin with."""
    text = sections()[runbook]
    places = [text.find(part) for part in PARTS]
    assert -1 not in places
    assert places == sorted(places)
    looks = text[places[2] : places[3]]
    assert re.search(r"^\$ (gcloud|brisa) ", looks, re.MULTILINE)


# --- commands


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_brisa_commands_can_be_typed(page: Path) -> None:
    """Each is a command with arguments and options that it takes."""
    found = [line for line in [*shown(page), *quoted(page)] if line.startswith("brisa ")]
    assert found or page.name == "quotas.md"
    for line in found:
        words = shlex.split(line)
        name = max((one for one in COMMANDS if f"{line} ".startswith(f"{one} ")), key=len, default="")
        assert name, line
        try:
            COMMANDS[name].make_context(name, words[len(name.split()) :])
        except click.ClickException as error:
            pytest.fail(f"{line}: {error.format_message()}")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_scripts_take_what_the_page_gives_them(page: Path) -> None:
    """Each call of ours goes through in a dry run; of a deployment one part, since all of it has tests of its own."""
    for line in sorted({one for one in [*shown(page), *quoted(page)] if one.startswith("infra/")}):
        words = shlex.split(line)
        if words[0].endswith("build_source.py"):
            assert (ROOT / words[words.index("--lock") + 1]).exists()
            continue
        part = ["--only=apis"] if words[0].endswith("deploy.sh") else []
        done = subprocess.run(
            [ROOT / words[0], *words[1:], *part, "--project=my-project", "--dry-run"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (line, done.stderr)


def test_the_commands_of_one_machine_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export before the upgrade, a look, and a new home from it: in the order of the pages, each ends well."""
    monkeypatch.chdir(tmp_path)
    home = Home(tmp_path / "home")
    home.write("sales.py", "from brisa import DAG\nfrom brisa.operators.empty import EmptyOperator\n")
    assert home.call("variables", "set", "country", "es").returncode == 0
    commands = [line for page in PAGES for line in shown(page) if line.startswith("brisa db ")]
    assert {line.split()[2] for line in commands} == {"export", "migrate", "check", "import", "clean"}
    for line in commands:
        done = home.call(*shlex.split(line)[1:])
        assert done.returncode == 0, (line, done.stderr)
    for name in ("home-of-before", "restored"):
        assert Home(tmp_path / name).call("variables", "get", "country").stdout == "es\n"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_queries_look_for_what_the_code_logs(page: Path) -> None:
    """Outcomes, fields and texts of the queries are those of the code; what Google itself logs aside."""
    code = "\n".join(file.read_text("utf-8") for file in (ROOT / "shared" / "brisa").rglob("*.py"))
    queries = "\n".join(line for line in shown(page) if line.startswith("gcloud logging read"))
    for words in re.findall(r"jsonPayload\.outcome=(\([^)]*\)|\"[^\"]*\")", queries):
        assert set(re.findall(r'"([^"]+)"', words)) <= outcomes(), words
    for text in re.findall(r'textPayload:"([^"]+)"', queries):
        assert text in code or text == "Memory limit", text
    for field in set(re.findall(r"jsonPayload\.(\w+)", queries)):
        assert f'"{field}"' in code or f"{field}=" in code, field
    assert set(re.findall(r'service_name="brisa-(\w+)"', queries)) <= {"planner", "worker", "events", "api"}


def _gcloud() -> list[str]:
    """Its commands."""
    return [line for page in PAGES for line in [*shown(page), *quoted(page)] if line.startswith("gcloud ")]


@heavy
def test_gcloud_takes_every_command(tmp_path: Path) -> None:
    """Its groups, flags and values are those of the gcloud that is installed."""
    assert shutil.which("gcloud"), "gcloud is not installed"
    lines = list(dict.fromkeys(line.replace("#", "-") for line in _gcloud()))  # to the linter it begins a comment
    assert len(lines) > 40
    file = tmp_path / "commands.json"
    file.write_text(json.dumps([{"command_string": line} for line in lines]), "utf-8")
    told = subprocess.run(
        ["gcloud", "meta", "lint-gcloud-commands", f"--commands-file={file}"],
        env={"PATH": f"{Path(shutil.which('gcloud') or '').parent}:/usr/bin:/bin", "CLOUDSDK_CONFIG": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    judged = json.loads(told.stdout)
    assert len(judged) == len(lines)
    assert [(one["command_string"], one["error_message"]) for one in judged if not one["success"]] == []

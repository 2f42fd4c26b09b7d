"""The shell scripts: what they say, what they refuse, and that a dry run calls nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.commands import PROJECT, ROOT, deployed, dry_run, script

SHELL = sorted([*(ROOT / "infra").rglob("*.sh"), *(ROOT / "tests").rglob("*.sh")])


def test_shellcheck_finds_nothing() -> None:
    """Every script is clean, those of the development environment too."""
    program = shutil.which("shellcheck", path=Path(sys.executable).parent)
    assert program, "shellcheck is among the packages for tests"
    assert len(SHELL) > 15
    done = subprocess.run([program, *SHELL], capture_output=True, text=True, check=False)
    assert not done.stdout


def test_a_dry_run_needs_no_gcloud_and_changes_nothing() -> None:
    """It prints the same script each time, which bash can read."""
    first, again = (
        deployed().text,
        script("deploy.sh", f"--project={PROJECT}", "--project-number=123456789012", "--dry-run").stdout,
    )

    def plain(text: str) -> list[str]:
        return [line for line in text.splitlines() if "/tmp" not in line]

    assert plain(first) == plain(again)
    assert len(deployed().commands) > 150
    assert subprocess.run(["bash", "-n"], input=first, text=True, check=False).returncode == 0


def test_without_gcloud_nothing_is_done() -> None:
    """And that is said, with status 2, before anything else."""
    done = script("deploy.sh", f"--project={PROJECT}")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")


@pytest.mark.parametrize("name", ["deploy.sh", "teardown.sh", "release.sh"])
def test_help_tells_every_option(name: str) -> None:
    """Each option that a script takes is in what --help prints, which is the script's own beginning."""
    place = ROOT / "infra" / ("" if name == "release.sh" else "gcloud") / name
    taken = {
        line.split("=")[0].split(")")[0].strip()
        for line in place.read_text("utf-8").splitlines()
        if line.startswith("        --")
    }
    printed = script(name, "--help").stdout
    assert len(taken) > 5
    assert not {option for option in taken if option not in printed}


def test_the_table_of_resources_has_all_of_them() -> None:
    """Each of Terraform's modules, and each part of the script."""
    table = (ROOT / "infra/README.md").read_text("utf-8").partition("## What is declared where")[2]
    modules = {folder.name for folder in (ROOT / "infra/terraform/modules").iterdir() if folder.is_dir()}
    parts = {file.name for file in (ROOT / "infra/gcloud/lib").glob("*.sh")} - {"common.sh"}
    assert {name for name in modules | parts if f"`{name}`" not in table} == set()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), "Error: which project? --project=PROJECT"),
        (("--project=p", "--colour=red"), "Error: there is no option --colour=red; --help prints them"),
        (
            ("--project=p", "--api-invoker=allUsers"),
            "Error: --api-invoker=allUsers: the api is never open to everybody",
        ),
        (
            ("--project=p", "--size=worker=1"),
            "Error: --size=worker=1: it must be like --size=worker=1,1Gi,1800,1,0,100",
        ),
        (("--project=p", "--name=a-name-that-is-too-long"), "Error: --name=a-name-that-is-too-long is too long"),
    ],
)
def test_a_mistake_is_told_in_one_line(arguments: tuple[str, ...], error: str) -> None:
    """With status 2, and nothing is done."""
    done = script("deploy.sh", *arguments, "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(error)
    assert done.stderr.count("\n") == 1


def test_nothing_is_begun_without_the_functions_source(tmp_path: Path) -> None:
    """It is looked for before anything is made; how to build it is told."""
    done = script("deploy.sh", f"--project={PROJECT}", f"--source={tmp_path}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Error: there is no {tmp_path}/planner.zip: infra/build_source.py makes it\n"


def test_a_teardown_asks_for_the_projects_name() -> None:
    """Anything else ends it with nothing done."""
    for typed in ("", "y\n", "demo\n"):
        done = script("teardown.sh", f"--project={PROJECT}", stdin=typed)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.endswith("Error: nothing was done\n")


def test_a_teardown_keeps_data_unless_told() -> None:
    """The database, buckets and secrets go only with --delete-data; everything else goes, the tick first."""
    kept, gone = dry_run(name="teardown.sh"), dry_run("--delete-data", name="teardown.sh")
    data = ("firestore", "storage", "secrets")

    assert kept.commands[0].words == ("scheduler", "jobs", "delete", "brisa-tick")
    assert not [command for command in kept.commands if command.words[0] in data]
    assert {command.words[0] for command in gone.commands if command not in kept.commands} == set(data)
    assert [command.words[-1] for command in gone.all("storage rm")] == [
        f"gs://{PROJECT}-brisa-{which}" for which in ("state", "dags", "source")
    ]


def test_a_teardown_takes_away_what_was_made() -> None:
    """Each kind of thing that is made has a command that removes it."""
    made = {
        command.words[:2]
        for command in deployed("--console=brisa.example.com").commands
        if {"create", "deploy"} & set(command.words)
    }
    removed = {command.words[:2] for command in dry_run("--delete-data", name="teardown.sh").commands}
    by_another_word: dict[tuple[str, ...], tuple[str, ...]] = {
        ("storage", "buckets"): ("storage", "rm"),
        ("functions", "deploy"): ("functions", "delete"),
    }
    with_the_database: set[tuple[str, ...]] = {("firestore", "indexes"), ("firestore", "backups")}
    assert {by_another_word.get(kind, kind) for kind in made} - with_the_database <= removed

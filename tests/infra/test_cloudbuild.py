"""Cloud Build: what its steps run is there, in an order that lets nothing be released that was not checked."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.console.places import PICTURES
from tests.infra.commands import ROOT, deployed, script

BUILD: Mapping[str, Any] = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text("utf-8"))
STEPS: Mapping[str, Mapping[str, Any]] = {step["id"]: step for step in BUILD["steps"]}
BUILT_IN = {"PROJECT_ID", "PROJECT_NUMBER"}
"""Substitutions that Cloud Build itself makes."""


def before(name: str) -> set[str]:
    """The steps that have to end well before this one begins."""
    waits = set(STEPS[name].get("waitFor", [])) - {"-"}
    return waits.union(*(before(other) for other in waits))


def test_steps_wait_for_steps_before_them() -> None:
    """Each has an id of its own, an image with a tag, and a script."""
    earlier: set[str] = {"-"}
    assert len(STEPS) == len(BUILD["steps"])
    for name, step in STEPS.items():
        assert ":" in step["name"], name
        assert set(step.get("waitFor", [])) <= earlier, name
        assert step["script"].startswith("#!"), name
        earlier.add(name)


def test_nothing_is_released_that_was_not_checked() -> None:
    """Style, types, tests, infrastructure, DAG files and source come before; registration and roll-back after."""
    assert {"lint", "test", "infra", "check", "source"} <= before("release")
    assert "release" in before("register")
    assert "register" in before("finish")
    assert [name for name, step in STEPS.items() if step.get("allowFailure")] == ["register"]
    assert "touch build/registered" in STEPS["register"]["script"].splitlines()[-1]
    assert "--roll-back" in STEPS["finish"]["script"]


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_a_script_that_shells_can_read(name: str) -> None:
    """Without a finding of shellcheck's."""
    program = shutil.which("shellcheck", path=Path(sys.executable).parent)
    assert program, "shellcheck is among the packages for tests"
    text = STEPS[name]["script"]
    shell = text.splitlines()[0].rpartition("/")[2].rpartition(" ")[2]
    assert subprocess.run([shell, "-n"], input=text, text=True, check=False).returncode == 0
    found = subprocess.run([program, "-e", "SC2154", "-"], input=text, text=True, capture_output=True, check=False)
    assert not found.stdout


def test_substitutions_are_given() -> None:
    """Every variable that a step, or another substitution, names is one; none is there for nothing."""
    text = (ROOT / "cloudbuild.yaml").read_text("utf-8")
    used = set(re.findall(r"\$\{?(_[A-Z_]+|PROJECT_ID|PROJECT_NUMBER)", text))
    assert used == set(BUILD["substitutions"]) | BUILT_IN
    assert BUILD["options"]["automapSubstitutions"] is True


def test_programs_and_options_are_there() -> None:
    """Each file of the project that a step runs exists and can be executed, with the options that it is given."""
    ran = {program for step in STEPS.values() for program in re.findall(r"infra/[\w./]+\.(?:py|sh)", step["script"])}
    assert ran == {"infra/build_source.py", "infra/release.sh", "infra/register.py"}
    for program in ran:
        assert (ROOT / program).stat().st_mode & 0o100
    texts = "\n".join(step["script"] for step in STEPS.values()).replace("\\\n", " ")
    for line in texts.splitlines():
        for program in re.findall(r"infra/[\w./]+\.(?:py|sh)", line):
            options = set(re.findall(r"(--[a-z-]+)", line))
            source = (ROOT / program).read_text("utf-8")
            assert all(option in source for option in options), line


def test_make_targets_are_there() -> None:
    """The same that a contributor runs."""
    targets = set(re.findall(r"^([a-z0-9-]+):(?!=)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    ran = {
        target
        for step in STEPS.values()
        for line in re.findall(r"^make (.+)$", step["script"], re.MULTILINE)
        for target in line.split()
    }
    assert {"lint", "types", "layers", "unit", "infra"} <= ran <= targets


def test_the_pictures_of_the_console_are_kept() -> None:
    """Where the tests leave them; the build's own account may write there."""
    kept = BUILD["artifacts"]["objects"]
    assert kept["paths"] == [f"{PICTURES.relative_to(ROOT)}/*.png"]
    assert kept["location"] == "gs://${_SOURCE_BUCKET}/screenshots"


def test_it_releases_what_was_deployed() -> None:
    """As the account, from the bucket, to the place and the address that deploy.sh and Terraform make."""
    substituted = {name: str(value) for name, value in BUILD["substitutions"].items()}

    def full(text: str) -> str:
        for _ in range(3):
            for name, value in {**substituted, "PROJECT_ID": "demo-project", "PROJECT_NUMBER": "123456789012"}.items():
                text = text.replace(f"${{{name}}}", value)
        return text

    run = deployed()
    accounts = [command.words[3] for command in run.all("iam service-accounts create")]
    buckets = [command.words[3] for command in run.all("storage buckets create")]
    environment = run.all("functions deploy")[0].file("env-vars-file")
    assert full(BUILD["serviceAccount"]).rpartition("/")[2].partition("@")[0] in accounts
    assert f"gs://{full('${_SOURCE_BUCKET}')}" in buckets
    assert full("${_DAGS_LOCATION}") == environment["BRISA_DAGS"]
    assert full("${_API}") == environment["BRISA_WORKER_URL"].replace("worker", "api")


def test_the_release_step_is_a_dry_run_away() -> None:
    """The very command of the step, with --dry-run, ends well."""
    done = script(
        "release.sh",
        "--project=demo-project",
        "--region=europe-west1",
        "--name=brisa",
        "--source=build/source",
        "--source-bucket=b",
        "--dry-run",
    )
    assert done.returncode == 0
    assert done.stdout.count("functions deploy") == 4

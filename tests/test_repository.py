"""The repository keeps its own promises: locks, commands, versions, layers and links are what the documents say."""

from __future__ import annotations

import ast
import os
import re
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from brisa import _version
from brisa.model.states import TriggerRule

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "shared" / "docs"
LOCKS = sorted((ROOT / "infra" / "locks").glob("*.txt"))
READMES = [*ROOT.glob("[!.]*/README.md"), *ROOT.glob("infra/*/README.md")]
PAGES = sorted([*ROOT.glob("*.md"), *READMES, *DOCS.rglob("*.md")])
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


# --- folders and commands --------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["functions", "shared/brisa", "shared/docs", "infra", "pipelines", "tests"])
def test_the_fixed_folders_are_there(folder: str) -> None:
    """The top-level folders that deployments and documents rely on are there and hold something."""
    assert any((ROOT / folder).iterdir())


def make_targets() -> set[str]:
    phony = re.findall(r"^\.PHONY:(.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    return set(" ".join(phony).split())


def test_make_help_prints_every_target() -> None:
    """`make`, and `make help`, print each target with a line of description, and no target that is not there."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    printed = [
        subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
        for command in (["make"], ["make", "help"])
    ]

    assert printed[0] == printed[1]
    assert set(re.findall(r"^  make ([a-z0-9-]+) +\S.*$", printed[0], re.MULTILINE)) == make_targets()


def test_every_named_target_has_a_rule() -> None:
    """What the Makefile calls a target has a rule; else `make` would say that there is nothing to do, and succeed."""
    rules = re.findall(r"^([a-z0-9-]+):(?!=)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)

    assert sorted(rules) == sorted(make_targets())


def test_the_readme_shows_the_two_commands() -> None:
    """A stranger finds `make run` and `make test` in the README as commands to type."""
    typed = re.findall(r"^\$ (make \w+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)

    assert {"make run", "make test"} <= set(typed)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_documented_make_commands_exist(page: Path) -> None:
    """A page names no target that the Makefile lacks."""
    named = re.findall(r"(?:^\$ |`)make ([a-z0-9-]+)", page.read_text("utf-8"), re.MULTILINE)

    assert set(named) <= make_targets()


def test_continuous_integration_runs_the_test_command() -> None:
    """`.ci/run` can be executed and ends in the README's test command."""
    script = ROOT / ".ci" / "run"

    assert script.stat().st_mode & stat.S_IXUSR
    assert script.read_text("utf-8").rstrip().endswith("\nexec make test")


# --- locks -----------------------------------------------------------------------------------------------


def locked(lock: Path) -> list[tuple[Requirement, list[str]]]:
    """Each requirement of a lock with its hashes; a line that is neither is an error."""
    found: list[tuple[Requirement, list[str]]] = []
    for line in lock.read_text("utf-8").splitlines():
        text = line.removesuffix("\\").strip()
        if digest := re.fullmatch(r"--hash=sha256:([0-9a-f]{64})", text):
            found[-1][1].append(digest[1])
        elif text:
            found.append((Requirement(text), []))
    return found


@pytest.mark.parametrize("lock", LOCKS, ids=name_of)
def test_locks_pin_and_hash_everything(lock: Path) -> None:
    """A lock holds exact versions, each with hashes, and nothing else: no option, no address, no path."""
    requirements = locked(lock)

    assert requirements
    for requirement, hashes in requirements:
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), requirement
        assert requirement.url is None, requirement
        assert hashes, requirement
        assert len(set(hashes)) == len(hashes), requirement


def pins(name: str) -> set[tuple[str, str]]:
    lock = ROOT / "infra" / "locks" / name
    return {(canonicalize_name(r.name), str(r.specifier)) for r, _ in locked(lock)}


def test_what_is_tested_is_what_is_shipped() -> None:
    """The development lock has every pin of the runtime lock."""
    assert pins("runtime.txt") <= pins("dev.txt")


def test_the_locks_cover_what_the_project_declares() -> None:
    """No declared dependency is missing from its lock, or locked at a version that the declaration rules out."""
    project = PROJECT["project"]
    extras = [text for texts in project["optional-dependencies"].values() for text in texts]
    for lock, declared in (("runtime.txt", project["dependencies"]), ("dev.txt", extras)):
        versions: dict[str, list[str]] = {}
        for name, specifier in pins(lock):
            versions.setdefault(name, []).append(specifier.removeprefix("=="))
        for text in declared:
            requirement = Requirement(text)
            candidates = versions.get(canonicalize_name(requirement.name), [])
            assert candidates, f"{requirement} is not in {lock}: run 'make locks'"
            assert all(requirement.specifier.contains(version) for version in candidates), requirement


@pytest.mark.parametrize("path", ["Makefile", "pyproject.toml", "cloudbuild.yaml", ".ci/run", "infra/dev"])
def test_everyones_own_package_index_holds(path: str) -> None:
    """Nothing in the set-up names a package index, so that each user's pip configuration is honoured."""
    place = ROOT / path
    for file in place.iterdir() if place.is_dir() else [place]:
        named = re.findall(
            r"(?<!emit)-(?:index-url|find-links|extra-index\S*)|https?://\S*/simple", file.read_text("utf-8")
        )
        assert not named, file


# --- version ---------------------------------------------------------------------------------------------


def test_the_version_is_said_in_one_place() -> None:
    """The build reads the version from the one module that assigns it, and the changelog knows it or is ahead."""
    assignments = [
        name_of(path)
        for path in (ROOT / "shared" / "brisa").rglob("*.py")
        if re.search(r"^__version__\b.*=", path.read_text("utf-8"), re.MULTILINE)
    ]

    assert assignments == ["shared/brisa/_version.py"] == [PROJECT["tool"]["hatch"]["version"]["path"]]
    assert "version" in PROJECT["project"]["dynamic"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", _version.__version__)
    headings = re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] in {"Unreleased", _version.__version__}


# --- documents -------------------------------------------------------------------------------------------


def links(page: Path) -> list[tuple[Path, str]]:
    """The relative links of a page: the file that each leads to, and the heading in it."""
    prose = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [t for t in re.findall(r"\]\(([^)\s]+)\)", prose) if not re.match(r"[a-z]+:", t)]
    split = [target.partition("#") for target in targets]
    return [((page.parent / path).resolve() if path else page, heading) for path, _, heading in split]


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_resolve(page: Path) -> None:
    """Every relative link leads to a file or folder of the repository, and to a heading that is there."""
    for target, heading in links(page):
        assert target.is_relative_to(ROOT), target
        assert target.exists(), target
        assert not heading or heading in anchors(target), f"{target}#{heading}"


def test_every_page_can_be_reached() -> None:
    """From the README, links lead to every page of the documentation."""
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            waiting += [target for target, _ in links(page) if target.suffix == ".md"]

    assert set(DOCS.rglob("*.md")) <= reached


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_python_examples_parse(page: Path) -> None:
    """A Python example on a page is Python."""
    for source in re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        ast.parse(source, filename=name_of(page))


def test_the_reference_has_every_trigger_rule() -> None:
    """The table of trigger rules has the rules of the model, each once, and no other."""
    page = (DOCS / "reference" / "trigger-rules.md").read_text("utf-8")

    assert sorted(re.findall(r"^\| `(\w+)`", page, re.MULTILINE)) == sorted(rule.value for rule in TriggerRule)


def test_the_documented_layers_are_the_checked_layers() -> None:
    """The picture of the layers shows the packages that import-linter checks, line for line."""
    [contract] = [c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["type"] == "layers"]
    checked = [{part.strip(" ()") for part in layer.split("|")} for layer in contract["layers"]]
    public = [shown for layer in checked if (shown := {name for name in layer if not name.startswith("_")})]

    page = (DOCS / "explanation" / "layers.md").read_text("utf-8")
    picture = page.split("```\n")[1].splitlines()
    documented = [set(line[:34].split()) for line in picture]

    assert documented == public

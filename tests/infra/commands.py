"""What the gcloud scripts would do: their dry runs, taken apart."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "infra" / "gcloud"
PROJECT, NUMBER = "demo-project", "123456789012"
_FILE = re.compile(r"^cat >(\S+) <<'END'\n(.*?)^END$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Command:
    """One call of gcloud: its group and verb, its other words, its flags (each with all its values), and files."""

    words: tuple[str, ...]
    flags: Mapping[str, tuple[str, ...]]
    files: Mapping[str, str]

    def flag(self, name: str) -> str:
        """The one value of a flag; empty if it is not there."""
        (value,) = self.flags.get(name, ("",))
        return value

    def file(self, name: str) -> Any:
        """What the JSON file that a flag names says."""
        return json.loads(self.files[self.flag(name)])

    def starts(self, text: str) -> bool:
        """Whether its words begin with these."""
        words = tuple(text.split())
        return self.words[: len(words)] == words


@dataclass(frozen=True)
class DryRun:
    """All that a script would do, in order."""

    text: str
    commands: tuple[Command, ...]

    def all(self, text: str) -> list[Command]:
        """The commands whose words begin with these."""
        return [command for command in self.commands if command.starts(text)]


def script(name: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a script where there is no gcloud: a dry run must not need one, and nothing else must get far."""
    tools = {name: value for name, value in os.environ.items() if not name.startswith("CLOUDSDK")}
    path = os.pathsep.join(
        folder for folder in tools["PATH"].split(os.pathsep) if not (Path(folder) / "gcloud").exists()
    )
    place = SCRIPTS / name if (SCRIPTS / name).exists() else ROOT / "infra" / name
    return subprocess.run(
        ["bash", str(place), *arguments],
        env={**tools, "PATH": f"{_plain_tools()}{os.pathsep}{path}"},
        capture_output=True,
        text=True,
        input=stdin,
        check=False,
    )


@cache
def _plain_tools() -> str:
    """A folder with what scripts call, wherever gcloud shares a folder with it."""
    import atexit
    import shutil
    import tempfile

    folder = tempfile.mkdtemp(prefix="brisa-tools-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # What is found by that name may be a script of a version manager, which needs more than what is plain.
    Path(folder, "python3").symlink_to(Path(sys.executable).resolve())
    for tool in ("bash", "cat", "cut", "dirname", "grep", "head", "mktemp", "rm", "sed", "sleep", "sort", "tr"):
        found = shutil.which(tool)
        assert found, f"{tool} is not installed"
        Path(folder, tool).symlink_to(found)
    return folder


@cache
def dry_run(*arguments: str, name: str = "deploy.sh") -> DryRun:
    """What a script says that it would do."""
    done = script(name, f"--project={PROJECT}", "--dry-run", *arguments)
    assert done.returncode == 0, done.stderr
    return DryRun(done.stdout, tuple(_parsed(done.stdout)))


def deployed(*arguments: str) -> DryRun:
    """What ``deploy.sh`` would do in a project whose number is known."""
    return dry_run(f"--project-number={NUMBER}", *arguments)


def _parsed(text: str) -> Iterator[Command]:
    files: dict[str, str] = dict(_FILE.findall(text))
    for line in _FILE.sub("", text).splitlines():
        program, *words = shlex.split(line) if line else [""]
        if program == "gcloud":
            flags: dict[str, tuple[str, ...]] = {}
            for word in words:
                if word.startswith("--"):
                    flag, _, value = word[2:].partition("=")
                    flags[flag] = (*flags.get(flag, ()), value)
            plain = tuple(word for word in words if not word.startswith("--"))
            yield Command(plain, flags, files)
        else:
            assert program in ("", "curl"), line

"""Runs Terraform on a copy of ``infra/terraform``, with the stand-in for the google provider."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "infra" / "terraform"
INDEXES = Path("shared", "brisa", "adapters", "firestore", "indexes.json")
PYTHON = ROOT / "build" / "terraform" / "bin" / "python"
"""Of the environment that has what the stand-in needs; `make build/terraform/.ready` makes it."""
VERSION = "6.50.0"
"""Of the provider whose schema the stand-in serves; the modules pin the same."""


@cache
def missing() -> str:
    """Why nothing here can run Terraform; empty if it can."""
    if not shutil.which("terraform"):
        return "terraform is not installed"
    if not PYTHON.exists():
        return "there is no environment for the google provider's stand-in: run 'make infra'"
    return ""


def require() -> None:
    """Leave the test out, saying why, where Terraform can't run; fail where ``$CI_INFRA`` says that it must."""
    if why := missing():
        assert not os.environ.get("CI_INFRA"), why
        pytest.skip(why)


@dataclass(frozen=True)
class Workspace:
    """A copy of the modules and environments, beside the files of the project that they read."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Workspace:
        """Copy everything; Terraform finds the provider in a mirror of its own."""
        made = cls(folder)
        shutil.copytree(SOURCE, made.terraform, ignore=shutil.ignore_patterns(".terraform*"))
        shutil.copytree(ROOT / "infra" / "monitoring", folder / "infra" / "monitoring")
        (folder / INDEXES).parent.mkdir(parents=True)
        shutil.copy(ROOT / INDEXES, folder / INDEXES)
        for backend in made.terraform.rglob("backend.tf"):  # nothing here has a bucket to keep a state in
            backend.unlink()
        made._mirror()
        return made

    @property
    def terraform(self) -> Path:
        """The copy of ``infra/terraform``."""
        return self.folder / "infra" / "terraform"

    def _mirror(self) -> None:
        system, machine = platform.system().lower(), platform.machine().lower()
        machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
        at = self.folder / "mirror" / "registry.terraform.io" / "hashicorp" / "google" / VERSION / f"{system}_{machine}"
        at.mkdir(parents=True)
        program = at / f"terraform-provider-google_v{VERSION}"
        program.write_text(f'#!/bin/sh\ncd "{ROOT}" && exec "{PYTHON}" -m tests.infra.provider.serve "$@"\n', "utf-8")
        program.chmod(0o755)
        (self.folder / "terraformrc").write_text(
            f'provider_installation {{\n  filesystem_mirror {{ path = "{self.folder / "mirror"}" }}\n}}\n'
            "disable_checkpoint = true\n",
            "utf-8",
        )

    def run(self, where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``terraform ARGUMENTS`` in a folder."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
        environment = {**kept, "TF_CLI_CONFIG_FILE": str(self.folder / "terraformrc"), "TF_IN_AUTOMATION": "1"}
        command = ["terraform", *arguments, "-no-color"]
        return subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, check=False)

    def good(self, where: Path, *arguments: str) -> str:
        """The output of a command that must succeed."""
        done = self.run(where, *arguments)
        assert done.returncode == 0, f"terraform {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def plan(self, where: Path, variables: Mapping[str, Any] | Sequence[str] = ()) -> Plan:
        """What ``terraform apply`` would make from nothing."""
        if isinstance(variables, Mapping):
            (where / "test.auto.tfvars.json").write_text(json.dumps(variables), "utf-8")
        self.good(where, "init", "-input=false")
        self.good(where, "plan", "-input=false", "-out=plan")
        return Plan(json.loads(self.good(where, "show", "-json", "plan")))


@dataclass(frozen=True)
class Plan:
    """A plan, as ``terraform show -json`` tells it."""

    told: Mapping[str, Any]

    def all(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """Address → values of the resources of a type."""
        return {one["address"]: one["change"]["after"] for one in self._managed() if one["type"] == kind}

    def kinds(self) -> set[str]:
        """The types that it has."""
        return {one["type"] for one in self._managed()}

    def _managed(self) -> list[Mapping[str, Any]]:
        return [one for one in self.told["resource_changes"] if one["mode"] == "managed"]


if __name__ == "__main__":  # a Terraform to play with: python -m tests.infra.terraform FOLDER
    Workspace.make(Path(sys.argv[1]))

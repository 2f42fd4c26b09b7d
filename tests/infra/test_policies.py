"""checkov's policies for Terraform: none fails, and what is left out has its reason beside it."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.infra.commands import ROOT
from tests.infra.heavy import heavy

TERRAFORM = ROOT / "infra" / "terraform"
CHECKOV = ROOT / "build" / "checkov" / "bin" / "checkov"


def test_what_is_left_out_has_a_reason() -> None:
    """A sentence, behind the policy's name."""
    texts = [file.read_text("utf-8") for file in TERRAFORM.rglob("*.tf")]
    skipped = [found for text in texts for found in re.findall(r"checkov:skip=(\w+):?(.*)", text)]
    assert skipped
    assert all(len(reason.split()) > 5 for _, reason in skipped)


@heavy
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_policy_fails() -> None:
    """All of checkov's for Terraform, without asking anybody anything."""
    command = [
        str(CHECKOV),
        "--directory",
        str(TERRAFORM),
        "--framework",
        "terraform",
        "--skip-download",
        "--output",
        "json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    failed = [f"{one['check_id']} {one['resource']}: {one['check_name']}" for one in told["results"]["failed_checks"]]
    assert failed == []
    assert told["summary"]["parsing_errors"] == 0
    assert told["summary"]["passed"] > 40
    assert told["summary"]["resource_count"] > 60

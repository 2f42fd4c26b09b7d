"""What an entry point loads before its first request: its cold start is paid for by whoever waits."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.documents import ROOT
from tests.support.program import environment

WEB = ("a2wsgi", "fastapi", "pydantic", "starlette", "uvicorn", "brisa.web")
PROBE = "import runpy, sys; runpy.run_path(sys.argv[1]); print(*sys.modules)"


@pytest.mark.parametrize("function", ["planner", "worker", "events"])
def test_only_the_api_loads_the_web_framework(function: str) -> None:
    """The functions that the engine's work goes through never do."""
    command = [sys.executable, "-c", PROBE, str(ROOT / "functions" / function / "main.py")]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())
    assert "brisa.handlers" in loaded
    assert loaded & set(WEB) == set()


def test_standalone_loads_it_when_somebody_connects() -> None:
    """Who does not use the API has none of it."""
    probe = "import sys, brisa.cli.standalone, brisa.web.server; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], env=environment(), capture_output=True, text=True, check=True)

    assert set(done.stdout.split()) & (set(WEB) - {"brisa.web"}) == set()

"""The examples that the documents show run, and do what the documents say."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.trials import run_dag

ROOT = Path(__file__).parents[1]


def example(page: str, folder: Path) -> Path:
    """The first DAG file that a page shows."""
    text = (ROOT / page).read_text("utf-8")
    blocks = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "DAG(" in block]
    file = folder / "hello.py"
    file.write_text(blocks[0], "utf-8")
    return file


def test_the_readme_example_runs(tmp_path: Path) -> None:
    """The bash task hands its output to the Python task, which counts its words."""
    tried = run_dag(example("README.md", tmp_path), "hello")
    assert tried.states == {"fetch": "success", "count": "success"}
    assert tried.xcoms == {"fetch": {"return_value": "data of 2024-01-01"}, "count": {"return_value": 3}}


def test_the_tutorial_runs(tmp_path: Path) -> None:
    """The tutorial's two tasks run in the order of their call, and its way to break them breaks them."""
    file = example("shared/docs/tutorial/first-dag.md", tmp_path)
    tried = run_dag(file, "hello")
    assert tried.xcoms == {"name": {"return_value": "world"}}
    assert "hello, world" in tried.logs["greet"]

    file.write_text(file.read_text("utf-8").replace('return "world"', 'raise ValueError("no")'), "utf-8")
    assert run_dag(file, "hello").states == {"name": "failed", "greet": "upstream_failed"}

"""The documents, and what they show to run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "shared" / "docs"


def dag_example(page: Path) -> str:
    """The first DAG file that a page shows."""
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    found: str = next(block for block in blocks if "DAG(" in block)
    return found


def example(page: Path, folder: Path) -> Path:
    """The first DAG file that a page shows, as a file."""
    file = folder / "hello.py"
    file.write_text(dag_example(page), "utf-8")
    return file


def typed(text: str) -> list[list[str]]:
    """The ``brisa`` commands that a text shows to type, each as its words; comments and further lines of output go."""
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^\$ (brisa .*(?:\n {2,}\S.*)*)", "\n".join(blocks), re.MULTILINE)
    return [shlex.split(line, comments=True)[1:] for line in lines]

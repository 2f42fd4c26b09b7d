"""Writes the generated part of shared/docs/reference/task-states.md: ``python -m tests.support.task_states``."""

from __future__ import annotations

from pathlib import Path

from brisa.engine.transitions import diagram
from brisa.model.states import TaskState

PAGE = Path(__file__).resolve().parents[2] / "shared" / "docs" / "reference" / "task-states.md"
COMMAND = "PYTHONPATH=shared python -m tests.support.task_states"
BEGIN = "<!-- generated from brisa.engine.transitions; do not edit by hand -->\n"
END = "<!-- end of the generated part -->\n"


def generated() -> str:
    """The generated part: a table of what the states mean for the engine, and the diagram of the moves."""
    yes = {True: "yes", False: ""}
    lines = ["| state | final | an attempt is awaited | counts as failed |", "| --- | --- | --- | --- |"]
    lines += [f"| `{s.value}` | {yes[s.terminal]} | {yes[s.waiting]} | {yes[s.failure]} |" for s in TaskState]
    return "\n".join(lines) + f"\n\n```mermaid\n{diagram()}```\n"


def renewed(page: str) -> str:
    """The page with its generated part made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + generated() + END + after


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text("utf-8")), "utf-8")

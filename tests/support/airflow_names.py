"""Writes the generated part of shared/docs/reference/from-airflow.md: ``python -m tests.support.airflow_names``."""

from __future__ import annotations

from pathlib import Path

from brisa.compat.table import DEPRECATED, TABLE

PAGE = Path(__file__).resolve().parents[2] / "shared" / "docs" / "reference" / "from-airflow.md"
COMMAND = "PYTHONPATH=shared python -m tests.support.airflow_names"
BEGIN = "<!-- generated from brisa.compat.table; do not edit by hand -->\n"
END = "<!-- end of the generated part -->\n"


def generated() -> str:
    """The generated part: a row for each set of names, with the modules that have it."""
    modules: dict[tuple[str, ...], list[str]] = {}
    for module, names in sorted(TABLE.items()):
        modules.setdefault(tuple(sorted(names)), []).append(f"`{module}`" + " (old)" * (module in DEPRECATED))
    lines = ["| modules | names |", "| --- | --- |"]
    lines += [
        f"| {', '.join(paths)} | {', '.join(f'`{name}`' for name in names)} |" for names, paths in modules.items()
    ]
    return "\n".join(lines) + "\n"


def renewed(page: str) -> str:
    """The page with its generated part made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + generated() + END + after


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text("utf-8")), "utf-8")

"""``python -m tests.providers REPORT``: what of the installed provider packages imports and runs on brisa.

Prints a table, writes everything to the file REPORT as JSON, and fails if something does that used to work: a DAG
file of ``dags``, or an import that fails for want of a name of Airflow's core.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.providers.importing import PREFIX, modules, packages, try_imports
from tests.providers.operating import operate

LINE = "{:<14} {:>7}  {:<21}  {}"


def main(report: Path) -> int:
    """Import, run, tell; the exit status."""
    operated = list(operate())
    ran = {package: names for one in operated for package, names in one.classes.items()}
    _say(LINE.format("package", "version", "modules", "operators run"))
    rows: list[dict[str, Any]] = []
    for package in packages():
        name = package.name.removeprefix(PREFIX)
        imported = list(try_imports(modules(package)))
        well = sum(not one.error for one in imported)
        ours = [one.module for one in imported if one.stand_in]
        count = f"{well} / {len(imported)}" + f" ({len(ours)} brisa's)" * bool(ours)
        _say(LINE.format(name, package.version, count, ", ".join(ran.get(name, ())) or "-"))
        rows.append(
            {
                "package": package.name,
                "version": package.version,
                "modules": len(imported),
                "importable": well,
                "stand_ins": ours,
                "operators": list(ran.get(name, ())),
                "failed": {one.module: one.error for one in imported if one.error},
            }
        )
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps({"packages": rows, "dags": [asdict(one) for one in operated]}, indent=2) + "\n")
    problems = [f"{one.dag_id}: {problem}" for one in operated for problem in one.problems]
    problems += [f"{module}: {error}" for row in rows for module, error in missing_core(row["failed"]).items()]
    for problem in problems:
        _say(f"not well: {problem}")
    _say(f"Why each of the other modules does not import is in {report}.")
    return 1 if problems else 0


def missing_core(failed: Mapping[str, str]) -> dict[str, str]:
    """The imports that failed because brisa lacks a name; what another package lacks is not ours to give."""
    return {
        module: error
        for module, error in failed.items()
        if ("brisa has no" in error and "brisa has no module airflow.providers." not in error)
        or "Could not import" in error
    }


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

"""``python -m tests.bench.load_folder FOLDER``: seconds of a core that brisa takes to load the folder's DAG files.

A line of JSON: ``[seconds, DAGs, tasks]``. What files import is imported before, and what starting takes is left out.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from brisa.model.codec import dumps
from brisa.runtime.loader import load_file, report
from brisa.runtime.rehearsal import rehearse


def main() -> None:
    """Load one file that doesn't count, then all."""
    folder = Path(sys.argv[1])
    files = sorted(file.name for file in folder.glob("*.py"))
    rehearse()
    load_file(folder, files[0])
    begun = time.process_time()
    reports = [report(load_file(folder, file)) for file in files]
    seconds = time.process_time() - begun
    assert not any(one["failures"] for one in reports), "a timed file does not load"
    specs = [spec for one in reports for spec in one["specs"]]
    print(dumps([seconds, len(specs), sum(len(spec["tasks"]) for spec in specs)]))


if __name__ == "__main__":
    main()

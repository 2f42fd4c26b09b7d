"""``dagbag.py FOLDER``, run by the Python of a real Airflow: the same as :mod:`tests.bench.load_folder`, by a DagBag.

Standard library and Airflow only.
"""

import json
import sys
import time
from pathlib import Path

from airflow.models import DagBag


def main() -> None:
    """Load one file that doesn't count, then all."""
    folder = Path(sys.argv[1])
    DagBag(dag_folder=min(folder.glob("*.py")), include_examples=False)
    begun = time.process_time()
    bag = DagBag(dag_folder=folder, include_examples=False)
    seconds = time.process_time() - begun
    assert not bag.import_errors, bag.import_errors
    print(json.dumps([seconds, len(bag.dags), sum(len(dag.tasks) for dag in bag.dags.values())]))


if __name__ == "__main__":
    main()

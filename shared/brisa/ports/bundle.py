"""The DAG bundle: the DAG files and what lies beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class DagBundle(Protocol):
    """A folder of DAG files, wherever it is kept."""

    def files(self) -> Mapping[str, str]:
        """Relative path of each candidate DAG file → a fingerprint that changes when the file, or a helper beside it,
        does. Candidates are ``.py`` files whose text mentions ``dag`` and one of ``airflow`` or ``brisa`` (Airflow's
        safe-mode rule), outside hidden and ``__pycache__`` folders; ``.airflowignore`` is honoured."""
        ...

    def root(self) -> Path:
        """A local folder that holds the current content."""
        ...

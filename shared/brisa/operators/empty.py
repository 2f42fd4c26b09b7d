"""``EmptyOperator``: a task that does nothing; for structure, joins and placeholders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from brisa.authoring.operator import BaseOperator


class EmptyOperator(BaseOperator):
    """Does nothing. Without callbacks or outlets it is completed by the engine and costs no message."""

    ui_color = "#e8f7e4"
    inherits_from_empty_operator = True

    def execute(self, context: Mapping[str, Any]) -> None:
        """Nothing."""


DummyOperator = EmptyOperator
"""Its name before Airflow 2.4."""

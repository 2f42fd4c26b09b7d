"""``SmoothOperator``: does nothing but name a song, as Airflow's does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from brisa.authoring.operator import BaseOperator


class SmoothOperator(BaseOperator):
    """Writes a link to the song Smooth Operator to its log."""

    ui_color = "#e8f7e4"
    yt_link = "https://www.youtube.com/watch?v=4TYv2PhG89A"

    def execute(self, context: Mapping[str, Any]) -> None:
        """Name it."""
        self.log.info("Enjoy Sade - Smooth Operator: %s", self.yt_link)

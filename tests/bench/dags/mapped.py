"""A task over a list that another returns: a thousand instances, and a join."""

from __future__ import annotations

from datetime import datetime

from brisa import DAG, task

with DAG("mapped1000", start_date=datetime(2024, 1, 1), schedule=None):

    @task
    def numbers() -> list[int]:
        """A thousand of them."""
        return list(range(1000))

    @task
    def each(x: int) -> None:
        """Do nothing."""

    @task
    def join() -> None:
        """Do nothing."""

    each.expand(x=numbers()) >> join()

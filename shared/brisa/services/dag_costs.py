"""What each DAG costs in a month, after its last 30 days: its runs are counted, and the latest measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from brisa.model.run import Run, TaskInstance, task_names
from brisa.ports.search import Bound, RunSearch
from brisa.ports.store import StateStore
from brisa.services.cost import HOURS, IDLE, Bill, Line, Load, Operations, Prices, bill

DAYS = 30
SAMPLE = 20
"""Runs that are measured: the latest."""
_DAY = 86_400.0


@dataclass(frozen=True, kw_only=True)
class DagCost:
    """What a DAG does, and what that costs in a month."""

    dag_id: str
    load: Load
    bill: Bill

    @property
    def runs_per_month(self) -> Decimal:
        """Of a month as it is billed."""
        return self.load.runs_per_day * HOURS / 24

    @property
    def total(self) -> Decimal:
        """In USD, as if nothing were free."""
        return self.bill.total


class DagCosts:
    """Computes them."""

    def __init__(self, store: StateStore, prices: Prices, now: float) -> None:
        self._store = store
        self._prices = prices
        self._now = now
        self.idle = bill(IDLE, Operations(), prices)
        """What brisa costs when nothing runs."""

    def of(self, dag_id: str) -> DagCost:
        """What one DAG costs, beside :attr:`idle`."""
        since = (Bound("run_after", ">=", self._now - DAYS * _DAY), Bound("run_after", "<=", self._now))
        found = self._store.find_runs(
            RunSearch(dag_ids=(dag_id,), bounds=since, order=(("run_after", True),), limit=SAMPLE)
        )
        load = _load([stored.record for stored in found.runs], found.total)
        return DagCost(dag_id=dag_id, load=load, bill=self._beside_idle(load))

    def _beside_idle(self, load: Load) -> Bill:
        idle = {line.item: line.amount for line in self.idle.lines}
        lines = bill(load, Operations(), self._prices).lines
        return Bill(
            lines=tuple(
                Line(item=line.item, price=line.price, amount=line.amount - idle.get(line.item, Decimal(0)))
                for line in lines
            )
        )


def _load(runs: Sequence[Run], total: int) -> Load:
    """An average month, after ``runs``: the latest of ``total`` in :data:`DAYS`."""
    # What has no try had nothing to run: no worker was busy with it.
    ran = [entry for entry in chain.from_iterable(map(run.task, task_names(run)) for run in runs) if entry.try_number]
    over = [entry for entry in ran if entry.state.terminal]
    seconds = sum((_seconds(entry) * _attempts(entry) for entry in over), Decimal(0))
    return Load(
        dags=Decimal(1),
        runs_per_day=Decimal(total) / DAYS,
        tasks=Decimal(sum(map(_attempts, ran))) / len(runs) if runs else Decimal(0),
        seconds=seconds / sum(map(_attempts, over)) if over else Decimal(0),
    )


def _attempts(entry: TaskInstance) -> int:
    """How often a worker was called for it: its tries, and in the last of them its looks."""
    return entry.try_number + entry.seq


def _seconds(entry: TaskInstance) -> Decimal:
    """That a worker was busy with each of them: as long as the last try took, but of what waited in between only looks
    are known, which are short."""
    if entry.seq:
        return Operations().look_seconds
    return Decimal(str(round((entry.ended_at or 0) - (entry.started_at or 0), 3)))

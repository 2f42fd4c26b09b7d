"""What a load costs on Google Cloud in a month: plain arithmetic over a table of prices, which is data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from importlib import resources
from typing import Any

from brisa.errors import DecodeError

HOURS = Decimal(730)
"""Hours of a month, as Google's price calculator has it: a twelfth of 365 days."""
TICKS = 60 * HOURS
_BILLED = Decimal("0.1")
"""Seconds: Cloud Run bills each request rounded up to a multiple of this (https://cloud.google.com/run/pricing)."""
_KIB_PER_GIB = 2**20
_MOST = Decimal(10**4)
"""Operations of one kind per task; more is a mistake in the file."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is to be run, on average."""

    dags: Decimal = Decimal(10)
    runs_per_day: Decimal = Decimal(24)
    """Of each DAG."""
    tasks: Decimal = Decimal(10)
    """Per run, without sensors."""
    seconds: Decimal = Decimal(10)
    """That a task takes."""
    cpu: Decimal = Decimal(1)
    """vCPU of a worker, which runs one task at a time."""
    memory: Decimal = Decimal(1)
    """GiB of a worker."""
    sensors: Decimal = Decimal(0)
    """Per run, that wait for an object in Cloud Storage."""
    wait: Decimal = Decimal(3600)
    """Seconds until the object is there."""
    log_kb: Decimal = Decimal(4)
    """KiB that a task logs. Logs are kept for a month."""
    secrets: Decimal = Decimal(0)
    """In Secret Manager. If there are any, each task reads one."""


IDLE = Load(dags=Decimal(0))
"""Nothing to run: what is left is the tick."""


@dataclass(frozen=True, kw_only=True)
class Operations:
    """What brisa does to run a load: how many operations per task, run, sensor and tick."""

    source: str = "brisa's design"
    """Where the figures are from, for people."""
    reads_per_task: Decimal = Decimal(1)
    writes_per_task: Decimal = Decimal(3)
    messages_per_task: Decimal = Decimal(1)
    overhead_seconds: Decimal = Decimal("0.05")
    """That a worker is busy with a task beside the task's own time."""
    heartbeat_seconds: Decimal = Decimal(15)
    """Between two writes while a task runs."""
    reads_per_run: Decimal = Decimal(2)
    writes_per_run: Decimal = Decimal(4)
    messages_per_run: Decimal = Decimal(1)
    looks_per_sensor: Decimal = Decimal(2)
    """One when it begins to wait, one when the object has come."""
    look_seconds: Decimal = Decimal("0.5")
    recheck_seconds: Decimal = Decimal(600)
    """Between two looks of a sensor that nothing has woken."""
    writes_per_sleep: Decimal = Decimal(2)
    """Of a look that finds nothing, beside those of a task: that the sensor waits, and that it sleeps."""
    reads_per_event: Decimal = Decimal(2)
    writes_per_event: Decimal = Decimal(2)
    tick_reads: Decimal = Decimal(2)
    tick_writes: Decimal = Decimal(0)
    planner_seconds: Decimal = Decimal("0.2")
    """Of one request to the planner or to the function that takes events."""
    planner_cpu: Decimal = Decimal(1)
    planner_memory: Decimal = Decimal("0.5")


MEASURED: Mapping[str, str] = {
    "gcp_reads_per_task": "reads_per_task",
    "gcp_writes_per_task": "writes_per_task",
    "gcp_queue_ops_per_task": "messages_per_task",
    "gcp_idle_tick_reads": "tick_reads",
    "gcp_idle_tick_writes": "tick_writes",
}
"""Figure of a file of measured figures → the field of :class:`Operations` that it replaces."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """``usd`` is for ``per`` units; ``free`` units of each month cost nothing."""

    what: str
    usd: Decimal
    per: Decimal
    unit: str
    free: Decimal
    source: str
    """The address of the public page."""
    taken: str
    """The date when it was looked up."""
    checked: bool
    note: str

    def of(self, amount: Decimal) -> Decimal:
        """The price of ``amount`` units, in USD."""
        return amount * self.usd / self.per


@dataclass(frozen=True, kw_only=True)
class Managed:
    """A managed Airflow that does nothing: what it occupies all the time."""

    name: str
    dcu: Decimal
    database_gib: Decimal
    source: str
    taken: str
    checked: bool
    note: str


@dataclass(frozen=True, kw_only=True)
class Prices:
    """The table of prices, by item."""

    currency: str
    region: str
    note: str
    items: Mapping[str, Price]
    managed: Managed


@dataclass(frozen=True, kw_only=True)
class Line:
    """One item of a bill, with its amount in a month."""

    item: str
    price: Price
    amount: Decimal

    @property
    def cost(self) -> Decimal:
        """In USD, as if nothing were free."""
        return self.price.of(self.amount)

    @property
    def cost_with_free(self) -> Decimal:
        """In USD, for what goes beyond the free amount."""
        return self.price.of(max(Decimal(0), self.amount - self.price.free))


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What a month costs, item by item. Nothing is rounded."""

    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        """In USD, as if nothing were free."""
        return sum((line.cost for line in self.lines), Decimal(0))

    @property
    def total_with_free(self) -> Decimal:
        """In USD, for what goes beyond the free amounts."""
        return sum((line.cost_with_free for line in self.lines), Decimal(0))


def bill(load: Load, operations: Operations, prices: Prices) -> Bill:
    """What ``load`` costs with brisa."""
    return _priced(usage(load, operations), prices)


def managed_bill(prices: Prices) -> Bill:
    """What a managed Airflow costs that does nothing."""
    managed = prices.managed
    return _priced(
        {"managed_compute": managed.dcu * HOURS, "managed_database": managed.database_gib * HOURS},
        prices,
    )


def _priced(amounts: Mapping[str, Decimal], prices: Prices) -> Bill:
    return Bill(
        lines=tuple(Line(item=item, price=prices.items[item], amount=amount) for item, amount in amounts.items())
    )


def usage(load: Load, operations: Operations) -> dict[str, Decimal]:
    """How much of each item ``load`` takes in a month. More load never takes less of anything.

    Deploys are left out, and so is what users' own tasks do to other services.
    """
    ops = operations
    runs = load.dags * load.runs_per_day * HOURS / 24
    tasks = runs * load.tasks
    events = runs * load.sensors
    looks = events * (ops.looks_per_sensor + load.wait // ops.recheck_seconds)
    attempts = tasks + looks
    planned = TICKS + runs * ops.messages_per_run + events
    working = tasks * _billed(load.seconds + ops.overhead_seconds) + looks * _billed(
        ops.look_seconds + ops.overhead_seconds
    )
    planning = planned * _billed(ops.planner_seconds)
    heartbeats = tasks * (load.seconds // ops.heartbeat_seconds)
    messages = attempts * ops.messages_per_task
    return {
        "run_cpu": working * load.cpu + planning * ops.planner_cpu,
        "run_memory": working * load.memory + planning * ops.planner_memory,
        "run_requests": messages + planned,
        # Cloud Tasks bills that a message is made, and that it is delivered.
        "queue_operations": 2 * (messages + runs * ops.messages_per_run),
        "firestore_reads": attempts * ops.reads_per_task
        + runs * ops.reads_per_run
        + events * ops.reads_per_event
        + TICKS * ops.tick_reads,
        "firestore_writes": attempts * ops.writes_per_task
        + heartbeats
        + (looks - events) * ops.writes_per_sleep
        + runs * ops.writes_per_run
        + events * ops.writes_per_event
        + TICKS * ops.tick_writes,
        # A wait that is over is removed.
        "firestore_deletes": events,
        "scheduler_jobs": Decimal(1),
        "storage_data": attempts * load.log_kb / _KIB_PER_GIB,
        "storage_class_a": attempts,
        "storage_class_b": looks,
        "secret_versions": load.secrets,
        "secret_accesses": tasks * min(Decimal(1), load.secrets),
    }


def _billed(seconds: Decimal) -> Decimal:
    return (seconds / _BILLED).to_integral_value(ROUND_CEILING) * _BILLED


def load_prices() -> Prices:
    """The table that comes with brisa."""
    table = _parsed(resources.files("brisa.services").joinpath("prices.json").read_bytes())
    return Prices(
        currency=table["currency"],
        region=table["region"],
        note=table["note"],
        items={item: _price(row) for item, row in table["items"].items()},
        managed=Managed(**table["managed"]),
    )


def _price(row: Mapping[str, Any]) -> Price:
    """Free amounts of a day are those of a month in which every day is the same."""
    fields = {name: value for name, value in row.items() if not name.startswith("free_per_")}
    free = row.get("free_per_month", row.get("free_per_day", Decimal(0)) * HOURS / 24)
    return Price(free=free, **fields)


def measured(data: bytes, source: str) -> Operations:
    """The operations of the design, with those that a file of measured figures (a JSON object) has in their place.

    ``source`` is what to call the file. A file without any of the :data:`MEASURED` figures, or with one that is not
    a number from 0 to 10,000, is a :class:`~brisa.errors.DecodeError`.
    """
    try:
        figures = _parsed(data)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise DecodeError(f"{source} is not JSON: {error}") from error
    found = {name: figures[name] for name in MEASURED if name in figures} if isinstance(figures, dict) else {}
    if not found:
        raise DecodeError(f"{source} has none of the figures {', '.join(MEASURED)}")
    for name, value in found.items():
        if not isinstance(value, Decimal) or not 0 <= value <= _MOST:
            raise DecodeError(f"{name} in {source} is not a number from 0 to {_MOST:,}")
    taken = {MEASURED[name]: value + 0 for name, value in found.items()}
    design = Operations()
    return replace(design, source=f"{source}, the rest from {design.source}", **taken)


def _parsed(data: bytes) -> Any:
    return json.loads(data, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not a number")

"""``brisa cost``: the monthly bill of a load, before there is one."""

from __future__ import annotations

from dataclasses import asdict
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from brisa.cli.output import one_line, options, output_option, print_rows, print_value
from brisa.errors import DecodeError
from brisa.services.cost import (
    HOURS,
    IDLE,
    Bill,
    Line,
    Load,
    Operations,
    Price,
    Prices,
    bill,
    load_prices,
    managed_bill,
    measured,
)

_CENT = Decimal("0.01")
_COLUMNS = ("amount", "unit", "free", "price", "cost", "cost_with_free")
"""Of the table, after ``what``."""


class Number(click.ParamType[Decimal]):
    """A decimal number between two others."""

    name = "number"

    def __init__(self, least: str, most: str) -> None:
        self._least = Decimal(least)
        self._most = Decimal(most)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """The number, never a negative zero."""
        try:
            number = Decimal(value)
        except InvalidOperation:
            self.fail(f"{value!r} is not a number", param, ctx)
        if not number.is_finite() or not self._least <= number <= self._most:
            self.fail(f"{value} is not between {self._least:,} and {self._most:,}", param, ctx)
        return number + 0


def _number(name: str, least: str, most: str, text: str) -> Any:
    """An option for the field of :class:`Load` of the same name."""
    default = getattr(Load(), name.removeprefix("--").replace("-", "_"))
    return click.option(name, type=Number(least, most), default=default, show_default=True, metavar="N", help=text)


load_options = options(
    _number("--dags", "0", "100000", "How many DAGs."),
    _number("--runs-per-day", "0", "86400", "Runs of each DAG a day; once a week is 0.14."),
    _number("--tasks", "0", "100000", "Tasks of a run, besides sensors."),
    _number("--seconds", "0", "3600", "How long a task takes; a function ends after an hour."),
    _number("--cpu", "0.08", "8", "vCPU of a worker."),
    _number("--memory", "0.125", "32", "GiB of a worker."),
    _number("--sensors", "0", "100000", "Sensors of a run that wait for an object in Cloud Storage."),
    _number("--wait", "0", "2592000", "Seconds that such a sensor waits."),
    _number("--log-kb", "0", "1000000", "KiB that a task logs; logs are kept for a month."),
    _number("--secrets", "0", "100000", "Secrets in Secret Manager; if there are any, each task reads one."),
)


@click.command()
@load_options
@click.option(
    "--measured",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take operations per task and tick from this JSON of measured figures.",
)
@output_option
def cost(file: Path | None, output: str, **load: Decimal) -> None:
    """Print what a load costs a month on Google Cloud, beside a managed Airflow that does nothing."""
    prices = load_prices()
    answer = _Answer(Load(**load), Operations() if file is None else _measured(file), prices)
    if output in ("json", "yaml"):
        print_value(answer.value(), output)
        return
    print_rows(answer.rows(), output, nothing="", numbers=("amount", "free", "cost", "cost_with_free"))
    for line in answer.notes():
        click.echo(line, err=output == "plain")


def _measured(file: Path) -> Operations:
    try:
        return measured(file.read_bytes(), str(file))
    except DecodeError as error:
        raise click.BadParameter(one_line(str(error)), param_hint="'--measured'") from error


class _Answer:
    """The bills of a load, of no load, and of a managed Airflow, for people and for programs."""

    def __init__(self, load: Load, operations: Operations, prices: Prices) -> None:
        self._load = load
        self._operations = operations
        self._prices = prices
        self._bill = bill(load, operations, prices)
        self._idle = bill(IDLE, operations, prices)
        self._managed = managed_bill(prices)
        self._ratio = self._managed.total / self._idle.total

    def value(self) -> dict[str, Any]:
        """One JSON object with everything."""
        managed = self._prices.managed
        return {
            "currency": self._prices.currency,
            "region": self._prices.region,
            "note": self._prices.note,
            "load": _plain(self._load),
            "operations": _plain(self._operations),
            "items": [_item(line) for line in self._bill.lines],
            "total": _cents(self._bill.total),
            "total_with_free": _cents(self._bill.total_with_free),
            "idle": _cents(self._idle.total),
            "idle_with_free": _cents(self._idle.total_with_free),
            "managed": {
                "name": managed.name,
                "idle": _cents(self._managed.total),
                "items": [_item(line) for line in self._managed.lines],
                "source": managed.source,
                "taken": managed.taken,
                "checked": managed.checked,
                "note": managed.note,
            },
            "ratio": _tenths(self._ratio),
        }

    def rows(self) -> list[dict[str, str]]:
        """A row for each item, and one for each sum."""
        managed = self._prices.managed
        estimate = "" if managed.checked else " (estimate)"
        return [
            *(_row(line) for line in self._bill.lines),
            _sum("total", self._bill),
            _sum("idle: nothing but the tick", self._idle),
            _sum(f"idle: {managed.name}{estimate}", self._managed),
            _cells("the two idle costs: times", cost=f"{_tenths(self._ratio):,}"),
        ]

    def notes(self) -> list[str]:
        """What people should know about the rows."""
        prices = self._prices
        lines = [*self._bill.lines, *self._managed.lines]
        unchecked = [line.price.what for line in lines if not line.price.checked]
        if not prices.managed.checked:
            unchecked.append(f"what {prices.managed.name} occupies ({prices.managed.dcu} DCU, {prices.managed.source})")
        dates = sorted({line.price.taken for line in lines})
        return [
            f"{prices.currency} for a month of {HOURS} hours in {prices.region}; list prices of {' and '.join(dates)}.",
            f"Operations per task, run and tick: from {one_line(self._operations.source)}.",
            *(f"Not confirmed: {what}." for what in unchecked),
        ]


def _plain(record: Load | Operations) -> dict[str, Any]:
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in asdict(record).items()}


def _item(line: Line) -> dict[str, Any]:
    price = line.price
    return {
        "item": line.item,
        "what": price.what,
        "amount": _thousandths(line.amount),
        "unit": price.unit,
        "free": _thousandths(price.free),
        "usd": float(price.usd),
        "per": int(price.per),
        "cost": _cents(line.cost),
        "cost_with_free": _cents(line.cost_with_free),
        "source": price.source,
        "taken": price.taken,
        "checked": price.checked,
        "note": price.note,
    }


def _row(line: Line) -> dict[str, str]:
    price = line.price
    return _cells(
        price.what + ("" if price.checked else " (not confirmed)"),
        amount=_amount(line.amount),
        unit=price.unit,
        free=_amount(price.free),
        price=_per(price),
        cost=_money(line.cost),
        cost_with_free=_money(line.cost_with_free),
    )


def _sum(what: str, one: Bill) -> dict[str, str]:
    return _cells(what, cost=_money(one.total), cost_with_free=_money(one.total_with_free))


def _cells(what: str, **cells: str) -> dict[str, str]:
    return {"what": what, **{name: cells.get(name, "") for name in _COLUMNS}}


def _amount(value: Decimal) -> str:
    """A whole number, unless that would hide what there is."""
    if value < 10 and value != value.to_integral_value():
        return f"{_rounded(value, Decimal('0.001')):f}"
    return f"{_rounded(value, Decimal(1)):,f}"


def _per(price: Price) -> str:
    return f"{price.usd:f}" if price.per == 1 else f"{price.usd:f} / {price.per:,f}"


def _rounded(value: Decimal, step: Decimal) -> Decimal:
    return value.quantize(step, ROUND_HALF_UP)


def _money(value: Decimal) -> str:
    return f"{_rounded(value, _CENT):,f}"


def _cents(value: Decimal) -> float:
    return float(_rounded(value, _CENT))


def _tenths(value: Decimal) -> float:
    return float(_rounded(value, Decimal("0.1")))


def _thousandths(value: Decimal) -> float:
    return float(_rounded(value, Decimal("0.001")))

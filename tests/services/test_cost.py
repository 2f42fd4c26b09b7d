"""The cost of a load: worked by hand, never falling as the load grows, and with a source for every price."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brisa.errors import DecodeError
from brisa.services.cost import (
    IDLE,
    MEASURED,
    Load,
    Operations,
    bill,
    load_prices,
    managed_bill,
    measured,
    usage,
)
from brisa.services.worker import LEASE, RENEWALS

PRICES = load_prices()
DESIGN = Operations()


def load(**numbers: float | str) -> Load:
    return Load(**{name: Decimal(str(number)) for name, number in numbers.items()})


def close(amount: Decimal) -> object:
    """``amount`` as pytest compares it: a month is no whole number of days."""
    return pytest.approx(float(amount), rel=1e-12)


WEEKDAY = load(
    dags=12, runs_per_day=3, tasks=8, seconds=31.02, cpu=2, memory=4, sensors=1, wait=9000, log_kb=64, secrets=9
)


def test_a_load_worked_by_hand() -> None:
    """12 DAGs × 3 runs a day are 1,095 runs a month; all else follows by plain arithmetic."""
    runs, ticks = 1095, 43_800
    tasks = 8 * runs
    looks = 17 * runs  # begin, two and a half hours of waiting with a look each ten minutes, end
    planned = ticks + runs + runs  # ticks, messages of runs, events
    worker_tenths = tasks * 311 + looks * 6  # 31.02 + 0.05 s is billed as 31.1, 0.55 s as 0.6
    by_hand = {
        "run_cpu": Fraction(worker_tenths * 2 + planned * 2, 10),
        "run_memory": Fraction(worker_tenths * 4 + planned, 10),
        "run_requests": tasks + looks + planned,
        "queue_operations": 2 * (tasks + looks + runs),
        "firestore_reads": tasks + looks + 2 * runs + 2 * runs + 2 * ticks,
        "firestore_writes": 3 * (tasks + looks) + 2 * 16 * runs + 2 * tasks + 4 * runs + 2 * runs,
        "firestore_deletes": runs,
        "scheduler_jobs": 1,
        "storage_data": Fraction((tasks + looks) * 64, 1024 * 1024),
        "storage_class_a": tasks + looks,
        "storage_class_b": looks,
        "secret_versions": 9,
        "secret_accesses": tasks,
    }
    used = usage(WEEKDAY, DESIGN)

    assert list(used) == list(by_hand)
    for item, amount in used.items():
        assert close(amount) == float(by_hand[item]), item


def test_a_bill_worked_by_hand() -> None:
    """The same load in dollars: each amount at its price, and what is above the free amounts."""
    costs = {line.item: (line.cost, line.cost_with_free) for line in bill(WEEKDAY, DESIGN, PRICES).lines}

    assert close(costs["run_cpu"][0]) == (2_836_050 + 45_990) / 5 * 0.000024
    assert close(costs["run_cpu"][1]) == ((2_836_050 + 45_990) / 5 - 180_000) * 0.000024
    assert close(costs["run_memory"][0]) == (2_836_050 * 4 + 45_990) / 10 * 0.0000025
    assert close(costs["firestore_writes"][0]) == (3 * 27_375 + 2 * 16 * 1_095 + 2 * 8_760 + 6 * 1_095) * 0.0000009
    assert costs["scheduler_jobs"] == (Decimal("0.10"), Decimal(0))
    assert costs["secret_versions"] == (Decimal("0.54"), Decimal("0.18"))


def test_a_bill_is_the_sum_of_its_lines() -> None:
    """Nothing is left out of the totals, and nothing is in them twice."""
    whole = bill(WEEKDAY, DESIGN, PRICES)

    assert whole.total == sum(line.cost for line in whole.lines)
    assert whole.total_with_free == sum(line.cost_with_free for line in whole.lines)
    assert 0 < whole.total_with_free < whole.total


def test_idle_costs_36_cents_and_nothing_with_the_free_amounts() -> None:
    """43,800 ticks: 8,760 vCPU-s, 4,380 GiB-s, as many requests, two reads each, and the job of the scheduler."""
    idle = bill(IDLE, DESIGN, PRICES)

    assert idle.total == Decimal("0.21024") + Decimal("0.01095") + Decimal("0.01752") + Decimal("0.02628") + Decimal(
        "0.10"
    )
    assert idle.total_with_free == 0


def test_a_managed_airflow_costs_much_while_it_does_nothing() -> None:
    """12 DCU and 10 GiB of database, for 730 hours."""
    assert managed_bill(PRICES).total == 730 * (12 * Decimal("0.06") + 10 * Decimal("0.000232877"))


@pytest.mark.parametrize("item", [item for item, price in PRICES.items.items() if price.free])
def test_the_free_amount_is_free_and_what_follows_is_not(item: str) -> None:
    """Up to the free amount the cost is zero; the next unit has its price."""
    line = next(line for line in bill(IDLE, DESIGN, PRICES).lines if line.item == item)
    full, beyond = (replace(line, amount=line.price.free + more) for more in (0, 1))

    assert (replace(line, amount=Decimal(0)).cost_with_free, full.cost_with_free) == (Decimal(0), Decimal(0))
    assert close(beyond.cost_with_free) == float(line.price.usd / line.price.per)


def test_a_free_amount_of_a_day_counts_for_each_day() -> None:
    """Firestore's 20,000 free writes a day are 365 / 12 times as many in a month."""
    assert close(PRICES.items["firestore_writes"].free) == 20_000 * 365 / 12


@pytest.mark.parametrize(
    ("seconds", "tenths", "heartbeats"),
    [("0", 1, 0), ("0.05", 1, 0), ("0.06", 2, 0), ("14.99", 151, 0), ("15", 151, 1)],
)
def test_a_task_is_billed_by_started_tenths_and_beats_every_15_seconds(
    seconds: str, tenths: int, heartbeats: int
) -> None:
    """Cloud Run rounds up to 100 ms; the lease is renewed while a task runs."""
    one = load(dags=24, runs_per_day=1, tasks=1, seconds=seconds)  # 730 runs a month
    without = replace(one, tasks=Decimal(0))
    more = {item: amount - usage(without, DESIGN)[item] for item, amount in usage(one, DESIGN).items()}

    assert more["run_cpu"] == Decimal(73 * tenths)
    assert more["firestore_writes"] == 730 * (3 + heartbeats)


def test_the_design_beats_as_the_worker_does() -> None:
    """The writes that are counted while a task runs are those that the worker makes."""
    assert DESIGN.heartbeat_seconds == Decimal(LEASE / RENEWALS)


# --- properties ------------------------------------------------------------------------------------------


FIELDS = [field.name for field in fields(Load)]
LOADS = st.fixed_dictionaries({name: st.decimals(0, 100_000, places=3) for name in FIELDS})


@given(numbers=LOADS, name=st.sampled_from(FIELDS), more=st.decimals(0, 100_000, places=3))
def test_more_load_never_costs_less(numbers: dict[str, Decimal], name: str, more: Decimal) -> None:
    """Whatever grows, no item shrinks and no total falls."""
    less = Load(**numbers)
    greater = replace(less, **{name: numbers[name] + more})
    before, after = usage(less, DESIGN), usage(greater, DESIGN)

    assert all(before[item] <= after[item] for item in before)
    assert bill(less, DESIGN, PRICES).total <= bill(greater, DESIGN, PRICES).total
    assert bill(less, DESIGN, PRICES).total_with_free <= bill(greater, DESIGN, PRICES).total_with_free


@given(numbers=LOADS)
def test_nothing_is_negative_and_free_amounts_never_add(numbers: dict[str, Decimal]) -> None:
    """Amounts and costs are zero or more; with the free amounts a bill is not above the one without."""
    one = bill(Load(**numbers), DESIGN, PRICES)

    assert all(line.amount >= 0 and 0 <= line.cost_with_free <= line.cost for line in one.lines)
    assert bill(IDLE, DESIGN, PRICES).total <= one.total


# --- the table of prices ---------------------------------------------------------------------------------


@pytest.mark.parametrize("item", PRICES.items)
def test_every_price_has_its_source_and_its_date(item: str) -> None:
    """A price is above zero, from a page of Google Cloud, and has the day of the look-up."""
    price = PRICES.items[item]

    assert price.usd > 0 < price.per
    assert price.free >= 0
    assert price.what
    assert price.unit
    address = urlsplit(price.source)
    assert (address.scheme, address.netloc) == ("https", "cloud.google.com")
    assert address.path.endswith(("/pricing", "/pricing-examples"))
    assert date.fromisoformat(price.taken) >= date(2026, 1, 1)
    assert type(price.checked) is bool


def test_what_is_second_hand_says_so() -> None:
    """What the managed Airflow occupies is no figure of Google's: it is not checked, and its note says why."""
    managed = PRICES.managed

    assert not managed.checked
    assert managed.source.startswith("https://")
    assert date.fromisoformat(managed.taken) >= date(2026, 1, 1)
    assert "Second hand" in managed.note
    assert (PRICES.currency, PRICES.region) == ("USD", "us-west1 (Oregon)")


def test_every_price_is_used() -> None:
    """The table has a price for each item of a bill, and none that no bill has."""
    lines = [*bill(WEEKDAY, DESIGN, PRICES).lines, *managed_bill(PRICES).lines]

    assert [line.item for line in lines] == list(PRICES.items)


# --- measured figures ------------------------------------------------------------------------------------


def test_measured_figures_replace_the_designs() -> None:
    """Each known figure takes its field's place; the file is named, and other figures in it mean nothing."""
    figures = {name: number + 0.5 for number, name in enumerate(MEASURED)}
    operations = measured(json.dumps({**figures, "chain40_s": "quick"}).encode(), "bench.json")

    assert operations.source == "bench.json, the rest from brisa's design"
    assert {field: getattr(operations, field) for field in MEASURED.values()} == {
        field: Decimal(str(figures[name])) for name, field in MEASURED.items()
    }
    assert replace(operations, **{name: getattr(DESIGN, name) for name in ("source", *MEASURED.values())}) == DESIGN


def test_a_figure_alone_leaves_the_others_as_they_are() -> None:
    """A file with one figure changes that one."""
    assert measured(b'{"gcp_writes_per_task": 4}', "f") == replace(
        DESIGN, writes_per_task=Decimal(4), source="f, the rest from brisa's design"
    )


def test_measured_messages_are_paid_twice_and_delivered_once() -> None:
    """Each message more is two operations of the queue and one request."""
    twice = measured(b'{"gcp_queue_ops_per_task": 2}', "f")
    before, after = (
        usage(load(dags=24, runs_per_day=1, tasks=1), DESIGN),
        usage(load(dags=24, runs_per_day=1, tasks=1), twice),
    )

    assert after["queue_operations"] - before["queue_operations"] == 2 * 730
    assert after["run_requests"] - before["run_requests"] == 730


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "f is not JSON"),
        ("{", "f is not JSON"),
        ("\xff", "f is not JSON"),
        ("[" * 100_000, "f is not JSON"),
        ('{"gcp_reads_per_task": NaN}', "f is not JSON: NaN is not a number"),
        ('{"gcp_reads_per_task": -Infinity}', "f is not JSON: -Infinity is not a number"),
        ("[]", "f has none of the figures gcp_reads_per_task, "),
        ('{"reads_per_task": 1}', "f has none of the figures gcp_reads_per_task, "),
        ('{"gcp_reads_per_task": -1}', "gcp_reads_per_task in f is not a number from 0 to 10,000"),
        ('{"gcp_reads_per_task": 10001}', "gcp_reads_per_task in f is not a number from 0 to 10,000"),
        ('{"gcp_reads_per_task": true}', "gcp_reads_per_task in f is not a number from 0 to 10,000"),
        ('{"gcp_reads_per_task": "1"}', "gcp_reads_per_task in f is not a number from 0 to 10,000"),
        ('{"gcp_idle_tick_reads": 1e400}', "gcp_idle_tick_reads in f is not a number from 0 to 10,000"),
        ('{"gcp_idle_tick_reads": 1e99999999999999999999}', "f is not JSON"),
    ],
)
def test_a_file_without_proper_figures_is_refused(text: str, says: str) -> None:
    """What is no JSON, has no figure, or one that cannot be, is an error that names the file or the figure."""
    with pytest.raises(DecodeError) as caught:
        measured(text.encode("latin-1"), "f")

    assert str(caught.value).startswith(says)

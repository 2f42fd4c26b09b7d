"""``brisa cost``, as people and programs get it."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from brisa.cli import cost
from brisa.services.cost import IDLE, MEASURED, Load, Operations, bill, load_prices
from tests.support.documents import DOCS, typed
from tests.support.program import called

HOW_TO = (DOCS / "how-to" / "know-the-cost.md").read_text("utf-8")
REFERENCE = (DOCS / "reference" / "command-line.md").read_text("utf-8")
SECTION = REFERENCE.split("### `brisa cost`\n")[1].split("\n### ")[0]

NAMES = [f"--{field.name.replace('_', '-')}" for field in fields(Load)]
"""The options that describe the load."""


def answer(*arguments: str | Path) -> dict[str, Any]:
    """The JSON that the command prints, which has to be all that it prints."""
    done = called("cost", *arguments, "-o", "json")
    assert (done.returncode, done.stderr) == (0, "")
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def rows(*arguments: str | Path) -> dict[str, list[str]]:
    """What each plain row is about → its other cells."""
    done = called("cost", *arguments, "-o", "plain")
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return {first: others for first, *others in lines}


def test_the_how_to_shows_what_is_printed() -> None:
    """The commands of the page end well, and the lines under its first one are lines of its answer."""
    first, *others = typed(HOW_TO)
    shown = HOW_TO.split("```\n")[2].splitlines()
    done = called(*first)

    assert len(shown) > 5
    assert set(shown) - {"…"} <= {line.rstrip() for line in done.stdout.splitlines()}
    assert len(others) == 2
    assert [called(*command).returncode for command in others] == [0, 0]


def test_a_bill_has_a_row_for_each_item_and_for_each_sum() -> None:
    """10 DAGs × 24 runs × 10 tasks a day are 73,000 tasks a month; each of them, and of 7,300 runs, has a message."""
    printed = rows()

    assert printed["Cloud Storage: objects written"] == [
        "73,000", "class A operation", "5,000", "0.005 / 1,000", "0.37", "0.34",
    ]  # fmt: skip
    assert printed["Cloud Tasks: operations"][0] == "160,600"
    assert printed["total"] == ["", "", "", "", "20.66", "14.92"]
    assert list(printed)[-4:] == [
        "total",
        "idle: nothing but the tick",
        "idle: Cloud Composer 3, small preset (estimate)",
        "the two idle costs: times",
    ]


def test_programs_get_all_of_it_and_the_same_as_people() -> None:
    """Costs, sums and ratio in the JSON are those of the rows."""
    load = ("--dags", "3", "--sensors", "2", "--secrets", "7")
    given, printed = answer(*load), rows(*load)

    for item in given["items"]:
        assert [f"{item[name]:,.2f}" for name in ("cost", "cost_with_free")] == printed[item["what"]][-2:]
    assert [f"{given[name]:,.2f}" for name in ("total", "total_with_free")] == printed["total"][-2:]
    assert [f"{given[name]:,.2f}" for name in ("idle", "idle_with_free")] == printed["idle: nothing but the tick"][-2:]
    assert printed["the two idle costs: times"][-2] == f"{given['ratio']:,}"
    assert given["managed"]["idle"] == 527.3
    assert given["ratio"] == round(527.3000 / 0.36499, 1)


def test_what_was_asked_for_is_what_is_billed() -> None:
    """Each option fills the field of the load that has its name."""
    asked = {field.name: str(number) for number, field in enumerate(fields(Load), start=2)}
    given = answer(*(word for name, text in asked.items() for word in (f"--{name.replace('_', '-')}", text)))
    load = Load(**{name: Decimal(text) for name, text in asked.items()})

    assert given["load"] == {name: float(text) for name, text in asked.items()}
    assert given["total"] == pytest.approx(float(bill(load, Operations(), load_prices()).total), abs=0.005)


def test_without_options_it_is_the_load_of_the_defaults() -> None:
    """What the load says where nothing is asked for is what the options say."""
    assert answer()["load"] == {field.name: float(getattr(Load(), field.name)) for field in fields(Load)}


def test_a_load_of_nothing_is_idle() -> None:
    """Without a DAG there is what being idle costs: below a dollar, and nothing with the free amounts."""
    given = answer("--dags", "0")

    assert given["total"] == given["idle"] == 0.36
    assert given["total_with_free"] == given["idle_with_free"] == 0
    assert bill(IDLE, Operations(), load_prices()).total < 1


def test_half_a_cent_is_rounded_up() -> None:
    """Money is rounded when it is printed, half up: 0.125 is 0.13."""
    (line,) = [line for line in bill(IDLE, Operations(), load_prices()).lines if line.item == "scheduler_jobs"]
    more = replace(line, amount=Decimal("1.25"))

    assert (cost._row(more)["cost"], cost._item(more)["cost"]) == ("0.13", 0.13)


def documented(name: str) -> list[str]:
    found = re.search(rf"{re.escape(name)}: (.*?)\.(?:\s|$)", SECTION, re.DOTALL)
    assert found, name
    return re.findall(r"`(\w+)`", found[1])


def test_the_keys_are_the_documented_ones() -> None:
    """The object and all within it have the keys of the reference, in its order."""
    given = answer()

    assert list(given) == documented("Keys of the object")
    for item in (*given["items"], *given["managed"]["items"]):
        assert list(item) == documented("Keys of an item")
    for name in ("managed", "load", "operations"):
        assert list(given[name]) == documented(f"Keys of `{name}`")


def test_the_columns_are_the_documented_ones() -> None:
    """A table's heading has the names of the reference."""
    heading = called("cost").stdout.splitlines()[0]

    assert re.split(r" {2,}", heading.strip()) == [name.replace("_", " ") for name in documented("Columns")]


def test_the_defaults_are_the_documented_ones() -> None:
    """The reference has the default of each option as the load has it."""
    shown = dict(re.findall(r"^\| `--([a-z-]+)` N \| ([\d.]+) \|", SECTION, re.MULTILINE))

    assert {name.replace("-", "_"): Decimal(text) for name, text in shown.items()} == {
        field.name: getattr(Load(), field.name) for field in fields(Load)
    }


def test_yaml_says_the_same_as_json() -> None:
    """Programs that read YAML get the same object."""
    assert yaml.safe_load(called("cost", "-o", "yaml").stdout) == answer()


@pytest.mark.parametrize(("output", "stream"), [("table", "stdout"), ("plain", "stderr")])
def test_people_are_told_what_the_figures_stand_on(output: str, stream: str) -> None:
    """Region, date, where the operations are from, and what could not be confirmed; never between rows for programs."""
    done = called("cost", "-o", output)
    told = getattr(done, stream).splitlines()[-3:]

    assert told[0] == "USD for a month of 730 hours in us-west1 (Oregon); list prices of 2026-11-29."
    assert told[1] == "Operations per task, run and tick: from brisa's design."
    assert told[2].startswith("Not confirmed: what Cloud Composer 3, small preset occupies (12 DCU, https://")


def test_measured_operations_are_used_and_named(tmp_path: Path) -> None:
    """One write more per task is 73,000 writes more, and the answer says whose figure that is."""
    file = tmp_path / "bench.json"
    file.write_text('{"gcp_writes_per_task": 4.0, "chain40_s": 0.3}', "utf-8")
    given, design = answer("--measured", file), answer()
    writes = [next(one for one in each["items"] if one["item"] == "firestore_writes") for each in (given, design)]

    assert writes[0]["amount"] - writes[1]["amount"] == 73_000
    assert given["operations"]["source"] == f"{file}, the rest from brisa's design"
    assert f"tick: from {file}, the rest" in called("cost", "--measured", file).stdout


def test_a_file_without_measured_operations_is_refused(tmp_path: Path) -> None:
    """A file that has no figure, or is not there, is a usage error that names the option."""
    file = tmp_path / "bench.json"
    file.write_text("{}", "utf-8")

    for wrong in (file, tmp_path / "none.json", tmp_path):
        done = called("cost", "--measured", wrong)
        assert (done.returncode, done.stdout) == (2, "")
        assert "'--measured'" in done.stderr


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text", ["-1", "-0.001", "nan", "sNaN", "inf", "-inf", "1e9", "1e999999999", "many", "", "1,5"]
)
def test_a_number_that_cannot_be_is_refused(name: str, text: str) -> None:
    """Negative, endless, huge, or no number at all: a usage error that names the option."""
    done = called("cost", f"{name}={text}")

    assert (done.returncode, done.stdout) == (2, "")
    assert f"Invalid value for '{name}': " in done.stderr


@pytest.mark.parametrize("end", [0, 1], ids=["least", "greatest"])
def test_the_limits_of_all_options_together_have_a_price(end: int, tmp_path: Path) -> None:
    """With every option at its own limit there is an answer, in which nothing is negative, not even a zero."""
    file = tmp_path / "bench.json"
    file.write_text(json.dumps(dict.fromkeys(MEASURED, (0, 10_000)[end])), "utf-8")
    words: list[str | Path] = ["--measured", file]
    for name in NAMES:
        limits = re.search(r"between ([\d.,]+) and ([\d.,]+);", called("cost", f"{name}=1e9").stderr.strip())
        assert limits
        words.append(f"{name}={limits[end + 1].replace(',', '')}")

    given, printed = answer(*words), rows(*words)

    assert given["total"] >= given["total_with_free"] >= 0
    assert given["idle"] <= given["total"]
    assert not [cell for cells in printed.values() for cell in cells if cell.startswith("-")]


def test_a_negative_zero_is_none() -> None:
    """``-0`` is nothing, and is printed as such."""
    assert rows("--dags=-0")["Firestore: document deletes"][0] == "0"

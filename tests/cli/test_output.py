"""Rows and values, as people and programs get them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from brisa.cli.output import DateType, duration, one_line, print_rows, print_value, visible
from tests.support.program import brisa

ROWS: list[dict[str, Any]] = [
    {"dag_id": "ventas", "owners": ["ana", "luz"], "duration": 61.0, "next_run": None, "paused": True},
    {"dag_id": "niño", "owners": [], "duration": None, "next_run": "2024-01-01", "paused": False},
]


def test_json_is_one_line_with_the_values_themselves(capsys: pytest.CaptureFixture[str]):
    """Programs get JSON: numbers as numbers, nothing as null, letters as they are."""
    print_rows(ROWS, "json", nothing="none")

    printed = capsys.readouterr().out
    assert json.loads(printed) == ROWS
    assert printed.count("\n") == 1
    assert "niño" in printed


def test_yaml_says_the_same_as_json(capsys: pytest.CaptureFixture[str]):
    """YAML holds the same values in the same order."""
    print_rows(ROWS, "yaml", nothing="none")

    loaded = yaml.safe_load(capsys.readouterr().out)
    assert loaded == ROWS
    assert list(loaded[0]) == list(ROWS[0])


def test_plain_is_a_line_per_row_with_tabs(capsys: pytest.CaptureFixture[str]):
    """Plain rows have no heading and are cut at tabs."""
    print_rows(ROWS, "plain", nothing="none")

    assert capsys.readouterr().out == "ventas\tana, luz\t1 min 01 s\t\tTrue\nniño\t\t\t2024-01-01\tFalse\n"


def test_a_table_has_a_heading_and_aligned_columns(capsys: pytest.CaptureFixture[str]):
    """A table that is piped has headings, no colours, and is as wide as it must be."""
    print_rows([{**ROWS[0], "dag_id": "v" * 200}], "table", nothing="none")

    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split()[:2] == ["dag", "id"]
    assert row.startswith("v" * 200 + "  ana, luz")
    assert "\x1b" not in heading + row


RUN = {
    "dag_id": "ventas",
    "run_id": "manual__2026-11-30T00:02:48.470677+00:00",
    "state": "success",
    "logical_date": "2026-11-30T00:02:48.470677+00:00",
    "start_date": "2026-11-30T00:02:48.692+00:00",
    "end_date": "2026-11-30T00:02:49.721+00:00",
}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """What is printed goes to a terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    return monkeypatch


@pytest.mark.parametrize("width", [70, 80, 120, 200])
def test_a_narrow_terminal_loses_nothing(
    width: int, terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What has no room beside the rest goes on below: nothing is cut off."""
    terminal.setenv("COLUMNS", str(width))
    print_rows([RUN], "table", nothing="none")

    heading, *lines = capsys.readouterr().out.splitlines()
    assert max(map(len, [heading, *lines])) <= width
    place = slice(heading.index("run id"), heading.index("state"))
    assert "".join(line[place].strip() for line in lines) == RUN["run_id"]


def test_a_terminal_that_is_far_too_narrow_shows_a_block_for_each_row(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rather than columns of a few characters."""
    terminal.setenv("COLUMNS", "50")
    print_rows([RUN, RUN], "table", nothing="none")

    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    run_id = RUN["run_id"]
    assert lines[:3] == ["dag id        ventas", f"run id        {run_id[:36]}", f"              {run_id[36:]}"]
    assert lines.count("state         success") == 2


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-11-30T00:02:48+00:00", "2026-11-30 00:02:48Z"),
        ("2026-11-30T00:02:48.692+00:00", "2026-11-30 00:02:48Z"),
        ("2026-11-30T00:02:48.470677Z", "2026-11-30 00:02:48.470677Z"),
        ("2026-11-30T00:02:48+05:00", "2026-11-30T00:02:48+05:00"),
        ("manual__2026-11-30T00:02:48+00:00", "manual__2026-11-30T00:02:48+00:00"),
    ],
)
def test_moments_in_a_table(moment: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Short, and such as commands take; programs get them in full."""
    print_rows([{"at": moment}], "table", nothing="none")
    print_rows([{"at": moment}], "plain", nothing="none")

    assert capsys.readouterr().out.splitlines() == ["at", shown, moment]


def test_a_line_of_a_table_that_is_piped_ends_with_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    """No line is as long as the longest."""
    print_rows([{"name": "a", "value": "界" * 150}, {"name": "b", "value": None}], "table", nothing="none")

    assert capsys.readouterr().out.splitlines() == ["name  value", f"a     {'界' * 150}", "b"]


@pytest.mark.parametrize(
    ("output", "printed"), [("table", "none\n"), ("plain", ""), ("json", "[]\n"), ("yaml", "[]\n")]
)
def test_no_rows(output: str, printed: str, capsys: pytest.CaptureFixture[str]):
    """Without rows people read a sentence, and programs an empty list."""
    print_rows([], output, nothing="none")

    assert capsys.readouterr().out == printed


HOSTILE = "\x1b[2J\x07red\rgone\ttab\nline\x9b31m\u202eevil"


@pytest.mark.parametrize("output", ["table", "plain"])
def test_what_users_name_things_does_nothing_to_the_screen(output: str, capsys: pytest.CaptureFixture[str]):
    """Escape codes in names are written out, not sent to the terminal."""
    print_rows([{"file": HOSTILE}], output, nothing="none")

    printed = capsys.readouterr().out
    assert not set("\x1b\x07\r\x9b\u202e") & set(printed)
    assert r"\x1b[2J\x07red\rgone" in printed


def test_a_plain_row_stays_one_line(capsys: pytest.CaptureFixture[str]):
    """Line ends and tabs in a value do not make more rows or columns."""
    print_rows([{"error": HOSTILE, "file": "a"}], "plain", nothing="none")

    (line,) = capsys.readouterr().out.splitlines()
    assert line.count("\t") == 1


def test_text_for_people_keeps_its_lines():
    """``visible`` keeps lines, ``one_line`` doesn't."""
    assert visible("a\n\tb\x00") == "a\n\tb\\x00"
    assert one_line("a\n\tb") == "a  b"


def test_json_survives_an_output_that_is_not_utf_8(tmp_path: Path):
    """Where the standard output has no euro sign, JSON writes it as an escape, and stays JSON."""
    file = tmp_path / "dag.py"
    file.write_text("from brisa import DAG\nd = DAG('d', schedule=None, description='niño 5 €')\n", "utf-8")

    done = brisa("dags", "show", "d", "-f", file, "-o", "json", PYTHONIOENCODING="latin-1:strict")

    assert json.loads(done.stdout)["description"] == "niño 5 €"


def test_json_of_half_a_letter(capsys: pytest.CaptureFixture[str]):
    """A lone surrogate, which no encoding has, is written as an escape."""
    print_value({"value": "\udc80", "letter": "ñ"}, "json")

    assert json.loads(capsys.readouterr().out) == {"value": "\udc80", "letter": "ñ"}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0.0, "0.00 s"), (59.994, "59.99 s"), (60, "1 min 00 s"), (3599, "59 min 59 s"), (7320, "2 h 02 min")],
)
def test_durations_as_people_read_them(seconds: float | None, text: str):
    """Seconds with two places, then minutes, then hours."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-31", datetime(2024, 1, 31, tzinfo=UTC)),
        ("2024-01-31T06:30", datetime(2024, 1, 31, 6, 30, tzinfo=UTC)),
        ("2024-01-31 06:30:00+01:00", datetime(2024, 1, 31, 6, 30, tzinfo=timezone(timedelta(hours=1)))),
        ("2024-01-31T06:30:00Z", datetime(2024, 1, 31, 6, 30, tzinfo=UTC)),
    ],
)
def test_dates_are_iso_8601_and_utc(text: str, moment: datetime):
    """A date without a zone is UTC; one with a zone is turned into UTC."""
    read = DateType().convert(text, None, None)

    assert (read, read.tzinfo) == (moment, UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2024-02-30", "0001-01-01T00:00:00+14:00"])
def test_what_is_not_a_date_is_refused(text: str):
    """What is no date, or none that the calendar has, is a usage error that shows it."""
    with pytest.raises(click.BadParameter, match="is not a date like 2024-01-31"):
        DateType().convert(text, None, None)

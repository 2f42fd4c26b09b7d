"""The exports of Elevate Marketing: made the same every time, with all the dirt that the pipeline must stand."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import io
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest

from tests.pipelines.conftest import PIPELINES

FOLDER = PIPELINES / "elevate_marketing"
FILES = ("Facebook_2023.csv", "GoogleAds_2023.csv", "YoutubeAds_2023.csv")


def module(name):
    """A module of the pipeline's folder."""
    spec = importlib.util.spec_from_file_location(f"elevate_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The three files, made by the generator's command."""
    folder = tmp_path_factory.mktemp("exports")
    told = subprocess.run(
        [sys.executable, FOLDER / "generate.py", folder], capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.splitlines() == [str(folder / name) for name in FILES]
    return folder


def lines(folder, name):
    return (folder / name).read_text("utf-8").split("\n")


def table(folder, name):
    """Header and rows of a file, as plain CSV: headers in the midst and blank lines are still there."""
    header, *rows = csv.reader(io.StringIO((folder / name).read_text("utf-8-sig")))
    return header, rows


def test_the_same_seed_makes_the_same_bytes(folder, tmp_path):
    """The files are the same for one seed, on this Python as on the one that wrote these sums; another seed differs."""
    generate = module("generate").generate
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in generate(tmp_path)}
    assert sums == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    assert {name: text[:16] for name, text in sums.items()} == SUMS
    other = generate(tmp_path / "other", seed=7)
    assert not set(sums.values()) & {hashlib.sha256(path.read_bytes()).hexdigest() for path in other}


SUMS = {
    "Facebook_2023.csv": "5f9ef5ef977218e0",
    "GoogleAds_2023.csv": "05f7e584baad288f",
    "YoutubeAds_2023.csv": "e9aba99f0210f81e",
}
"""The beginnings of the files' SHA-256 sums; they change with the generator alone."""


def test_there_are_more_than_100000_rows(folder):
    """Eight campaigns over the year on three platforms, at least 100,000 rows."""
    counts = {name: len(lines(folder, name)) for name in FILES}
    assert sum(counts.values()) > 100_000
    assert min(counts.values()) > 30_000
    for name, column in zip(FILES, (0, 0, 1), strict=True):
        names = {row[column].strip() for row in table(folder, name)[1] if len(row) > 1}
        assert len({campaign for campaign in names if not campaign.startswith(("Total", "\ufeff"))}) == 8


def test_byte_order_marks(folder):
    """Facebook's file begins with a BOM, Google's has one for every month, YouTube's none."""
    marks = [(folder / name).read_bytes().count(b"\xef\xbb\xbf") for name in FILES]
    assert marks == [1, 12, 0]
    assert all((folder / name).read_bytes().startswith(b"\xef\xbb\xbf") for name in FILES[:2])


@pytest.mark.parametrize(
    ("name", "column", "number", "date_column", "date"),
    [
        ("Facebook_2023.csv", "Impressions", r"\d{1,3}(,\d{3})+", "Day", r"2023-\d\d-\d\d"),
        ("GoogleAds_2023.csv", "Impr.", r"\d{1,3}(\.\d{3})+", "Day", r"\d\d/\d\d/2023"),
        ("YoutubeAds_2023.csv", "Impressions", r"\d{1,3}(,\d{3})+", "Date", r"[A-Z][a-z]{2} \d{1,2}, 2023"),
    ],
)
def test_each_platform_writes_numbers_and_dates_its_own_way(folder, name, column, number, date_column, date):
    """Thousands separators and date formats differ by platform."""
    header, rows = table(folder, name)
    data = [row for row in rows if len(row) == len(header) and re.fullmatch(date, row[header.index(date_column)])]
    assert len(data) > 40_000
    assert sum(bool(re.fullmatch(number, row[header.index(column)])) for row in data) > 10_000


def test_decimals_and_currencies(folder):
    """Amounts are 1,234.50 or 1.234,50; there are dollars and euros, in a column or as a sign."""
    for name, column, amount in (("Facebook_2023.csv", 9, r"\d+\.\d\d"), ("GoogleAds_2023.csv", 9, r"\d+,\d\d")):
        rows = [row for row in table(folder, name)[1] if len(row) == 11 and row[5] in ("USD", "EUR")]
        assert {row[5] for row in rows} == {"USD", "EUR"}
        assert sum(bool(re.fullmatch(amount, row[column])) for row in rows) > 40_000
    signs = Counter(row[9][0] for row in table(folder, "YoutubeAds_2023.csv")[1] if row)
    assert set(signs) == {"$", "€"}


def test_google_renames_a_column_half_way(folder):
    """Google's header comes again each month; from July it says Spend where it said Cost."""
    headers = [line for line in lines(folder, "GoogleAds_2023.csv") if "Campaign,Ad group" in line]
    assert ["Cost" in header for header in headers] == [True] * 6 + [False] * 6
    assert all("Spend" in header for header in headers[6:])


def test_youtube_renames_a_column_half_way(folder):
    """YouTube's views are in Views until June and in TrueView views from July; the other column is empty."""
    header, rows = table(folder, "YoutubeAds_2023.csv")
    old, new = header.index("Views"), header.index("TrueView views")
    for row in filter(None, rows):
        late = row[0].split()[0] in ("Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
        assert (row[old] == "", row[new] == "") == (late, not late)


@pytest.mark.parametrize(
    ("name", "column"), [("Facebook_2023.csv", 4), ("GoogleAds_2023.csv", 4), ("YoutubeAds_2023.csv", 0)]
)
def test_days_are_missing(folder, name, column):
    """Whole days are missing, different ones for each platform."""
    days = {row[column] for row in table(folder, name)[1] if len(row) > 4 and "2023" in row[column]}
    missing = {
        "Facebook_2023.csv": {"2023-04-10", "2023-04-11", "2023-04-12"},
        "GoogleAds_2023.csv": {"21/08/2023"},
        "YoutubeAds_2023.csv": {"Nov 5, 2023", "Nov 6, 2023"},
    }[name]
    assert len(days) == 365 - len(missing)
    assert not days & missing


@pytest.mark.parametrize("name", FILES)
def test_rows_are_repeated(folder, name):
    """Some rows come twice: single ones next to each other, and whole days again later."""
    texts = [line for line in lines(folder, name) if line and "Campaign" not in line]
    counts = Counter(texts)
    assert sum(1 for count in counts.values() if count > 1) > 300
    assert any(one == other for one, other in pairwise(texts))
    first: dict[str, int] = {}
    distances = [place - first.setdefault(text, place) for place, text in enumerate(texts)]
    assert max(distances) > 100


@pytest.mark.parametrize(
    ("name", "blank"), [("Facebook_2023.csv", 2), ("GoogleAds_2023.csv", 1), ("YoutubeAds_2023.csv", 1)]
)
def test_blank_lines_at_the_end(folder, name, blank):
    """Each file ends with blank lines."""
    assert (folder / name).read_bytes().endswith(b"\n" * (blank + 1))


def test_text_with_commas_quotes_and_spaces(folder):
    """Names have commas and quotes, and Facebook's some spaces after them."""
    text = (folder / "Facebook_2023.csv").read_text("utf-8")
    assert '"Verano 2023, ""Sol y mar"""' in text
    assert "Marca siempre activa  ," in text


def test_google_adds_totals_and_writes_nothing_as_dashes(folder):
    """Google ends each month with a line of totals, and writes -- where nothing was measured."""
    rows = [row for row in table(folder, "GoogleAds_2023.csv")[1] if row]
    totals = [row for row in rows if row[0] == "Total: Campaigns"]
    assert len(totals) == 12
    assert sum(row[8] == "--" for row in rows) > len(totals)


FACEBOOK_HEADER = (
    "Campaign name,Ad set name,Ad name,Country,Day,Currency,Impressions,Link clicks,Purchases,Amount spent,"
    "Purchases conversion value"
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{FACEBOOK_HEADER}\na,b,c\n", []),
        (f"\ufeff{FACEBOOK_HEADER}\r\na,b,c\r\n\r\n", []),
        (
            f"{FACEBOOK_HEADER.replace('Currency', 'Moneda')}\na\n",
            ["X, line 1: column 6, 'Currency', is missing", "X, line 1: column 6, 'Moneda', is unknown"],
        ),
        (
            f"{FACEBOOK_HEADER.replace('Currency,', '')}\na\n",
            ["X, line 1: column 6, 'Currency', is missing"],
        ),
        (
            f"{FACEBOOK_HEADER},Frequency\na\n",
            ["X, line 1: column 12, 'Frequency', is unknown"],
        ),
        (
            f"{FACEBOOK_HEADER}\na\n{FACEBOOK_HEADER.replace('Day', 'Date')}\nb\n",
            ["X, line 3: column 5, 'Day', is missing", "X, line 3: column 5, 'Date', is unknown"],
        ),
        (
            f"{FACEBOOK_HEADER.replace('Impressions,Link clicks', 'Link clicks,Impressions')}\na\n",
            ["X, line 1: the columns are in another order: "],
        ),
        (f"{FACEBOOK_HEADER}\n\n\n", ["X: no rows below the header"]),
        ("", ["X, line 1: no header; expected the columns Campaign name, ", "X: no rows below the header"]),
    ],
)
def test_a_file_that_bigquery_would_load_wrongly_is_refused(text, told):
    """What is wrong with a file is said with its line and column."""
    elevate = module("elevate_marketing")
    found = list(elevate.problemas(elevate.EXPORTES["facebook"], "X", text.encode()))
    assert len(found) == len(told)
    for message, expected in zip(found, told, strict=True):
        assert message.startswith(expected)


def test_a_file_that_is_not_utf8_is_refused():
    """Bytes that are not UTF-8 are named with their line."""
    elevate = module("elevate_marketing")
    data = f"{FACEBOOK_HEADER}\nCampaña\n".encode("latin-1")
    assert list(elevate.problemas(elevate.EXPORTES["facebook"], "X", data)) == ["X, line 2: not UTF-8 (byte 134)"]


def test_the_generated_files_are_accepted(folder):
    """The files as they are generated pass the pipeline's own look at them."""
    elevate = module("elevate_marketing")
    for exporte in elevate.EXPORTES.values():
        assert list(elevate.problemas(exporte, exporte.archivo, (folder / exporte.archivo).read_bytes())) == []

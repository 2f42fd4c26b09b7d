"""Files of Variables and Connections: read, written, and what is wrong with one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brisa.services.setting_files import Existing, ExistingError, Format, SettingFileError, chosen, format_of, written
from brisa.services.setting_files import read as read_file

TEXT = st.text("aé☃😀0: -#'\"\\{}[]&*!|>%@`,?=~.", min_size=1, max_size=6) | st.sampled_from(
    ["yes", "null", "1e3", "0x1", "2024-01-01"]
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(values=st.dictionaries(TEXT, VALUE, max_size=4), form=st.sampled_from([Format.JSON, Format.YAML]))
def test_what_is_written_is_read_again(values: dict[str, Any], form: Format) -> None:
    """Whatever the names and the values are."""
    assert read_file(written(values, form), form, "f") == values


@given(values=st.dictionaries(st.from_regex(r"[A-Za-z0-9_]+", fullmatch=True), TEXT, max_size=4))
def test_lines_say_texts(values: dict[str, str]) -> None:
    """A value may have equal signs and spaces in it."""
    assert read_file(written(values, Format.ENV), Format.ENV, "f") == values


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.json", Format.JSON),
        ("a.yml", Format.YAML),
        ("a.b.YAML", Format.YAML),
        ("/x/.env", Format.ENV),
        ("a.txt", None),
        ("a", None),
    ],
)
def test_the_end_of_a_name_tells_the_format(name: str, form: Format | None) -> None:
    """As in Airflow; any other is an error."""
    if form is None:
        with pytest.raises(SettingFileError, match=name):
            format_of(name)
    else:
        assert format_of(name) is form


@pytest.mark.parametrize(
    ("text", "form", "told"),
    [
        ('{\n"a": s3cret}', Format.JSON, "f:2: this is not JSON"),
        ("[1]", Format.JSON, "f is no object"),
        ('{"a": 1, "a": 2}', Format.JSON, "f has 'a' more than once"),
        ("[" * 100_000, Format.JSON, "f is nested too deeply"),
        ("a: 1\nb: s3cret: 2", Format.YAML, "f:2: this is not YAML"),
        ("- 1", Format.YAML, "f is no object"),
        ("1: a", Format.YAML, "the name 1 is no text"),
        ("A=1\n# B\n\ns3cret", Format.ENV, "f:4: a line reads NAME=value"),
        ("=s3cret", Format.ENV, "f:1: a line reads"),
        ("A=1\nA=2", Format.ENV, "f:2: 'A' is there more than once"),
    ],
)
def test_a_file_that_can_not_be_read(text: str, form: Format, told: str) -> None:
    """The error names the file and the line, and quotes no value."""
    with pytest.raises(SettingFileError) as caught:
        read_file(text, form, "f")
    assert told in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("values", [{"a=b": "1"}, {"a": "1\n2"}, {"a\nb": "1"}])
def test_not_everything_is_a_line(values: dict[str, str]) -> None:
    """Rather an error than a file that says something else."""
    with pytest.raises(SettingFileError, match="JSON or YAML"):
        written(values, Format.ENV)


def test_what_is_there_already_is_replaced_left_or_refused() -> None:
    """As the caller says."""
    names, there = ["a", "b", "c"], {"a", "c"}.__contains__
    assert chosen(names, there, Existing.OVERWRITE, kind="Variable").names == names
    skipping = chosen(names, there, Existing.SKIP, kind="Variable")
    assert (skipping.names, skipping.skipped) == (["b"], ["a", "c"])
    with pytest.raises(ExistingError, match="already Variables 'a', 'c'; nothing was imported"):
        chosen(names, there, Existing.FAIL, kind="Variable")

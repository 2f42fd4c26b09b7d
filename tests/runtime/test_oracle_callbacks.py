"""Callbacks of tasks are called as in Airflow: which, in which order, with what (see tests/oracle/README.md)."""

import pytest

from tests.support.bodies import play
from tests.support.oracle import DIALECTS, Table

TABLE = Table("callbacks")
OTHERWISE = {}
"""(Case, version) → why brisa calls others."""


@pytest.mark.parametrize(("row", "version"), TABLE.params("cases", "case"))
def test_callbacks_are_called_as_in_airflow(row, version):
    """The same callbacks in the same order, with the same try number, state and exception; exceptions have a reason."""
    played = play(TABLE.prelude(version), row["source"], DIALECTS[version])

    seen = sorted(played.names["SEEN"], key=lambda line: line[1])
    mine, airflows = (played.states, seen), (row["states"], row["seen"])
    if (row["case"], version) in OTHERWISE:
        assert mine != airflows, "no difference any more: take it off the list"
    else:
        assert mine == airflows


def test_the_exceptions_are_all_in_the_table():
    """A name among the differences that the table no longer has is removed here too."""
    assert {(row["case"], version) for version, row in TABLE.rows("cases")} >= OTHERWISE.keys()

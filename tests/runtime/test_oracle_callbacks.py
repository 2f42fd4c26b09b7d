"""Callbacks of tasks are called as in Airflow: which, in which order, with what (see tests/oracle/README.md)."""

import pytest

from tests.support.bodies import play
from tests.support.oracle import DIALECTS, Table

TABLE = Table("callbacks")


def under_way(line):
    """A line as a worker would give it: ``dag.test()`` of Airflow 2 leaves a task "scheduled" while it runs."""
    return ["running" if part == "scheduled" else part for part in line]


@pytest.mark.parametrize(("row", "version"), TABLE.params("cases", "case"))
def test_callbacks_are_called_as_in_airflow(row, version):
    """The same callbacks in the same order, with the same try number, state and exception."""
    played = play(TABLE.prelude(version), row["source"], DIALECTS[version])

    seen = sorted(played.names["SEEN"], key=lambda line: line[1])
    mine, airflows = (played.states, seen), (row["states"], [under_way(line) for line in row["seen"]])
    assert mine == airflows

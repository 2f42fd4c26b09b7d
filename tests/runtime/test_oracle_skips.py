"""Skips and failures pass through branches, groups and mapped tasks as in Airflow (see tests/oracle/README.md)."""

import pytest

from brisa.errors import AuthoringError
from tests.support.bodies import load, play
from tests.support.oracle import DIALECTS, Table

TABLE = Table("skips")
OTHERWISE = {}
"""(Scenario, version) → why brisa ends it otherwise."""


@pytest.mark.parametrize(("row", "version"), TABLE.params("scenarios", "name"))
def test_a_dag_ends_as_in_airflow(row, version):
    """Every task instance and the run end in the states that the real one gives; exceptions have a reason."""
    played = play(TABLE.prelude(version), row["source"], DIALECTS[version])

    end = {"run_state": played.run_state, "states": played.states}
    airflows = {"run_state": row["run_state"], "states": row["states"]}
    if (row["name"], version) in OTHERWISE:
        assert end != airflows, "no difference any more: take it off the list"
    else:
        assert end == airflows


def test_the_exceptions_are_all_in_the_table():
    """A name among the differences that the table no longer has is removed here too."""
    assert {(row["name"], version) for version, row in TABLE.rows("scenarios")} >= OTHERWISE.keys()


@pytest.mark.parametrize(("row", "version"), TABLE.params("nested", "name"))
def test_what_airflow_mixes_up_is_refused(row, version):
    """A mapped group in a mapped group: Airflow multiplies the instances, but gives them wrong arguments or none."""
    with pytest.raises(AuthoringError, match=r"DAG 'd'.* can't be expanded inside the mapped task group 'outer'"):
        load(TABLE.prelude(version, "put_before_each_nested_source"), row["source"], DIALECTS[version])


def test_why_nested_mapped_groups_are_refused():
    """Of a product of two by two, Airflow gives two of the four pairs, each twice, and the other two to nobody."""
    for version, row in TABLE.rows("nested"):
        if row["name"] == "two_by_two":
            pairs = [pair[-2:] for pair in row["given"]]
            assert sorted(pairs) == [[1, "p"], [1, "p"], [2, "q"], [2, "q"]], version

"""Skips and failures pass through branches, groups and mapped tasks as in Airflow (see tests/oracle/README.md)."""

import pytest

from brisa.errors import AuthoringError
from tests.support.bodies import load, play
from tests.support.oracle import DIALECTS, Table

TABLE = Table("skips")
FORGETS = "Airflow 3.3 forgets that a decorated branch which is mapped is a branch: it skips nothing"
LOOKS_AWAY = "Airflow 3.3 looks for the decision of a branch in a mapped group in the wrong place: it skips nothing"
ONCE = "Airflow 2 judges the rule of a task in a mapped group once over all instances above, before it has any itself"
MISSES = "Airflow 2 looks for the decision of a branch above a mapped task at the instance's map index; it is not there"
KEEPS = "Airflow 3.3's short circuit leaves out the instances that a task has of a literal list before its turn comes"
FIRST = "Airflow 2 finds one of two reasons not to run before the other: here the branch's skip before the failure"
EITHER = (
    "of Airflow's checks of the rule and of the input, chance decides which is first; brisa takes the input's answer"
)
OTHERWISE = {
    ("input/fail", "3.3.2"): EITHER,
    ("mapped_group/one_skips", "2.11.2"): ONCE,
    ("mapped_group/one_fails", "2.11.2"): ONCE,
    ("mapped_group/one_of_each", "2.11.2"): ONCE,
    ("branch_in_mapped_group", "2.11.2"): ONCE,
    ("short_circuit_in_mapped_group/ignore=True", "2.11.2"): ONCE,
    ("short_circuit_in_mapped_group/ignore=False", "2.11.2"): ONCE,
    ("branch_above_mapped/other", "2.11.2"): MISSES,
    ("mapped_group/branch_above/other", "2.11.2"): MISSES,
    ("mapped_group/short_circuit_above/ignore=True", "3.3.2"): KEEPS,
    ("mapped_branch/one_fails", "2.11.2"): FIRST,
    ("mapped_branch/above_mapped/decorated", "3.3.2"): FORGETS,
    ("branch_in_mapped_group", "3.3.2"): LOOKS_AWAY,
    ("branch_out_of_mapped_group", "3.3.2"): LOOKS_AWAY,
    ("short_circuit_in_mapped_group/ignore=True", "3.3.2"): LOOKS_AWAY,
    ("short_circuit_in_mapped_group/ignore=False", "3.3.2"): LOOKS_AWAY,
}
"""(Scenario, version) → why brisa ends it otherwise. In none of them do both versions of Airflow say the same."""


def folded(states):
    """The states with a task none of whose instances ever ran as one: Airflow expands a literal list before the turn of
    its task comes, brisa when it does."""
    tasks: dict[str, dict[str, str]] = {}
    for name, state in states.items():
        tasks.setdefault(name.partition("[")[0], {})[name] = state
    never = ({"skipped"}, {"upstream_failed"})
    return {
        name: state
        for task, own in tasks.items()
        for name, state in ({task: next(iter(own.values()))} if set(own.values()) in never else own).items()
    }


@pytest.mark.parametrize(("row", "version"), TABLE.params("scenarios", "name"))
def test_a_dag_ends_as_in_airflow(row, version):
    """Every task instance and the run end in the states that the real one gives; exceptions have a reason."""
    played = play(TABLE.prelude(version), row["source"], DIALECTS[version])

    end = (played.run_state, folded(played.states))
    airflows = (row["run_state"], folded(row["states"]))
    if (row["name"], version) in OTHERWISE:
        assert end != airflows, "no difference any more: take it off the list"
    else:
        assert end == airflows


def test_the_exceptions_are_all_in_the_table():
    """A name among the differences that the table no longer has is removed here too."""
    assert {(row["name"], version) for version, row in TABLE.rows("scenarios")} >= OTHERWISE.keys()


REFUSED = (
    r"DAG 'd'.* can't be expanded inside the mapped task group 'outer'|inner\.expand\(\) can't map 'y' over MappedArg"
)


@pytest.mark.parametrize(("row", "version"), TABLE.params("nested", "name"))
def test_what_airflow_mixes_up_is_refused(row, version):
    """A mapped group in a mapped group: Airflow multiplies the instances, but gives them wrong arguments or none."""
    with pytest.raises(AuthoringError, match=REFUSED):
        load(TABLE.prelude(version, "put_before_each_nested_source"), row["source"], DIALECTS[version])


def test_why_nested_mapped_groups_are_refused():
    """Of a product of two by two, Airflow gives two of the four pairs, each twice, and the other two to nobody."""
    for version, row in TABLE.rows("nested"):
        if row["name"] == "two_by_two":
            pairs = [pair[-2:] for pair in row["given"]]
            assert sorted(pairs) == [[1, "p"], [1, "p"], [2, "q"], [2, "q"]], version

"""Template fields of every shape become what they become in Airflow (see tests/oracle/README.md)."""

import pytest

from tests.support.bodies import play
from tests.support.oracle import DIALECTS, Table

TABLE = Table("templates")
UNSEEN = "Airflow does not see that the object needs the other task, and runs both in any order; brisa sees it"
CHANCE = "a text sets no dependency, neither in Airflow nor in brisa: which of the two tasks runs first is chance"
BOTH = "this setting of Airflow 3 works in both dialects"
OTHERWISE = {
    **{("plain/xcom_in_object", version): UNSEEN for version in DIALECTS},
    **{("plain/xcom_in_object_in_list", version): UNSEEN for version in DIALECTS},
    ("plain/xcom_in_text", "3.3.2"): CHANCE,
    ("plain/xcom_in_text_in_dict", "3.3.2"): CHANCE,
    ("native/xcom_in_text", "3.3.2"): CHANCE,
    ("plain/native_for_one_task", "2.11.2"): BOTH,
    ("native/not_for_one_task", "2.11.2"): BOTH,
    ("plain/op_args", "2.11.2"): "Airflow 2 takes the names after *args for positional ones, and refuses them",
}
"""(Case, version) → why brisa makes something else of it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of the DAG file, with the files beside it."""
    made = tmp_path_factory.mktemp("dags")
    for name, text in TABLE.header("files", "").items():
        (made / name).write_text(text, "utf-8")
    return made


@pytest.mark.parametrize(("row", "version"), TABLE.params("cases", "case"))
def test_fields_become_what_they_become_in_airflow(row, version, folder):
    """The same values and types, or the same kind of error; exceptions have a reason."""
    played = play(TABLE.prelude(version), row["source"], DIALECTS[version], file=str(folder / "d.py"))

    states = sorted(state for task, state in played.states.items() if task.split("[")[0] == "t")
    seen = [text for task, text in played.names["SEEN"] if task == "t"]
    mine, airflows = (states, sorted(seen)), (row.get("states"), sorted(row.get("seen", ())))
    if (row["case"], version) in OTHERWISE:
        assert mine != airflows, "no difference any more: take it off the list"
    else:
        assert mine == airflows


def test_the_exceptions_are_all_in_the_table():
    """A name among the differences that the table no longer has is removed here too."""
    assert {(row["case"], version) for version, row in TABLE.rows("cases")} >= OTHERWISE.keys()

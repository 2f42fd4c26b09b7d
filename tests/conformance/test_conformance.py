"""The comparison with the real Airflow: what counts as different, what is known, and how programs are asked."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import known
from tests.conformance.answers import Answers, Program, ask
from tests.conformance.compare import CHANCE, Difference, differences, steady
from tests.conformance.environments import ours
from tests.conformance.scope import missing_names, out_of_scope
from tests.conformance.work import work, work_list


def answer(**changes: Any) -> dict[str, Any]:
    """What both sides say about a DAG of two tasks."""
    return {
        "dag_id": "d",
        "error": "",
        "tasks": {"a": "BashOperator", "b": "BashOperator"},
        "edges": [["a", "b"]],
        "state": "success",
        "states": {"a": "success", "b": "success"},
        "xcoms": {"a": {"return_value": 1}},
        "rendered": {"a": {"bash_command": "echo 1", "env": {"A": "1"}}},
        "errors": {},
        **changes,
    }


OURS = answer(rendered={"a": {"bash_command": "echo 1", "env": '{"A": "1"}'}})


def where(theirs: dict[str, Any], our: dict[str, Any]) -> list[str]:
    """The places at which the two differ."""
    return [one.where for one in differences(theirs, our)]


# --- comparing -------------------------------------------------------------------------------------------


def test_equal_answers_have_no_differences() -> None:
    """Two sides that say the same are identical, though brisa writes rendered fields as text."""
    assert where(answer(), OURS) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"tasks": {"a": "BashOperator"}}, ["tasks b"]),
        ({"edges": [["b", "a"]]}, ["edges a >> b", "edges b >> a"]),
        ({"state": "failed"}, ["run"]),
        ({"states": {"a": "success", "b": "skipped"}}, ["state b"]),
        ({"states": {"a[0]": "success", "b": "success"}}, ["state a", "state a[0]"]),
        ({"xcoms": {"a": {"return_value": 2}}}, ["xcom a.return_value"]),
        ({"xcoms": {}}, ["xcom a.return_value"]),
        ({"xcoms": {"a": {"return_value": 1, "k": None}}}, ["xcom a.k"]),
        ({"rendered": {"a": {"bash_command": "echo 2", "env": '{"A": "1"}'}}}, ["rendered a.bash_command"]),
        ({"rendered": {"a": {"bash_command": "echo 1"}}}, ["rendered a.env"]),
        ({"error": "it hangs"}, ["run"]),
    ],
)
def test_every_part_is_compared(change: dict[str, Any], expected: list[str]) -> None:
    """A difference in one part is found, and named by its place."""
    assert where(answer(), {**OURS, **change}) == expected


def test_a_file_that_brisa_cannot_load_differs_once() -> None:
    """Of a DAG that brisa does not have there is one difference: the error."""
    found = differences(answer(), {"dag_id": "d", "error": "no such name"})

    assert [str(one) for one in found] == ["load: Airflow success, brisa no such name"]


def test_what_airflow_keeps_for_itself_is_no_result() -> None:
    """Airflow's own XComs are left out, and of a value without a form in JSON only that it is there is compared."""
    theirs = answer(xcoms={"a": {"return_value": {"type": "x.Y"}, "skipmixin_key": {"followed": []}}})

    assert where(theirs, OURS) == []
    assert where(theirs, {**OURS, "xcoms": {}}) == ["xcom a.return_value"]


def test_a_long_field_is_compared_as_far_as_it_is_kept() -> None:
    """brisa's note about what it cut off is not taken for text."""
    theirs = answer(rendered={"a": {"bash_command": "x" * 5000}})
    kept = {"a": {"bash_command": "x" * 4096 + "… (5000 characters in all)"}}

    assert where(theirs, {**OURS, "rendered": kept}) == []
    assert where(theirs, {**OURS, "rendered": {"a": {"bash_command": "y… (5000 characters in all)"}}}) != []


def test_chance_is_not_compared() -> None:
    """What two answers of Airflow disagree about may be anything; the rest is still compared."""
    again = answer(xcoms={"a": {"return_value": 7}}, states={"a": "success", "b": "failed"})
    theirs = steady(answer(), again)

    assert theirs["xcoms"] == {"a": {"return_value": CHANCE}}
    assert where(theirs, {**OURS, "xcoms": {"a": {"return_value": 9}}, "states": {"a": "failed"}}) == ["state a"]


# --- what is known, and what can be compared -----------------------------------------------------------------


def test_a_known_difference_has_its_reason(tmp_path: Path) -> None:
    """An entry explains what its patterns match in its DAG, and nothing else; one of no use is told."""
    entry = {"airflow": "3.*", "dag": "d", "where": ["xcom a.*"], "reason": "by design"}
    file = tmp_path / "known.json"
    file.write_text(json.dumps({"differs": [entry, {**entry, "dag": "e"}], "not_compared": []}))
    listed = known.read(file)
    xcom, state = Difference("xcom", "a.return_value", 1, 2), Difference("state", "a", "success", "failed")

    assert listed.explain("3.3.2", "d", xcom) == "by design"
    assert [listed.explain(*other) for other in (("3.3.2", "d", state), ("2.11.2", "d", xcom))] == ["", ""]
    assert [one.dag for one in listed.stale([("3.3.2", "d"), ("3.3.2", "e")])] == ["e"]


def test_every_listed_entry_says_why() -> None:
    """The file in the repository can be read, and each entry of it has a reason."""
    listed = known.read()

    assert all(len(entry.reason) > 10 for entry in (*listed.differs, *listed.not_compared))
    assert all(entry.where for entry in listed.differs)


def test_imports_tell_what_is_missing(tmp_path: Path) -> None:
    """Names that brisa lacks are listed; not those that only a type checker sees, or that are tried."""
    file = tmp_path / "f.py"
    file.write_text(
        textwrap.dedent("""\
            from airflow.sdk import DAG, NoSuchThing
            from airflow.no_such_module import something
            if TYPE_CHECKING:
                from airflow.sdk import Unneeded
            try:
                from airflow.tried import it
            except ImportError:
                it = None
        """)
    )

    assert missing_names(file) == ["airflow.no_such_module:something", "airflow.sdk:NoSuchThing"]


def test_only_what_airflow_itself_can_run_is_compared(tmp_path: Path) -> None:
    """Other providers, errors of Airflow and a missing network exclude a DAG; a task that fails does not."""
    plain, provider = tmp_path / "plain.py", tmp_path / "provider.py"
    plain.write_text("from airflow.providers.standard.operators.bash import BashOperator")
    provider.write_text("from airflow.providers.amazon.aws.hooks.s3 import S3Hook")
    failed = answer(state="failed", errors={"a": "ValueError: no"})

    assert out_of_scope(plain, "", failed) == ""
    assert "amazon" in out_of_scope(provider, "", failed)
    assert "no x" in out_of_scope(plain, "no x", None)
    assert "too slow" in out_of_scope(plain, "", {**failed, "error": "too slow"})
    assert "lacks" in out_of_scope(plain, "", {**failed, "errors": {"a": "ConnectionError: nobody"}})


# --- the list of work ------------------------------------------------------------------------------------


def test_what_stops_most_comes_first(tmp_path: Path) -> None:
    """Names that stop the same DAGs are one line, and each line has how many DAGs it stops."""
    file = tmp_path / "f.py"
    file.write_text("from airflow.sdk import NoSuchThing, NorThis")
    lost = {"dag_id": "d", "error": "f.py:1: ImportError: brisa has no airflow.sdk.NoSuchThing"}
    stopped = work(file, lost, differences(answer(), lost))
    failing = {**OURS, "states": {"a": "failed", "b": "success"}, "errors": {"a": "ValueError: no"}}
    failed = work(file, failing, differences(answer(), failing))

    assert work_list([("d", stopped), ("e", failed), ("f", stopped)]) == [
        (2, "airflow.sdk: NoSuchThing, NorThis missing"),
        (1, "ValueError: no"),
    ]


def test_a_difference_in_values_is_work_on_the_operator() -> None:
    """Where nothing fails, the list names the operator and the field, so that all its tasks count together."""
    our = {**OURS, "rendered": {"a": {"bash_command": "echo 2", "env": '{"A": "1"}'}}}

    assert work(Path("f.py"), our, differences(answer(), our)) == ("rendered of BashOperator: bash_command",)
    assert work(Path("f.py"), OURS, []) == ()


# --- asking ----------------------------------------------------------------------------------------------


def test_brisa_answers_about_a_file(tmp_path: Path) -> None:
    """The program for brisa tells structure, states, XComs and rendered fields of each DAG."""
    file = tmp_path / "some.py"
    file.write_text(
        textwrap.dedent("""\
            from airflow.sdk import DAG
            from airflow.providers.standard.operators.bash import BashOperator

            with DAG("d", schedule=None):
                BashOperator(task_id="a", bash_command="echo {{ ds }}") >> BashOperator(
                    task_id="b", bash_command="exit 1"
                )
        """)
    )
    with ours(sys.executable) as program:
        answers = ask(program, file, tmp_path)

    assert answers.error == ""
    said = answers.dags["d"]
    assert said["edges"] == [["a", "b"]]
    assert (said["state"], said["states"]) == ("failed", {"a": "success", "b": "failed"})
    assert said["xcoms"] == {"a": {"return_value": "2024-01-01"}}
    assert said["rendered"]["a"]["bash_command"] == "echo 2024-01-01"
    assert list(said["errors"]) == ["b"]


def program(folder: Path, does: str) -> Program:
    """A program that has the DAGs a, b and c, and ``does`` something in place of answering about b."""
    script = folder / "program.py"
    script.write_text(
        textwrap.dedent(f"""\
            import json, os, sys
            say = lambda answer: print(json.dumps(answer), flush=True)
            say({{"dags": ["a", "b", "c"], "error": ""}})
            for dag_id in sys.argv[3:] or ["a", "b", "c"]:
                if dag_id == "b":
                    {does}
                say({{"dag_id": dag_id, "error": ""}})
        """)
    )
    return Program(command=(sys.executable, "-I", str(script)), environment={}, folder=folder)


@pytest.mark.parametrize(
    ("does", "expected"),
    [("sys.exit('enough')", "enough"), ("os.read(os.pipe()[0], 1)", "no answer within 1 s")],
    ids=["ends", "hangs"],
)
def test_a_dag_that_breaks_the_program_costs_no_other(tmp_path: Path, does: str, expected: str) -> None:
    """The DAG after one that ends or hangs the program is asked about all the same."""
    answers = ask(program(tmp_path, does), tmp_path / "f.py", tmp_path, limit=1)

    assert [answers.dags[dag_id]["error"] for dag_id in "ac"] == ["", ""]
    assert expected in answers.dags["b"]["error"]


def test_only_the_named_dags_are_asked_about(tmp_path: Path) -> None:
    """Of a file with several DAGs, those that are named are answered."""
    answers = ask(program(tmp_path, "pass"), tmp_path / "f.py", tmp_path, only=["b", "c"])

    assert answers == Answers(error="", dags={name: {"dag_id": name, "error": ""} for name in "bc"})

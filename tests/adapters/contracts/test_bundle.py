"""What every DAG bundle promises: each sentence of brisa.ports.bundle as a test."""

from __future__ import annotations

import pytest

DAG = "from airflow import DAG\n"


def test_a_dag_file_is_found_and_its_fingerprint_follows_it(bundle):
    """The happy path: the same while nothing changes, another after a change, gone when removed."""
    bundle.write("ventas.py", DAG)
    first = dict(bundle.files())
    assert list(first) == ["ventas.py"]
    assert dict(bundle.files()) == first
    bundle.write("ventas.py", DAG + "# changed\n")
    assert bundle.files()["ventas.py"] != first["ventas.py"]
    bundle.remove("ventas.py")
    assert dict(bundle.files()) == {}


def test_the_root_is_a_folder_with_the_content(bundle):
    """Python imports from there."""
    bundle.write("sub/ventas.py", DAG)
    assert (bundle.root() / "sub/ventas.py").read_text() == DAG


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("a.py", "from airflow import DAG", True),
        ("a.py", "from brisa import dag", True),
        ("a.py", "import AIRFLOW\nDaG = 1", True),
        ("a.py", b"# airflow dag \xff\xfe not UTF-8", True),
        ("deep/er/a.py", "from airflow import DAG", True),
        ("a.py", "from airflow import nothing", False),
        ("a.py", "dag = 1", False),
        ("a.txt", "from airflow import DAG", False),
        ("a.pyc", "from airflow import DAG", False),
        (".hidden/a.py", "from airflow import DAG", False),
        ("sub/.git/a.py", "from airflow import DAG", False),
        ("__pycache__/a.py", "from airflow import DAG", False),
        ("with space ñ.py", "from airflow import DAG", True),
    ],
)
def test_candidates_are_told_by_name_and_text(bundle, path, text, found):
    """Airflow's safe mode, with brisa beside airflow, outside hidden and cache folders."""
    bundle.write(path, text)
    assert list(bundle.files()) == [path] * found


@pytest.mark.parametrize(
    ("helper", "text"),
    [
        ("helper.py", "import os"),
        ("helper.py", "DAG = 'airflow'"),
        ("package/__init__.py", ""),
        ("package/deep/module.py", "x = 1"),
        ("indirect.py", "x = 1"),
        ("dags/beside.py", "x = 1"),
        ("dags/relative.py", "x = 1"),
        ("dags/sql/query.sql", "SELECT 1"),
        ("dags/settings.yaml", "a: 1"),
    ],
)
def test_a_changed_helper_changes_the_fingerprint(bundle, helper, text):
    """Modules that the file imports, directly or not, and templates and settings beside it."""
    bundle.write("helper.py", "import indirect\n")
    bundle.write(helper, text)
    bundle.write("dags/a.py", DAG + "import os, helper\nfrom package.deep import module\nimport beside\n"
                              "from .relative import x\n")  # fmt: skip
    bundle.write("dags/other/b.py", DAG)
    before = dict(bundle.files())
    bundle.write(helper, text + "\n# now changed\nimport indirect\n")
    after = dict(bundle.files())
    assert after["dags/a.py"] != before["dags/a.py"]
    assert after["dags/other/b.py"] == before["dags/other/b.py"]


def test_unrelated_files_do_not_change_a_fingerprint(bundle):
    """Neither other DAGs, nor modules that it does not import, nor data that a run writes."""
    bundle.write("a.py", DAG)
    before = bundle.files()["a.py"]
    bundle.write("b.py", DAG)
    bundle.write("unused.py", "x = 1")
    bundle.write("position.txt", "7")
    bundle.write("data.csv", "1,2")
    assert bundle.files()["a.py"] == before


@pytest.mark.parametrize(
    ("ignore", "left"),
    [
        ("", {"a.py", "old_a.py", "sub/b.py", "sub/deep/c.py", "tests/t.py"}),
        ("# old_*\n\n", {"a.py", "old_a.py", "sub/b.py", "sub/deep/c.py", "tests/t.py"}),
        ("old_*", {"a.py", "sub/b.py", "sub/deep/c.py", "tests/t.py"}),
        ("tests/", {"a.py", "old_a.py", "sub/b.py", "sub/deep/c.py"}),
        ("tests  # comment", {"a.py", "old_a.py", "sub/b.py", "sub/deep/c.py"}),
        ("sub/*.py", {"a.py", "old_a.py", "sub/deep/c.py", "tests/t.py"}),
        ("/b.py", {"a.py", "old_a.py", "sub/b.py", "sub/deep/c.py", "tests/t.py"}),
        ("b.py", {"a.py", "old_a.py", "sub/deep/c.py", "tests/t.py"}),
        ("sub/**/c.py", {"a.py", "old_a.py", "sub/b.py", "tests/t.py"}),
        ("**/c.py", {"a.py", "old_a.py", "sub/b.py", "tests/t.py"}),
        ("sub/**", {"a.py", "old_a.py", "tests/t.py"}),
        ("[!ao]*.py", {"a.py", "old_a.py"}),
        ("?.py", {"old_a.py"}),
        ("*.py\n!a.py", {"a.py"}),
        (r".*_a\.py", {"a.py", "sub/b.py", "sub/deep/c.py", "tests/t.py"}),
        (r"^sub/", {"a.py", "old_a.py", "tests/t.py"}),
        (r"(b|c)\.py$", {"a.py", "old_a.py", "tests/t.py"}),
        ("*.(", {"a.py", "old_a.py", "sub/b.py", "sub/deep/c.py", "tests/t.py"}),
    ],
)
def test_airflowignore_leaves_files_out(bundle, ignore, left):
    """Globs as in Airflow 3, regular expressions as in Airflow 2."""
    for path in ("a.py", "old_a.py", "sub/b.py", "sub/deep/c.py", "tests/t.py"):
        bundle.write(path, DAG)
    bundle.write(".airflowignore", ignore)
    assert set(bundle.files()) == left


def test_an_airflowignore_speaks_for_its_folder(bundle):
    """Deeper ones have the last word; paths are counted from where the file is."""
    for path in ("x.py", "sub/x.py", "sub/keep/x.py", "sub/y.py"):
        bundle.write(path, DAG)
    bundle.write("sub/.airflowignore", "x.py\n/y.py\n")
    bundle.write("sub/keep/.airflowignore", "!x.py\n")
    assert set(bundle.files()) == {"x.py", "sub/keep/x.py"}

"""``brisa check``: what a build asks before it deploys DAG files."""

from __future__ import annotations

from pathlib import Path

from tests.support.program import called

DAG = "from brisa import DAG\nwith DAG('ventas', schedule=None):\n    pass\n"


def test_a_folder_that_loads_is_good(tmp_path: Path) -> None:
    """Each DAG is named, and no home is made for it."""
    (tmp_path / "ventas.py").write_text(DAG, "utf-8")

    done = called("check", str(tmp_path), BRISA_HOME=str(tmp_path / "home"))

    assert (done.returncode, done.stdout, done.stderr) == (0, "ventas loads\n", "")
    assert not (tmp_path / "home").exists()


def test_a_file_that_does_not_load_is_named(tmp_path: Path) -> None:
    """Status 1, with its file and line; the others are still told."""
    (tmp_path / "ventas.py").write_text(DAG, "utf-8")
    (tmp_path / "broken.py").write_text("from brisa import DAG\nraise ValueError('no')\n", "utf-8")

    done = called("check", str(tmp_path))

    assert done.returncode == 1
    assert done.stdout == "ventas loads\n"
    assert done.stderr == "does not load: broken.py:2: ValueError: no\n"


def test_a_folder_without_dags_is_a_mistake(tmp_path: Path) -> None:
    """Else a wrong path would pass every build."""
    done = called("check", str(tmp_path))

    assert done.returncode == 2
    assert "defines a DAG: is that the folder?" in done.stderr

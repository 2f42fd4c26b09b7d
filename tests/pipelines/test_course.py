"""The courses' small pipelines run to the end, with the states and the output that the courses show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.trials import PIPELINES, run_dag


def test_demo_says_hello_twice() -> None:
    """The first DAG of the notebook: bash, then Python."""
    tried = run_dag(PIPELINES / "demo.py", "demo")
    assert tried.states == {"hello": "success", "airflow": "success"}
    assert tried.xcoms == {"hello": {"return_value": "hola humai!"}}
    assert "| hola airflow!" in tried.logs["airflow"]


def test_demo_bash_loops_templates_and_skips() -> None:
    """What Airflow's own bash example does: the last task is skipped because one above it skipped itself."""
    tried = run_dag(PIPELINES / "demo.py", "demo_bash")
    skipped = {"this_will_skip", "run_this_last"}
    assert {task for task, state in tried.states.items() if state == "skipped"} == skipped
    assert {state for task, state in tried.states.items() if task not in skipped} == {"success"}
    assert tried.run_state == "success"
    key = "demo_bash__also_run_this__20240101"
    assert tried.xcoms["also_run_this"]["return_value"] == f"ti_key={key}, un parámetro"


def test_dag_1_goes_through_its_empty_steps() -> None:
    """Seven empty operators, in one commit."""
    tried = run_dag(PIPELINES / "dag_1.py", "Dag_1")
    assert len(tried.states) == 7
    assert set(tried.states.values()) == {"success"}


@pytest.mark.parametrize(("conf", "text"), [({}, "¡Hola, Airflow!"), ({"mensaje": "otra cosa"}, "otra cosa")])
def test_mi_dag_bash_echoes_its_param(conf: dict[str, Any], text: str) -> None:
    """The task's param is rendered into the command; the run's conf may set it."""
    tried = run_dag(PIPELINES / "mi_dag_bash.py", "mi_dag_bash", **conf)
    assert tried.xcoms["tarea_bash"]["return_value"] == text


def test_the_walker_walks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Minute after minute the position follows the sums, until the walker has both moved and stayed."""
    monkeypatch.setenv("WALKER_DATA", str(tmp_path / "data"))
    position, ways = 0, set()
    for minute in range(40):
        moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
        tried = run_dag(PIPELINES / "cuasi_random_walker.py", "cuasi_random_walker", moment)
        assert tried.run_state == "success"
        total = int(tried.xcoms["branching"]["suma_de_pasos"])
        way, other = ("avanzar", "permanecer") if total >= 0 else ("permanecer", "avanzar")
        ways.add(way)
        position += max(total, 0)
        assert tried.states == {
            "tirar_dados": "success",
            "branching": "success",
            way: "success",
            f"nueva_posicion_{way}": "success",
            other: "skipped",
            f"nueva_posicion_{other}": "skipped",
            "loggear_posicion": "success",
        }
        assert f"está en {position}!" in tried.logs["loggear_posicion"]
        if len(ways) == 2 and minute >= 2:
            return
    raise AssertionError(f"in 40 runs the walker has only chosen {ways}")

"""DAGs that wait for each other in a circle are found by their sensors."""

from __future__ import annotations

import pytest

from brisa.adapters.memory import MemoryStore
from brisa.model.dag import Dag, DagVersion
from brisa.model.spec import DagSpec
from brisa.ports.store import Create, Put
from brisa.services.waiting_circles import waiting_circle
from tests.support.builders import dag, task

CIRCLES = [
    ({"a": "b", "b": "a"}, ("a", "b", "a")),
    ({"a": "bc", "b": "d", "c": "a", "d": "a"}, ("a", "c", "a")),
    ({"a": "b", "b": "c", "c": "d", "d": "b"}, ()),
    ({"a": "a"}, ()),
    ({"a": "b", "b": ""}, ()),
    ({"a": "x"}, ()),
    ({"a": ""}, ()),
]


def waits(dag_id: str, others: str) -> DagSpec:
    """A DAG with a sensor for each of these."""
    return dag(task("t"), *(task(f"wait_{one}", waits_for=one) for one in others), dag_id=dag_id)


@pytest.mark.parametrize(("dags", "circle"), CIRCLES)
def test_the_shortest_circle_is_told(dags: dict[str, str], circle: tuple[str, ...]) -> None:
    """From the DAG on, to itself; others' circles, its own runs, and DAGs that do not exist are none."""
    store = MemoryStore()
    specs = {dag_id: waits(dag_id, others) for dag_id, others in dags.items()}
    for dag_id, spec in specs.items():
        version = DagVersion(dag_id=dag_id, version="v", spec=spec)
        store.commit(Put(version), Create(Dag(dag_id=dag_id, version="v")))
    assert waiting_circle(store, specs["a"]) == circle


def test_a_dag_whose_file_is_gone_waits_for_nobody() -> None:
    """What it said once does not count."""
    store = MemoryStore()
    version = DagVersion(dag_id="b", version="v", spec=waits("b", "a"))
    store.commit(Put(version), Create(Dag(dag_id="b", version="v", active=False)))
    assert waiting_circle(store, waits("a", "b")) == ()

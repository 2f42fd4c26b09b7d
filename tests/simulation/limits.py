"""I9: limits are never exceeded. A limit is one function: of the state, after any commit, to what is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from brisa.model.dag import Dag
from brisa.model.run import Run, RunKey
from brisa.model.spec import DagSpec


@dataclass
class State:
    """What the store holds, as far as limits are concerned."""

    specs: Mapping[str, DagSpec]
    dags: dict[str, Dag] = field(default_factory=dict)
    running: defaultdict[str, dict[RunKey, Run]] = field(default_factory=lambda: defaultdict(dict))
    """DAG id → its runs that have begun and not ended."""
    reopened: set[RunKey] = field(default_factory=set)
    """Those of them that run again because a person wants it: as in Airflow, there need be no room for them."""


Limit: TypeAlias = Callable[[State], Iterator[str]]


def max_active_runs(state: State) -> Iterator[str]:
    """No more runs of a DAG begin than may be active."""
    for dag_id, spec in state.specs.items():
        begun = [key for key in state.running[dag_id] if key not in state.reopened]
        if len(begun) > spec.max_active_runs:
            yield f"{len(begun)} runs of {dag_id} are active, and {spec.max_active_runs} may be"


LIMITS: tuple[Limit, ...] = (max_active_runs,)
"""All that are asked after every commit."""

"""Plays the DAG of a small file, given as text, to its end: the engine decides, and attempts run in this very process.

So a test of what a DAG file means costs milliseconds, where :mod:`tests.support.trials` runs the whole stack.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from brisa.authoring.compile import to_spec
from brisa.authoring.dag import DAG
from brisa.authoring.dialect import speaking
from brisa.authoring.registry import recording
from brisa.compat import active
from brisa.model.run import Outcome, TaskKey
from brisa.model.states import OutcomeKind
from brisa.runtime.execute import execute
from brisa.runtime.memory import MemoryChannel
from brisa.runtime.request import AttemptRequest
from tests.support.builders import Player, start


@dataclass(frozen=True)
class Played:
    """A run that has ended."""

    run_state: str
    states: Mapping[str, str]
    """Task id, or ``id[index]`` for each instance of one that was expanded → state, as Airflow lists them."""
    names: Mapping[str, Any]
    """What the file has defined."""


def load(
    prelude: str, body: str, dialect: int, *, dag_id: str = "d", file: str = "<body>"
) -> tuple[DAG, dict[str, Any]]:
    """The DAG whose ``with`` block ``body`` is, below ``prelude``; and the names that the file has then."""
    lines = [f"with DAG({dag_id!r}, schedule=None, start_date=datetime(2024, 1, 1, tzinfo=UTC)) as dag:"]
    text = "\n".join([prelude, *lines, *(f"    {line}" for line in body.splitlines())])
    module = ModuleType(dag_id)
    module.__file__ = file
    with recording(file), speaking(dialect, intervals=False), active(), _imported(module):
        exec(compile(text, file, "exec"), module.__dict__)
    return module.__dict__["dag"], module.__dict__


@contextmanager
def _imported(module: ModuleType) -> Iterator[None]:
    """What a file defines (a dataclass, say) may look for its own module."""
    before = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        del sys.modules[module.__name__]
        if before is not None:
            sys.modules[module.__name__] = before


def play(prelude: str, body: str, dialect: int, **more: Any) -> Played:
    """Run the DAG of such a file; everything that can run at one moment ends at once."""
    dag, names = load(prelude, body, dialect, **more)
    player = start(to_spec(dag))
    xcoms: dict[tuple[str, int, str], Any] = {}
    with speaking(dialect, intervals=False), active():
        while waiting := [name for name, one in player.run.tasks.items() if one.state.waiting]:
            ended = [(name, attempt(dag, player, name, xcoms)) for name in waiting]
            player.give(*(player.finished(name, outcome) for name, outcome in ended))
            player.now = max([player.now, *(outcome.resume_at or 0.0 for _, outcome in ended)])
    expanded = {TaskKey.of(name).task_id for name in player.run.tasks if name.endswith("]")}
    known = {one.task_id for one in player.spec.tasks} | set(player.run.tasks)
    return Played(
        run_state=player.run.state.value,
        states={name: player.task(name).state.value for name in sorted(known - expanded)},
        names=names,
    )


def attempt(dag: DAG, player: Player, name: str, xcoms: dict[tuple[str, int, str], Any]) -> Outcome:
    """Run the attempt that ``name`` waits for; what it pushes is seen by those after it."""
    key, instance = player.key(name), player.task(name)
    request = AttemptRequest(
        file="<body>",
        task_id=key.task_id,
        run=player.run,
        map_index=key.map_index,
        try_number=key.try_number,
        max_tries=instance.max_tries,
        seq=key.seq,
        dialect=dag.dialect,
        started_at=player.now,
        first_started_at=instance.started_at,
    )
    channel = MemoryChannel(xcoms=xcoms)
    outcome = execute(request, dag, channel)
    assert outcome.kind is not OutcomeKind.DEFERRED, "nobody waits for triggers here"
    xcoms |= {(key.task_id, key.map_index, pushed): value for pushed, value in channel.pushed.items()}
    return outcome

"""One seed, from its scenario to what it broke."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from types import SimpleNamespace
from typing import Any, TypeAlias

from brisa.engine import watching
from brisa.errors import ConflictError, UnavailableError
from brisa.services import announcer, folding, planner, pools, xcoms
from brisa.services import runs as all_changes
from tests.simulation.announced import misled
from tests.simulation.ends import comparable, differences, holes
from tests.simulation.faults import Faults
from tests.simulation.invariants import at_rest, undisturbed
from tests.simulation.missed import untold
from tests.simulation.pasts import broken_chains
from tests.simulation.platform import Platform
from tests.simulation.scenario import Scenario, scenario
from tests.simulation.stores import Store
from tests.simulation.world import Lock

LONGEST = 30 * 86_400.0
"""Seconds within which every world comes to rest."""
MOST_STEPS = 60_000
IDLE_DAYS = 7
Tell: TypeAlias = Callable[[str], None]


@dataclass(frozen=True)
class Simulated:
    """What became of a seed."""

    seed: int
    broken: tuple[str, ...] = ()
    injected: Counter[str] = field(default_factory=Counter)
    """Kind of fault → how often it struck."""
    states: Counter[str] = field(default_factory=Counter)
    """State → how often it was reached."""
    steps: int = 0


def simulate(seed: int, *, tell: Tell | None = None, store: type[Store] = Store, sweeps: bool = True) -> Simulated:
    """Run a seed's world with faults, then, where that may be compared, without; see :class:`Platform`.

    ``tell`` is told line by line what happens.
    """
    plan = scenario(seed)
    faults = Faults.drawn(Random(f"faults {seed}"), plan.begin)
    with _taking_turns(plan):
        platform = Platform(plan, faults, Random(f"delays {seed}"), tell=tell, store=store, sweeps=sweeps)
        steps = _to_the_end(platform)
        broken = platform.watch.broken
        if not broken:
            broken += holes(plan, platform)
        if not broken and any(comparable(plan, spec) for spec in plan.dags):
            calm = Platform(
                replace(plan, acts=(), removals=(), deploys=(), fills=()),
                Faults(Random(seed)),
                Random(f"other delays {seed}"),
                takes_turns=False,
            )
            steps += _to_the_end(calm)
            broken += [f"{text} (without faults)" for text in calm.watch.broken] or differences(plan, platform, calm)
    return Simulated(
        seed,
        tuple(broken),
        Counter({kind.value: count for kind, count in faults.injected.items()}),
        platform.watch.states,
        steps,
    )


def _to_the_end(platform: Platform) -> int:
    """Let the world come to rest; how many steps that took. What is broken is in its watch."""
    broken = platform.watch.broken
    end = platform.world.now + LONGEST
    steps = 0
    with _reading_logs(broken):
        while not broken and platform.step():
            steps += 1
            if steps > MOST_STEPS or platform.world.now > end:
                broken.append(f"I1: the world does not come to rest in {steps} steps")
        if not broken:
            store = platform.store
            if not platform.faults.kinds:
                broken += undisturbed(store.all_runs())
            runs = [run for run in store.all_runs() if not platform.held_back(run)]
            broken += at_rest(runs, store.all_attempts(), [one.record for one in store.dags()])
            broken += misled(store, platform.specs, platform.touched)
            kept = {dag_id: spec for dag_id, spec in platform.specs.items() if dag_id not in platform.touched}
            broken += broken_chains(store.all_runs(), kept)
            broken += untold(store.all_runs(), kept, platform.outside.told)
        if not broken and (noise := platform.idle(IDLE_DAYS)):
            broken.append(f"I10: {noise} commits and messages though nothing is to come")
        if not broken:
            broken += platform.who_holds_slots()
        if not broken:
            broken += platform.left()
    platform.close()
    return steps


# --- what services have beside ports


CROWDED = (
    (planner, "BATCH", 1),
    (planner, "RUNS_AT_ONCE", 1),
    (folding, "BATCH", 1),
    (all_changes, "CONFLICTS", 3),
    (pools, "_CONFLICTS", 3),
    (announcer, "_TRIES", 3),
)


@contextmanager
def _taking_turns(plan: Scenario) -> Iterator[None]:
    """Locks that hand over instead of stopping all, jitter that the seed draws, and small numbers if it is crowded."""
    changes: list[tuple[Any, str, object]] = [(all_changes, "threading", SimpleNamespace(Lock=Lock))]
    changes += CROWDED if plan.crowded else ()
    changes.append((watching, "MANY", plan.watchers))
    changes.append((xcoms, "INLINE_LIMIT", 0 if plan.removals else xcoms.INLINE_LIMIT))
    real = [getattr(module, name) for module, name, _ in changes]
    for module in (all_changes, pools, announcer):
        module._chance.seed(plan.seed)
    for module, name, value in changes:
        setattr(module, name, value)
    try:
        yield
    finally:
        for (module, name, _), value in zip(changes, real, strict=True):
            setattr(module, name, value)


class _Heard(logging.Handler):
    def __init__(self, broken: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._broken = broken

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not isinstance(error, ConflictError | UnavailableError):
            self._broken.append(f"{record.getMessage()}: {type(error).__name__}: {error}")


@contextmanager
def _reading_logs(broken: list[str]) -> Iterator[None]:
    """An error that a service swallows, and writes to its log, is broken all the same."""
    logger = logging.getLogger("brisa")
    heard = _Heard(broken)
    level, propagates = logger.level, logger.propagate
    logger.addHandler(heard)
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(heard)
        logger.setLevel(level)
        logger.propagate = propagates

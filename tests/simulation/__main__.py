"""``python -m tests.simulation``: many seeds on all processors, or one again with all that happens in it."""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.simulation.simulator import Simulated, simulate

BUILD = Path(__file__).resolve().parents[2] / "build"
AT_ONCE = 25
"""Seeds that a process takes in one go."""
_QUOTED = 20
"""Broken seeds whose first sentence is in the summary."""


def replay(seed: int) -> str:
    """The command that runs a seed again and tells all that happens in it."""
    return f"python -m tests.simulation --seed {seed} -v"


def said(simulated: Simulated) -> str:
    """One line about a broken seed."""
    return f"seed {simulated.seed}: {simulated.broken[0]}   replay: {replay(simulated.seed)}"


def many(first: int, count: int, processes: int, patience: float = math.inf) -> dict[str, Any]:
    """Run ``count`` seeds from ``first`` on, or as many as there is time for in ``patience`` seconds; the summary."""
    begun = time.monotonic()
    injected: Counter[str] = Counter()
    states: Counter[str] = Counter()
    broken: dict[str, str] = {}
    seeds = steps = 0
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for done in pool.imap_unordered(simulate, range(first, first + count), chunksize=AT_ONCE):
            seeds += 1
            injected += done.injected
            states += done.states
            steps += done.steps
            if done.broken:
                broken[str(done.seed)] = done.broken[0]
                print(said(done), flush=True)
            if time.monotonic() > begun + patience:
                break
    seconds = time.monotonic() - begun
    return {
        "seeds": seeds,
        "first": first,
        "broken": len(broken),
        "seconds": round(seconds, 1),
        "seeds_per_second": round(seeds / seconds, 1),
        "processes": processes,
        "steps": steps,
        "faults": dict(injected.most_common()),
        "states": dict(states.most_common()),
        "broken_seeds": dict(sorted(broken.items(), key=lambda one: int(one[0]))[:_QUOTED]),
    }


def one(seed: int, *, verbose: bool) -> Simulated:
    """Run one seed, and say how it went."""
    simulated = simulate(seed, tell=print if verbose else None)
    for text in simulated.broken:
        print(text)
    print(f"seed {seed}: {'broken' if simulated.broken else 'all invariants hold'}")
    return simulated


def main(arguments: Iterable[str] | None = None) -> int:
    """The command; 1 if a seed is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=500, help="how many (500)")
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="SEED", help="the first of them (0)")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1), help="how many processes (2)")
    parser.add_argument("--patience", type=float, default=math.inf, metavar="SECONDS", help="then it is enough")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("-v", "--verbose", action="store_true", help="with --seed: tell all that happens")
    given = parser.parse_args(None if arguments is None else list(arguments))
    if given.seed is not None:
        return int(bool(one(given.seed, verbose=given.verbose).broken))
    summary = many(given.first, given.seeds, given.processes, given.patience)
    BUILD.mkdir(exist_ok=True)
    (BUILD / "simulation.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    print(
        f"{summary['seeds']} seeds in {summary['seconds']} s ({summary['seeds_per_second']} a second), "
        f"{sum(summary['faults'].values())} faults, {summary['broken']} seeds broken; build/simulation.json says more"
    )
    return int(bool(summary["broken"]))


if __name__ == "__main__":
    sys.exit(main())

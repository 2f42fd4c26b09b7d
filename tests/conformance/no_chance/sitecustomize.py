"""Takes chance out of DAG files: on the path of both sides, so that a random branch is the same branch.

Only the functions of the module :mod:`random` that DAG files call.
"""

import random
from typing import Any


def _first(population, *_, **__):
    return population[0]


def _first_ones(population, k=1, **__):
    return list(population)[:k]


chance: Any = random
chance.choice = _first
chance.choices = lambda population, *_, k=1, **__: [population[0]] * k
chance.sample = _first_ones
chance.shuffle = lambda _: None
chance.random = lambda: 0.25
chance.uniform = lambda low, high: low + (high - low) / 4
chance.randint = lambda low, _: low
chance.randrange = lambda start, stop=None, step=1: 0 if stop is None else start

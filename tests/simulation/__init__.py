"""A deterministic simulation of brisa: the real services and engine, in simulated time, with faults drawn by a seed.

One seed is one world: a few generated DAGs, runs and people (:mod:`~tests.simulation.scenario`,
:mod:`~tests.simulation.features`), what user code does (:mod:`~tests.simulation.plays`), processes that take turns at
their port calls (:mod:`~tests.simulation.world`), the platform beneath them (:mod:`~tests.simulation.platform`), what
goes wrong with it (:mod:`~tests.simulation.faults`, :mod:`~tests.simulation.calls`), and what must be true whatever
does (:mod:`~tests.simulation.invariants`, :mod:`~tests.simulation.limits`, :mod:`~tests.simulation.pasts`,
:mod:`~tests.simulation.announced`).

    python -m tests.simulation --seeds 1000
    python -m tests.simulation --seed 42 -v
"""

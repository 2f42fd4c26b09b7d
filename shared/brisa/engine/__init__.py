"""The scheduler's rules: pure functions of (run, spec, events, now). No I/O, no clock, no randomness.

Where to find a rule: legal moves of a task in :mod:`~brisa.engine.transitions`, when a task runs in
:mod:`~brisa.engine.trigger_rules`, what a branch skips in :mod:`~brisa.engine.skips`, when it is retried in
:mod:`~brisa.engine.retries`, and how one event changes a run in :mod:`~brisa.engine.advance`, and
what follows from a change, to the end of the cascade, in :mod:`~brisa.engine.cascade`. How one task becomes many
is in :mod:`~brisa.engine.mapping`. What tasks say of assets becomes events in :mod:`~brisa.engine.announcing`, and
events become runs of other DAGs in :mod:`~brisa.engine.asset_queue`. Whom a run's states matter to elsewhere is in
:mod:`~brisa.engine.watching`.
"""

from brisa.engine.advance import advance
from brisa.engine.cascade import Decision, attempt_key
from brisa.engine.create import create_run
from brisa.engine.mapping import expanded

__all__ = ["Decision", "advance", "attempt_key", "create_run", "expanded"]

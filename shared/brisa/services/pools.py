"""Pools: slots that tasks of many runs share. Given out by compare-and-set of the pool's document, and told at once.

A run asks (:class:`~brisa.model.events.Ask`) once a task of its could start; whoever gives slots back lets the next in.
Both are idempotent, and what is lost on the way is repaired by who still waits: its run's sweep asks again, and then
the pool looks whether those that have slots still have a right to them.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from brisa.engine.limits import holds
from brisa.errors import BrisaError, ConflictError, NotFoundError, UnavailableError
from brisa.model.events import Ask, Free
from brisa.model.pool import DEFAULT_POOL, Pool, Slots, user
from brisa.model.run import AttemptKey
from brisa.ports.clock import Clock
from brisa.ports.store import Create, Delete, StateStore, Stored, Update

log = logging.getLogger(__name__)

_CONFLICTS = 40
LONGEST_NAME = 250
_PATIENCE = 60.0
"""Seconds that a task has waited before the pool looks whether those that have slots still work."""
_chance = random.Random()  # noqa: S311  jitter, not a secret


class PoolError(BrisaError):
    """What a person wants of a pool can't be."""


class Grant(NamedTuple):
    """A pool has given slots to the task instance that waits for ``attempt``."""

    pool: str
    attempt: AttemptKey


class Pools:
    """Gives slots out and takes them back. Several may work at the same time."""

    def __init__(self, store: StateStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def put(
        self, name: str, slots: int, *, description: str | None = None, include_deferred: bool | None = None
    ) -> list[Grant]:
        """Make a pool, or change it (what is ``None`` stays as it is); who has got slots by this.

        Raises :class:`PoolError` for a name or a number of slots that no pool can have.
        """
        if name == DEFAULT_POOL:
            raise PoolError(
                f"{DEFAULT_POOL} has no limit: every task would have to write its document. Limit a DAG by "
                "max_active_tasks, or give the tasks that share something a pool of their own"
            )
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or Pool(name=name).own:
            raise PoolError(f"{name!r:.80} is no name for a pool: up to {LONGEST_NAME} characters, no '@' first")
        if slots < -1:
            raise PoolError(f"a pool has 0 slots or more, or -1 for no limit, not {slots}")

        def changed(pool: Pool) -> Pool:
            return replace(
                pool,
                slots=slots,
                description=pool.description if description is None else description,
                include_deferred=pool.include_deferred if include_deferred is None else include_deferred,
            )

        for _ in range(_CONFLICTS):
            found = self._store.pool(name)
            if found is not None:
                return self._change(name, found, changed)
            try:
                self._store.commit(Create(changed(Pool(name=name))))
                return []
            except ConflictError:
                continue
        raise UnavailableError(f"pool {name!r} changes too often")

    def delete(self, name: str) -> None:
        """Remove a pool: tasks that name it fail from now on. Raises :class:`NotFoundError` and :class:`PoolError`."""
        found = self._store.pool(name)
        if found is None or found.record.own:
            raise NotFoundError(f"there is no pool {name!r}")
        if found.record.users:
            raise PoolError(f"pool {name!r} is in use by {len(found.record.users)} task instances")
        self._store.commit(Delete(found.record))

    def ask(self, ask: Ask) -> list[Grant]:
        """Slots for a task instance, now or later; who has got some by this: perhaps it, perhaps others.

        A pool that nobody has made grants all: the attempt itself then fails, and says so in its log.
        """
        name = user(ask.attempt)

        def asked(pool: Pool) -> Pool:
            known = pool.users.get(name)
            if known is not None and known.attempt > ask.attempt:
                return pool
            mine = Slots(attempt=ask.attempt, slots=ask.slots, weight=ask.weight, since=self._clock.now())
            if known is not None:
                mine = replace(mine, since=known.since, granted=known.granted)
            if ask.limit is not None:
                pool = replace(pool, slots=ask.limit)
            overdue = mine.since + _PATIENCE <= self._clock.now() and not mine.granted
            return replace(pool, users={**self._users(pool, verified=overdue), name: mine})

        stored = self._pool(ask)
        return [Grant(ask.pool, ask.attempt)] if stored is None else self._change(ask.pool, stored, asked, asker=name)

    def free(self, free: Free) -> list[Grant]:
        """Take slots back, or a wish for some; who has got some by this."""
        name = user(free.attempt)

        def freed(pool: Pool) -> Pool:
            known = pool.users.get(name)
            if known is None or known.attempt > free.attempt or (free.deferred and pool.include_deferred):
                return pool
            return replace(pool, users={key: one for key, one in pool.users.items() if key != name})

        stored = self._store.pool(free.pool)
        return [] if stored is None else self._change(free.pool, stored, freed)

    def _pool(self, ask: Ask) -> Stored[Pool] | None:
        """The pool; a task's own is made when it is first asked."""
        for _ in range(_CONFLICTS):
            found = self._store.pool(ask.pool)
            if found is not None or ask.limit is None:
                return found
            pool = Pool(name=ask.pool, slots=ask.limit, description=f"max_active_tis_per_dag of {ask.pool[1:]}")
            try:
                return Stored(pool, self._store.commit(Create(pool))[0])
            except ConflictError:
                self._clock.sleep(_chance.uniform(0.001, 0.02))
        raise UnavailableError(f"pool {ask.pool!r} can't be made")

    def _change(
        self, name: str, stored: Stored[Pool], change: Callable[[Pool], Pool], *, asker: str = ""
    ) -> list[Grant]:
        """Change a pool, and give out what there is; ``asker`` is told again if it has slots already."""
        found: Stored[Pool] | None = stored
        for _ in range(_CONFLICTS):
            if found is None:
                return []
            changed = change(found.record)
            pool = _given_out(changed)
            try:
                if pool != found.record:
                    self._store.commit(Update(pool, found.revision))
            except ConflictError:
                self._clock.sleep(_chance.uniform(0.001, 0.02))
                found = self._store.pool(name)
            else:
                return _news(found.record, pool, asker)
        raise UnavailableError(f"pool {name!r} changes too often")

    def _users(self, pool: Pool, *, verified: bool) -> Mapping[str, Slots]:
        """The pool's users, and if asked only those that its slots are rightly kept for."""
        if not verified:
            return pool.users
        return {name: one for name, one in pool.users.items() if self._rightful(pool, one)}

    def _rightful(self, pool: Pool, one: Slots) -> bool:
        stored = self._store.run(one.attempt.run_key)
        good = stored is not None and holds(stored.record, one.attempt, deferred=pool.include_deferred)
        if not good:
            log.info("pool %s: %s no longer needs its slots", pool.name, one.attempt)
        return good


def _given_out(pool: Pool) -> Pool:
    """The pool once everyone has slots whom there are enough for, by weight, then by who has waited longest.

    Who needs more slots than are left is passed over, as in Airflow.
    """
    free = pool.free
    users = dict(pool.users)
    waiting = [(name, one) for name, one in users.items() if not one.granted]
    for name, one in sorted(waiting, key=lambda item: (-item[1].weight, item[1].since, item[0])):
        if one.slots <= free:
            users[name] = replace(one, granted=True)
            free -= one.slots
    return replace(pool, users=users)


def _news(before: Pool, after: Pool, asker: str) -> list[Grant]:
    """Who has slots that had none before, and whoever asks and has them already: it may not have heard."""
    granted = [
        one.attempt
        for name, one in after.users.items()
        if one.granted and (name == asker or name not in before.users or not before.users[name].granted)
    ]
    return [Grant(after.name, attempt) for attempt in granted]

"""The DAGs that somebody has marked: in their account where there is one, else beside the Variables."""

from __future__ import annotations

import json
from dataclasses import replace

from brisa.errors import ConflictError, UnavailableError
from brisa.ports.store import StateStore, Update
from brisa.services.runs import CONFLICTS

PREFIX = "@favourites:"
"""How the names begin under which the favourites of those without an account are kept."""
MOST = 1000


class Favourites:
    """One person's. ``name`` is a user's, or an e-mail address."""

    def __init__(self, store: StateStore, name: str) -> None:
        self._store = store
        self._name = name

    def all(self) -> tuple[str, ...]:
        """Ids of the DAGs, the first marked first."""
        user = self._store.user(self._name)
        if user is not None:
            return user.record.favourites
        text = self._store.variable(PREFIX + self._name)
        return () if text is None else tuple(json.loads(text))

    def add(self, dag_id: str) -> None:
        """Mark a DAG; again changes nothing. Beyond 1,000 the first marked is no longer so."""
        others = [one for one in self.all() if one != dag_id]
        self._put((*others[1 - MOST :], dag_id))

    def remove(self, dag_id: str) -> bool:
        """Take the mark away; whether there was one."""
        before = self.all()
        self._put(tuple(one for one in before if one != dag_id))
        return dag_id in before

    def _put(self, dag_ids: tuple[str, ...]) -> None:
        for _ in range(CONFLICTS):
            user = self._store.user(self._name)
            if user is None:
                self._store.set_variables([(PREFIX + self._name, json.dumps(dag_ids))])
                return
            try:
                self._store.commit(Update(replace(user.record, favourites=dag_ids), user.revision))
                return
            except ConflictError:
                continue
        raise UnavailableError(f"the account {self._name!r} changes too often; try again")

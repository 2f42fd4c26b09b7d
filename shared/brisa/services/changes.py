"""What has changed: one look at the store every half second while somebody wants to know, and none otherwise.

Where a process only works while it answers (Google Cloud), nobody waits: there is a look when somebody asks.

Whoever watches a page asks with the cursor of the last answer, and waits. All of them share one look: it compares
the revisions of the DAGs' documents and of the runs under way, and which attempts of theirs workers have claimed, with
those of the look before. Files that don't load are compared too, and the audit log's latest entry: whatever else people
change (Variables, connections, pools, users) has one.

A cursor names a look of the process that has given it, and the moment from which on that process may have missed
something. Another process that has looked since before that moment tells by it what has changed since: rather more than
what is new to who asks, but not everything.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from brisa.engine import attempt_key
from brisa.errors import BrisaError
from brisa.model.run import AttemptKey, Run, RunKey
from brisa.model.states import AttemptState
from brisa.ports.store import StateStore

log = logging.getLogger(__name__)
INTERVAL = 0.5
"""Seconds between two looks."""
_LINGER = 20.0
"""Seconds that are looked on for nobody: a page asks again at once."""
_KEPT = 1000
"""Looks that are remembered, if something had changed; who comes later is told that anything may have."""
_READ = 200
"""Attempts that are read in one look, at most."""
_SKEW = 1.0
"""Seconds by which the clocks of two processes may differ."""
_CLAIMED = (AttemptState.RUNNING, AttemptState.REPORTED)


class Part(Enum):
    """What is looked at as a whole."""

    IMPORT_ERRORS = auto()
    ACTIONS = auto()
    """What people have done, as the audit log has it."""


Name = str | RunKey | Part
"""A DAG's id, or a run, or a part."""
Seen = Mapping[Name, tuple[object, int]]
"""What is compared: a document's revision, or what a part has; and how many attempts that a run awaits are claimed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What has changed since a cursor; with ``reset``, anything may have."""

    cursor: str
    reset: bool = False
    dags: tuple[str, ...] = ()
    runs: tuple[RunKey, ...] = ()
    parts: frozenset[Part] = frozenset()


def cursor_at(moment: float) -> str:
    """A cursor for who has read nothing before ``moment`` (seconds since the epoch)."""
    return f"at.0.{moment:.3f}"


class Changes:
    """Tells what has changed in a store. Safe between threads."""

    def __init__(
        self,
        store: StateStore,
        interval: float = INTERVAL,
        dags_every: int = 1,
        *,
        background: bool = True,
        now: Callable[[], float] = time.time,
        reports: Callable[[], int] = lambda: 0,
    ) -> None:
        """``interval``: seconds between two looks; every so many of them is also at DAGs and parts, where reading all
        has a price. Without ``background`` nobody waits: who asks is to ask :attr:`again` after so many seconds.
        ``now`` tells the time, in seconds since the epoch; ``reports`` how often this process has told the store which
        files do not load: what comes and goes between two looks may have been shown by a page."""
        self._store = store
        self._interval = interval
        self._dags_every = dags_every
        self._background = background
        self.again = 0.0 if background else interval
        self._seldom: Seen = {}
        self._seldom_at = 0.0
        self._count = 0
        self._epoch = secrets.token_hex(4)
        """Numbers of another process say nothing here."""
        self._now = now
        self._reports = reports
        self._since = 0.0
        """When what is compared was read, of the parts that were read first."""
        self._known_from: float | None = None
        """From which moment on all changes are among the looks; ``None``: nobody looks."""
        self._looks: deque[tuple[int, float, frozenset[Name]]] = deque(maxlen=_KEPT)
        """Number, when it was over, and what had changed since the one before."""
        self._number = 0
        self._seen: Seen | None = None
        self._claimed: frozenset[AttemptKey] = frozenset()
        self._changed = threading.Condition()
        self._waiting = 0
        self._looking = False

    def wait(self, since: str | None, seconds: float) -> Change:
        """What has changed since the cursor ``since``, once something has, or after so many ``seconds``."""
        with self._changed:
            self._waiting += 1
            try:
                if not self._background:
                    self.look()
                    seconds = 0
                elif not self._looking:
                    self._looking = True
                    self.look()  # what happens from here on is a change
                    threading.Thread(target=self._watch, name="changes", daemon=True).start()
                number = self._number_of(since)
                if number is None:
                    return self._elsewhere(since)
                self._changed.wait_for(lambda: self._number > number, seconds)
                return self._after(number)
            finally:
                self._waiting -= 1

    def _cursor(self) -> str:
        return f"{self._epoch}.{self._number}.{self._since:.3f}"

    def _elsewhere(self, cursor: str | None) -> Change:
        """What has changed since a cursor that another process has given; anything may have, if this one has not looked
        for long enough."""
        try:
            moment = float((cursor or "").split(".", 2)[2]) - _SKEW
        except (IndexError, ValueError):
            return Change(cursor=self._cursor(), reset=True)
        if self._known_from is None or not self._known_from <= moment <= self._now() + _SKEW:
            return Change(cursor=self._cursor(), reset=True)
        return self._told(name for _, ended, changed in self._looks if ended > moment for name in changed)

    def _number_of(self, cursor: str | None) -> int | None:
        """The look that a cursor names; ``None`` for one of which nothing is known any more."""
        epoch, _, rest = (cursor or "").partition(".")
        text = rest.partition(".")[0]
        if epoch != self._epoch or not (text.isascii() and text.isdigit()) or len(text) > 15:
            return None
        number = int(text)
        oldest = self._looks[0][0] - 1 if self._looks else self._number
        return number if oldest <= number <= self._number else None

    def _after(self, number: int) -> Change:
        return self._told(name for place, _, changed in self._looks if place > number for name in changed)

    def _told(self, changed: Iterable[Name]) -> Change:
        names = set(changed)
        return Change(
            cursor=self._cursor(),
            dags=tuple(sorted(name for name in names if isinstance(name, str))),
            runs=tuple(sorted(name for name in names if isinstance(name, RunKey))),
            parts=frozenset(name for name in names if isinstance(name, Part)),
        )

    def _watch(self) -> None:
        idle = 0.0
        pause = threading.Event()
        while idle < _LINGER:
            self.look()
            pause.wait(self._interval)
            with self._changed:
                idle = 0.0 if self._waiting else idle + self._interval
                if idle >= _LINGER:
                    # What happens from now on nobody sees: cursors of before say nothing.
                    self._looking, self._seen, self._epoch = False, None, secrets.token_hex(4)
                    self._known_from = None
                    self._looks.clear()

    def look(self) -> None:
        """Look once; a store that does not answer has no changes.

        One at a time: what a slower look has read before would be told as a change after a quicker one.
        """
        with self._changed:
            try:
                found = {**self._seldom_now(), **self._runs_now()}
            except BrisaError as error:
                log.warning("can't look for changes: %s", error)
                return
            seen, self._seen, self._since, ended = self._seen, found, self._seldom_at, self._now()
            if seen is None:
                self._known_from = ended
            if seen is None or seen == found:
                return
            names = frozenset(name for name in {*seen, *found} if seen.get(name) != found.get(name))
            self._number += 1
            if len(self._looks) == _KEPT:
                self._known_from = self._looks[0][1]
            self._looks.append((self._number, ended, names))
            self._changed.notify_all()

    def _seldom_now(self) -> Seen:
        if self._seen is None or self._count % self._dags_every == 0:
            self._seldom_at = self._now()
            self._seldom = {
                **{one.record.dag_id: (one.revision, 0) for one in self._store.dags()},
                Part.IMPORT_ERRORS: ((self._reports(), *self._store.import_failures()), 0),
                Part.ACTIONS: (tuple(one.entry_id for one in self._store.audit_entries(limit=1)), 0),
            }
        self._count += 1
        return self._seldom

    def _runs_now(self) -> Seen:
        """The runs under way. An attempt that was seen claimed is not read again."""
        runs = self._store.running_runs()
        awaited = {one.record.key: _awaited(one.record) for one in runs}
        every = [key for keys in awaited.values() for key in keys]
        unknown = [key for key in every if key not in self._claimed][:_READ]
        read = self._store.attempts_of(unknown) if unknown else []
        claimed = {one.record.key for one in read if one is not None and one.record.state in _CLAIMED}
        self._claimed = frozenset(claimed | self._claimed.intersection(every))
        return {
            one.record.key: (one.revision, len(self._claimed.intersection(awaited[one.record.key]))) for one in runs
        }


def _awaited(run: Run) -> frozenset[AttemptKey]:
    """The attempts that a run waits for."""
    return frozenset(attempt_key(run, name, entry) for name, entry in run.tasks.items() if entry.state.waiting)

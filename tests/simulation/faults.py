"""What goes wrong, and how often: drawn by the seed, until a moment after which the world is calm."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """The kinds of faults."""

    CRASH_BEFORE = "crash before a call"
    CRASH_AFTER = "crash after a call"
    ANSWER_LOST = "call done, answer lost"
    REFUSED = "call refused"
    OUTAGE = "outage of the store or the queue"
    CONFLICTS = "storm of conflicts"
    FROZEN = "process frozen"
    CLOCK_SHIFTED = "clock shifted"
    MESSAGE_LOST = "message lost"
    MESSAGE_REPEATED = "message repeated"
    MESSAGE_LATE = "message late"
    EVENT_LOST = "event lost"
    EVENT_REPEATED = "event repeated"
    EVENT_LATE = "event late"
    TICK_MISSED = "tick missed"
    TICK_DOUBLED = "tick doubled"
    WORKER_KILLED = "worker killed in an attempt"
    CHILD_LOST = "attempt's process lost"
    ATTEMPT_HUNG = "attempt hung without a heartbeat"


AT_CALLS = (
    Fault.CRASH_BEFORE,
    Fault.CRASH_AFTER,
    Fault.ANSWER_LOST,
    Fault.REFUSED,
    Fault.OUTAGE,
    Fault.CONFLICTS,
    Fault.FROZEN,
    Fault.CLOCK_SHIFTED,
)
ELSEWHERE = tuple(kind for kind in Fault if kind not in AT_CALLS)


@dataclass
class Faults:
    """Decides about each call, message, event, tick and attempt. ``kinds`` may happen, before ``until``.

    ``at_calls`` and ``elsewhere`` are the chances at each call, and at each of the rest.
    """

    chance: Random
    kinds: frozenset[Fault] = frozenset()
    at_calls: float = 0.0
    elsewhere: float = 0.0
    until: float = 0.0
    injected: Counter[Fault] = field(default_factory=Counter)

    @classmethod
    def drawn(cls, chance: Random, begin: float) -> Faults:
        """Some kinds, more or less often: what only a few of them bring about together is not drowned by the rest."""
        return cls(
            chance,
            frozenset(kind for kind in Fault if chance.random() < chance.choice((0.2, 0.5, 0.9))),
            at_calls=chance.choice((0.002, 0.01, 0.03, 0.08)),
            elsewhere=chance.choice((0.02, 0.1, 0.3)),
            until=begin + chance.choice((300.0, 1800.0, 7200.0)),
        )

    def at_call(self, now: float) -> Fault | None:
        """What happens to a call of a port, if anything."""
        if now >= self.until or self.chance.random() >= self.at_calls:
            return None
        kind = self.chance.choice(AT_CALLS)
        return kind if kind in self.kinds else None

    def strikes(self, kind: Fault, now: float) -> bool:
        """Whether this happens now; then it counts."""
        if now >= self.until or kind not in self.kinds or self.chance.random() >= self.elsewhere:
            return False
        self.injected[kind] += 1
        return True

"""Messages further ahead than Cloud Tasks can schedule travel in legs: at the end of each the worker sends the next.

Every leg ends a whole number of horizons before the message's time, and its number is part of its name. So a repeated
send of the same leg has the same name and the same time, whenever it is made, and the next leg has another name: the
queue would refuse the one that has just arrived.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

from brisa.model.work import Work

HORIZON = 29 * 86400.0
"""Seconds of one leg: a day less than the service allows, so that no clock's error counts."""
SLACK = 3600.0
"""A message that comes up to so many seconds before its time is on its last leg: clocks differ."""


@dataclass(frozen=True, slots=True)
class Leg:
    """What is handed to the queue: its name for it, and when it is to be delivered (seconds since the epoch)."""

    name: str
    at: float | None


def next_leg(message: Work, now: float) -> Leg:
    """The leg that brings ``message`` closest to its time, ``HORIZON + SLACK`` from ``now`` at most."""
    if message.not_before is None:
        return Leg(message.name, None)
    left = math.ceil((message.not_before - now - SLACK) / HORIZON) - 1
    if left <= 0:
        return Leg(message.name, message.not_before)
    name = hashlib.blake2b(f"{message.name}/{left}".encode(), digest_size=16).hexdigest()
    return Leg(name, message.not_before - left * HORIZON)


def is_early(message: Work, now: float) -> bool:
    """Whether a message that a worker was handed has legs to go: it is to be enqueued again, as it is."""
    return message.not_before is not None and message.not_before - now > SLACK

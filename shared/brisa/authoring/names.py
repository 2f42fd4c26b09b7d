"""Rules for ids, and which name somebody may have meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from brisa.errors import AuthoringError, Location

LONGEST_ID = 250
"""Airflow's limit, which its database columns set."""
LONGEST_GROUP_ID = 200
_ID = re.compile(r"[\w.-]+")
_GROUP_ID = re.compile(r"[\w-]+")


def check_id(kind: str, value: object, location: Location) -> str:
    """``value`` if Airflow would take it as a DAG or task id; ``kind`` (``"dag_id"``, ``"task_id"``) is for people."""
    return _check(kind, value, location, _ID, LONGEST_ID, "letters, digits, dashes, dots and underscores")


def check_group_id(value: object, location: Location) -> str:
    """``value`` if Airflow would take it as a task group's id; unlike a task's, it has no dot."""
    return _check("group_id", value, location, _GROUP_ID, LONGEST_GROUP_ID, "letters, digits, dashes and underscores")


def _check(kind: str, value: object, location: Location, pattern: re.Pattern[str], longest: int, allowed: str) -> str:
    if not isinstance(value, str):
        raise AuthoringError(f"{kind} must be a string, not {type(value).__name__} ({value!r})", location)
    if len(value) > longest:
        raise AuthoringError(
            f"{kind} {value[:40]!r}… has {len(value)} characters; at most {longest} are allowed", location
        )
    if not pattern.fullmatch(value):
        raise AuthoringError(f"{kind} {value!r} may consist of {allowed} only", location)
    return value


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'tags'?"``, or nothing when no known name is near."""
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def unique_id(wanted: str, taken: Collection[str]) -> str:
    """``wanted``, or ``wanted__N`` with the first number after those taken: ``f``, ``f__1``, ``f__2`` (Airflow's rule
    for a ``@task`` function called again, and for task groups with ``add_suffix_on_collision``)."""
    if wanted not in taken:
        return wanted
    start = re.sub(r"__\d+$", "", wanted) + "__"
    numbers = [int(rest) for other in taken if other.startswith(start) and (rest := other[len(start) :]).isdecimal()]
    return f"{start}{max(numbers, default=0) + 1}"

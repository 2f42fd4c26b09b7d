"""Compares two answers about one DAG (their shape: :mod:`tests.conformance.answers`); pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.conformance.answers import Answer

CHANCE = {"chance": True}
"""In the place of what two answers of the same Airflow disagree about."""

_BOOKKEEPING = re.compile(r"skipmixin_key|_link_\w+|pipeline_(in|out)lets")
"""XComs that Airflow writes for itself."""
_LAZY = re.compile(r"Lazy\w+Sequence\(")
"""In Airflow's text of a rendered field: values that it had not looked up yet."""
_CUT = re.compile(r"(.*)… \(\d+ characters in all\)", re.DOTALL)
"""How brisa ends the text of a long rendered field."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``kind`` is load, tasks, edges, run, state, xcom or rendered; ``place`` what in the DAG it is about."""

    kind: str
    place: str
    theirs: Any
    ours: Any

    @property
    def where(self) -> str:
        """What ``known_differences.json`` calls it."""
        return f"{self.kind} {self.place}".strip()

    def __str__(self) -> str:
        return f"{self.where}: Airflow {_short(self.theirs)}, brisa {_short(self.ours)}"


def differences(theirs: Answer, ours: Answer) -> list[Difference]:
    """All of them; nothing further about a DAG that brisa could not run."""
    found = [*_set("tasks", theirs["tasks"], ours.get("tasks", {}))] if "tasks" in ours else []
    if "edges" in ours:
        found += _set("edges", _arrows(theirs), _arrows(ours))
    if ours["error"]:
        kind = "run" if "tasks" in ours or "unanswered" in ours else "load"
        return [*found, Difference(kind, "", theirs["state"], ours["error"])]
    if theirs["state"] != CHANCE and theirs["state"] != ours["state"]:
        found.append(Difference("run", "", theirs["state"], ours["state"]))
    found += _states(theirs["states"], ours["states"])
    found += _xcoms(theirs["xcoms"], ours["xcoms"])
    found += _rendered(theirs["rendered"], ours["rendered"])
    return found


def steady(one: Answer, other: Answer) -> Answer:
    """What two answers of the same program agree about, and :data:`CHANCE` elsewhere."""
    if "states" not in one or "states" not in other:
        return one
    parts = {name: _agreed(one[name], other[name], 2) for name in ("xcoms", "rendered")}
    return {
        **one,
        "state": one["state"] if one["state"] == other["state"] else CHANCE,
        "states": _agreed(one["states"], other["states"], 1),
        **parts,
    }


def _agreed(one: Any, other: Any, depth: int) -> Any:
    if not depth or not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return one if one == other else CHANCE
    missing = object()
    return {key: _agreed(one.get(key, missing), other.get(key, missing), depth - 1) for key in {**one, **other}}


def _set(kind: str, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted(theirs.keys() - ours.keys()):
        yield Difference(kind, name, "yes", "no")
    for name in sorted(ours.keys() - theirs.keys()):
        yield Difference(kind, name, "no", "yes")


def _arrows(answer: Answer) -> dict[str, None]:
    return {f"{upper} >> {lower}": None for upper, lower in answer["edges"]}


def _states(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted({**theirs, **ours}):
        their, our = theirs.get(name, "no such instance"), ours.get(name, "no such instance")
        if their not in (our, CHANCE):
            yield Difference("state", name, their, our)


def _xcoms(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted({**theirs, **ours}):
        if theirs.get(name) == CHANCE:
            continue
        their, our = theirs.get(name, {}), ours.get(name, {})
        for key in sorted({**their, **our}):
            if not _BOOKKEEPING.fullmatch(key) and not _alike(their, our, key):
                yield Difference(
                    "xcom", f"{name}.{key}", their.get(key, "nothing pushed"), our.get(key, "nothing pushed")
                )


def _alike(theirs: Mapping[str, Any], ours: Mapping[str, Any], key: str) -> bool:
    """Whether both pushed the same; of what JSON has no form for, only that something was pushed is compared."""
    if theirs.get(key) == CHANCE:
        return True
    return key in theirs and key in ours and (_unwritable(theirs[key]) or theirs[key] == ours[key])


def _unwritable(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"type"} and isinstance(value["type"], str)


def _rendered(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[Difference]:
    """Only of instances and fields that both have kept: which tasks keep them at all is nobody's result."""
    for name in sorted(theirs.keys() & ours.keys()):
        if theirs[name] == CHANCE:
            continue
        for field in sorted(theirs[name]):
            their = theirs[name][field]
            if field not in ours[name]:
                yield Difference("rendered", f"{name}.{field}", their, "no such field")
            elif their != CHANCE and not _same_text(their, ours[name][field]):
                yield Difference("rendered", f"{name}.{field}", their, ours[name][field])


def _same_text(theirs: Any, ours: str) -> bool:
    """Whether brisa's text, which is JSON unless the value is text itself, is Airflow's value."""
    if cut := _CUT.fullmatch(ours):
        written = theirs if isinstance(theirs, str) else json.dumps(theirs, ensure_ascii=False)
        return written.startswith(cut[1])
    if theirs == ours or _LAZY.search(json.dumps(theirs)):
        return True
    try:
        return bool(json.loads(ours) == theirs)
    except ValueError:
        return False


def _short(value: Any, length: int = 160) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[:length]}…"

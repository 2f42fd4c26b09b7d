"""What brisa would have to do, in words that are the same for all DAGs with the same trouble."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.conformance.answers import Answer
from tests.conformance.compare import Difference
from tests.conformance.scope import missing_names

_MISSING = " missing"
_LONGEST = 150


def work(file: Path, ours: Answer, unknown: Sequence[Difference]) -> tuple[str, ...]:
    """What stops a DAG: the names that are missing, else the first error of a task, else the first difference."""
    if not unknown:
        return ()
    if ours["error"]:
        return tuple(f"{name}{_MISSING}" for name in missing_names(file)) or (_general(ours["error"]),)
    for one in unknown:
        if one.kind == "state" and (error := ours["errors"].get(one.place)):
            return (_general(error),)
    first = unknown[0]
    if first.kind in ("run", "state"):
        return (f"{first.kind}: Airflow {first.theirs}, brisa {first.ours}",)
    return (f"{first.kind} of {_operator(ours, first)}",)


def work_list(found: Iterable[tuple[str, Sequence[str]]]) -> list[tuple[int, str]]:
    """(How many DAGs, what stops them), most first, of (DAG, what stops it); names that stop the same DAGs together."""
    stopped: dict[str, set[str]] = {}
    for dag, reasons in found:
        for reason in reasons:
            stopped.setdefault(reason, set()).add(dag)
    together: dict[tuple[frozenset[str], str], list[str]] = {}
    for reason, dags in stopped.items():
        module = reason.partition(":")[0] if reason.endswith(_MISSING) else reason
        together.setdefault((frozenset(dags), module), []).append(reason)
    listed = [(len(dags), _joined(module, reasons)) for (dags, module), reasons in together.items()]
    return sorted(listed, key=lambda one: (-one[0], one[1]))


def _joined(module: str, reasons: Sequence[str]) -> str:
    if len(reasons) == 1:
        return reasons[0]
    names = sorted(reason.removeprefix(f"{module}:").removesuffix(_MISSING) for reason in reasons)
    return f"{module}: {', '.join(names)}{_MISSING}"


def _operator(ours: Answer, difference: Difference) -> str:
    """The task's operator and the key or field, for a place like ``task[0].field``."""
    tasks = ours["tasks"]
    place = re.sub(r"\[\d+\]", "", difference.place)
    named = [task_id for task_id in tasks if place.startswith(f"{task_id}.")]
    if not named:
        return difference.place
    task_id = max(named, key=len)
    return f"{tasks[task_id]}: {place.removeprefix(f'{task_id}.')}"


def _general(message: str) -> str:
    """An error without the places that only this file has."""
    line = message.strip().splitlines()[0].removeprefix("Error: ")
    line = re.sub(r"^\S+\.py(:\d+)?: ", "", line)
    line = re.sub(r"^(?!\w*(Error|Exception|Found|Skip)\b)[\w.-]+: ", "", line)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"

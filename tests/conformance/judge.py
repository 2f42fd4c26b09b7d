"""What the two answers about each DAG of a file come to."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from brisa.runtime.source_file import decode_source, parse_source, tell_dialect
from tests.conformance.answers import Answer, Answers, ask
from tests.conformance.compare import Difference, differences
from tests.conformance.environments import ours
from tests.conformance.known import Known
from tests.conformance.memory import Subject, once_more, theirs
from tests.conformance.scope import missing_names, out_of_scope

IDENTICAL, KNOWN, DIFFERS, NOT_COMPARED = "identical", "known", "differs", "not compared"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of one DAG. ``set`` is what it is counted under: an Airflow's examples, or a folder."""

    set: str
    airflow: str
    file: str
    dag_id: str
    verdict: str
    why: str = ""
    """Why it was not compared, or differs and may."""
    differences: tuple[Difference, ...] = ()
    """Those that are not known."""
    known: tuple[Difference, ...] = ()
    work: tuple[str, ...] = ()
    """What brisa would have to do for it, in words that are the same for other DAGs of the kind."""

    def as_json(self) -> dict[str, Any]:
        """For ``conformance.json``."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What all files are compared with."""

    python: str
    """The interpreter that has brisa."""
    known: Known
    fresh: bool = False
    only: str = ""
    """A DAG's id or a file's name: nothing else is compared."""

    def judge(self, subject: Subject, name: str) -> list[Verdict]:
        """The verdict of each DAG of the file; one about the file itself where it does not load."""
        their = theirs(subject, fresh=self.fresh)
        wanted = {dag_id for dag_id in their.dags if self.only in ("", dag_id, subject.file.stem, subject.file.name)}
        if their.dags and not wanted:
            return []
        comparable = {dag_id for dag_id in wanted if not self._excluded(subject, their, dag_id)}
        our = self._ours(subject, comparable) if comparable else Answers(error="", dags={})
        odd = {dag_id for dag_id in comparable if differences(their.dags[dag_id], _of(our, dag_id))}
        if {dag_id for dag_id in odd if not _of(our, dag_id)["error"]} and once_more(subject, odd):
            their = theirs(subject)
        return [self._verdict(subject, name, their, our, dag_id) for dag_id in sorted(wanted or {subject.file.name})]

    def _ours(self, subject: Subject, dag_ids: set[str]) -> Answers:
        with ours(self.python) as program:
            return ask(program, subject.file, subject.folder, only=dag_ids)

    def _excluded(self, subject: Subject, their: Answers, dag_id: str) -> str:
        return self.known.excluded(subject.airflow.version, dag_id) or out_of_scope(
            subject.file, their.error, their.dags.get(dag_id)
        )

    def _verdict(self, subject: Subject, name: str, their: Answers, our: Answers, dag_id: str) -> Verdict:
        about: dict[str, Any] = {
            "set": name,
            "airflow": subject.airflow.version,
            "file": subject.name,
            "dag_id": dag_id,
        }
        if why := self._excluded(subject, their, dag_id):
            return Verdict(**about, verdict=NOT_COMPARED, why=why)
        answer = _of(our, dag_id)
        found = differences(their.dags[dag_id], answer)
        explained = [(one, self.known.explain(subject.airflow.version, dag_id, one)) for one in found]
        unknown = tuple(one for one, reason in explained if not reason)
        return Verdict(
            **about,
            verdict=DIFFERS if unknown else KNOWN if found else IDENTICAL,
            why="; ".join(dict.fromkeys(reason for _, reason in explained if reason)),
            differences=unknown,
            known=tuple(one for one, reason in explained if reason),
            work=_work(subject, answer, unknown),
        )


def dialect_of(data: bytes, file: str) -> int:
    """Whose answers the file gets from brisa: those of Airflow 2 or 3."""
    return tell_dialect(parse_source(decode_source(data, file), file, file)).number


def _of(our: Answers, dag_id: str) -> Answer:
    return our.dags.get(dag_id) or {"dag_id": dag_id, "error": our.error or "brisa finds no such DAG in the file"}


def _work(subject: Subject, answer: Answer, unknown: tuple[Difference, ...]) -> tuple[str, ...]:
    """What stops the DAG: the names that are missing, else the first error, else the first difference."""
    if not unknown:
        return ()
    if answer["error"]:
        missing = tuple(f"{name} missing" for name in missing_names(subject.file))
        return missing or (_general(answer["error"]),)
    for one in unknown:
        if one.kind == "state" and (error := answer["errors"].get(one.place)):
            return (_general(error),)
    first = unknown[0]
    if first.kind in ("run", "state"):
        return (f"{first.kind}: Airflow {first.theirs}, brisa {first.ours}",)
    return (f"{first.kind} of {_operator(answer, first)}",)


def _operator(answer: Answer, difference: Difference) -> str:
    task_id = difference.place.partition("[")[0]
    tasks = answer.get("tasks", {})
    named = [one for one in tasks if task_id == one or task_id.startswith(f"{one}.")]
    rest = difference.place.rpartition(".")[2]
    return f"{tasks[max(named, key=len)]}: {rest}" if named else difference.place


def _general(message: str) -> str:
    """An error without the places that only this file has."""
    line = message.strip().splitlines()[0].removeprefix("Error: ")
    line = re.sub(r"^\S+\.py(:\d+)?: ", "", line)
    line = re.sub(r"^(?!\w*(Error|Exception|Found|Skip)\b)[\w.-]+: ", "", line)
    return line if len(line) <= 150 else f"{line[:150]}…"

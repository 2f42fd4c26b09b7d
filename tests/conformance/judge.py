"""What the two answers about each DAG of a file come to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from brisa.runtime.source_file import decode_source, parse_source, tell_dialect
from tests.conformance.answers import Answer, Answers, ask
from tests.conformance.compare import Difference, differences
from tests.conformance.environments import ours
from tests.conformance.known import Known
from tests.conformance.memory import Subject, once_more, theirs
from tests.conformance.scope import out_of_scope
from tests.conformance.work import work

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
        odd = {dag_id for dag_id in comparable if _may_be_chance(their.dags[dag_id], _of(our, dag_id))}
        if odd and once_more(subject, odd):
            their = theirs(subject)
        if not their.error and not wanted:
            return []  # a module that other files import
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
            work=work(subject.file, answer, unknown),
        )


def dialect_of(data: bytes, file: str) -> int:
    """Whose answers the file gets from brisa: those of Airflow 2 or 3."""
    return tell_dialect(parse_source(decode_source(data, file), file, file)).number


def _of(our: Answers, dag_id: str) -> Answer:
    return our.dags.get(dag_id) or {"dag_id": dag_id, "error": our.error or "brisa finds no such DAG in the file"}


def _may_be_chance(their: Answer, our: Answer) -> bool:
    """Whether another answer of Airflow may be another one: it may not, where brisa says that it failed."""
    return any(
        one.kind in ("xcom", "rendered") or (one.kind == "state" and one.place not in our["errors"])
        for one in differences(their, our)
    )

"""What the real Airflow has said before: asking it is slow, so its answers are kept below ``build/conformance``."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.conformance.answers import Answer, Answers, ask
from tests.conformance.compare import steady
from tests.conformance.environments import CACHE, HERE, Environment, oracle


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One DAG file and the Airflow that is asked about it."""

    airflow: Environment
    file: Path
    folder: Path

    @property
    def name(self) -> str:
        """The file within its folder."""
        return str(self.file.relative_to(self.folder))


def theirs(subject: Subject, *, fresh: bool = False) -> Answers:
    """What Airflow says; what two of its answers disagree about is marked as chance."""
    kept = [] if fresh else _kept(subject)
    if not kept:
        kept = [_asked(subject)]
        _keep(subject, kept)
    first, *others = kept
    dags = dict(first.answers.dags)
    for other in others:
        dags |= {dag_id: steady(dags[dag_id], again) for dag_id, again in other.answers.dags.items() if dag_id in dags}
    return Answers(error=first.answers.error, dags=dags)


def once_more(subject: Subject, dag_ids: Collection[str]) -> bool:
    """Ask again about DAGs, if that can tell more: an answer of today, and a second one at all. Whether it did."""
    kept = _kept(subject)
    today = [one for one in kept[1:] if one.day == _today()]
    asked = {dag_id for one in today for dag_id in one.answers.dags}
    if open_ones := set(dag_ids) - asked:
        _keep(subject, [*kept[:1], *today, _asked(subject, open_ones)])
    return bool(open_ones)


@dataclass(frozen=True, kw_only=True)
class _Sample:
    day: str
    answers: Answers


def _asked(subject: Subject, only: Collection[str] = ()) -> _Sample:
    with oracle(subject.airflow, subject.folder) as program:
        return _Sample(day=_today(), answers=ask(program, subject.file, subject.folder, only=only))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _place(subject: Subject) -> Path:
    digest = hashlib.sha256()
    for part in (subject.file, HERE / "oracle.py", HERE / "no_chance" / "sitecustomize.py"):
        digest.update(part.read_bytes())
    digest.update(f"{subject.airflow.packages}\n{subject.name}".encode())
    name = subject.name.removesuffix(".py").replace("/", "-")
    return CACHE / f"oracle-{subject.airflow.version}-{name}-{digest.hexdigest()[:12]}.json"


def _kept(subject: Subject) -> list[_Sample]:
    try:
        stored = json.loads(_place(subject).read_text("utf-8"))
    except FileNotFoundError:
        return []
    return [_Sample(day=one["day"], answers=_answers(one["answers"])) for one in stored]


def _answers(stored: Mapping[str, object]) -> Answers:
    dags: dict[str, Answer] = stored["dags"]  # type: ignore[assignment]  # as written below
    return Answers(error=str(stored["error"]), dags=dags)


def _keep(subject: Subject, samples: list[_Sample]) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    place = _place(subject)
    whole = place.with_suffix(f".{os.getpid()}")  # somebody else may compare at the same time
    whole.write_text(json.dumps([asdict(one) for one in samples], indent=1), "utf-8")
    whole.replace(place)

"""DAG files become DAG documents and versions: loaded in a process of their own, stored, scheduled, pruned."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from brisa.engine.asset_queue import judged
from brisa.errors import AuthoringError, ConflictError, Location, ScheduleError, UnavailableError
from brisa.model.codec import decode, dumps, encode
from brisa.model.dag import Dag, DagSummary, DagVersion, ImportFailure, SettledFile
from brisa.model.jobs import JobSize
from brisa.model.spec import DagSpec, ScheduleKind
from brisa.ports.bundle import DagBundle
from brisa.ports.clock import Clock
from brisa.ports.store import Create, Delete, Put, StateStore, Stored, Update, Write
from brisa.runtime.supervisor import Supervisor
from brisa.services.asset_documents import asset_writes, circle_through, may_be_in_circle
from brisa.services.consumers import related
from brisa.services.long_work import misfits
from brisa.services.news import News
from brisa.services.objects import Arrivals
from brisa.services.planner import cursor, cursor_fields, following, to_ask, up_to_date
from brisa.services.runs import CONFLICTS
from brisa.services.waiting_circles import waiting_circle

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What a look at the bundle has changed."""

    loaded: tuple[str, ...] = ()
    """Ids of the DAGs that were new or have a new version."""
    removed: tuple[str, ...] = ()
    """Ids of the DAGs whose definition is gone."""
    failures: tuple[ImportFailure, ...] = field(default=())
    """Files, of those that were loaded now, that have failed."""
    notices: tuple[str, ...] = ()
    """What the files that were loaded now had better say otherwise: each once, with file and line."""

    def then(self, later: Synced) -> Synced:
        """What this look and a later one have changed."""
        return Synced(
            loaded=tuple(dict.fromkeys((*self.loaded, *later.loaded))),
            removed=tuple(dict.fromkeys((*self.removed, *later.removed))),
            failures=(*self.failures, *later.failures),
            notices=(*self.notices, *later.notices),
        )


@dataclass(slots=True)
class _Look:
    """One look at the bundle, as far as it has got."""

    files: Mapping[str, str]
    stored: Mapping[str, Stored[Dag]] = field(default_factory=dict)
    failing: frozenset[str] = frozenset()
    """Files that the store says do not load."""
    loaded: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failures: dict[str, list[ImportFailure]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    circles: set[frozenset[str]] = field(default_factory=set)
    """DAGs that are known to start each other."""
    waiting_circles: set[frozenset[str]] = field(default_factory=set)
    """DAGs that are known to wait for each other."""


class Registry:
    """Keeps the store's DAGs as the bundle's files say."""

    def __init__(
        self,
        store: StateStore,
        bundle: DagBundle,
        supervisor: Supervisor,
        clock: Clock,
        *,
        arrivals: Arrivals | None = None,
        paused: bool = True,
        scheduled: bool = True,
        known: Mapping[str, SettledFile] | None = None,
        pinned: bool = False,
        news: News | None = None,
        jobs: Sequence[JobSize] | None = None,
    ) -> None:
        """``paused``: whether a new DAG that doesn't say so itself begins paused.

        ``arrivals`` tells those who wait for a DAG that is new. ``scheduled``: whether schedules count. ``known``: what
        is remembered of earlier looks at the same bundle (see :attr:`settled`). ``pinned``: whether the bundle's
        fingerprints are the same for every process (objects' generations). Then they are part of a version, so that a
        changed helper makes another one; and what came of each file is told by the store, so that any process goes on
        where another has ended. ``news`` is told of files that do not load. ``jobs``: those that the deployment has for
        long tasks; ``None``: nobody knows here.
        """
        self._store = store
        self._bundle = bundle
        self._supervisor = supervisor
        self._clock = clock
        self._arrivals = arrivals
        self._paused = paused
        self._scheduled = scheduled
        self._pinned = pinned
        self._news = news or News()
        self._jobs = jobs
        self._known: dict[str, SettledFile] = dict(known or {})
        self._sources: dict[str, str] = {}
        self._refused: dict[str, frozenset[str]] = {}
        """File → ids of DAGs that it may not define, because another file does."""
        self._again: set[str] = set()
        """Files that somebody wants loaded though they have not changed."""
        self.looked_at = clock.now()
        """When it last looked (seconds since the epoch)."""
        self.reports = 0
        """How often it has told the store which files do not load."""

    @property
    def settled(self) -> Mapping[str, SettledFile]:
        """What came of each file. Files that wait for others to give up a DAG id are not in it."""
        return {file: known for file, known in self._known.items() if not self._refused.get(file)}

    def origin(self, version: DagVersion) -> tuple[str, str | None]:
        """What to run a version from: the file as it was last loaded, or, if it has changed since, the stored source.

        Returns the fingerprint that names the content, and the content if it is not the file's. Runs stay on the
        version that they began with; helper modules beside the file are always today's.
        """
        file = version.spec.file
        if self._sources.get(file) == version.source:
            return self._known[file].fingerprint, None
        return version.version, version.source

    def sync(self) -> Synced:
        """Load the files that have changed since the last look, and forget those that are gone."""
        synced = Synced()
        while True:
            look = self._begin()
            synced = synced.then(self._sync(look))
            # Another process may have seen what is newer, and have been done first: whoever is last sees it again.
            if not self._pinned or self._bundle.files() == look.files:
                self.looked_at = self._clock.now()
                return synced

    def _sync(self, look: _Look) -> Synced:
        for file in sorted(set(self._known) - set(look.files)):
            self._forget(file)
        gone = look.failing - set(look.files)
        if gone:
            self._store.commit(*(Delete(ImportFailure(file=file, message="")) for file in sorted(gone)))
            self.reports += 1
        self._load_changed(look)
        for file in sorted({one.record.file for one in look.stored.values() if one.record.active} - set(look.files)):
            look.removed += self._retire(file, ())
        freed = [file for file, ids in self._refused.items() if ids & set(look.removed)]
        if freed:
            for file in freed:
                self._forget(file)
            self._load_changed(look)
        return Synced(
            loaded=tuple(dict.fromkeys(look.loaded)),
            removed=tuple(dag_id for dag_id in dict.fromkeys(look.removed) if dag_id not in look.loaded),
            failures=tuple(one for some in look.failures.values() for one in some),
            notices=tuple(look.notices),
        )

    def load_again(self, file: str) -> None:
        """Have the next :meth:`sync` load ``file`` whether it has changed or not. From any thread."""
        self._again.add(file)

    def find(self, dag_id: str) -> Synced:
        """Load files until one defines ``dag_id``; those that mention it come first."""
        look = self._begin()
        for file in sorted(look.files, key=lambda file: (dag_id not in self._source(file), file)):
            self._load(file, look)
            if dag_id in look.loaded:
                return Synced(
                    loaded=tuple(look.loaded),
                    failures=tuple(look.failures.get(file, ())),
                    notices=tuple(look.notices),
                )
        failures = tuple(one for some in look.failures.values() for one in some)
        return Synced(loaded=tuple(look.loaded), failures=failures)

    def _begin(self) -> _Look:
        failures = self._store.import_failures()
        look = _Look(self._bundle.files(), self._stored(), frozenset(failure.file for failure in failures))
        if self._pinned:
            self._known = _settled(look.stored, failures)
        return look

    def _stored(self) -> Mapping[str, Stored[Dag]]:
        return {one.record.dag_id: one for one in self._store.dags()}

    def _forget(self, file: str) -> None:
        self._supervisor.forget(file, self._known.pop(file).fingerprint)
        self._sources.pop(file, None)
        self._refused.pop(file, None)

    def _load_changed(self, look: _Look) -> None:
        for file, fingerprint in sorted(look.files.items()):
            known = self._known.get(file)
            again = file in self._again
            if known is not None and known.fingerprint == fingerprint and self._holds(file, known, look) and not again:
                continue
            self._again.discard(file)
            if known is not None:
                self._forget(file)
            self._load(file, look)

    def _holds(self, file: str, known: SettledFile, look: _Look) -> bool:
        """Whether the store still says what loading the file has made it say."""
        defined = (look.stored.get(dag_id) for dag_id in known.dag_ids)
        here = all(one is not None and one.record.active and one.record.file == file for one in defined)
        return here and (file in look.failing or file in look.failures) == known.failed

    def _load(self, file: str, look: _Look) -> None:
        report = self._supervisor.load(file, look.files[file])
        look.notices += report.get("warnings", ())
        source = self._source(file)
        specs = [decode(DagSpec, data) for data in report["specs"]]
        failed = self._failures(file, report, specs, look, source)
        taken = {spec.dag_id for spec in specs if _taken(spec, file, look)}
        ids = []
        for spec in specs:
            if spec.dag_id in taken:
                continue
            unfit = () if self._jobs is None else misfits(spec, self._jobs)
            if unfit:
                failed += [self._failure(file, source, error) for error in unfit]
                continue
            try:
                changed = self._register(spec, source, look.files[file] if self._pinned else "")
            except (ScheduleError, ValueError, OverflowError) as error:
                # Its schedule can be said but not followed: dates beyond the calendar's end, say.
                location = Location(file=file, dag_id=spec.dag_id)
                message = str(AuthoringError(f"can't be scheduled: {type(error).__name__}: {error}", location))
                failed.append(ImportFailure(file=file, message=message, seen_at=self._clock.now()))
                continue
            ids.append(spec.dag_id)
            look.loaded += [spec.dag_id] * changed
            if changed:
                self._look_for_circle(spec, look)
                self._look_for_waiting_circle(spec, look)
        self._write_failures(file, failed, look.files[file] if self._pinned else "")
        if failed:
            look.failures[file] = failed
        else:
            look.removed += self._retire(file, ids)
            look.failures.pop(file, None)
            look.failing -= {file}
        self._known[file] = SettledFile(fingerprint=look.files[file], dag_ids=tuple(ids), failed=bool(failed))
        self._sources[file] = source
        self._refused[file] = frozenset(taken)
        look.stored = self._stored()

    def _look_for_circle(self, spec: DagSpec, look: _Look) -> None:
        """DAGs that start each other for ever may be meant, but seldom are."""
        way = circle_through(self._store, spec.dag_id) if may_be_in_circle(spec) else ()
        if way and frozenset(way) not in look.circles:
            look.circles.add(frozenset(way))
            look.notices.append(
                f"{spec.file}: DAG {spec.dag_id!r} starts itself again and again: {' → '.join(way)}, where each is "
                "scheduled on assets that the one before it makes"
            )

    def _look_for_waiting_circle(self, spec: DagSpec, look: _Look) -> None:
        way = waiting_circle(self._store, spec)
        if way and frozenset(way) not in look.waiting_circles:
            look.waiting_circles.add(frozenset(way))
            look.notices.append(
                f"{spec.file}: DAG {spec.dag_id!r} waits for itself: {' → '.join(way)}, where each has a sensor for "
                "the next one's run of the same date; unless what is waited for comes before such a sensor, "
                "they wait for ever"
            )

    def _source(self, file: str) -> str:
        try:
            return (self._bundle.root() / file).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def _failures(
        self,
        file: str,
        report: Mapping[str, Any],
        specs: list[DagSpec],
        look: _Look,
        source: str,
    ) -> list[ImportFailure]:
        now = self._clock.now()
        found = [
            ImportFailure(
                file=file,
                line=one.get("line", 0),
                source=_line(source, one.get("line", 0)),
                message=one["message"],
                traceback=one.get("traceback", ""),
                seen_at=now,
            )
            for one in report["failures"]
        ]
        for spec in specs:
            other = _taken(spec, file, look)
            if other:
                location = Location(file=file, dag_id=spec.dag_id)
                error = AuthoringError(f"this DAG id is already defined in {other}; ids must be unique", location)
                found.append(ImportFailure(file=file, message=str(error), seen_at=now))
        return found

    def _failure(self, file: str, source: str, error: AuthoringError) -> ImportFailure:
        line = error.location.line
        return ImportFailure(
            file=file, line=line, source=_line(source, line), message=str(error), seen_at=self._clock.now()
        )

    def _write_failures(self, file: str, failed: list[ImportFailure], fingerprint: str) -> None:
        if failed:
            first = failed[0]
            whole = "\n".join(one.message for one in failed)
            self._store.commit(Put(replace(first, message=whole, fingerprint=fingerprint)))
            self._news.file_failed(failed)
        else:
            self._store.commit(Delete(ImportFailure(file=file, message="")))
        self.reports += 1

    def _register(self, spec: DagSpec, source: str, fingerprint: str) -> bool:
        """Store the DAG's version and document; False if the version is the current one already."""
        content = [source, encode(spec), *([fingerprint] if fingerprint else [])]
        digest = hashlib.blake2b(dumps(content).encode(errors="surrogatepass"), digest_size=12)
        version = DagVersion(
            dag_id=spec.dag_id,
            version=digest.hexdigest(),
            spec=spec,
            source=source,
            created_at=self._clock.now(),
            fingerprint=fingerprint,
        )
        for _ in range(CONFLICTS):
            stored = self._store.dag(spec.dag_id)
            if stored is not None and stored.record.deleting:
                return False  # once that is done, a later look at the file makes it anew
            current = stored is not None and stored.record.version == version.version and stored.record.active
            # Even then: it may have been registered by a brisa that knew nothing of assets.
            writes = self._asset_writes(spec, spec) if current else self._dag_writes(spec, version, stored)
            try:
                self._store.commit(*writes)
            except ConflictError:
                continue
            if stored is None and self._arrivals is not None:
                self._arrivals.come_dag(spec.dag_id)
            return not current
        return False

    def _dag_writes(self, spec: DagSpec, version: DagVersion, stored: Stored[Dag] | None) -> list[Write]:
        """The version, the DAG document, and what is known of the assets that the DAG names, or no longer names."""
        now = self._clock.now()
        known = self._store.version(spec.dag_id, version.version)
        # If it has been current before, it keeps its place among the others.
        version = version if known is None else replace(version, created_at=known.created_at)
        old: DagVersion | None = None
        moment = datetime.fromtimestamp(now, UTC)
        if stored is None:
            paused = self._paused if spec.is_paused_upon_creation is None else spec.is_paused_upon_creation
            dag = Dag(dag_id=spec.dag_id, version=version.version, paused=paused)
            interval = following(spec, None, moment)
        else:
            dag = stored.record
            old = self._store.version(dag.dag_id, dag.version)
            interval = cursor(dag)
            if old is None or _timing(old.spec) != _timing(spec):
                interval = following(spec, None, moment)
            else:
                interval = up_to_date(spec, interval, moment)
        fields = cursor_fields(interval)
        if not self._scheduled:
            fields = cursor_fields(None)
        elif spec.schedule.kind is ScheduleKind.TIMETABLE:
            fields = to_ask(now)
        dag = replace(
            dag,
            version=version.version,
            file=spec.file,
            active=True,
            max_active_runs=spec.max_active_runs,
            updated_at=now,
            fingerprint=version.fingerprint,
            problem="",
            summary=DagSummary.of(spec),
            **fields,
        )
        if dag.asset_queue:
            dag = judged(dag, spec, related(self._store, spec))
        write: Write = Create(dag) if stored is None else Update(dag, stored.revision)
        return [Put(version), write, *self._asset_writes(None if old is None else old.spec, spec)]

    def _asset_writes(self, before: DagSpec | None, after: DagSpec) -> list[Write]:
        now = self._clock.now()
        return asset_writes(self._store, after.dag_id, before, after, now) if self._scheduled else []

    def _retire(self, file: str, kept: Collection[str]) -> list[str]:
        """Deactivate the DAGs that ``file`` no longer defines. Their runs, and what is known of them, stay."""
        return [
            one.record.dag_id
            for one in self._store.dags()
            if one.record.file == file and one.record.dag_id not in kept and self._deactivate(one.record.dag_id)
        ]

    def _deactivate(self, dag_id: str) -> bool:
        for _ in range(CONFLICTS):
            stored = self._store.dag(dag_id)
            if stored is None or not stored.record.active:
                return False
            version = self._store.version(dag_id, stored.record.version)
            of_assets = asset_writes(
                self._store, dag_id, None if version is None else version.spec, None, self._clock.now()
            )
            try:
                self._store.commit(Update(replace(stored.record, active=False), stored.revision), *of_assets)
            except ConflictError:
                continue  # its runs begin and end meanwhile
            return True
        raise UnavailableError(f"DAG {dag_id!r} changes too often")


_LONGEST = 500
"""Characters of a line that is shown."""


def _line(source: str, number: int) -> str:
    """A line of a file, without what is around it, so that it can be shown; empty if there is none."""
    lines = source.split("\n", number)
    return lines[number - 1].strip()[:_LONGEST] if 0 < number <= len(lines) else ""


def _settled(dags: Mapping[str, Stored[Dag]], failures: Sequence[ImportFailure]) -> dict[str, SettledFile]:
    """What came of each file when it was last loaded, as the store tells it.

    Where it failed, its DAGs are those of a look before; where they don't agree, another process is about to say so.
    """
    told: dict[str, set[str]] = {}
    ids: dict[str, list[str]] = {}
    for stored in dags.values():
        if stored.record.active:
            told.setdefault(stored.record.file, set()).add(stored.record.fingerprint)
            ids.setdefault(stored.record.file, []).append(stored.record.dag_id)
    told.update({failure.file: {failure.fingerprint} for failure in failures})
    failing = {failure.file for failure in failures}
    return {
        file: SettledFile(
            fingerprint=fingerprints.pop() if len(fingerprints) == 1 else "",
            dag_ids=tuple(ids.get(file, ())),
            failed=file in failing,
        )
        for file, fingerprints in told.items()
    }


def _timing(spec: DagSpec) -> tuple[object, ...]:
    return spec.schedule, spec.start_date, spec.end_date, spec.catchup


def _taken(spec: DagSpec, file: str, look: _Look) -> str:
    """The other file that defines this DAG id already, if there is one."""
    other = look.stored.get(spec.dag_id)
    if other is None or not other.record.active or other.record.file == file or other.record.file not in look.files:
        return ""
    return other.record.file

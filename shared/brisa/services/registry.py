"""DAG files become DAG documents and versions: loaded in a process of their own, stored, scheduled, pruned."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from brisa.errors import ConflictError
from brisa.model.codec import decode, dumps, encode
from brisa.model.dag import Dag, DagVersion, ImportFailure
from brisa.model.spec import DagSpec
from brisa.ports.bundle import DagBundle
from brisa.ports.clock import Clock
from brisa.ports.store import Create, Delete, Put, StateStore, Stored, Update, Write
from brisa.runtime.supervisor import Supervisor
from brisa.services.planner import cursor, cursor_fields, following, up_to_date
from brisa.services.runs import CONFLICTS

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


class Registry:
    """Keeps the store's DAGs as the bundle's files say."""

    def __init__(
        self,
        store: StateStore,
        bundle: DagBundle,
        supervisor: Supervisor,
        clock: Clock,
        *,
        paused: bool = True,
        scheduled: bool = True,
    ) -> None:
        """``paused``: whether a new DAG that doesn't say so itself begins paused; ``scheduled``: whether schedules count.
        """
        self._store = store
        self._bundle = bundle
        self._supervisor = supervisor
        self._clock = clock
        self._paused = paused
        self._scheduled = scheduled
        self._known: dict[str, str] = {}
        self._sources: dict[str, str] = {}

    def origin(self, version: DagVersion) -> tuple[str, str | None]:
        """What to run a version from: the file as it was last loaded, or, if it has changed since, the stored source.

        Returns the fingerprint that names the content, and the content if it is not the file's. Runs stay on the
        version that they began with; helper modules beside the file are always today's.
        """
        file = version.spec.file
        if self._sources.get(file) == version.source:
            return self._known[file], None
        return version.version, version.source

    def sync(self) -> Synced:
        """Load the files that have changed since the last look, and forget those that are gone."""
        files = self._bundle.files()
        loaded: list[str] = []
        removed: list[str] = []
        failures: list[ImportFailure] = []
        stored = {one.record.dag_id: one for one in self._store.dags()}
        for file in sorted(set(self._known) - set(files)):
            self._supervisor.forget(file, self._known.pop(file))
            del self._sources[file]
        gone = {failure.file for failure in self._store.import_failures()} - set(files)
        if gone:
            self._store.commit(*(Delete(ImportFailure(file=file, message="")) for file in sorted(gone)))
        for file, fingerprint in sorted(files.items()):
            if self._known.get(file) == fingerprint:
                continue
            if file in self._known:
                self._supervisor.forget(file, self._known[file])
            report = self._supervisor.load(file, fingerprint)
            source = self._source(file)
            self._known[file], self._sources[file] = fingerprint, source
            specs = [decode(DagSpec, data) for data in report["specs"]]
            failed = self._failures(file, report, specs, stored, files)
            good = [spec for spec in specs if not _taken(spec, file, stored, files)]
            self._write_failures(file, failed)
            failures += failed
            for spec in good:
                if self._register(spec, source):
                    loaded.append(spec.dag_id)
            if not failed:
                removed += self._retire(file, {spec.dag_id for spec in good}, stored)
            stored = {one.record.dag_id: one for one in self._store.dags()}
        for dag in stored.values():
            if dag.record.active and dag.record.file not in files:
                removed += self._retire(dag.record.file, set(), stored)
        return Synced(loaded=tuple(loaded), removed=tuple(dict.fromkeys(removed)), failures=tuple(failures))

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
        stored: Mapping[str, Stored[Dag]],
        files: Mapping[str, str],
    ) -> list[ImportFailure]:
        now = self._clock.now()
        found = [
            ImportFailure(
                file=file,
                line=one.get("line", 0),
                message=one["message"],
                traceback=one.get("traceback", ""),
                seen_at=now,
            )
            for one in report["failures"]
        ]
        for spec in specs:
            other = _taken(spec, file, stored, files)
            if other:
                message = f"DAG id {spec.dag_id!r} is already defined in {other}; ids must be unique"
                found.append(ImportFailure(file=file, message=message, seen_at=now))
        return found

    def _write_failures(self, file: str, failed: list[ImportFailure]) -> None:
        if failed:
            first = failed[0]
            whole = "\n".join(one.message for one in failed)
            self._store.commit(Put(replace(first, message=whole)))
        else:
            self._store.commit(Delete(ImportFailure(file=file, message="")))

    def _register(self, spec: DagSpec, source: str) -> bool:
        """Store the DAG's version and document; False if the version is the current one already."""
        digest = hashlib.blake2b(dumps([source, encode(spec)]).encode(errors="surrogatepass"), digest_size=12)
        version = DagVersion(
            dag_id=spec.dag_id, version=digest.hexdigest(), spec=spec, source=source, created_at=self._clock.now()
        )
        for _ in range(CONFLICTS):
            stored = self._store.dag(spec.dag_id)
            if stored is not None and stored.record.version == version.version and stored.record.active:
                return False
            try:
                self._store.commit(Put(version), *self._dag_write(spec, version, stored))
                return True
            except ConflictError:
                continue
        return False

    def _dag_write(self, spec: DagSpec, version: DagVersion, stored: Stored[Dag] | None) -> list[Write]:
        now = self._clock.now()
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
        if not self._scheduled:
            interval = None
        dag = replace(
            dag,
            version=version.version,
            file=spec.file,
            active=True,
            max_active_runs=spec.max_active_runs,
            updated_at=now,
            **cursor_fields(interval),
        )
        return [Create(dag) if stored is None else Update(dag, stored.revision)]

    def _retire(self, file: str, kept: set[str], stored: Mapping[str, Stored[Dag]]) -> list[str]:
        """Deactivate the DAGs that ``file`` no longer defines. Their runs, and what is known of them, stay."""
        gone = [
            one
            for dag_id, one in stored.items()
            if one.record.file == file and one.record.active and dag_id not in kept
        ]
        for one in gone:
            self._store.commit(Update(replace(one.record, active=False), one.revision))
        return [one.record.dag_id for one in gone]


def _timing(spec: DagSpec) -> tuple[object, ...]:
    return spec.schedule, spec.start_date, spec.end_date, spec.catchup


def _taken(spec: DagSpec, file: str, stored: Mapping[str, Stored[Dag]], files: Mapping[str, str]) -> str:
    """The other file that defines this DAG id already, if there is one."""
    other = stored.get(spec.dag_id)
    if other is None or not other.record.active or other.record.file == file or other.record.file not in files:
        return ""
    return other.record.file

"""DAG files in a bucket: what any process loads, any other knows of; a changed helper makes a new version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from brisa.adapters.memory import FakeClock, MemoryBundle, MemoryStore
from brisa.model.jobs import JobSize
from brisa.runtime.supervisor import Supervisor
from brisa.services.deployment import BucketDeployment, PinnedOrigin
from brisa.services.registry import Registry, Synced

HELLO = """
from datetime import datetime
from brisa import DAG
from brisa.operators.empty import EmptyOperator
import helper
with DAG("hello", start_date=datetime(2024, 1, 1), schedule="@daily"):
    EmptyOperator(task_id=helper.NAME)
"""
OTHER = HELLO.replace('"hello"', '"other"').replace("import helper", "").replace("helper.NAME", '"a"')


class Counted:
    """A bundle in a bucket, as it is seen by one process, whose loads are counted."""

    def __init__(self, bundle: MemoryBundle) -> None:
        self._bundle = bundle
        self.after_listing: Mapping[str, str] = {}

    def root(self) -> Path:
        return self._bundle.root()

    def files(self) -> Mapping[str, str]:
        found = self._bundle.files()
        for path, text in self.after_listing.items():
            self._bundle.write(path, text)
        self.after_listing = {}
        return found


@pytest.fixture
def bundle() -> MemoryBundle:
    return MemoryBundle({"hello.py": HELLO, "helper.py": "NAME = 'first'\n", "other.py": OTHER})


@pytest.fixture
def supervisor(bundle: MemoryBundle) -> Iterator[Supervisor]:
    supervisor = Supervisor(bundle.root())
    yield supervisor
    supervisor.close()


class Loads:
    """A supervisor that remembers what it was asked to load."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self.loaded: list[str] = []

    def load(self, file: str, fingerprint: str) -> object:
        self.loaded.append(file)
        return self._supervisor.load(file, fingerprint)

    def forget(self, file: str, fingerprint: str) -> None:
        self._supervisor.forget(file, fingerprint)


class Site:
    """A store, and processes that each see the bucket for the first time."""

    def __init__(self, bundle: MemoryBundle, supervisor: Supervisor) -> None:
        self.store = MemoryStore()
        self.clock = FakeClock()
        self.bundle = Counted(bundle)
        self._supervisor = supervisor

    def process(self, **more: Any) -> tuple[Registry, Loads]:
        loads: Any = Loads(self._supervisor)
        registry = Registry(self.store, self.bundle, loads, self.clock, pinned=True, **more)
        return registry, loads

    def sync(self) -> tuple[Synced, list[str]]:
        registry, loads = self.process()
        return registry.sync(), loads.loaded

    def version(self, dag_id: str) -> str:
        stored = self.store.dag(dag_id)
        assert stored is not None
        return stored.record.version


@pytest.fixture
def site(bundle: MemoryBundle, supervisor: Supervisor) -> Site:
    return Site(bundle, supervisor)


def test_what_one_process_has_loaded_no_other_loads_again(site: Site, bundle: MemoryBundle) -> None:
    """The store says what came of each file; only a file that has changed since is loaded."""
    synced, loaded = site.sync()
    assert (sorted(synced.loaded), loaded) == (["hello", "other"], ["hello.py", "other.py"])
    assert site.sync() == (Synced(), [])
    bundle.write("other.py", OTHER.replace('"a"', '"b"'))
    synced, loaded = site.sync()
    assert (synced.loaded, loaded) == (("other",), ["other.py"])


def test_a_changed_helper_makes_a_new_version(site: Site, bundle: MemoryBundle) -> None:
    """Of the files that import it, though they, and what they say of themselves, may be the same."""
    site.sync()
    before = site.version("hello"), site.version("other")
    bundle.write("helper.py", "NAME = 'first'  # now with a word of explanation\n")
    synced, _ = site.sync()
    assert synced.loaded == ("hello",)
    assert site.version("hello") != before[0]
    assert site.version("other") == before[1]


def test_a_bad_file_is_told_once_and_its_last_good_version_stays(site: Site, bundle: MemoryBundle) -> None:
    """It is loaded again when it changes, not at each look."""
    site.sync()
    before = site.version("hello")
    bundle.write("hello.py", HELLO + "\nraise ValueError('no')\n")
    synced, _ = site.sync()
    assert [failure.file for failure in synced.failures] == ["hello.py"]
    assert site.sync()[1] == []
    assert site.version("hello") == before
    (failure,) = site.store.import_failures()
    assert "no" in failure.message
    assert (failure.line, failure.source) == (HELLO.count("\n") + 2, "raise ValueError('no')")
    bundle.write("hello.py", HELLO)
    assert site.sync()[1] == ["hello.py"]
    assert site.store.import_failures() == []


def test_a_file_that_is_gone_is_retired_by_any_process(site: Site, bundle: MemoryBundle) -> None:
    """Its DAG is inactive from then on, and active again when it is put back."""
    site.sync()
    bundle.remove("other.py")
    synced, loaded = site.sync()
    assert (synced.removed, loaded) == (("other",), [])
    stored = site.store.dag("other")
    assert stored is not None
    assert not stored.record.active
    bundle.write("other.py", OTHER)
    assert site.sync()[0].loaded == ("other",)


def test_whoever_is_done_last_has_seen_the_newest(site: Site) -> None:
    """An upload between a process's listing and its writing is not undone by it."""
    newest = OTHER.replace('"a"', '"newest"')
    site.bundle.after_listing = {"other.py": newest}
    site.sync()
    stored = site.store.version("other", site.version("other"))
    assert stored is not None
    assert [task.task_id for task in stored.spec.tasks] == ["newest"]


@pytest.mark.parametrize(
    ("prefix", "held", "not_held"),
    [("dags", "dags/a.py", "dags2/a.py"), ("a/b", "a/b/c.sql", "a/c"), ("", "a.py", None)],
)
def test_a_deployment_holds_what_is_below_its_prefix(site: Site, prefix: str, held: str, not_held: str | None) -> None:
    """In its own bucket alone."""
    deployment = BucketDeployment(site.process()[0], "brisa-dags", prefix)
    assert deployment.holds("brisa-dags", held)
    assert not deployment.holds("another", held)
    assert not_held is None or not deployment.holds("brisa-dags", not_held)
    assert sorted(deployment.sync()) == ["hello", "other"]


def test_a_version_is_run_from_its_own_source(site: Site, bundle: MemoryBundle) -> None:
    """Whatever the file says today; DAGs of one file, and one content, share what names it."""
    site.sync()
    version = site.store.version("hello", site.version("hello"))
    assert version is not None
    origin = PinnedOrigin(site.bundle)
    bundle.write("hello.py", "broken(")
    name, source = origin(version)
    assert (name, source) == (version.fingerprint, HELLO)


def test_a_version_that_comes_back_keeps_its_place(site: Site, bundle: MemoryBundle, supervisor: Supervisor) -> None:
    """Versions are numbered by age: in a folder, going back to an earlier one makes no new one."""
    registry = Registry(site.store, bundle, supervisor, site.clock)
    registry.sync()
    first = site.store.version_ids(["other"])
    for text in (OTHER.replace("@daily", "@hourly"), OTHER):
        site.clock.advance(10)
        bundle.write("other.py", text)
        registry.sync()
    ids = site.store.version_ids(["other"])
    assert (list(ids[:1]), len({one.version for one in ids}), len(ids)) == (list(first), 2, 2)
    stored = site.store.dag("other")
    assert stored is not None
    assert stored.record.summary is not None
    assert (stored.record.version, stored.record.summary.timetable) == (first[0].version, "@daily")


def test_a_file_is_loaded_again_when_somebody_wants_that(site: Site) -> None:
    """Once, though it has not changed."""
    registry, loads = site.process()
    registry.sync()
    registry.load_again("other.py")
    registry.sync()
    registry.sync()
    assert loads.loaded == ["hello.py", "other.py", "other.py"]


def test_a_job_that_there_is_not_is_told_when_the_file_is_registered(site: Site, bundle: MemoryBundle) -> None:
    """With file, line, DAG and task; the last good version stays, and other DAGs of the file count."""
    asks = OTHER.replace('task_id="a"', 'task_id="a", executor="cloud_run_job", executor_config={"job": "hugh"}')
    site.sync()
    before = site.version("other")
    bundle.write("other.py", asks + OTHER.replace('"other"', '"third"'))
    size = JobSize(name="default", job="projects/p/locations/l/jobs/d", cpu=2, memory=4 * 2**30)
    registry, _ = site.process(jobs=[size])
    synced = registry.sync()
    assert synced.loaded == ("third",)
    assert site.version("other") == before
    (failure,) = site.store.import_failures()
    assert failure.message == (
        "other.py:7, DAG 'other', task 'a': this deployment has no job 'hugh'; it has default (cpu 2, memory 4Gi)"
    )
    assert failure.source.startswith("EmptyOperator(")
    site.clock.advance(1)
    bundle.write("other.py", asks)
    assert site.process()[0].sync().loaded == ("other",), "where nobody knows the jobs, the attempt will tell"

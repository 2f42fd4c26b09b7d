"""DAG files that come with the functions' source: two revisions alive, each with files of its own, over one store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from brisa.adapters.local.bundle import ContentStamps, FolderBundle
from brisa.adapters.memory import FakeClock, MemoryQueue, MemoryStore
from brisa.model.run import Run
from brisa.runtime.supervisor import Supervisor
from brisa.services.deployment import PinnedOrigin, SourceDeployment
from brisa.services.objects import Objects
from brisa.services.registry import Registry
from brisa.services.runs import Runs
from tests.support.site import Silent

SALES = """
from datetime import datetime
from brisa import DAG
from brisa.operators.empty import EmptyOperator
with DAG("sales", start_date=datetime(2024, 1, 1), schedule="@daily", is_paused_upon_creation=False):
    EmptyOperator(task_id="first")
"""
CHANGED = SALES.replace('"first"', '"second"')
NEW = SALES.replace('"sales"', '"new"')
BUCKET, NAME = "p-brisa-dags", "released"


class Revision:
    """A process of one revision: its own folder, the deployment's store."""

    def __init__(self, folder: Path, store: MemoryStore, clock: FakeClock, cleanup: ExitStack) -> None:
        self.bundle = FolderBundle(folder, ContentStamps(folder))
        supervisor = Supervisor(folder)
        cleanup.callback(supervisor.close)
        self.runs = Runs(store, MemoryQueue(clock), clock, Silent())
        registry = Registry(store, self.bundle, supervisor, clock, pinned=True)
        self.objects = Objects(store, self.runs, SourceDeployment(registry, BUCKET, NAME))

    def told(self, name: str = NAME) -> None:
        """Eventarc tells it that an object was written."""
        self.objects.finalized(BUCKET, name, "1")


Make = Callable[..., Revision]


class Deployed:
    """The store of a deployment."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = FakeClock()

    def dags(self) -> dict[str, str]:
        """DAG that is active → the id of its task, in the version that new runs get."""
        found = {}
        for one in self.store.dags():
            version = self.store.version(one.record.dag_id, one.record.version)
            assert version is not None
            if one.record.active:
                found[one.record.dag_id] = version.spec.tasks[0].task_id
        return found

    def version_of(self, run: Run) -> str:
        """The task of the version that a run is pinned to."""
        version = self.store.version(run.dag_id, run.version)
        assert version is not None
        return version.spec.tasks[0].task_id


@pytest.fixture
def deployed() -> Deployed:
    return Deployed()


@pytest.fixture
def revision(deployed: Deployed, tmp_path: Path) -> Iterator[Make]:
    """Makes a process of a revision with these files: each has a folder of its own, as each image does."""
    with ExitStack() as cleanup:
        folders = iter(range(100))

        def make(**files: str) -> Revision:
            folder = tmp_path / f"image{next(folders)}"
            folder.mkdir()
            for name, text in files.items():
                (folder / f"{name}.py").write_text(text)
            return Revision(folder, deployed.store, deployed.clock, cleanup)

        yield make


def test_a_release_registers_the_files_of_the_revision_that_serves(deployed: Deployed, revision: Make) -> None:
    """The happy path: files that changed have a new version, new ones a DAG, those that are gone are retired."""
    old = revision(sales=SALES, gone=SALES.replace('"sales"', '"gone"'))
    old.told()
    assert deployed.dags() == {"sales": "first", "gone": "first"}
    run = old.runs.trigger("sales")
    new = revision(sales=CHANGED, new=NEW)
    assert deployed.dags() == {"sales": "first", "gone": "first"}, "a revision that is only alive changes nothing"
    new.told()
    assert deployed.dags() == {"sales": "second", "new": "first"}
    assert deployed.version_of(run) == "first"
    assert deployed.version_of(new.runs.trigger("sales", run_id="later")) == "second"


def test_nothing_flaps_while_two_revisions_are_alive(deployed: Deployed, revision: Make) -> None:
    """New processes of the old one, and events of other objects, change nothing; nor does the same event again."""
    revision(sales=SALES).told()
    new = revision(sales=CHANGED)
    new.told()
    late = revision(sales=SALES)
    late.runs.trigger("sales", run_id="by the old one")
    late.told("dags/sales.py")
    late.told("released/x")
    new.told()
    revision(sales=CHANGED).told()
    assert deployed.dags() == {"sales": "second"}
    run = deployed.store.runs("sales")[0].record
    assert deployed.version_of(run) == "second"


def test_back_to_what_served_before(deployed: Deployed, revision: Make) -> None:
    """A roll-back writes the object too: the old files' versions are known, and count again."""
    old = revision(sales=SALES)
    old.told()
    first = deployed.store.version_ids(["sales"])
    revision(sales=CHANGED, new=NEW).told()
    revision(sales=SALES).told()
    assert deployed.dags() == {"sales": "first"}
    assert deployed.store.version_ids(["sales"])[0] == first[0]
    assert len(deployed.store.version_ids(["sales"])) == 2


def test_a_bad_file_is_reported_and_its_last_good_version_stays(deployed: Deployed, revision: Make) -> None:
    """The other files of that source count all the same."""
    revision(sales=SALES).told()
    revision(sales=SALES + "raise ValueError('no')\n", new=NEW).told()
    assert deployed.dags() == {"sales": "first", "new": "first"}
    (failure,) = deployed.store.import_failures()
    assert (failure.file, "no" in failure.message) == ("sales.py", True)
    revision(sales=CHANGED, new=NEW).told()
    assert deployed.store.import_failures() == []
    assert deployed.dags() == {"sales": "second", "new": "first"}


def test_another_revision_runs_an_old_version_from_its_own_source(deployed: Deployed, revision: Make) -> None:
    """Runs that are under way stay on what they began with, wherever they go on."""
    old = revision(sales=SALES)
    old.told()
    run = old.runs.trigger("sales")
    new = revision(sales=CHANGED)
    new.told()
    version = deployed.store.version("sales", run.version)
    assert version is not None
    assert PinnedOrigin(new.bundle)(version) == (version.fingerprint, SALES)

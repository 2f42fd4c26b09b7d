"""One supervisor for all tests of this folder: what its attempts do to themselves must not reach the next."""

from pathlib import Path

import pytest

from brisa.runtime.supervisor import Supervisor
from tests.runtime.supervised import DAGS, House

PRELOAD = ("brisa.operators.bash", "brisa.operators.python", "brisa.operators.taskflow")


@pytest.fixture(scope="session")
def supervisor():
    """A real supervisor over the DAG files beside these tests; impatient with what hangs."""
    one = Supervisor(DAGS, preload=PRELOAD, kill_grace=0.5)
    one.start()
    yield one
    one.close()


@pytest.fixture
def house(supervisor, tmp_path) -> House:
    """Runs tasks of the DAG files beside these tests."""
    return House(supervisor, tmp_path)


@pytest.fixture(scope="session")
def scratch(tmp_path_factory):
    """As ``house``, with a folder of DAG files to be filled."""
    tmp = tmp_path_factory.mktemp("scratch")
    one = Supervisor(tmp, preload=PRELOAD, kill_grace=0.5)
    yield House(one, tmp, tmp)
    one.close()


@pytest.fixture
def own_house(tmp_path):
    """As ``house``, with a supervisor and a folder of DAG files of its own, to be maltreated."""
    folder = tmp_path / "dags"
    folder.mkdir()
    one = Supervisor(folder, preload=PRELOAD, kill_grace=0.5, warm=2)
    yield House(one, tmp_path, folder)
    one.close()


@pytest.fixture
def descriptors():
    """How many files this process has open, each time it is called."""
    return lambda: len(list(Path("/proc/self/fd").iterdir()))

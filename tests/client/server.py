"""A ``brisa standalone`` with the DAGs of this package, for the client to talk to."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.client.world import DAGS, World
from tests.support.program import Home


@contextmanager
def serving() -> Iterator[World]:
    """Started, ready, and ended; the client has logged in as the admin that its first start has made."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home")
        shutil.copytree(DAGS, home.dags, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        with home.standalone() as running:
            running.wait_for("log in as admin")
            found = re.search(r"^API (http\S+)$", running.text(), re.MULTILINE)
            assert found, running.text()
            password = (home.path / "admin-password.txt").read_text("utf-8").strip()
            with closing(World(found[1], "admin", password)) as world:
                yield world

"""The API in the process of whoever asks: the routes that it loads, who asks, what a defect does."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import brisa.web.routes
from brisa.adapters.memory import MemoryStore
from brisa.bootstrap import open_state
from brisa.errors import StorageError
from brisa.web.local import LocalApp, os_user
from brisa.web.places import modules_of
from tests.support.program import environment


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalApp]:
    """That of an empty home."""
    with open_state(tmp_path / "home") as state:
        app = LocalApp(state)
        yield app
        app.close()


def test_a_path_leads_to_its_module():
    """For each route of the API the table names its module, and every module is in it."""
    for found in pkgutil.iter_modules(brisa.web.routes.__path__):
        module = importlib.import_module(f"brisa.web.routes.{found.name}")
        for route in module.router.routes:
            path = re.sub(r"\{[^}]*\}", "7", route.path)
            for method in route.methods:
                assert found.name in modules_of(method, path), (method, route.path)


def test_the_user_of_the_process_is_an_admin(local: LocalApp):
    """A change is noted under their name, as one that came from the command line."""
    made = local.answer(
        "POST", "/api/v2/pools", {"Content-Type": "application/json"}, json.dumps({"name": "a", "slots": 1}).encode()
    )
    noted = json.loads(local.answer("GET", "/api/v2/eventLogs", {}).body)["event_logs"]

    assert made.status == 201
    assert json.loads(made.body)["name"] == "a"
    assert [(one["event"], one["owner"]) for one in noted] == [("post_pool", os_user())]


def test_names_in_paths_and_queries_are_quoted(local: LocalApp):
    """What is quoted arrives as it was meant."""
    body = json.dumps({"key": "a/b ñ", "value": "1"}).encode()
    assert local.answer("POST", "/api/v2/variables", {"content-type": "application/json"}, body).status == 201

    assert json.loads(local.answer("GET", "/api/v2/variables/a%2Fb%20%C3%B1", {}).body)["value"] == "1"
    found = json.loads(local.answer("GET", "/api/v2/variables?variable_key_pattern=%C3%B1", {}).body)
    assert found["total_entries"] == 1


def test_what_nobody_has_is_404(local: LocalApp):
    """Also for a path of no module."""
    assert local.answer("GET", "/api/v2/nothing", {}).status == 404
    assert local.answer("GET", "/auth/fab/v1/users/nobody", {}).status == 404


class Unreadable(MemoryStore):
    """Has nobody look at its Variables."""

    def variables(self, start=""):
        """As a damaged file."""
        raise StorageError("the disk is full: make room")


def test_a_state_that_can_not_be_used_is_raised(tmp_path: Path):
    """Whoever asks is told what to do, which a server would only tell its log."""
    with open_state(tmp_path / "home") as state:
        app = LocalApp(replace(state, store=Unreadable()))
        with pytest.raises(StorageError, match="make room"):
            app.answer("GET", "/api/v2/variables", {})
        app.close()


def test_only_what_is_asked_for_is_loaded():
    """Asking for pools loads no other routes, no second web framework, and no SDK of Google's."""
    probe = (
        "import sys, tempfile, pathlib\n"
        "from brisa.bootstrap import open_state\n"
        "from brisa.web.local import LocalApp\n"
        "with open_state(pathlib.Path(tempfile.mkdtemp())) as state:\n"
        "    app = LocalApp(state); assert app.answer('GET', '/api/v2/pools', {}).status == 200; app.close()\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", probe], env=environment(), capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert {name for name in loaded if name.startswith("brisa.web.routes.")} == {"brisa.web.routes.pools"}
    assert not {
        name for name in loaded if name.split(".")[0] in ("werkzeug", "requests", "a2wsgi", "argon2", "uvicorn")
    }

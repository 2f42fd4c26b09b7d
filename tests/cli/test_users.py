"""``brisa users``, ``roles`` and ``api-token``: of a home, and of a brisa elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.places import WAYS, place, served, typed
from tests.support.program import Home


@pytest.fixture(params=WAYS)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """One with an admin, asked in either way."""
    with place(request.param, tmp_path) as found:
        if request.param == "here":
            made = typed(found, "a long password\n", "users", "create", "-u", "ana", "-r", "Admin")
            assert made.returncode == 0, made.stderr
        yield found


def test_a_user_is_made_changed_and_deleted(home: Home) -> None:
    """With a password from the standard input, or made up and printed once."""
    made = typed(home, "another password\n", "users", "create", "-u", "luz", "-r", "viewer", "-e", "luz@example.com")
    assert (made.returncode, made.stdout) == (0, "user luz is made: Viewer\n")
    random = home.call("users", "create", "-u", "sol", "-r", "Op", "--use-random-password")
    assert "password: " in random.stdout

    changed = home.call("users", "change-role", "-u", "luz", "-r", "User")
    reset = typed(home, "yet another one\n", "users", "reset-password", "-u", "luz")
    assert changed.stdout == "user luz is changed: User\n"
    assert reset.stdout == "user luz has another password\n"
    rows = {row["username"]: row for row in home.json("users", "list")}
    assert {name: row["role"] for name, row in rows.items()} == {"ana": "Admin", "luz": "User", "sol": "Op"}
    assert rows["luz"]["email"] == "luz@example.com"
    assert home.call("users", "delete", "-u", "sol").stdout == "user sol is deleted\n"
    assert len(home.json("users", "list")) == 2


def test_the_roles_are_listed(home: Home) -> None:
    """With what each may do."""
    rows = {row["role"]: row["permissions"] for row in home.json("roles", "list")}

    assert set(rows) == {"Viewer", "User", "Op", "Admin"}
    assert "dags:can_read" in rows["Viewer"]


@pytest.mark.parametrize(
    ("text", "words", "error"),
    [
        ("short\n", ("create", "-u", "luz", "-r", "Op"), "a password has 8 to 256 characters"),
        ("a long password\n", ("create", "-u", "ana", "-r", "Op"), "there is a user 'ana' already"),
        ("a long password\n", ("create", "-u", "a b", "-r", "Op"), "a user's name has 1 to 100 letters"),
        ("", ("create", "-u", "luz", "-r", "Op"), "Password is missing"),
        ("", ("create", "-u", "luz", "-r", "King"), "'King' is not one of"),
        ("", ("delete", "-u", "ana"), "the last active admin"),
        ("", ("delete", "-u", "an"), "there is no user 'an'; did you mean 'ana'?"),
        ("", ("change-role", "-u", "luz", "-r", "Op"), "there is no user 'luz'"),
        ("", ("reset-password", "-u", "luz"), "there is no user 'luz'"),
    ],
)
def test_what_can_not_be_is_refused(home: Home, text: str, words: tuple[str, ...], error: str) -> None:
    """And nothing has changed."""
    done = typed(home, text, "users", *words)

    assert (done.returncode, done.stdout) == (2, "")
    assert error in done.stderr
    assert [row["username"] for row in home.json("users", "list")] == ["ana"]


def test_a_token_of_a_home_is_good_for_its_api(tmp_path: Path) -> None:
    """Whoever may read the home gets one; elsewhere it takes the password."""
    with served(tmp_path / "home") as (elsewhere, state):
        here = Home(tmp_path / "home")
        own = here.call("api-token", "-u", "ana", "--hours", "1")
        asked = typed(elsewhere, "a long password\n", "api-token", "-u", "ana")
        wrong = typed(elsewhere, "another\n", "api-token", "-u", "ana")
        nobody = here.call("api-token", "-u", "anna")

        for token in (own.stdout.strip(), asked.stdout.strip()):
            assert elsewhere.call("variables", "list", "--token", token).returncode == 0
        assert (wrong.returncode, wrong.stderr) == (2, "Error: Invalid credentials\n")
        assert "did you mean 'ana'?" in nobody.stderr
        assert "cli_api_token" in {entry.event for entry in state.store.audit_entries(limit=9)}

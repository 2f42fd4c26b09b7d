"""``brisa completion``: the scripts, and what they ask for."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.program import COMMAND, called, environment


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(shell: str) -> None:
    """It asks brisa itself what may come next."""
    done = called("completion", shell)

    assert done.returncode == 0
    assert "_BRISA_COMPLETE" in done.stdout


def test_another_shell_is_refused() -> None:
    """With those that there are."""
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in called("completion", "tcsh").stderr


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("brisa ", "dags"),
        ("brisa dags tr", "trigger"),
        ("brisa dags trigger --con", "--conf"),
        ("brisa pools list -o ", "json"),
    ],
)
def test_what_may_come_next(words: str, offered: str) -> None:
    """Commands, options, and the words that options take."""
    asked = {"_BRISA_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    done = subprocess.run(COMMAND, env=environment(asked), capture_output=True, text=True, check=False)

    assert f"plain,{offered}" in done.stdout.splitlines(), done.stderr


def test_bash_takes_its_script() -> None:
    """It can be read, and registers a completion."""
    script = called("completion", "bash").stdout + "\ncomplete -p brisa\n"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "brisa" in done.stdout

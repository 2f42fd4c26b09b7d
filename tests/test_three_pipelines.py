"""The tutorial of three pipelines, in Spanish and English: every file, command and output of it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.support.documents import DOCS
from tests.support.program import Called, Home

PAGES = [DOCS / "tutorial" / name for name in ("tres-pipelines.md", "three-pipelines.md")]
FILE = re.compile(r"`([\w./]+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^```console\n\$ brisa (.*?)\n(.*?)\n```", re.MULTILINE | re.DOTALL)


def same(text: str) -> list[str]:
    """Output without what differs from run to run: durations, the moment of a manual run, and spaces at the ends."""
    text = re.sub(r"\d+\.\d\d s", "0.00 s", text)
    text = re.sub(r"manual__2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+", "manual__now", text)
    return [line.rstrip() for line in text.rstrip().splitlines()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write(page: Path, folder: Path) -> None:
    """All files of the page."""
    for name, text in FILE.findall(page.read_text("utf-8")):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def run(folder: Path, *words: str) -> Called:
    """One command, in the folder."""
    return Home(folder / "home").call(*words)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_prints_what_the_page_shows(page: Path, folder: Path) -> None:
    """From the empty folder to the third pipeline."""
    write(page, folder)
    shown = COMMAND.findall(page.read_text("utf-8"))
    assert len(shown) == 7
    for command, output in shown:
        done = run(folder, *shlex.split(command))
        assert done.returncode == 0, done.stderr
        assert same(done.stdout) == same(output), command
    assert (folder / "datos" / "informe.html").read_text("utf-8") == (
        "<h1>Ventas, 30 de abril</h1><ul><li>norte</li><li>sur</li></ul>"
    )


def test_what_the_page_says_beside_the_outputs(folder: Path) -> None:
    """The log of the greeting, the refused param, and a closing that does not come."""
    write(PAGES[0], folder)
    greeting = run(folder, "dags", "test", "saludo", "2024-05-01", "-f", "dags/saludo.py")
    assert "'hola, 2024-05-01' tiene 16 letras" in greeting.stderr
    refused = run(folder, "dags", "test", "ventas", "-f", "dags/ventas.py", "-c", '{"minimo": -1}')
    assert refused.returncode == 2
    (folder / "datos" / "cierre.txt").unlink()
    late = run(folder, "dags", "test", "informe", "-f", "dags/informe.py")
    assert late.returncode == 1
    assert "el informe falló en esperar_cierre" in late.stderr


def test_both_pages_show_the_same() -> None:
    """The Spanish and the English page have the same files, commands and outputs."""
    spanish, english = (page.read_text("utf-8") for page in PAGES)
    assert FILE.findall(spanish) == FILE.findall(english)
    assert COMMAND.findall(spanish) == COMMAND.findall(english)

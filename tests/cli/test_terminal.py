"""The command line on a terminal, and when somebody presses Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.support.program import COMMAND, environment, family, lives
from tests.support.waiting import until

SLOW = """
from pathlib import Path
import time
from brisa import DAG, task
from brisa.operators.bash import BashOperator

with DAG("slow", schedule=None):
    @task
    def first():
        print("\\x1b[31mred\\x1b[0m words")
        time.sleep(0.5)

    first()

with DAG("endless", schedule=None):
    @task
    def hang():
        Path(__file__).with_name("hanging").touch()
        time.sleep(1000)

    hang()
    BashOperator(task_id="shell", bash_command="sleep 1001 & sleep 1002")
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A DAG file with a slow and an endless DAG."""
    file = tmp_path / "slow.py"
    file.write_text(SLOW, "utf-8")
    return file


def read_terminal(leader: int, process: subprocess.Popen[bytes]) -> str:
    """All that a process writes to its terminal, until it ends."""
    shown = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([leader], [], [], 0.1)[0]:
            try:
                shown += os.read(leader, 65536)
            except OSError:
                break
        elif process.poll() is not None:
            break
    return shown.decode()


def test_a_terminal_shows_a_live_table(file: Path):
    """On a terminal the states change in place, with logs above them, and the result stays at the end."""
    leader, follower = pty.openpty()
    try:
        env = environment({"TERM": "xterm", "COLUMNS": "100", "LINES": "30"})
        command = [*COMMAND, "dags", "test", "slow", "-f", str(file)]
        with subprocess.Popen(command, env=env, stdin=follower, stdout=follower, stderr=follower) as process:
            os.close(follower)
            shown = read_terminal(leader, process)
    finally:
        os.close(leader)

    assert process.returncode == 0, shown
    assert "\x1b[1A" in shown or "\x1b[2K" in shown, "nothing was drawn anew in its place"
    assert "running" in shown
    assert re.search(r"red.* words", shown)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert re.search(r"first +@task +success +1 +0\.\d\d s\s+slow manual__\S+: success in", plain)


def test_json_on_a_terminal_is_still_one_object(file: Path, tmp_path: Path):
    """Standard output holds the object alone, even while standard error is a terminal with a live table."""
    leader, follower = pty.openpty()
    try:
        with (tmp_path / "out").open("wb") as out:
            command = [*COMMAND, "dags", "test", "slow", "-f", str(file), "-o", "json"]
            with subprocess.Popen(
                command, env=environment({"TERM": "xterm"}), stdin=follower, stdout=out, stderr=follower
            ) as process:
                os.close(follower)
                read_terminal(leader, process)
    finally:
        os.close(leader)

    assert json.loads((tmp_path / "out").read_text())["run_state"] == "success"


def sleepers() -> list[psutil.Process]:
    """What the endless task's shell has begun."""
    return [
        one
        for one in psutil.process_iter()
        if lives(one) and one.name() == "sleep" and one.cmdline()[-1:] in (["1001"], ["1002"])
    ]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_test_ends_at_once_and_leaves_nothing(
    number: signal.Signals, status: int, file: Path, tmp_path: Path
):
    """Ctrl-C ends the command, the tasks and all that they have begun, and removes what was kept of them."""
    spool = tmp_path / "tmp"
    spool.mkdir()
    command = [*COMMAND, "dags", "test", "endless", "-f", str(file), "-o", "json"]
    with subprocess.Popen(
        command, env=environment({"TMPDIR": str(spool)}), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        until((tmp_path / "hanging").exists, what="the beginning of the endless task")
        until(lambda: len(sleepers()) == 2, what="the beginning of the shell")
        processes = [*family(process.pid), *sleepers()]
        began = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        took = time.monotonic() - began

    assert process.returncode == status
    assert out == b""
    assert b"Traceback" not in err
    assert took < 5
    until(lambda: not any(map(lives, processes)), 5, what="the end of all processes")
    assert [file for file in spool.rglob("*") if file.is_file()] == []


def test_an_interrupt_while_the_file_loads(file: Path, tmp_path: Path):
    """Ctrl-C also ends a DAG file that hangs while it is imported."""
    file.write_text(
        "from pathlib import Path\nimport time\nimport brisa  # dag\n"
        "Path(__file__).with_name('hanging').touch()\ntime.sleep(1000)\n"
    )
    command = [*COMMAND, "dags", "show", "any", "-f", str(file)]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        until((tmp_path / "hanging").exists, what="the import")
        processes = family(process.pid)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)

    assert (process.returncode, b"Traceback" in err) == (130, False)
    until(lambda: not any(map(lives, processes)), 5, what="the end of all processes")


@pytest.mark.parametrize(
    ("typed", "status", "shows"),
    [
        (("a long password", "a long password"), 0, "user ana is made: Op"),
        (("a long password", "another password"), 2, "these were two different ones"),
    ],
)
def test_a_password_is_typed_unseen_twice(tmp_path: Path, typed: tuple[str, str], status: int, shows: str):
    """Nothing of it is on the screen."""
    leader, follower = pty.openpty()
    try:
        env = environment({"BRISA_HOME": str(tmp_path / "home"), "TERM": "dumb"})
        command = [*COMMAND, "users", "create", "-u", "ana", "-r", "Op"]
        with subprocess.Popen(
            command, env=env, stdin=follower, stdout=follower, stderr=follower, start_new_session=True
        ) as process:
            os.close(follower)
            shown = b""
            for prompt, text in zip((b"Password: ", b"Password, again: "), typed, strict=True):
                while prompt not in shown:
                    shown += os.read(leader, 65536)
                os.write(leader, f"{text}\n".encode())
            shown += read_terminal(leader, process).encode()
    finally:
        os.close(leader)

    assert process.returncode == status
    assert shows in shown.decode()
    assert not any(text in shown.decode() for text in typed)


def test_a_defect_is_one_line(tmp_path: Path):
    """What nobody has foreseen has no trace, unless it is asked for."""
    probe = (
        "import sys\n"
        "import brisa.cli.info as module\n"
        "module.platform.platform = lambda: {}['no']\n"
        "from brisa.cli import main; main()"
    )
    env = environment({"BRISA_HOME": str(tmp_path)})

    def end(*words: str) -> str:
        command = [sys.executable, "-c", probe, *words]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        return done.stderr

    assert end("info") == "Error: brisa has failed here, which is a defect of its own: KeyError: 'no'; -v shows where\n"
    assert "Traceback" in end("info", "-v")

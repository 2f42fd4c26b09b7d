"""Homes that can't be used as they are: each message says what and where, and nothing is lost or half-written."""

from __future__ import annotations

import random
import resource
import signal
from pathlib import Path

import pytest

from tests.support.program import Home, Standalone, counted, lives
from tests.support.waiting import until

STEPS = """
from brisa import DAG, task

with DAG("steps", schedule=None, is_paused_upon_creation=False):
    @task
    def step(number):
        with open(__file__ + ".effects", "a") as file:
            file.write(f"step_{number}\\n")
        return "x" * 20_000

    first = step.override(task_id="step_0")(0)
    for number in range(1, 6):
        first >> step.override(task_id=f"step_{number}")(number)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a DAG of six tasks."""
    home = Home(tmp_path / "home")
    home.write("steps.py", STEPS)
    return home


# --- the disk is full ----------------------------------------------------------------------------------
# A limit on the size of the files that a process may write fails its writes as a full disk does, needs no rights, and
# can be lifted while the process runs.


def fill_up(pid: int, home: Home) -> None:
    """From now on the process can't make the files of its state any longer."""
    largest = max(file.stat().st_size for file in home.path.glob("brisa.db*"))
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (min(largest, 4096), hard))


def make_room(pid: int) -> None:
    """It can again."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def test_a_full_disk_is_said_and_waited_out(home: Home):
    """The process says which file has no room, loses nothing of what tasks have done, and goes on by itself."""
    effects = counted(home.dags / "steps.py.effects")
    with home.standalone() as running:
        fill_up(running.process.pid, home)
        home.call("dags", "trigger", "steps", "-r", "mine")
        running.wait_for(str(home.path / "brisa.db"))
        said = running.text()
        assert "nothing was half-written" in said
        assert "Traceback" not in said
        assert home.states("steps") == ["running"]
        make_room(running.process.pid)
        running.wait_for("steps  mine  success")

    assert effects() == {f"step_{number}": 1 for number in range(6)}
    assert running.text().count("nothing was half-written") <= 2, "it is not said again and again"


def test_a_disk_that_fills_up_while_a_task_runs(home: Home):
    """What a task has done is written once there is room: it is not done again."""
    home.write(
        "one.py",
        """
        from pathlib import Path
        import time
        from brisa import DAG, task

        with DAG("one", schedule=None, is_paused_upon_creation=False):
            @task
            def work():
                with open(__file__ + ".effects", "a") as file:
                    file.write("begun\\n")
                while not Path(__file__).with_name("go").exists():
                    time.sleep(0.01)
                return "done"

            work()
        """,
    )
    effects = counted(home.dags / "one.py.effects")
    with home.standalone() as running:
        home.call("dags", "trigger", "one", "-r", "mine")
        until(lambda: effects() == {"begun": 1}, what="the task")
        fill_up(running.process.pid, home)
        (home.dags / "go").touch()
        running.wait_for("nothing was half-written")
        make_room(running.process.pid)
        running.wait_for("one  mine  success")

    assert effects() == {"begun": 1}


def test_a_full_disk_does_not_keep_it_from_ending(home: Home):
    """SIGTERM ends a process that waits for room; what it could not write is done again at the next start."""
    with home.standalone() as running:
        fill_up(running.process.pid, home)
        home.call("dags", "trigger", "steps", "-r", "mine")
        running.wait_for("nothing was half-written")
        assert running.end(signal.SIGTERM, 10) == 0
    with home.standalone() as running:
        running.wait_for("steps  mine  success")


def test_a_command_on_a_full_disk(home: Home):
    """A command that can't write is one line and status 2; the state is what it was."""
    home.json("dags", "list")
    before = home.runs("steps")
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, kept[1]))
    try:
        done = home.call("dags", "trigger", "steps")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)

    assert (done.returncode, done.stdout) == (2, "")
    assert str(home.path / "brisa.db") in done.stderr
    assert home.runs("steps") == before == []


# --- the state is damaged ------------------------------------------------------------------------------


def damage(home: Home, how: str) -> bytes:
    """The state database, broken; its content."""
    home.json("dags", "list")
    file = home.path / "brisa.db"
    data = file.read_bytes()
    broken = {
        "random": random.Random(5).randbytes(len(data)),
        "truncated": data[: len(data) // 2],
        "text": b"this is no database\n" * 100,
        "another program's": data[:68] + b"\x00\x00\x00\x07" + data[72:],
    }[how]
    file.write_bytes(broken)
    return broken


@pytest.mark.parametrize("how", ["random", "truncated", "text", "another program's"])
def test_a_damaged_state_is_left_alone(how: str, home: Home):
    """Both commands and standalone say which file is damaged and what to do, with status 2; the file stays as it is."""
    broken = damage(home, how)

    listed = home.call("dags", "list")
    with Standalone.started(home) as running:
        status = running.process.wait(20)
        said = running.text()

    for code, text in ((listed.returncode, listed.stderr), (status, said)):
        assert code == 2
        assert str(home.path / "brisa.db") in text
        assert "it was left as it is" in text
        assert "Traceback" not in text
    assert (home.path / "brisa.db").read_bytes() == broken


# --- the home itself -----------------------------------------------------------------------------------


def test_two_standalones_on_one_home(home: Home):
    """The second one says who has the home, and ends with status 2; the first goes on as if nothing had been."""
    with home.standalone() as first:
        with Standalone.started(home) as second:
            assert second.process.wait(20) == 2
        said = second.text().splitlines()[-1]
        assert said.startswith(f"Error: {home.path} is in use by process {first.process.pid} of brisa")
        home.call("dags", "trigger", "steps", "-r", "mine")
        first.wait_for("steps  mine  success")

        assert lives(first.family()[0])


def test_two_standalones_while_the_first_one_starts(home: Home):
    """Who has the home is known from the start, also while its DAG files are still being loaded."""
    home.write(
        "hang.py",
        "import time\nimport brisa  # dag\nopen(__file__ + '.hanging', 'w').close()\ntime.sleep(1000)\n",
    )
    with Standalone.started(home) as first:
        until((home.dags / "hang.py.hanging").exists, what="the import")
        with Standalone.started(home) as second:
            assert second.process.wait(10) == 2
        assert f"in use by process {first.process.pid}" in second.text()


def test_standalone_waits_for_a_command_that_loads_files(home: Home):
    """A command that looks at the DAG files has the home for a moment: standalone waits for it instead of failing."""
    import subprocess

    from tests.support.program import COMMAND, environment

    home.write(
        "slow.py",
        "import time\nimport brisa  # dag\nopen(__file__ + '.loading', 'w').close()\ntime.sleep(0.7)\n",
    )
    env = environment({"BRISA_HOME": str(home.path)})
    with subprocess.Popen([*COMMAND, "dags", "list", "-o", "plain"], env=env, stdout=subprocess.PIPE) as command:
        until((home.dags / "slow.py.loading").exists, what="the import")
        with home.standalone() as running:
            assert "1 DAG, 0 paused; ready" in running.text()
        assert b"steps" in command.communicate(timeout=20)[0]
    assert command.returncode == 0


def test_a_killed_standalone_leaves_the_home_free(home: Home):
    """Neither the lock nor the doorbell of a process that was killed keeps anybody out."""
    with home.standalone() as running:
        running.end(signal.SIGKILL)
    assert (home.path / "doorbell").exists()

    done = home.call("dags", "trigger", "steps", "-r", "mine")
    assert "No `brisa standalone` is running here" in done.stderr
    with home.standalone() as running:
        running.wait_for("steps  mine  success")


def forbidden(tmp_path: Path) -> Path:
    """A folder in which nobody, not even root, can make anything."""
    return Path("/proc/brisa")


HOMES = {
    "a file": (lambda tmp_path: tmp_path / "file", "the home folder"),
    "below a file": (lambda tmp_path: tmp_path / "file" / "home", "Not a directory"),
    "forbidden": (forbidden, "the home folder /proc/brisa can't be made"),
    "too long a name": (lambda tmp_path: tmp_path / ("x" * 300), "File name too long"),
    "too long a path": (lambda tmp_path: tmp_path.joinpath(*["x" * 200] * 4), "can't be opened"),
    "no such user": (lambda _: "~nobody-of-that-name/home", "~nobody-of-that-name/home"),
}


@pytest.mark.parametrize("name", HOMES)
@pytest.mark.parametrize("command", [["dags", "list"], ["standalone", "--port", "0"]], ids=" ".join)
def test_a_home_that_can_not_be(command: list[str], name: str, tmp_path: Path):
    """A home that can't be made or written is one line that names it, and status 2."""
    (tmp_path / "file").touch()
    where, says = HOMES[name]
    place = where(tmp_path)
    dags = tmp_path / "dags"
    dags.mkdir()

    done = Home(tmp_path / "unused").call(*command, "--home", str(place), "--dags-folder", dags)

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert says in line
    assert str(place)[-100:] in line


@pytest.mark.parametrize("name", ["with spaces", "niño ✓ 日本", "a'b\"c$d%2F?#&", "x" * 200])
def test_homes_of_any_name(name: str, tmp_path: Path):
    """Spaces, letters of all scripts, quotes and long names make no difference: a run ends, its log can be read."""
    home = Home(tmp_path / name)
    home.write("steps.py", STEPS)

    with home.standalone() as running:
        home.call("dags", "trigger", "steps", "-r", "mine")
        running.wait_for("steps  mine  success")

    assert "ended: success" in home.call("tasks", "logs", "steps", "mine", "step_1").stdout


def test_nobody_else_may_read_the_lock_or_ring_the_bell(home: Home):
    """The files that control the process are its owner's alone."""
    with home.standalone():
        assert (home.path / "brisa.lock").stat().st_mode & 0o077 == 0
        assert (home.path / "doorbell").stat().st_mode & 0o077 == 0

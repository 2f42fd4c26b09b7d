"""The processes behind the attempts: how DAG files load, how zygotes come, go and die, and what that costs."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from brisa.runtime.supervisor import Supervisor
from tests.runtime.supervised import DAGS, LONG, House, alive, children, gone, until

TASK = """
@task(dag=dag)
def t():
    return [os.getpid(), os.getppid()]
t()
"""


def failure(house, file):
    """The one failure of a file that does not load."""
    report = house.load(file)
    assert report["specs"] == []
    (found,) = report["failures"]
    return found


class Held:
    """An attempt that waits for the test, in a thread; ``end`` lets it go on to its end."""

    def __init__(self, house: House, name="held", **conf) -> None:
        self._pipe, ready, pids = house.pipe(f"{name}.pipe"), house.pipe(f"{name}.ready"), house.tmp / f"{name}.pids"
        conf = {"pipe": str(self._pipe), "ready": str(ready), "pids": str(pids), "sleeper": ""} | conf
        self._pool = ThreadPoolExecutor(1)
        self._future = self._pool.submit(house.run, "hold_on", conf=conf, log=name)
        assert ready.read_text() == "ready"
        self.pid, self.zygote = map(int, pids.read_text().split())

    def result(self):
        """How it ended."""
        try:
            return self._future.result(LONG)
        finally:
            self._pool.shutdown()

    def end(self):
        """Let it end, and tell how."""
        self._pipe.open("w").close()
        return self.result()


@pytest.fixture
def tasks_house(own_house):
    """As ``own_house``, with the tasks of ``house``."""
    (own_house.folder / "tasks.py").write_text((DAGS / "tasks.py").read_text())
    return own_house


# --- loading ---------------------------------------------------------------------------------------------------------


def test_a_file_that_raises_is_a_failure_with_its_line(scratch):
    """Its attempts fail too, and say why; other files go on."""
    scratch.write("bad.py", "raise ValueError('at import')\n")
    scratch.write("good.py", TASK)
    found = failure(scratch, "bad.py")
    assert "bad.py:4: ValueError: at import" in found["message"]
    assert scratch.load("good.py")["failures"] == []
    assert scratch.run("t", file="good.py").kind == "success"


def test_a_file_that_hangs_is_ended_at_the_limit(tmp_path):
    """Also when it swallows every signal; its attempts fail with the same words in their log."""
    house = House(Supervisor(tmp_path, load_limit=0.5), tmp_path, tmp_path)
    house.write(
        "slow.py",
        """
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
open(os.path.join(os.path.dirname(__file__), "pid"), "w").write(str(os.getpid()))
time.sleep(1000)
""",
    )
    words = "importing slow.py took longer than 0.5 s; move slow work"
    assert words in failure(house, "slow.py")["message"]
    assert gone(int((tmp_path / "pid").read_text()))
    ended = house.run("t", file="slow.py")
    assert (ended.kind, ended.report.lost) == ("failed", False)
    assert words in ended.error
    assert words in ended.log
    house.supervisor.close()


@pytest.mark.parametrize(
    "text",
    [
        "os._exit(0)",
        "os.kill(os.getpid(), 9)",
        "os.kill(os.getpid(), 15)",
        "os.closerange(3, 10000)",
        "signal.setitimer(signal.ITIMER_REAL, 0.01)",
    ],
)
def test_a_file_that_takes_its_process_down_is_a_failure(scratch, text):
    """Leaving, a crash, closed descriptors: a message that says what may have happened; others go on."""
    scratch.write("bad.py", f"{text}\n" + ("time.sleep(1000)" if "timer" in text else ""))
    scratch.write("good.py", TASK)
    assert "the process that imported bad.py ended before it was done" in failure(scratch, "bad.py")["message"]
    assert scratch.load("good.py")["failures"] == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("os.fork()\n" + TASK, id="forks and returns twice"),
        pytest.param("if not os.fork():\n    time.sleep(1000)\n" + TASK, id="forks a process that stays"),
        pytest.param(
            "import threading\nthreading.Thread(target=time.sleep, args=(1000,)).start()\n" + TASK, id="thread"
        ),
        pytest.param("import subprocess\nsubprocess.Popen(['sleep', '1000'])\n" + TASK, id="program"),
        pytest.param("print('x' * 1_000_000)\n" + TASK, id="prints"),
        pytest.param("sys.stdout.close(); sys.stderr = None\n" + TASK, id="closes"),
        pytest.param("os.chdir('/'); os.environ.clear(); sys.argv.clear()\n" + TASK, id="surroundings"),
        pytest.param(
            "signal.signal(signal.SIGPIPE, signal.SIG_DFL); signal.setitimer(signal.ITIMER_REAL, 0.3)\n" + TASK,
            id="signals",
        ),
        pytest.param("signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])\n" + TASK, id="blocked signals"),
        pytest.param("import logging.config; logging.config.dictConfig({'version': 1})\n" + TASK, id="logging"),
        pytest.param("import json; json.dumps = json.loads = os._exit = os.fork = None\n" + TASK, id="patches"),
        pytest.param("import gc, random; gc.disable(); random.seed(1)\n" + TASK, id="collector"),
    ],
)
def test_what_a_file_does_while_it_loads(scratch, text):
    """It loads once, runs attempts once each with their log, and leaves nothing when it is forgotten."""
    scratch.write("odd.py", text)
    assert scratch.load("odd.py")["failures"] == []
    first, second = (scratch.run("t", file="odd.py") for _ in range(2))
    assert (first.kind, second.kind) == ("success", "success"), first.error
    assert first.result[1] == second.result[1]
    assert first.log.count("ended: success") == 1
    zygote = first.result[1]
    below = children(zygote)
    scratch.supervisor.forget("odd.py", f"v{scratch.versions['odd.py']}")
    assert all(gone(pid, 10) for pid in [zygote, *below])


def test_a_file_in_the_working_directory_does_not_stand_in_for_the_standard_library(tmp_path):
    """A helper called json.py, in the folder that brisa was started in, is a helper and nothing else."""
    for name in ("json.py", "selectors.py", "random.py"):
        (tmp_path / name).write_text("raise RuntimeError('not the real one')\n")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\nfrom brisa.runtime.supervisor import Supervisor\n"
        "one = Supervisor(Path(sys.argv[2]))\nprint(one.load('other_one.py', 'v')['failures'])\none.close()"
    )
    import brisa

    done = subprocess.run(
        [sys.executable, "-P", "-c", program, str(Path(brisa.__file__).parents[1]), str(DAGS)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


# --- warm, idle, forgotten -------------------------------------------------------------------------------------------


def test_no_more_zygotes_are_kept_than_asked_for(own_house):
    """The one that was used longest ago goes first, and comes back when it is needed."""
    zygotes = {}
    for name in ("a.py", "b.py", "c.py"):
        own_house.write(name, TASK)
        zygotes[name] = own_house.run("t", file=name).result[1]
    assert gone(zygotes["a.py"], 10)
    assert alive(zygotes["b.py"])
    assert alive(zygotes["c.py"])
    assert own_house.run("t", file="a.py").result[1] != zygotes["a.py"]
    assert gone(zygotes["b.py"], 10)


def test_more_files_at_once_than_are_kept_warm(own_house):
    """Files in use are not ended for being many."""
    names = [f"f{number}.py" for number in range(6)]
    for name in names:
        own_house.write(name, TASK)
    with ThreadPoolExecutor(6) as pool:
        ended = list(pool.map(lambda name: own_house.run("t", file=name, log=name), names * 3))
    assert {one.kind for one in ended} == {"success"}, [one.error for one in ended]


def test_idle_gives_all_memory_back(own_house):
    """Nothing but the root is left, and the next attempt starts what it needs."""
    own_house.write("a.py", TASK)
    zygote = own_house.run("t", file="a.py").result[1]
    own_house.supervisor.idle()
    assert gone(zygote, 10)
    assert own_house.run("t", file="a.py").kind == "success"


@pytest.mark.parametrize("way", ["forget", "load again"])
def test_a_zygote_that_is_no_longer_wanted_ends_after_its_last_attempt(tasks_house, way):
    """What runs goes on to its end; what comes later has a new process."""
    held = Held(tasks_house)
    if way == "forget":
        tasks_house.supervisor.forget("tasks.py", "v1")
    else:
        tasks_house.load("tasks.py")
    tasks_house.supervisor.idle()
    assert alive(held.pid)
    assert tasks_house.run("who").result[1] != held.zygote
    assert held.end().kind == "success"
    assert gone(held.zygote, 10)


def test_an_old_version_runs_from_its_source(scratch):
    """A run that is pinned to what the file said before gets just that."""
    scratch.write("a.py", TASK)
    old_version = scratch.versions["a.py"]
    old = (scratch.folder / "a.py").read_text()
    scratch.write("a.py", TASK.replace("[os.getpid(), os.getppid()]", "'new'"))
    assert scratch.run("t", file="a.py").result == "new"
    scratch.versions["a.py"] = old_version
    assert scratch.run("t", file="a.py", source=old).result != "new"


# --- dying -----------------------------------------------------------------------------------------------------------


def test_a_zygote_killed_between_attempts_costs_nothing(tasks_house):
    """The next attempt has a new one."""
    zygote = tasks_house.run("who").result[1]
    os.kill(zygote, signal.SIGKILL)
    assert gone(zygote)
    ended = tasks_house.run("who")
    assert ended.kind == "success"
    assert ended.result[1] != zygote


def test_an_attempt_whose_zygote_is_killed_is_lost(tasks_house):
    """It ends with all it has started; its report and its log say that nobody knows its outcome."""
    sleeper = tasks_house.tmp / "sleeper"
    held = Held(tasks_house, sleeper=str(sleeper))
    os.kill(held.zygote, signal.SIGKILL)
    ended = held.result()
    assert ended.report.lost
    assert "the process that holds tasks.py is gone" in ended.error
    assert f"The attempt is lost: {ended.error}" in ended.log
    assert gone(held.pid)
    assert gone(int(sleeper.read_text()))
    assert tasks_house.run("who").kind == "success"


def test_a_spare_child_that_dies_costs_nothing(tasks_house):
    """The child that waits for the next attempt may be the system's victim when memory is short."""
    zygote = tasks_house.run("who").result[1]
    (spare,) = until(lambda: len(found := children(zygote)) == 1 and found)
    os.kill(spare, signal.SIGKILL)
    assert gone(spare)
    assert tasks_house.run("who").kind == "success"


def test_a_zygote_that_does_not_react_ends_when_its_attempt_must(tasks_house):
    """A stopped zygote cannot keep an attempt beyond its timeout: it is killed, and the attempt is lost."""
    held = Held(tasks_house)
    os.kill(held.zygote, signal.SIGSTOP)
    ended = tasks_house.run("hang", timeout=0.1, log="second")
    assert ended.report.lost
    assert gone(held.zygote)
    assert held.result().report.lost
    assert tasks_house.run("who").kind == "success"


def test_the_root_zygote_killed(tasks_house, descriptors):
    """Attempts under way are lost, and the next one works, for a file that was warm and for a new one."""
    held = Held(tasks_house)
    root = tasks_house.supervisor._zygote.process.pid
    before = descriptors()
    os.kill(root, signal.SIGKILL)
    assert held.result().report.lost
    assert gone(held.pid)
    tasks_house.write("new.py", TASK)
    assert tasks_house.run("who").kind == "success"
    assert tasks_house.run("t", file="new.py").kind == "success"
    assert descriptors() <= before


def test_a_root_zygote_that_cannot_start_is_said(tmp_path):
    """No process can be had: the attempt is lost, not failed, and loading a file raises."""
    from brisa.errors import UnavailableError

    house = House(Supervisor(DAGS, preload=["no_such_module"]), tmp_path)
    ended = house.run("who")
    assert ended.report.lost
    assert "brisa's zygote ended with status 1" in ended.error
    with pytest.raises(UnavailableError, match="status 1"):
        house.load("tasks.py")
    house.supervisor.close()


def test_closing_ends_what_runs(tasks_house):
    """Attempts under way are lost, their processes end, and nothing starts any more."""
    sleeper = tasks_house.tmp / "sleeper"
    held = Held(tasks_house, sleeper=str(sleeper))
    tasks_house.supervisor.forget("tasks.py", "v1")
    root = tasks_house.supervisor._zygote.process.pid
    tasks_house.supervisor.close()
    assert held.result().report.lost
    for pid in (root, held.zygote, held.pid, int(sleeper.read_text())):
        assert gone(pid)
    ended = tasks_house.run("who")
    assert ended.report.lost
    assert "the supervisor is closed" in ended.error
    tasks_house.supervisor.close()


PROGRAM = """
import sys
sys.path[:0] = sys.argv[1:3]
from pathlib import Path
from brisa.runtime.supervisor import Supervisor
from tests.runtime.supervised import DAGS, House
house = House(Supervisor(DAGS), Path(sys.argv[3]))
names = ("pipe", "ready", "pids", "sleeper")
house.run("hold_on", conf={name: str(house.tmp / name) for name in names})
"""


def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path):
    """Zygotes, the spare child, the attempt, and what it has started end within a moment."""
    import brisa

    for name in ("pipe", "ready"):
        os.mkfifo(tmp_path / name)
    shared, repository = Path(brisa.__file__).parents[1], DAGS.parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(shared), str(repository), str(tmp_path)], stderr=subprocess.DEVNULL
    ) as process:
        assert (tmp_path / "ready").read_text() == "ready"
        attempt, zygote = map(int, (tmp_path / "pids").read_text().split())
        (root,) = children(process.pid)
        sleeper = int((tmp_path / "sleeper").read_text())
        below = [root, zygote, attempt, sleeper, *until(lambda: children(zygote)[1:])]
        assert len(below) == 5
        process.kill()
    assert all(gone(pid, 5) for pid in below)

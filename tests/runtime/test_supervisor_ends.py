"""Every way in which an attempt can end badly is a recorded outcome, with its log, and leaves nothing running."""

import re
import threading
import time

import pytest

from tests.runtime.supervised import gone


def pids(path):
    """The pids that a task has written down."""
    return [int(word) for word in path.read_text().split()]


@pytest.mark.parametrize(
    ("task_id", "conf", "error"),
    [
        (
            "kill_itself",
            {},
            "its process was killed by signal 9 (SIGKILL); if nobody killed it by hand, the system ran",
        ),
        ("segfault", {}, "its process was killed by signal 11 (SIGSEGV)"),
        ("leave", {"status": 3}, "its process exited with status 3 before it reported a result"),
        ("leave", {"status": 0}, "its process exited with status 0 before it reported a result"),
        ("leave", {"status": 97}, "its code closed the file descriptor over which its result is reported"),
        ("sys_exit", {"status": 3}, "the task called sys.exit(3)"),
        ("sys_exit", {"status": "text"}, "the task called sys.exit('text')"),
        ("eat_memory", {}, "MemoryError: the task ran out of memory"),
        ("recurse", {}, "RecursionError: maximum recursion depth exceeded"),
        ("raise_it", {"what": "KeyboardInterrupt"}, "KeyboardInterrupt: the task was interrupted"),
        ("raise_it", {"what": "GeneratorExit"}, "GeneratorExit"),
        ("raise_it", {"what": "MyExit"}, "the task called sys.exit('mine')"),
        ("raise_it", {"what": "BaseException"}, "BaseException: base"),
        ("raise_it", {"what": "Odd"}, "no text"),
        ("close_everything", {}, "its code closed the file descriptor over which its result is reported"),
        ("close_really_everything", {}, "its code closed the file descriptor over which its result is reported"),
        ("write_to_everything", {"text": "x" * 100}, "its code wrote to the file descriptor over which"),
        ("write_to_everything", {"text": "\0\0\0\2{}"}, "its code wrote to the file descriptor over which"),
        ("no_such_task", {}, "DAG 'd' in tasks.py has no task 'no_such_task' any more"),
    ],
)
def test_an_attempt_that_ends_badly_says_why(house, task_id, conf, error):
    """The outcome is failed, its error is in words, the log has them too, and the next attempt is none the worse."""
    ended = house.run(task_id, conf=conf, timeout=20)
    assert ended.kind == "failed"
    assert error in ended.error
    assert not ended.report.lost
    assert error in ended.log
    assert house.run("finish_in_time").result == "done"


@pytest.mark.parametrize(("dialect", "kind"), [(2, "success"), (3, "failed")])
def test_sys_exit_zero(house, dialect, kind):
    """As in Airflow: version 2 takes it for success, for version 3 any exit is a failure."""
    assert house.run("sys_exit", conf={"status": 0}, changes={"dialect": dialect}).kind == kind


def test_an_unknown_dag_fails_without_retries(house):
    """The file no longer has the DAG: trying again cannot help."""
    ended = house.run("t", dag_id="other")
    assert (ended.kind, ended.report.outcome.retryable) == ("failed", False)
    assert "DAG 'other' is no longer in tasks.py" in ended.log


def test_a_timeout_shows_where_the_task_hung(house):
    """The execution timeout raises in the task's own code: the log has the line, and the callback is called."""
    ended = house.run("hang", timeout=0.2)
    assert ended.kind == "failed"
    assert ended.error == "AirflowTaskTimeout: the task ran longer than its execution_timeout of 0.2 s"
    assert re.search(r"tasks\.py\", line \d+, in hang\n", ended.log)
    assert "called back: the task ran longer than its execution_timeout of 0.2 s" in ended.log


@pytest.mark.parametrize("task_id", ["hang_in_c", "swallow"])
def test_what_does_not_react_to_its_timeout_is_killed(house, task_id):
    """A hang that Python code cannot interrupt, or that catches everything, ends all the same."""
    ended = house.run(task_id, timeout=0.1)
    assert ended.kind == "failed"
    assert ended.error == "it ran longer than its execution_timeout of 0.1 s and did not react"
    assert f"The attempt failed: {ended.error}" in ended.log
    assert ("hanging" if task_id == "hang_in_c" else "swallowed AirflowTaskTimeout") in ended.log


@pytest.mark.parametrize("timeout", [0, -1])
def test_no_time_at_all(house, timeout):
    """A timeout of nothing is over at once, as in Airflow."""
    assert "execution_timeout" in house.run("hang", timeout=timeout).error


def test_a_task_that_is_in_time_is_not_disturbed(house):
    """The timeout ends with the attempt."""
    assert house.run("finish_in_time", timeout=0.5).result == "done"


@pytest.mark.parametrize(
    ("then", "timeout"),
    [
        pytest.param("while true; do sleep 1000; done", 1.0, id="timeout"),
        pytest.param("exit 3", 20, id="failure"),
        pytest.param("kill -9 $PPID; sleep 1000", 20, id="killed"),
    ],
)
def test_nothing_that_a_failed_attempt_has_started_goes_on(house, then, timeout):
    """Bash's background processes, theirs, and one with a session of its own end with the attempt."""
    path = house.tmp / "pids"
    ended = house.run(
        "background",
        conf={"pids": str(path), "then": f"until [ $(wc -l < {path}) = 4 ]; do :; done; {then}"},
        timeout=timeout,
    )
    assert ended.kind == "failed"
    started = pids(path)
    assert len(started) == 4
    assert all(gone(pid, 10) for pid in started)


@pytest.mark.parametrize("how", ["raise", "exit"])
def test_what_python_code_has_started_ends_with_its_failure(house, how):
    """Also when the task left by os._exit(0), which looks like success."""
    path = house.tmp / "pids"
    assert house.run("background_then_end", conf={"pids": str(path), "how": how}).kind == "failed"
    assert all(gone(pid, 10) for pid in pids(path))


def test_a_heartbeat_that_says_no_ends_the_attempt(house):
    """An attempt that is no longer wanted is killed, and its log says so."""
    ended = house.run("swallow", heartbeat=lambda: False, heartbeat_every=0.05)
    assert ended.kind == "failed"
    assert "it is no longer wanted" in ended.error
    assert ended.error in ended.log


def test_a_task_that_is_no_longer_wanted_can_clean_up(house):
    """It is told to end, so ``on_kill`` is called; its callbacks are not; what it had forked is told as anywhere."""
    ready = house.tmp / "ready"
    ended = house.run(
        "told_to_end",
        conf={"ready": str(ready)},
        heartbeat=lambda: not ready.exists(),
        heartbeat_every=0.02,
        timeout=20,
    )
    assert ended.kind == "failed"
    assert "it is no longer wanted" in ended.error
    assert "on_kill was called" in ended.log
    assert "ended: stopped" in ended.log
    assert "a callback was called" not in ended.log
    assert "the child ended by signal 15" in ended.log


def test_an_attempt_can_be_unwanted_before_it_has_a_process(house):
    """A no that comes at once is not forgotten."""
    assert "no longer wanted" in house.run("swallow", heartbeat=lambda: False, heartbeat_every=0).error


def test_a_heartbeat_that_says_yes_lets_it_go_on(house):
    """The lease is renewed as often as asked for, until the attempt ends."""
    beats = []
    pipe = house.pipe()

    def beat():
        beats.append(time.monotonic())
        if len(beats) == 3:
            threading.Thread(target=lambda: pipe.open("w").close()).start()
        return True

    ended = house.run("wait_to_be_read", conf={"pipe": str(pipe)}, heartbeat=beat, heartbeat_every=0.02)
    assert ended.kind == "success"
    assert len(beats) >= 3


def test_a_heartbeat_that_raises_leaves_no_attempt_behind(house):
    """The error reaches the caller, and the process that nobody watches any more is ended."""
    path, ready = house.tmp / "pids", house.pipe("ready")
    seen: list[str] = []

    def beat():
        if not seen:
            seen.append(ready.read_text())
        raise RuntimeError("the store is on fire")

    conf = {"pids": str(path), "ready": str(ready), "pipe": str(house.pipe()), "sleeper": ""}
    with pytest.raises(RuntimeError, match="on fire"):
        house.run("hold_on", conf=conf, heartbeat=beat, heartbeat_every=0.05)
    assert gone(pids(path)[0], 10)


def test_a_log_that_cannot_be_opened_is_a_storage_error_and_costs_no_zygote(house, descriptors):
    """A missing folder, or a full disk, is nothing that user code has done."""
    from brisa.errors import StorageError

    zygote = house.run("who").result[1]
    before = descriptors()
    with pytest.raises(StorageError, match=r"missing/log can't be written: No such file"):
        house.run("who", log="missing/log")
    assert descriptors() == before
    assert house.run("who").result[1] == zygote


def test_only_the_tasks_own_process_has_a_result(house):
    """A function that forks and returns in both processes has returned once."""
    ended = house.run("fork_and_return")
    assert (ended.kind, ended.result) == ("success", "twice")
    assert ended.log.count("ended: success") == 1
    assert "only the task's own process has a result" in ended.log


def test_what_a_task_forks_is_ended_by_the_system(house):
    """Not by a handler of ours, which comes too late for a process that is about to wait; the task's own stays."""
    assert house.run("fork_and_look").result == [1, 0]


def test_what_is_told_to_end_as_soon_as_it_is_forked_ends(house):
    """Python forgets signals that a child gets before it runs any code."""
    assert house.run("fork_and_end", timeout=20).result == [-15] * 50


def test_a_task_that_is_told_to_end_while_it_forks_hears_it(house):
    """After the fork: what is raised within it would be lost."""
    assert "the task was stopped: it is no longer wanted" in house.run("told_in_a_fork", timeout=20).error


@pytest.mark.parametrize(
    ("task_id", "kind", "how"),
    [
        ("succeed", "success", "its process exited with status 3"),
        ("fail", "failed", "its process exited with status 3"),
        ("hang", "success", "its callbacks took too long and did not react"),
    ],
)
def test_a_callback_does_not_change_how_its_task_ended(scratch, task_id, kind, how):
    """It may take its process down, or hang without listening to anything: the task's own end stands."""
    scratch.write(
        "calling_back.py",
        "from brisa.runtime import execute\n"
        "execute.CALLBACK_LIMIT = 0.1\n"
        "def leave(context): os._exit(3)\n"
        "def deaf(context):\n"
        "    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])\n"
        "    time.sleep(1000)\n"
        "with dag:\n"
        "    @task(on_success_callback=leave)\n"
        "    def succeed(): return 1\n"
        "    @task(on_failure_callback=leave)\n"
        "    def fail(): raise ValueError('the first error')\n"
        "    @task(on_success_callback=deaf)\n"
        "    def hang(): return 1\n"
        "    succeed(), fail(), hang()\n",
    )
    ended = scratch.run(task_id, file="calling_back.py")
    assert ended.kind == kind
    assert ended.error == ("ValueError: the first error" if kind == "failed" else "")
    assert f"While the task's callbacks ran: {how}" in ended.log
    assert f"The task itself had ended: {kind}" in ended.log

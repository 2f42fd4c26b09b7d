"""Attempts in processes of their own: the ordinary case, what they write, and what they return."""

import os
import re
import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.runtime.supervised import until

LINE = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z %s \| %s$"


def has_line(log, level, text):
    """Whether the log has a line of that level and source, and that text, with its time."""
    return re.search(LINE % (level, re.escape(text)), log, re.MULTILINE) is not None


def test_an_attempt_runs_in_a_process_of_its_own_and_reports_its_result(house):
    """Two attempts of a file have two processes, forked from one that is not ours."""
    first, second = house.run("who"), house.run("who")
    assert first.kind == second.kind == "success"
    assert first.result[0] != second.result[0]
    assert first.result[1] == second.result[1] != os.getpid()
    assert first.report.max_rss_kb > 1000
    assert has_line(first.log, r"INFO +brisa\.task", "Task d.who ended: success")


def test_a_task_of_taskflow(house):
    """The functions that DAG files decorate run as well."""
    assert house.run("decorated").result == "from @task"


def test_all_that_a_task_writes_is_in_its_log(house):
    """Prints, logs, warnings, and the output of other programs; with time and level what came through Python."""
    ended = house.run("speak")
    assert ended.kind == "success"
    for level, text in [
        ("INFO +stdout", "printed: ñandú ✓"),
        ("INFO +stdout", "two"),
        ("INFO +stdout", "lines"),
        ("INFO +stderr", "to stderr"),
        ("WARNING mine", "logged 1"),
        ("INFO +stdout", "a lone surrogate \\ud800"),
        ("INFO +stdout", "no newline"),
    ]:
        assert has_line(ended.log, level, text), text
    assert re.search(r"WARNING py\.warnings \| .*UserWarning: beware", ended.log)
    assert "\nfrom a child process\nraw \\xff\\xfe bytes\nbuffered \\xff bytes\n" in ended.log
    assert "not enough arguments for format string" in ended.log


def test_ten_megabytes_are_in_the_log_to_the_last_byte(house):
    """Much output, in small and in large pieces, is neither cut nor slow."""
    ended = house.run("ten_megabytes", timeout=20)
    assert ended.kind == "success"
    assert ended.log.count("x" * 99 + "\n") == 100_000


def test_a_line_that_never_ends_is_written_in_pieces(house):
    """Printing letter by letter costs no more the longer the line is."""
    ended = house.run("letter_by_letter", timeout=20)
    assert ended.kind == "success"
    assert ended.log.count("y") >= 200_000


def test_threads_do_not_tear_each_others_lines(house):
    """Each line printed by one of several threads is one line of the log."""
    lines = [line.rpartition(" | ")[2] for line in house.run("in_threads").log.splitlines() if "stdout" in line]
    assert sorted(lines) == sorted(letter * 30 for letter in "abcd" for _ in range(200))


def test_the_log_can_be_read_while_the_attempt_runs(house):
    """What was printed is there before the attempt ends."""
    pipe = house.pipe()
    thread = threading.Thread(target=house.run, args=["wait_to_be_read"], kwargs={"conf": {"pipe": str(pipe)}})
    thread.start()
    with pipe.open("w"):  # opens once the task waits
        text = (house.tmp / "log").read_text()
        assert "stdout | before" in text
        assert "after" not in text
    thread.join()
    assert "stdout | after" in (house.tmp / "log").read_text()


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("bytes", b"\x00\xff"),
        ("datetime", datetime(2024, 1, 1, tzinfo=UTC)),
        ("decimal", Decimal("1.10")),
        ("numpy", [7, 0.5]),
        ("huge", "ñ" * 5_000_000),
    ],
)
def test_values_that_come_back(house, what, value):
    """What a task returns is what others get, types that XCom knows and 5 MB included."""
    assert house.run("give", conf={"what": what}).result == value


def test_none_is_not_an_xcom(house):
    """A task that returns nothing pushes nothing."""
    ended = house.run("give", conf={"what": "none"})
    assert ended.kind == "success"
    assert ended.report.xcoms == {}


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("lambda", "function"),
        ("object", "Plain"),
        ("generator", "generator"),
        ("nested", "Plain"),
        ("file", "TextIOWrapper"),
    ],
)
def test_a_value_that_is_not_json_fails_the_attempt(house, what, name):
    """The error names the type, the key and the task, and stands in the log."""
    ended = house.run("give", conf={"what": what})
    assert ended.kind == "failed"
    for word in (name, "'return_value'", "'give'"):
        assert word in ended.error
        assert word in ended.log


def test_threads_and_processes_of_a_task_ask_at_the_same_time(house):
    """Each question gets its own answer, whoever of the task asks."""
    ended = house.run("ask_from_everywhere", answer=lambda verb, payload: f"value of {payload['key']}")
    assert ended.kind == "success", ended.log
    assert ended.result == [f"value of p{number}" for number in range(20)]


def test_a_question_that_cannot_be_answered_is_the_tasks_error(house):
    """Whatever the answer chokes on, the task is told, and its supervisor goes on."""

    def choke(verb, payload):
        raise KeyError(payload["key"])

    ended = house.run("ask_oddly", conf={"key": "k"}, answer=choke)
    assert ended.kind == "failed"
    assert "variable {'key': 'k'} can't be answered: KeyError: 'k'" in ended.error


def test_many_attempts_at_once(house, descriptors):
    """Thirty attempts of three files on eight threads all succeed, and leave no file open and no process."""
    from concurrent.futures import ThreadPoolExecutor

    files = ["tasks.py", "other_one.py", "other_two.py"]
    zygotes = {house.run("who", file=file).result[1] for file in files}
    before = descriptors()

    def one(number):
        return house.run("who", file=files[number % 3], log=f"log{number}")

    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(one, range(30)))
    assert {one.kind for one in ended} == {"success"}
    assert len({one.result[0] for one in ended}) == 30
    assert {one.result[1] for one in ended} == zygotes
    assert descriptors() == before
    from tests.runtime.supervised import children

    for zygote in zygotes:
        assert until(lambda zygote=zygote: len(children(zygote)) == 1), "only the spare is left"

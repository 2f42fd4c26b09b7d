"""What user code does to its process changes neither its own outcome nor what the next attempt sees."""

import pytest

from tests.runtime.dags.tasks import MISDEEDS

NAMES = [deed.__name__ for deed in MISDEEDS]


@pytest.fixture(scope="module")
def untouched(supervisor, tmp_path_factory):
    """What an attempt sees when none before it has done anything."""
    from tests.runtime.supervised import House

    return House(supervisor, tmp_path_factory.mktemp("untouched")).run("look").result


@pytest.mark.parametrize("deed", NAMES)
def test_a_deed_changes_neither_the_outcome_nor_the_next_attempt(house, untouched, deed):
    """Directory, environment, signals, umask, limits, streams, descriptors, threads, processes, logging, modules."""
    conf = {"deed": deed, "fail": False, "file": str(house.tmp / "file")}
    ended = house.run("misbehave", conf=conf, timeout=20)
    assert (ended.kind, ended.report.xcoms.get("return_value")) == ("success", "done"), ended.log
    assert house.run("look").result == untouched
    assert house.run("look", log="log2").log.count("stdout | looked") == 1


@pytest.mark.parametrize("deed", NAMES)
def test_a_failure_after_a_deed_is_reported_with_its_log(house, deed):
    """The error is the outcome's, and the log has it, whatever has become of standard output and of logging."""
    conf = {"deed": deed, "fail": True, "file": str(house.tmp / "file")}
    ended = house.run("misbehave", conf=conf, timeout=20)
    assert (ended.kind, ended.error) == ("failed", "ValueError: after the deed")
    assert "ValueError: after the deed" in ended.log


def test_closed_output_is_written_to_the_log_all_the_same(house):
    """Descriptors 1 and 2 may be closed, or be another file's: what is logged goes to the log and nowhere else."""
    closed = house.run("misbehave", conf={"deed": "close_output", "fail": False})
    assert "mine | still logged" in closed.log
    assert "stdout | still printed" in closed.log
    file = house.tmp / "file"
    for deed in ("reuse_output", "redirect_output"):
        ended = house.run("misbehave", conf={"deed": deed, "fail": False, "file": str(file)})
        assert "mine | still logged" in ended.log
    assert file.read_text() == "the file's own"


def test_what_was_printed_before_the_streams_were_replaced_is_there(house):
    """A line without an end is not lost with its stream."""
    assert "stdout | no end yet" in house.run("misbehave", conf={"deed": "replace_stdout", "fail": False}).log


def test_attempts_draw_different_numbers(house):
    """Forks of one process do not share their chance, numpy's included."""
    drawn = [house.run("draw").result for _ in range(4)]
    assert len({one for one, _ in drawn}) == 4
    assert len({other for _, other in drawn}) == 4

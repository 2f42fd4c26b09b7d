"""What every local queue promises beside sending: each sentence of LocalQueue in brisa.ports.queue as a test."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.adapters.records import a_message

NOW = 1_700_000_000.0


def tasks(messages):
    """The task ids of messages."""
    return [message.attempt.task_id for message in messages]


def test_a_message_is_sent_taken_and_done(queue):
    """The happy path: taken once, then forgotten."""
    message = a_message(not_before=NOW)
    queue.enqueue([message])
    assert queue.depth() == 1
    assert list(queue.take(NOW, limit=10, owner="me")) == [message]
    assert list(queue.take(NOW, limit=10, owner="you")) == []
    assert queue.depth() == 1
    queue.done(message.name)
    assert queue.depth() == 0


def test_a_message_comes_back_as_it_was_sent(queue):
    """Every part of it, hostile ids included."""
    message = a_message("ta'sk/ñ\0☃", send=3, map_index=7, generation=2, try_number=4, seq=5)
    queue.enqueue([message])
    assert list(queue.take(NOW, limit=1, owner="me")) == [message]


def test_no_message_comes_before_its_time(queue):
    """Not a microsecond early; at its very moment it is due."""
    queue.enqueue([a_message(not_before=NOW)])
    assert list(queue.take(NOW - 0.000001, limit=1, owner="me")) == []
    assert len(queue.take(NOW, limit=1, owner="me")) == 1


def test_the_earliest_due_comes_first(queue):
    """Those without a time before all others, in the order in which they were sent."""
    queue.enqueue([a_message("later", not_before=NOW - 1), a_message("b")])
    queue.enqueue([a_message("soon", not_before=NOW - 2), a_message("a"), a_message("future", not_before=NOW + 1)])
    assert tasks(queue.take(NOW, limit=3, owner="me")) == ["b", "a", "soon"]
    assert tasks(queue.take(NOW, limit=3, owner="me")) == ["later"]


@pytest.mark.parametrize(("limit", "count"), [(0, 0), (1, 1), (3, 3), (9, 5)])
def test_no_more_than_the_limit_is_taken(queue, limit, count):
    """The rest stays for others."""
    queue.enqueue([a_message(str(number)) for number in range(5)])
    assert len(queue.take(NOW, limit=limit, owner="me")) == count
    assert len(queue.take(NOW, limit=9, owner="you")) == 5 - count


def test_a_name_is_sent_once(queue):
    """Again while it waits, while it is taken, or twice in one call: ignored silently."""
    message = a_message()
    queue.enqueue([message, message])
    queue.enqueue([message])
    assert len(queue.take(NOW, limit=9, owner="me")) == 1
    queue.enqueue([message])
    assert list(queue.take(NOW, limit=9, owner="me")) == []
    assert queue.depth() == 1


def test_a_name_that_recently_was_in_the_queue_is_ignored(queue, clock):
    """Done is not forgotten for an hour; another send of the same attempt is another name."""
    queue.enqueue([a_message()])
    queue.take(NOW, limit=1, owner="me")
    queue.done(a_message().name)
    clock.advance(3000)
    queue.enqueue([a_message()])
    assert queue.depth() == 0
    queue.enqueue([a_message(send=1)])
    assert queue.depth() == 1


def test_names_are_forgotten_in_the_end(queue, clock):
    """The memory of a queue does not grow for ever: after two hours and another message, a name is free."""
    queue.enqueue([a_message("old")])
    queue.done(a_message("old").name)
    clock.advance(7200)
    queue.enqueue([a_message("new")])
    queue.done(a_message("new").name)
    queue.enqueue([a_message("old")])
    assert queue.depth() == 1


def test_sending_nothing_is_no_error(queue):
    """An engine's decision may have no message."""
    queue.enqueue([])
    assert queue.depth() == 0


def test_unknown_names_are_ignored(queue):
    """Done of what was never sent, was done already, or is no name at all."""
    queue.enqueue([a_message()])
    queue.done("never", "", "'; --")
    assert queue.depth() == 1
    queue.done(a_message().name, a_message().name)
    queue.done(a_message().name)
    assert queue.depth() == 0


def test_what_was_never_taken_can_be_done(queue):
    """After a release, the one who had it may still finish it."""
    queue.enqueue([a_message()])
    queue.take(NOW, limit=1, owner="me")
    queue.release("me")
    queue.done(a_message().name)
    assert list(queue.take(NOW, limit=1, owner="you")) == []


def test_what_is_given_back_can_be_taken_again(queue):
    """Only what is taken: unknown, waiting and done messages stay as they are."""
    queue.enqueue([a_message(str(number)) for number in range(3)])
    first, second = queue.take(NOW, limit=2, owner="me")
    queue.done(second.name)
    queue.give_back(first.name, second.name, a_message("2").name, "never")
    assert tasks(queue.take(NOW, limit=9, owner="you")) == ["0", "2"]
    assert queue.depth() == 2


def test_release_gives_back_what_one_owner_holds(queue):
    """Other owners keep theirs; what is done stays done."""
    queue.enqueue([a_message(str(number)) for number in range(4)])
    mine, done = queue.take(NOW, limit=2, owner="me")
    queue.take(NOW, limit=1, owner="you")
    queue.done(done.name)
    assert queue.release("me") == 1
    assert queue.release("me") == 0
    assert tasks(queue.take(NOW, limit=9, owner="she")) == [mine.attempt.task_id, "3"]


def test_release_of_everybody_gives_back_all(queue):
    """As after a restart."""
    queue.enqueue([a_message("a"), a_message("b"), a_message("c")])
    queue.take(NOW, limit=1, owner="me")
    queue.take(NOW, limit=1, owner="you")
    assert queue.release() == 2
    assert tasks(queue.take(NOW, limit=9, owner="she")) == ["a", "b", "c"]


def test_next_due_is_the_earliest_that_nobody_has(queue):
    """Nothing there: ``None``; taken ones do not count; one without a time is due since ever."""
    assert queue.next_due() is None
    queue.enqueue([a_message("far", not_before=NOW + 60.5), a_message("near", not_before=NOW + 30)])
    assert queue.next_due() == NOW + 30
    queue.take(NOW + 30, limit=1, owner="me")
    assert queue.next_due() == NOW + 60.5
    queue.release("me")
    assert queue.next_due() == NOW + 30
    queue.enqueue([a_message("now")])
    assert queue.next_due() <= NOW


def test_no_message_goes_to_two_threads(queue):
    """Eight takers at once: each message goes to exactly one."""
    queue.enqueue([a_message(str(number)) for number in range(200)])
    barrier = threading.Barrier(8)

    def take(number):
        taken = []
        barrier.wait()
        while batch := queue.take(NOW, limit=3, owner=str(number)):
            taken += tasks(batch)
            queue.done(*(message.name for message in batch))
        return taken

    with ThreadPoolExecutor(8) as threads:
        taken = [task for batch in threads.map(take, range(8)) for task in batch]
    assert sorted(taken, key=int) == [str(number) for number in range(200)]
    assert queue.depth() == 0


def test_one_name_sent_by_many_threads_is_one_message(queue):
    """At-least-once senders may all send."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(queue.enqueue, [[a_message()]] * 32))
    assert queue.depth() == 1

"""What every task queue promises to who sends: each sentence of TaskQueue in brisa.ports.queue as a test."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.adapters.records import a_message

NOW = 1_700_000_000.0


def test_each_message_arrives_as_it_was_sent(sender):
    """The happy path: every part of every message, hostile ids included."""
    messages = [a_message("a"), a_message("b/ñ'\0☃", send=2, map_index=3, generation=1, try_number=4, seq=5)]
    sender.queue.enqueue(messages)
    assert sorted(sender.arrive(NOW), key=lambda message: message.send) == messages
    assert sender.arrive(NOW) == []


def test_no_message_arrives_before_its_time(sender):
    """Those that are due do."""
    sender.queue.enqueue([a_message("later", not_before=NOW + 60), a_message("now", not_before=NOW)])
    assert [message.attempt.task_id for message in sender.arrive(NOW)] == ["now"]
    assert [message.attempt.task_id for message in sender.arrive(NOW + 60)] == ["later"]


def test_a_name_that_is_in_the_queue_is_ignored(sender):
    """Twice in one call, or in two."""
    sender.queue.enqueue([a_message(), a_message()])
    sender.queue.enqueue([a_message()])
    assert sender.arrive(NOW) == [a_message()]


def test_a_name_that_was_in_the_queue_is_ignored(sender):
    """What arrived a moment ago does not arrive again; another send of it does."""
    sender.queue.enqueue([a_message()])
    sender.arrive(NOW)
    sender.queue.enqueue([a_message(), a_message(send=1)])
    assert sender.arrive(NOW) == [a_message(send=1)]


def test_all_can_be_sent_again_after_a_part(sender):
    """A sender that does not know how far it came sends everything once more."""
    messages = [a_message(str(number)) for number in range(5)]
    sender.queue.enqueue(messages[:3])
    sender.queue.enqueue(messages)
    assert sorted(message.attempt.task_id for message in sender.arrive(NOW)) == ["0", "1", "2", "3", "4"]


def test_every_message_of_many_threads_arrives(sender):
    """At least once means: none is lost."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(sender.queue.enqueue, [[a_message(str(number))] for number in range(100)]))
    arrived = [message.attempt.task_id for message in sender.arrive(NOW)]
    assert sorted(arrived, key=int) == [str(number) for number in range(100)]

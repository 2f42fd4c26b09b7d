"""Messages between processes: whole or in pieces, small or large, with files, and what no message is."""

import os
import socket
import struct
import threading

import pytest

from brisa.runtime import wire


@pytest.fixture
def pair():
    """Two ends of one socket."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_message_arrives_with_its_files(pair):
    """JSON and open files go over together."""
    ours, theirs = pair
    read, write = os.pipe()
    wire.send(ours, ["run", {"ñ": [1, None, 0.5]}], [write])
    received = wire.receive(theirs)
    assert received is not None
    message, fds = received
    os.write(fds[0], b"through the copy")
    assert message == ["run", {"ñ": [1, None, 0.5]}]
    assert os.read(read, 100) == b"through the copy"
    for fd in (read, write, *fds):
        os.close(fd)


def test_many_messages_in_one_read(pair):
    """An inbox takes what has arrived apart, and never waits."""
    ours, theirs = pair
    inbox = wire.Inbox(theirs)
    assert inbox.read() == []
    for number in range(3):
        wire.send(ours, number)
    assert inbox.read() == [0, 1, 2]
    assert inbox.read() == []


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_message_in_two_pieces(pair, cut):
    """Wherever a message is cut, it is whole when its rest has come, for both kinds of reader."""
    ours, theirs = pair
    frame = struct.pack("!I", 9) + b'["hello"]'
    inbox = wire.Inbox(theirs)
    ours.sendall(frame[:cut])
    assert inbox.read() == []
    ours.sendall(frame[cut:])
    assert inbox.read() == [["hello"]]
    ours.sendall(frame[:cut])
    threading.Timer(0.01, ours.sendall, [frame[cut:]]).start()
    assert wire.receive(theirs) == (["hello"], [])


def test_a_large_message(pair):
    """Twenty megabytes go through a socket that holds a fraction of it."""
    ours, theirs = pair
    text = "x" * 20_000_000
    for receive, expected in ((wire.receive, (text, [])), (lambda sock: _all(wire.Inbox(sock)), text)):
        sender = threading.Thread(target=wire.send, args=(ours, text))
        sender.start()
        assert receive(theirs) == expected
        sender.join()


def _all(inbox):
    while not (messages := inbox.read()):
        pass
    return messages[0]


@pytest.mark.parametrize("sent", [b"", b"\0", struct.pack("!I", 100), struct.pack("!I", 100) + b"[1,"])
def test_a_peer_that_closes_is_the_end(pair, sent):
    """Also in the middle of a message."""
    ours, theirs = pair
    inbox = wire.Inbox(theirs)
    ours.sendall(sent)
    ours.close()
    copy = theirs.dup()
    assert wire.receive(copy) is None
    copy.close()
    assert inbox.read() is None


def test_sending_to_a_closed_peer_is_an_os_error(pair):
    """Nobody is there."""
    ours, theirs = pair
    theirs.close()
    with pytest.raises(OSError, match="Broken pipe"):
        wire.send(ours, 1)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"\xff\xff\xff\xff", "4294967295 bytes was announced"),
        (struct.pack("!I", 3) + b"{,}", "not JSON"),
        (struct.pack("!I", 2) + b"\xff\xfe", "not JSON"),
        (struct.pack("!I", 0), "not JSON"),
        (struct.pack("!I", 400_000) + b"[" * 400_000, "not JSON"),
    ],
)
def test_what_is_no_message(pair, sent, said):
    """A hostile header allocates nothing, and hostile JSON is one typed error."""
    ours, theirs = pair
    sender = threading.Thread(target=ours.sendall, args=(sent,))
    sender.start()
    with pytest.raises(wire.GarbledError, match=said):
        wire.receive(theirs)
    sender.join()
    sender = threading.Thread(target=ours.sendall, args=(sent,))
    sender.start()
    with pytest.raises(wire.GarbledError, match=said):
        _all(wire.Inbox(theirs))
    sender.join()


def test_a_message_that_is_too_long_is_not_sent(pair, monkeypatch):
    """The sender is told, and the socket goes on."""
    ours, theirs = pair
    monkeypatch.setattr(wire, "LONGEST", 10)
    with pytest.raises(ValueError, match="too much"):
        wire.send(ours, "x" * 10)
    wire.send(ours, "x")
    assert wire.receive(theirs) == ("x", [])

"""How brisa's processes on one machine talk: length-prefixed JSON over Unix sockets, with open files alongside.

The JSON functions are bound here once: user code may replace ``json.dumps``, and its result must still be reported.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

from brisa.errors import BrisaError

LONGEST = 1 << 28
"""Bytes of the longest message; a header that announces more is not one of ours."""
_HEADER = struct.Struct("!I")
_MAX_FDS = 8
_CHUNK = 1 << 18
_to_text = json.JSONEncoder(separators=(",", ":")).encode
_from_text = json.JSONDecoder().decode


class GarbledError(BrisaError):
    """What arrived is not a message: something else was written to the socket, or its sender ended half-way."""


def send(sock: socket.socket, message: object, fds: Sequence[int] = ()) -> None:
    """Send one message, and copies of the open files ``fds``.

    :class:`OSError` if the other side is gone; :class:`ValueError` if the message is longer than :data:`LONGEST`.
    """
    body = _to_text(message).encode()
    if len(body) > LONGEST:
        raise ValueError(f"{len(body) >> 20} MiB at once are too much; the limit is {LONGEST >> 20} MiB")
    frame = _HEADER.pack(len(body)) + body
    if fds:
        sent = socket.send_fds(sock, [frame], fds)
        if sent < len(frame):
            sock.sendall(frame[sent:])
    else:
        sock.sendall(frame)


def receive(sock: socket.socket) -> tuple[Any, list[int]] | None:
    """Wait for the next message and the files that come with it; ``None`` when the other side has closed.

    :class:`GarbledError` if it is no message, :class:`TimeoutError` as the socket's timeout says.
    """
    try:
        head, fds, _, _ = socket.recv_fds(sock, _HEADER.size, _MAX_FDS)
        if len(head) < _HEADER.size:
            rest = _exactly(sock, _HEADER.size - len(head)) if head else None
            if rest is None:
                return None
            head += rest
        body = _exactly(sock, _size(head))
    except ConnectionError:
        return None
    return None if body is None else (_parse(body), fds)


class Inbox:
    """The messages that arrive at a socket, without ever waiting for the rest of one.

    For a reader that has other things to watch, and a sender that may stop in the middle of a message.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._arrived = bytearray()

    def read(self) -> list[Any] | None:
        """Take in what has arrived, and return the messages that are now complete; ``None`` at the end.

        The end is that the other side has closed. :class:`GarbledError` if what arrived is no message.
        """
        try:
            data = self._sock.recv(_CHUNK, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return []
        except ConnectionError:
            return None
        if not data:
            return None
        self._arrived += data
        return self._complete()

    def _complete(self) -> list[Any]:
        messages = []
        start = 0
        while len(self._arrived) - start >= _HEADER.size:
            begin = start + _HEADER.size
            end = begin + _size(self._arrived[start:begin])
            if len(self._arrived) < end:
                break
            messages.append(_parse(bytes(self._arrived[begin:end])))
            start = end
        del self._arrived[:start]
        return messages


def _size(head: bytes | bytearray) -> int:
    size: int = _HEADER.unpack(head)[0]
    if size > LONGEST:
        raise GarbledError(f"a message of {size} bytes was announced")
    return size


def _parse(body: bytes) -> Any:
    try:
        return _from_text(body.decode())
    except (ValueError, RecursionError) as error:
        raise GarbledError(f"not JSON: {error}") from error


def _exactly(sock: socket.socket, size: int) -> bytes | None:
    buffer = bytearray(size)
    view = memoryview(buffer)
    read = 0
    while read < size:
        count = sock.recv_into(view[read:])
        if count == 0:
            return None
        read += count
    return bytes(buffer)

"""How brisa's processes on one machine talk: length-prefixed JSON over Unix sockets, with open files alongside."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

_HEADER = struct.Struct("!I")
_MAX_FDS = 8


def send(sock: socket.socket, message: object, fds: Sequence[int] = ()) -> None:
    """Send one message, and copies of the open files ``fds``; :class:`OSError` if the other side is gone."""
    body = json.dumps(message, separators=(",", ":")).encode()
    frame = _HEADER.pack(len(body)) + body
    if fds:
        sent = socket.send_fds(sock, [frame], fds)
        if sent < len(frame):
            sock.sendall(frame[sent:])
    else:
        sock.sendall(frame)


def receive(sock: socket.socket) -> tuple[Any, list[int]] | None:
    """The next message and the files that came with it; ``None`` when the other side has closed."""
    try:
        head, fds, _, _ = socket.recv_fds(sock, _HEADER.size, _MAX_FDS)
        if len(head) < _HEADER.size:
            rest = _exactly(sock, _HEADER.size - len(head)) if head else None
            if rest is None:
                return None
            head += rest
        body = _exactly(sock, _HEADER.unpack(head)[0])
    except (ConnectionError, BrokenPipeError):
        return None
    return None if body is None else (json.loads(body), fds)


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

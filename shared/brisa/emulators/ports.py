"""Ports of loopback that nobody listens on."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from contextlib import ExitStack

_HOST = "127.0.0.1"


def choose(names: Iterable[str], before: Mapping[str, int]) -> dict[str, int]:
    """A free port for each: those used before if they are still free, so that what was told to clients stays true."""
    ports: dict[str, int] = {}
    with ExitStack() as stack:  # all are held until all are chosen: no port is given twice
        for name in sorted(names, key=lambda name: name not in before):
            ports[name] = _free(stack, before.get(name, 0)) or _free(stack, 0)
    return ports


def is_free(port: int) -> bool:
    """Whether one could listen on ``port``."""
    with ExitStack() as stack:
        return _free(stack, port) != 0


def _free(stack: ExitStack, port: int) -> int:
    probe = stack.enter_context(socket.socket())
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((_HOST, port))
    except OSError:
        return 0
    return int(probe.getsockname()[1])

"""Ports of loopback that nobody listens on.

They lie below those that systems give to outgoing connections (from 32768 on Linux, from 49152 elsewhere; RFC 6335):
between the choice of a port and the moment when its service listens, any client of anything could take one of those.
Processes that choose at the same time begin at different places.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from itertools import cycle

from brisa.errors import EmulatorError

_HOST = "127.0.0.1"
_RANGE = range(20_480, 32_768)
_APART = 64
"""How far from each other the choices of two processes begin, if one was started right after the other."""
_first = os.getpid() * _APART % len(_RANGE)
_candidates = cycle([*_RANGE[_first:], *_RANGE[:_first]])


def choose(names: Iterable[str], before: Mapping[str, int]) -> dict[str, int]:
    """A free port for each: those used before if they are still free, so that what was told to clients stays true.

    :class:`EmulatorError` if all are taken.
    """
    names = list(names)
    kept = {name: before[name] for name in names if name in before and is_free(before[name])}
    return {name: kept.get(name) or _another(kept.values()) for name in names}


def is_free(port: int) -> bool:
    """Whether one could listen on ``port``."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True


def _another(given: Iterable[int]) -> int:
    for _ in _RANGE:
        port: int = next(_candidates)
        if port not in given and is_free(port):
            return port
    raise EmulatorError(f"No free port from {_RANGE[0]} to {_RANGE[-1]}")

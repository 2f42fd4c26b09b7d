"""Small things that brisa's own processes do to themselves: die with their parent, name their end."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

CHANNEL_LOST = 97
"""Exit status of a task's process whose user code has closed the channel to the supervisor."""
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when ``parent`` ends, however it ends (Linux; elsewhere nothing).

    ``parent`` is the pid that forked this process; if it is gone already, this process ends now.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def describe_end(status: int, max_rss_kb: int) -> str:
    """What a wait status says, as a person reads it."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in iter(signal.Signals) else "unknown"
        text = f"its process was killed by signal {number} ({name})"
        if number == signal.SIGKILL:
            text += f"; with no one else to kill it, that is the system running out of memory (peak {max_rss_kb} kB)"
        return text
    return f"its process exited with status {os.WEXITSTATUS(status)} before it reported a result"

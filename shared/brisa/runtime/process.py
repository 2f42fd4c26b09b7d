"""Small things that brisa's own processes do to themselves and to each other: die with a parent, end, name an end."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import signal
import sys
from pathlib import Path

DONE = 96
"""Exit status of a task's process that has reported its result: what it leaves running may go on."""
CHANNEL_LOST = 97
"""Exit status of a task's process whose user code has closed the channel to the supervisor."""
_HIGH_FD = 400
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when ``parent`` ends, however it ends (Linux; elsewhere nothing).

    ``parent`` is the pid that forked this process; if it is gone already, this process ends now.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of the processes below this one whose own parent ends (Linux; elsewhere nothing).

    So :func:`end_group` finds them: a daemon, too, is then below the process that it was started by.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_group(pid: int) -> None:
    """Kill the process group that ``pid`` leads, and what its members have started in groups of their own.

    Not found: a daemon (in a group of its own, its parent gone), if ``pid`` has ended already.
    """
    for stray in _descendants(pid):  # before the group: this process may be in it
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(stray, signal.SIGKILL)
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)  # it has not become the leader of a group yet


def _descendants(pid: int) -> list[int]:
    """Pids of all living processes below ``pid``, or below the members of its group (Linux; elsewhere none)."""
    children: dict[int, list[int]] = {}
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parent, group = map(int, entry.read_text(errors="replace").rpartition(")")[2].split()[1:3])
            one = int(entry.parent.name)
            children.setdefault(parent, []).append(one)
            if group == pid:
                found.append(one)
    for one in found:  # grows while it is read
        found += [child for child in children.get(one, ()) if child not in found]
    return [one for one in found if one not in (pid, os.getpid())]


def high_copy(fd: int) -> int:
    """A copy of ``fd`` at a number that user code hardly meets by accident; not inherited by programs it starts."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = _HIGH_FD if soft == resource.RLIM_INFINITY else max(3, min(_HIGH_FD, soft - 16))
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, lowest)


def identity(fd: int) -> tuple[int, int] | None:
    """What is open at ``fd``, told apart from anything else that could be; ``None`` if nothing is."""
    try:
        stat = os.fstat(fd)
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def describe_end(status: int, max_rss_kb: int) -> str:
    """What a wait status says, as a person reads it."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in signal.valid_signals() else "unknown"
        text = f"its process was killed by signal {number} ({name})"
        if number == signal.SIGKILL:
            text += (
                "; if nobody killed it by hand, the system ran out of memory "
                f"(it had {max_rss_kb / 1024:.0f} MB at its peak)"
            )
        return text
    if os.WEXITSTATUS(status) == CHANNEL_LOST:
        return "its code closed the file descriptor over which its result is reported"
    return f"its process exited with status {os.WEXITSTATUS(status)} before it reported a result"

"""What a task writes becomes lines of its log: a time, a level, where it came from, and the text.

Everything that user code prints, logs, or has its own child processes write to file descriptors 1 and 2 ends in the
attempt's log file. What goes through Python gets a time and a level; bytes from other programs stand as they are.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import sys
import threading
from datetime import UTC, datetime
from typing import Any, NamedTuple

from brisa.runtime.masking import Masker
from brisa.runtime.process import high_copy, identity

_LONGEST_PIECE = 1 << 16
"""Characters of a line without an end that are kept back; then they are written as a line of their own."""
_OWN = "brisa.task"
"""The logger that says how an attempt began and ended."""


class LineFormatter(logging.Formatter):
    """``2024-01-01T00:00:00.123Z INFO    brisa.task | text``; the further lines of a text stand as they are."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line, or as several of which only the first has a head."""
        text = record.getMessage()
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        parts = [text, record.exc_text, record.stack_info]
        return head(record.levelname, record.name, record.created) + "\n".join(part for part in parts if part)


def head(level: str, source: str, seconds: float) -> str:
    """The part of a log line before its text; ``seconds`` since the epoch."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z {level:<7} {source} | "


class Line(NamedTuple):
    """A line of a log that begins a text."""

    moment: datetime
    level: str
    source: str
    text: str


def read_line(line: str) -> Line | None:
    """A line with the head that :func:`head` makes; ``None`` for any other."""
    found = _HEAD.fullmatch(line)
    if found is None:
        return None
    try:
        return Line(datetime.fromisoformat(found[1]), found[2], found[3], found[4])
    except ValueError:  # it only looks like a time
        return None


_HEAD = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([A-Z]+) +(\S+) \| (.*)", re.DOTALL | re.ASCII)


def write_all(fd: int, data: bytes) -> None:
    """Write every byte, however many calls it takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


class AttemptLog:
    """The log of the attempt that this process runs, found again after user code has closed descriptors 1 and 2."""

    def __init__(self) -> None:
        self._high = 2
        self._file = identity(2)
        self._handler = _Handler(self)
        self.masker = Masker()
        """Hides the secrets that are known."""
        self._streams = {"stdout": PrintedLines(self, 1, "stdout"), "stderr": PrintedLines(self, 2, "stderr")}

    def capture(self) -> None:
        """From now on what this process logs and prints are lines of the log; for a forked child only."""
        root = logging.getLogger()
        root.handlers[:] = [self._handler]
        root.setLevel(logging.INFO)
        logging.disable(logging.NOTSET)
        # A DAG file that configures logging (dictConfig) silences, by default, all loggers that it does not name.
        logging.getLogger(_OWN).disabled = False
        logging.captureWarnings(True)
        for name, stream in self._streams.items():
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)

    def open(self, fd: int) -> None:
        """Have the log be the file ``fd`` (closed here), which is standard output and error too; no standard input."""
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(fd, 1)
        os.dup2(fd, 2)
        self._high = high_copy(fd)
        self._file = identity(fd)
        os.close(null)
        os.close(fd)

    def write(self, data: bytes) -> None:
        """Append to the log, wherever it is still open; when user code has closed it everywhere, it is lost."""
        for fd in (self._high, 1, 2):
            if identity(fd) == self._file:
                write_all(fd, data)
                return

    def say(self, text: str) -> None:
        """One line of brisa's own, whatever user code has done to :mod:`logging`."""
        with contextlib.suppress(OSError):
            line = f"{head('ERROR', _OWN, datetime.now(UTC).timestamp())}{self.masker.text(text)}\n"
            self.write(line.encode(errors="backslashreplace"))

    def finish(self) -> None:
        """Write what is still kept back: lines without an end, and what user code's own streams hold."""
        for name in ("stdout", "stderr"):
            with contextlib.suppress(Exception):  # whatever user code has put there, the result must be reported
                getattr(sys, name).flush()
            with contextlib.suppress(OSError):
                self._streams[name].finish()

    @property
    def lost_its_loggers(self) -> bool:
        """Whether user code has reconfigured :mod:`logging` so that brisa's own lines need not arrive here."""
        own = logging.getLogger(_OWN)
        return not own.isEnabledFor(logging.ERROR) or self._handler not in logging.getLogger().handlers


class PrintedLines(io.TextIOBase):
    """Stands for ``sys.stdout`` or ``sys.stderr``: each line printed is a line logged.

    Threads do not tear each other's lines: each has its own line under way.
    """

    def __init__(self, log: AttemptLog, fd: int, source: str) -> None:
        super().__init__()
        self._log = log
        self._fd = fd
        self._source = source
        self._rests: dict[int, tuple[list[str], int]] = {}
        """Thread → the pieces of its line under way, and how many characters they have."""

    def write(self, text: str) -> int:
        """Log the full lines of ``text``, keep the rest for later."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        thread = threading.get_ident()
        pieces, size = self._rests.pop(thread, ([], 0))
        full, end, rest = text.rpartition("\n")
        if end:
            self._write_lines("".join([*pieces, full]))
            pieces, size = [], 0
        if rest:
            pieces.append(rest)
            size += len(rest)
        if size > _LONGEST_PIECE:
            self._write_lines("".join(pieces))
        elif pieces:
            self._rests[thread] = pieces, size
        return len(text)

    def _write_lines(self, text: str) -> None:
        start = head("INFO", self._source, datetime.now(UTC).timestamp())
        lines = self._log.masker.text(text).split("\n")
        data = "".join(f"{start}{line}\n" for line in lines).encode(errors="backslashreplace")
        try:
            write_all(self._fd, data)
        except OSError:
            self._log.write(data)

    def flush(self) -> None:
        """Log the line of this thread that has no end yet; not what may be the beginning of a secret."""
        thread = threading.get_ident()
        pieces, _ = self._rests.pop(thread, ([], 0))
        text = "".join(pieces)
        begun = self._log.masker.begun(text)
        if begun:
            self._rests[thread] = [text[-begun:]], begun
        if len(text) > begun:
            self._write_lines(text[: len(text) - begun])

    def finish(self) -> None:
        """Log every thread's line that has no end yet."""
        for thread in list(self._rests):
            pieces, _ = self._rests.pop(thread, ([], 0))
            if pieces:
                self._write_lines("".join(pieces))

    def fileno(self) -> int:
        """The file descriptor beneath, for programs that write to it directly."""
        return self._fd

    def writable(self) -> bool:
        """Always."""
        return True

    @property
    def buffer(self) -> io.FileIO:
        """The same for bytes, which stand in the log as they are."""
        self.flush()
        return io.FileIO(self._fd, "w", closefd=False)

    def reconfigure(self, **_: Any) -> None:
        """Nothing: scripts ask for line buffering, or UTF-8, and have both."""

    def close(self) -> None:
        """Nothing: what is printed afterwards is still wanted."""
        self.flush()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """UTF-8."""
        return "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override,mutable-override]
        """Nothing that can be printed is an error."""
        return "backslashreplace"

    def isatty(self) -> bool:
        """Never."""
        return False


class _Handler(logging.Handler):
    def __init__(self, log: AttemptLog) -> None:
        super().__init__()
        self._log = log
        self.setFormatter(LineFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._log.write((self._log.masker.text(self.format(record)) + "\n").encode(errors="backslashreplace"))
        except Exception:  # noqa: BLE001  a log call with wrong arguments is no reason for a task to fail, as in logging
            self.handleError(record)

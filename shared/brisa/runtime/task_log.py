"""What a task writes becomes lines of its log: a time, a level, where it came from, and the text.

Everything that user code prints, logs, or has its own child processes write to file descriptors 1 and 2 ends in the
attempt's log file. What goes through Python gets a time and a level; bytes from other programs stand as they are.
"""

from __future__ import annotations

import io
import logging
import os
import sys
from datetime import UTC, datetime
from typing import Any


class LineFormatter(logging.Formatter):
    """``2024-01-01T00:00:00.123Z INFO  brisa.task | text``; each further line of a text is indented."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line, or as several of which only the first has a head."""
        text = record.getMessage()
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            text = f"{text}\n{record.exc_text}"
        return f"{head(record.levelname, record.name, record.created)}{text}"


def head(level: str, source: str, seconds: float) -> str:
    """The part of a log line before its text; ``seconds`` since the epoch."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z {level:<7} {source} | "


class PrintedLines(io.TextIOBase):
    """Stands for ``sys.stdout`` or ``sys.stderr``: each line printed is a line logged."""

    def __init__(self, fd: int, source: str) -> None:
        super().__init__()
        self._fd = fd
        self._source = source
        self._rest = ""

    def write(self, text: str) -> int:
        """Log the full lines of ``text``, keep the rest for later."""
        *lines, self._rest = (self._rest + text).split("\n")
        if lines:
            self._write_lines(lines)
        return len(text)

    def _write_lines(self, lines: list[str]) -> None:
        start = head("INFO", self._source, datetime.now(UTC).timestamp())
        write_all(self._fd, "".join(f"{start}{line}\n" for line in lines).encode(errors="backslashreplace"))

    def flush(self) -> None:
        """Log a line that has no end yet."""
        if self._rest:
            rest, self._rest = self._rest, ""
            self._write_lines([rest])

    def fileno(self) -> int:
        """The file descriptor beneath, for programs that write to it directly."""
        return self._fd

    def writable(self) -> bool:
        """Always."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """UTF-8."""
        return "utf-8"

    def isatty(self) -> bool:
        """Never."""
        return False


class _FdHandler(logging.Handler):
    def __init__(self, fd: int) -> None:
        super().__init__()
        self._fd = fd

    def emit(self, record: logging.LogRecord) -> None:
        try:
            write_all(self._fd, (self.format(record) + "\n").encode(errors="backslashreplace"))
        except OSError:
            self.handleError(record)


def write_all(fd: int, data: bytes) -> None:
    """Write every byte, however many calls it takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def capture() -> None:
    """From now on this process logs to file descriptor 1, and prints are log lines; for a forked child only."""
    handler = _FdHandler(1)
    handler.setFormatter(LineFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    streams: dict[str, Any] = {"stdout": PrintedLines(1, "stdout"), "stderr": PrintedLines(2, "stderr")}
    for name, stream in streams.items():
        setattr(sys, name, stream)

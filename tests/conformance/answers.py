"""Asks a program about the DAGs of one file: one line of JSON for the file, then one for each DAG.

The first line is ``{"dags": [id …], "error": why it does not load}``. A DAG's line has ``dag_id`` and ``error`` (why it
could not be run, empty if it could), ``tasks`` (id → operator), ``edges``, ``run_id``, ``state``, and by name of the
task instance (``t``, or ``t[0]``) ``states``, ``xcoms``, ``rendered`` and ``errors``.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT = 60.0
"""Seconds for loading the file, and again for each DAG."""
_TAIL = 2000

Answer = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Program:
    """A command that answers, given FILE DAGS_FOLDER [DAG_ID …], and the folder that it is started in."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What one side says about a file."""

    error: str
    """Why the file does not load."""
    dags: Mapping[str, Answer]


def ask(
    program: Program, file: Path, dags_folder: Path, *, only: Collection[str] = (), limit: float = LIMIT
) -> Answers:
    """Everything that the program says; a DAG that takes too long, or ends the program, has that as its error.

    ``only`` are the ids of the DAGs to run, if not all of the file.
    """
    place = (str(file), str(dags_folder))
    head, answers, trouble = _ask_once(program, (*place, *sorted(only)), limit)
    if head is None:
        return Answers(error=trouble, dags={})
    missing = _missing(head, only, answers)
    while missing:
        answers[missing[0]] = {"dag_id": missing[0], "error": trouble, "unanswered": True}
        if len(missing) > 1:
            _, more, trouble = _ask_once(program, (*place, *missing[1:]), limit)
            answers.update(more)
        missing = _missing(head, only, answers)
    return Answers(error=head["error"], dags=answers)


def _missing(head: Answer, only: Collection[str], answers: Mapping[str, Answer]) -> list[str]:
    """The DAGs that there's no answer about, in the order in which they were asked for."""
    return [dag_id for dag_id in head["dags"] if dag_id not in answers and (not only or dag_id in only)]


def _ask_once(program: Program, arguments: Sequence[str], limit: float) -> tuple[Answer | None, dict[str, Answer], str]:
    """The first line, the DAGs' lines by id, and why there are no more."""
    head: Answer | None = None
    answers: dict[str, Answer] = {}
    log = program.folder / "log"
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [*program.command, *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            env=dict(program.environment),
            cwd=program.folder,
            start_new_session=True,
        )
    try:
        for answer in _lines(process, limit):
            if head is None:
                head = answer
            else:
                answers[answer["dag_id"]] = answer
        trouble = f"it ended with status {process.wait(limit)}: {_tail(log)}"
    except (queue.Empty, subprocess.TimeoutExpired):
        trouble = f"no answer within {limit:g} s"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # also what a task has left behind
        process.wait()
    return head, answers, trouble


def _lines(process: subprocess.Popen[bytes], limit: float) -> Iterator[Answer]:
    """Each line, :class:`queue.Empty` if the next takes longer than ``limit``."""
    lines: queue.Queue[bytes | None] = queue.Queue()

    def pump() -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                lines.put(line)
        lines.put(None)

    threading.Thread(target=pump, daemon=True).start()
    while (line := lines.get(timeout=limit)) is not None:
        yield json.loads(line)


def _tail(log: Path) -> str:
    return log.read_bytes()[-_TAIL:].decode(errors="replace").strip()

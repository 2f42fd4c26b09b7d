"""The e-mail that tells people that a task failed, or is tried again.

``email`` says whom, ``email_on_failure`` and ``email_on_retry`` say when. It is sent by the attempt's own process after
its callbacks; an attempt whose process is gone sends none. Subject and occasions are those of Airflow 2: one e-mail per
failed try, to all of ``email``. Nothing that happens here changes an outcome.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable
from html import escape
from typing import Any, Final

from brisa.authoring.exceptions import AirflowException
from brisa.authoring.operator import BaseOperator
from brisa.model.states import TaskState
from brisa.runtime.signals import describe, one_line
from brisa.runtime.task_instance import TaskInstanceView
from brisa.runtime.task_log import PrintedLines

log: Final = logging.getLogger("brisa.task")
PATIENCE: Final = 10.0
"""Seconds that each step of sending may take: the outcome waits for it."""
LONGEST_TAIL: Final = 8192
"""Bytes of the log's end that are quoted."""


def alert(operator: BaseOperator, ti: TaskInstanceView, error: BaseException, *, again: bool) -> None:
    """Tell those in ``email`` that this try failed (``again``: there will be another), if they want to know."""
    wanted = operator.email_on_retry if again else operator.email_on_failure
    if operator.email and wanted:
        facts, tail = _facts(ti, error, again=again), log_tail()
        send(operator.email, f"Airflow alert: {_name(ti, again=again)}", _text(facts, tail), _html(facts, tail))


def send(addresses: str | Iterable[str], subject: str, text: str, html: str) -> None:
    """Send an e-mail with two forms of one content; why it can't be is logged."""
    from dataclasses import replace

    from brisa.compat.email import NoMailServerError, compose, deliver, get_email_address_list, mail_server, sender_of

    try:
        to = get_email_address_list(addresses)
        server = mail_server()
        message = compose(sender=sender_of(server), to=to, subject=subject, text=text, html_content=html)
        deliver(message, replace(server, timeout=min(server.timeout, PATIENCE)))
    except NoMailServerError as missing:
        log.info("No e-mail was sent: %s", missing)
    except (AirflowException, TypeError, ValueError) as failure:
        log.warning("No e-mail could be sent: %s", one_line(str(failure)))
    else:
        log.info("Sent an e-mail to %s", ", ".join(to))


def _name(ti: TaskInstanceView, *, again: bool) -> str:
    state = TaskState.UP_FOR_RETRY if again else TaskState.FAILED
    mapped = f" map_index={ti.map_index}" if ti.is_mapped else ""
    return f"<TaskInstance: {ti.dag_id}.{ti.task_id} {ti.run_id}{mapped} [{state.value}]>"


def _facts(ti: TaskInstanceView, error: BaseException, *, again: bool) -> dict[str, Any]:
    tries = ti.max_tries + 1
    found = {
        "DAG": ti.dag_id,
        "Task": ti.task_id,
        "Map index": ti.map_index if ti.is_mapped else "",
        "Run": ti.run_id,
        "Try": f"{ti.try_number} of {tries}, " + ("to be tried again" if again else "not to be tried again"),
        "Exception": describe(error),
        "Host": ti.hostname,
        "Log": ti.log_url,
    }
    return {name: value for name, value in found.items() if value != ""}


def _text(facts: dict[str, Any], tail: str) -> str:
    lines = [f"{name}: {value}" for name, value in facts.items()]
    return "\n".join([*lines, *(["", "The end of the log:", "", tail] if tail else [])]) + "\n"


def _html(facts: dict[str, Any], tail: str) -> str:
    rows = "".join(
        f"<tr><th align='left'>{escape(name)}</th><td>{escape(str(value))}</td></tr>\n" for name, value in facts.items()
    )
    end = f"<p>The end of the log:</p>\n<pre>{escape(tail)}</pre>\n" if tail else ""
    return f"<table>\n{rows}</table>\n{end}"


def log_tail() -> str:
    """The end of this attempt's log; empty where it can't be read.

    An attempt's process has the log as its standard output, open for writing alone: it is opened again. (Linux allows
    that; elsewhere the e-mail has no log.)
    """
    stream: object = sys.__stdout__
    if not isinstance(stream, PrintedLines):
        return ""
    stream.flush()
    try:
        with open(f"/dev/fd/{stream.fileno()}", "rb") as file:  # noqa: PTH123  a descriptor's name is no path
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LONGEST_TAIL))
            data = file.read(LONGEST_TAIL)
    except OSError:
        return ""
    text = data.decode(errors="backslashreplace")
    return (text.partition("\n")[2] if size > LONGEST_TAIL else text).strip()

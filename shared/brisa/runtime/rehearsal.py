"""One attempt of nothing, run in the root zygote: what it imports, compiles and caches, no forked child does again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from brisa.authoring.dag import DAG
from brisa.authoring.operator import BaseOperator
from brisa.compat import active
from brisa.model.codec import decode, encode
from brisa.model.json import JsonValue
from brisa.model.run import Outcome, Run
from brisa.runtime.execute import execute
from brisa.runtime.request import AttemptRequest
from brisa.runtime.task_log import LineFormatter


class _Rehearsed(BaseOperator):
    """Renders one template, and calls one function as PythonOperator would."""

    template_fields: Sequence[str] = ("text",)

    def __init__(self, *, text: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.text = text

    def execute(self, context: Any) -> str:
        """Say what was rendered."""
        from brisa.authoring.callables import select_kwargs

        select_kwargs(lambda ds, **_: ds, (), {}, context)
        return self.text


class _Nobody:
    """A channel that leads nowhere."""

    def ask(self, verb: str, /, **payload: Any) -> Any:
        """No answer."""

    def tell(self, verb: str, /, **payload: JsonValue) -> None:
        """Not heard."""


class _Unwritten(logging.Handler):
    """Makes lines of the log, and writes none."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(LineFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Format it."""
        self.format(record)


def rehearse() -> None:
    """Run it; leaves nothing behind but warm caches. Raises if brisa itself can't run a task."""
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    with DAG("rehearsal", start_date=moment, schedule=None) as dag:
        _Rehearsed(task_id="rehearsed", text="{{ ds }} {{ run_id }} {{ params }} {{ data_interval_start }}")
    run = Run(
        dag_id="rehearsal",
        run_id="rehearsal",
        version="",
        logical_date=moment,
        data_interval_start=moment,
        data_interval_end=moment,
    )
    request = AttemptRequest(file="", run=run, task_id="rehearsed", started_at=moment.timestamp())
    root = logging.getLogger()
    handlers, root.handlers[:] = root.handlers[:], [_Unwritten()]
    level, root.level = root.level, logging.INFO
    try:
        with active():
            outcome = execute(decode(AttemptRequest, encode(request)), dag, _Nobody())
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    decode(Outcome, encode(outcome))

"""Runs one attempt in the process it is called in: render, execute, push, call back; the outcome says how it ended."""

from __future__ import annotations

import contextlib
import logging
import os
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Final

from brisa.authoring.dag import DAG
from brisa.authoring.exceptions import AirflowException, AirflowTaskTerminated, AirflowTaskTimeout
from brisa.authoring.operator import BaseOperator
from brisa.authoring.running import executing
from brisa.authoring.secrets import listening
from brisa.authoring.templates import render_template_fields
from brisa.errors import TaskError
from brisa.model.codec import encode
from brisa.model.run import Outcome
from brisa.model.states import Decides, OutcomeKind, RunState, TaskState
from brisa.runtime import asset_events, mapping
from brisa.runtime.context import Context, build_context, check_params
from brisa.runtime.deferral import Deferring, Paused, Resumption
from brisa.runtime.guarded import guarded
from brisa.runtime.links import push_links
from brisa.runtime.mail import alert
from brisa.runtime.masking import HidingChannel, Masker
from brisa.runtime.missed import tell
from brisa.runtime.own_xcoms import OwnXComs
from brisa.runtime.rendered import rendered_fields
from brisa.runtime.request import CALLBACK_LIMIT, AttemptRequest, Channel
from brisa.runtime.signals import describe, outcome_of
from brisa.runtime.task_instance import RETURN_VALUE, TaskInstanceView
from brisa.runtime.timetable import tell_next_run

log: Final = logging.getLogger("brisa.task")
_OWN: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120  see code names


def execute(request: AttemptRequest, dag: DAG, channel: Channel) -> Outcome:
    """Run the attempt and its callbacks. Never raises for what user code does; how it ended is in the outcome.

    ``execution_timeout`` is enforced by whoever calls. No secret that the attempt has looked up is in the outcome's
    error, or in what people see of its template fields.
    """
    masker = Masker()
    with listening(masker.add):
        outcome = _executed(request, dag, HidingChannel(channel, masker))
    return replace(outcome, error=masker.cut(outcome.error))


def _executed(request: AttemptRequest, dag: DAG, channel: Channel) -> Outcome:
    if request.timetable is not None:
        return tell_next_run(dag, request.file, request.timetable, channel)
    if not dag.has_task(request.task_id):
        message = f"DAG {request.dag_id!r} in {request.file} has no task {request.task_id!r} any more"
        log.error(message)
        return Outcome(kind=OutcomeKind.FAILED, retryable=False, error=message)
    if request.run_ended:
        return _call_back_dag(request, dag, channel)
    if request.missed is not None:
        with executing(build_context(request, dag.get_task(request.task_id), dag, channel), channel):
            return tell(request, request.missed, dag, channel)
    if request.only_render:
        return _rendered(request, dag, channel)
    channel = OwnXComs(request, channel)
    deferring = Deferring(request, channel)
    if request.kill:
        context = build_context(request, dag.get_task(request.task_id), dag, channel)
        with executing(context, channel):
            return deferring.kill(context)
    deferral = deferring.left_behind()
    while True:
        operator = dag.get_task(request.task_id).prepare_for_execution()
        context = build_context(request, operator, dag, channel)
        with executing(context, channel), deferring.within_timeout(operator):
            resumption = None if deferral is None else deferring.wait(deferral, context)
            if isinstance(resumption, Outcome):
                return resumption
            try:
                return _Attempt(request, operator, context, channel, deferring, resumption).run()
            except Paused as paused:
                deferral = paused.deferral


def _rendered(request: AttemptRequest, dag: DAG, channel: Channel) -> Outcome:
    """Tell the task's template fields, and do no more."""
    operator = dag.get_task(request.task_id).prepare_for_execution()
    context = build_context(request, operator, dag, channel)
    with executing(context, channel):
        try:
            operator = mapping.unmap(operator, context)
            render_template_fields(operator, context)
            channel.tell("rendered", fields=rendered_fields(operator, request.dialect))
        except Exception as error:  # noqa: BLE001  user code may raise anything
            return Outcome(kind=OutcomeKind.FAILED, error=describe(error))
    return Outcome(kind=OutcomeKind.SUCCESS)


class _Attempt:
    def __init__(
        self,
        request: AttemptRequest,
        operator: BaseOperator,
        context: Context,
        channel: Channel,
        deferring: Deferring,
        resumption: Resumption | None,
    ) -> None:
        self._request = request
        self._operator = operator
        self._context = context
        self._channel = channel
        self._deferring = deferring
        self._resumption = resumption
        self._rendered: dict[str, str] = {}
        self._ti: TaskInstanceView = context["ti"]
        self._name = f"{request.dag_id}.{request.task_id}" + (
            f"[{request.map_index}]" if request.map_index >= 0 else ""
        )

    def run(self) -> Outcome:
        """The attempt from its first line in the log to its last."""
        request = self._request
        log.info("Task %s, run %s, try %s of %s", self._name, request.run.run_id, request.try_number, request.max_tries)
        try:
            result = self._execute()
            self._name_index()
            length = mapping.length(self._operator, result, self._context)
            self._push(result)
            push_links(self._operator, self._ti)
            assets = asset_events.told(self._operator.outlets, self._context["outlet_events"])
        except Paused:
            raise
        except BaseException as error:  # noqa: BLE001  user code may raise anything; all of it is an outcome
            return self._ended(error)
        outcome = Outcome(
            kind=OutcomeKind.SUCCESS, follow=self._follow(), circuit=self._ti.circuit, length=length, assets=assets
        )
        self._call_back("on_success_callback", TaskState.SUCCESS, outcome)
        log.info("Task %s ended: success", self._name)
        return outcome

    def _execute(self) -> Any:
        operator = self._operator = mapping.unmap(self._operator, self._context)
        context = self._context
        if self._request.refused:
            raise AirflowException(self._request.refused)
        check_params(context)
        render_template_fields(operator, context)
        self._rendered = rendered_fields(operator, self._ti.dialect)
        self._channel.tell("rendered", fields=self._rendered)
        operator.pre_execute(context)
        self._call_back("on_execute_callback", TaskState.RUNNING)
        try:
            result = self._deferring.work(operator, context, self._resumption)
        except SystemExit as stop:
            if stop.code not in (None, 0) or self._ti.dialect >= 3:  # any exit is a failure in Airflow 3
                raise
            result = None
        operator.post_execute(context, result)
        return result

    def _name_index(self) -> None:
        """Render the ``map_index_template``, for people."""
        name = mapping.index_name(self._operator, self._context)
        if name is not None:
            self._ti.rendered_map_index = name
            self._channel.tell("rendered", fields={**self._rendered, "map_index_template": name})

    def _push(self, result: Any) -> None:
        """The result as XCom; its entries too with ``multiple_outputs``. ``None`` pushes nothing."""
        if result is None or not self._operator.do_xcom_push:
            return
        if self._operator.multiple_outputs:
            if not isinstance(result, Mapping):
                raise AirflowException(
                    f"multiple_outputs expects the task to return a dict, but it returned a {type(result).__name__}"
                )
            for key, value in result.items():
                if not isinstance(key, str):
                    raise AirflowException(
                        f"with multiple_outputs the keys of the returned dict are texts, but {key!r} is a "
                        f"{type(key).__name__}"
                    )
                self._ti.xcom_push(key, value)
        self._ti.xcom_push(RETURN_VALUE, result)

    def _follow(self) -> tuple[str, ...] | None:
        """A branch's choice; one that made none follows everything."""
        if self._ti.follow is None and self._operator.decides is Decides.BRANCH:
            return tuple(sorted(self._operator.downstream_task_ids))
        return self._ti.follow

    def _ended(self, error: BaseException) -> Outcome:
        """What an attempt that raised came to; logged, and its callback called."""
        outcome = outcome_of(error)
        if isinstance(error, AirflowTaskTerminated):
            # A person has decided what becomes of the task: nobody need be told that it failed.
            guarded("on_kill", self._operator.on_kill)
            log.error("Task %s ended: stopped", self._name)
            return outcome
        with contextlib.suppress(Exception):  # the error that counts is the first
            self._name_index()
        if outcome.kind is OutcomeKind.RESCHEDULE:
            log.info("Task %s ended: to be started again later", self._name)
            return outcome
        if outcome.kind is OutcomeKind.SKIPPED:
            if outcome.error:
                log.info("%s", outcome.error)
            self._call_back("on_skipped_callback", TaskState.SKIPPED, outcome)
            if self._ti.dialect == 2:  # as Airflow 2, which Airflow 3 has mended
                self._call_back("on_success_callback", TaskState.SKIPPED, outcome)
            log.info("Task %s ended: skipped", self._name)
            return outcome
        self._log_failure(error)
        push_links(self._operator, self._ti)
        if isinstance(error, AirflowTaskTimeout):
            guarded("on_kill", self._operator.on_kill)
        again = outcome.retryable and self._request.try_number < self._request.max_tries
        self._context["exception"] = (
            f"Task failed due to SystemExit({error.code})" if isinstance(error, SystemExit) else error
        )
        if again:
            self._call_back("on_retry_callback", TaskState.UP_FOR_RETRY, outcome)
        else:
            self._call_back("on_failure_callback", TaskState.FAILED, outcome)
        guarded("e-mail", alert, self._operator, self._ti, error, again=again)
        log.error("Task %s ended: failed%s", self._name, ", to be tried again" if again else "")
        return outcome

    def _log_failure(self, error: BaseException) -> None:
        text = describe(error)
        part = users_part(error.__traceback__)
        if part is not None or not isinstance(error, TaskError):  # an error in our own words needs no frames of ours
            lines = traceback.format_exception(type(error), error, part or error.__traceback__)
            text = f"{text}\n{''.join(lines).rstrip()}"
        log.error("Task %s failed: %s", self._name, text)

    def _call_back(self, name: str, state: TaskState, outcome: Outcome | None = None) -> None:
        """Call the task's callbacks of that name; what they raise, or take too long for, is logged and changes nothing.

        ``state`` is what they see; ``outcome`` is how the attempt has ended, which holds even if a callback takes this
        process down.
        """
        self._ti.state = state.value
        callbacks = _as_list(getattr(self._operator, name, None))
        if outcome is not None and callbacks:
            self._channel.tell("ended", outcome=encode(outcome), within=len(callbacks) * CALLBACK_LIMIT)
        for callback in callbacks:
            guarded(f"{name} {getattr(callback, '__name__', callback)}", callback, self._context)


def _call_back_dag(request: AttemptRequest, dag: DAG, channel: Channel) -> Outcome:
    """The run is over: call its DAG's callbacks, with the context of ``request``'s task and the ``reason``."""
    name = "on_success_callback" if request.run.state is RunState.SUCCESS else "on_failure_callback"
    context = build_context(request, dag.get_task(request.task_id), dag, channel)
    context["reason"] = request.run_ended
    context["ti"].state = request.task_states.get(request.key.name)
    log.info("Run %s of DAG %s ended: %s", request.run.run_id, dag.dag_id, request.run.state)
    with executing(context, channel):
        for callback in _as_list(getattr(dag, name)):
            guarded(f"{name} {getattr(callback, '__name__', callback)}", callback, context)
    return Outcome(kind=OutcomeKind.SUCCESS)


def _as_list(callbacks: Any) -> list[Callable[..., Any]]:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]


def users_part(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame that is not brisa's on; ``None`` if there is none."""
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OWN):
        trace = trace.tb_next
    return trace

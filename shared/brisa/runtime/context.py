"""The context: what templates and callables may use by name, with Airflow's names and meanings.

Dialect 3 has no ``execution_date``, ``next_ds``, ``prev_ds``, ``yesterday_ds`` …: as in Airflow 3, using one is an
error. A run without a logical date has none of the names that derive from it in dialect 3.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property, partial
from typing import Any

from brisa.authoring.dag import DAG
from brisa.authoring.operator import BaseOperator
from brisa.authoring.params import Param
from brisa.model.params import resolve_params
from brisa.runtime import macros
from brisa.runtime.accessors import ConnectionAccessor, VariableAccessor
from brisa.runtime.asset_events import OutletEvents
from brisa.runtime.asset_history import InletEvents, TriggeringEvents, by_uri, triggering_events
from brisa.runtime.dag_run import DagRunView, dag_run_of, moment
from brisa.runtime.lazy import Lazy, value_of
from brisa.runtime.request import AttemptRequest, Channel
from brisa.runtime.state_stores import AssetStateStores, TaskStateStore
from brisa.runtime.task_instance import TaskInstanceView, started_at
from brisa.runtime.timetable import manual_interval


class Context(dict[str, Any]):
    """A dict whose costly values are worked out when they are asked for.

    ``context["x"]`` and ``context.get("x")`` give the value; ``**context``, ``dict(context)`` and ``items()`` give a
    :class:`~brisa.runtime.lazy.Lazy` for those that nobody has looked at, so that taking everything costs nothing.
    """

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if type(value) is Lazy:
            value = value_of(value)
            self[key] = value
        return value

    def get(self, key: str, default: Any = None) -> Any:
        """``context[key]``, or the default if there is no such name."""
        return self[key] if key in self else default  # noqa: SIM401  this is get

    def copy(self) -> Context:
        """A context of its own, as lazy as this one."""
        return Context(self)


def build_context(request: AttemptRequest, operator: BaseOperator, dag: DAG, channel: Channel) -> Context:
    """The context of one attempt."""
    run = dag_run_of(request, dag, channel)
    interval = manual_interval(dag, request.run)
    if interval is not None:
        run.data_interval_start, run.data_interval_end = map(moment, interval)
    ti = TaskInstanceView(request, operator, run, channel, started_at(request))
    previous = _Previous(channel)
    context = Context(
        conn=ConnectionAccessor(channel),
        dag=dag,
        dag_run=run,
        data_interval_end=run.data_interval_end,
        data_interval_start=run.data_interval_start,
        inlet_events=InletEvents(operator.inlets, channel),
        logical_date=run.logical_date,
        macros=macros,
        outlet_events=OutletEvents(),
        prev_data_interval_end_success=Lazy(lambda: previous.moment("data_interval_end")),
        prev_data_interval_start_success=Lazy(lambda: previous.moment("data_interval_start")),
        prev_end_date_success=Lazy(lambda: previous.moment("end_date")),
        prev_start_date_success=Lazy(lambda: previous.moment("start_date")),
        run_id=run.run_id,
        task_instance=ti,
        task_instance_key_str=f"{dag.dag_id}__{operator.task_id}__{run.run_id}",
        test_mode=request.test_mode,
        ti=ti,
        var={"json": VariableAccessor(as_json=True), "value": VariableAccessor(as_json=False)},
    )
    use_operator(context, operator)
    if run.logical_date is not None:
        _add_dates(context, run, operator)
    elif request.dialect >= 3:
        for name in _DATES:
            del context[name]
    if request.dialect == 2:
        _add_dialect_2(context, run, dag, previous)
        context["triggering_dataset_events"] = Lazy(lambda: by_uri(triggering_events(request.run, channel)))
    else:
        _add_dialect_3(context, run, operator, channel)
        context["triggering_asset_events"] = Lazy(lambda: TriggeringEvents(triggering_events(request.run, channel)))
    return context


def use_operator(context: Context, operator: BaseOperator) -> None:
    """Let the context, and the task instance in it, be of ``operator``."""
    ti: TaskInstanceView = context["ti"]
    ti.task = operator
    context.update(
        inlets=operator.inlets,
        map_index_template=operator.map_index_template,
        outlets=operator.outlets,
        params=_params(ti.request, operator, context["dag"]),
        task=operator,
        templates_dict=getattr(operator, "templates_dict", None),
    )


_DATES = (
    "logical_date",
    "data_interval_start",
    "data_interval_end",
    "prev_data_interval_start_success",
    "prev_data_interval_end_success",
)
"""What a run without a logical date does not have in dialect 3."""


def _params(request: AttemptRequest, operator: BaseOperator, dag: DAG) -> dict[str, Any]:
    """The run's params, then the task's own, then what the run was given: the last one counts."""
    own = {name: param.resolve(suppress_exception=True) for name, param in _own_params(operator, dag).items()}
    return {**request.run.params, **own, **request.run.conf}


def check_params(context: Context) -> None:
    """Raise :class:`~brisa.model.params.ParamValidationError` if a param of the task's own breaks its schema."""
    own = _own_params(context["task"], context["dag"])
    if own:
        resolve_params({name: {"schema": param.schema} for name, param in own.items()}, context["params"])


def _own_params(operator: BaseOperator, dag: DAG) -> dict[str, Param]:
    of_dag = dict(dag.params.items())
    return {name: param for name, param in operator.params.items() if param is not of_dag.get(name)}


def _add_dates(context: Context, run: DagRunView, operator: BaseOperator) -> None:
    date = run.logical_date
    ds = date.strftime("%Y-%m-%d")
    ts = date.isoformat()
    context.update(
        ds=ds,
        ds_nodash=ds.replace("-", ""),
        task_instance_key_str=f"{run.dag_id}__{operator.task_id}__{ds.replace('-', '')}",
        ts=ts,
        ts_nodash=date.strftime("%Y%m%dT%H%M%S"),
        ts_nodash_with_tz=ts.replace("-", "").replace(":", ""),
    )


def _add_dialect_2(context: Context, run: DagRunView, dag: DAG, previous: _Previous) -> None:
    """The names that Airflow 3 removed. (A run always has a logical date in Airflow 2.)"""
    context.update(conf={}, expanded_ti_count=None)
    if run.logical_date is None:
        return
    neighbours = _Neighbours(run, dag)
    dates: dict[str, Callable[[], Any]] = {
        "next_execution_date": lambda: neighbours.next,
        "prev_execution_date": lambda: neighbours.previous,
    }
    for name, compute in dates.items():
        context[name] = Lazy(compute)
    for name, compute in dates.items():
        ds = name.replace("execution_date", "ds")
        context[ds] = Lazy(partial(_computed_ds, compute))
        context[f"{ds}_nodash"] = Lazy(partial(_computed_ds, compute, dash=""))
    for name, days in {"yesterday_ds": -1, "tomorrow_ds": 1}.items():
        day = run.logical_date + timedelta(days=days)
        context[name] = _ds(day)
        context[f"{name}_nodash"] = _ds(day, dash="")
    context["execution_date"] = run.logical_date
    context["prev_execution_date_success"] = Lazy(lambda: previous.moment("logical_date"))


def _add_dialect_3(context: Context, run: DagRunView, operator: BaseOperator, channel: Channel) -> None:
    """The names that Airflow 3 added. A task without assets has no ``asset_state_store``."""
    context.update(
        partition_date=run.partition_date,
        partition_key=run.partition_key,
        task_state_store=TaskStateStore(channel),
        triggering_asset_events={},
    )
    stores = AssetStateStores([*operator.inlets, *operator.outlets], channel)
    if stores:
        context["asset_state_store"] = stores


def _ds(date: Any, dash: str = "-") -> str | None:
    return None if date is None else str(date.strftime(f"%Y{dash}%m{dash}%d"))


def _computed_ds(compute: Callable[[], Any], dash: str = "-") -> str | None:
    return _ds(compute(), dash)


class _Previous:
    """The latest successful run before this one, asked for once."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    @cached_property
    def _found(self) -> dict[str, Any]:
        return self._channel.ask("previous_success") or {}

    def moment(self, name: str) -> Any:
        """One of its times, or ``None``."""
        return moment(self._found.get(name))


class _Neighbours:
    """The logical dates before and after a run's, by its DAG's schedule.

    For a manual run both are its own logical date, as in Airflow 2; without a schedule there is none.
    """

    def __init__(self, run: DagRunView, dag: DAG) -> None:
        self._run = run
        self._dag = dag

    @cached_property
    def next(self) -> Any:
        """The following one."""
        return self._run.logical_date if self._run.external_trigger else self._step(1)

    @cached_property
    def previous(self) -> Any:
        """The one before."""
        return self._run.logical_date if self._run.external_trigger else self._step(-1)

    def _step(self, way: int) -> Any:
        from brisa.model.spec import ScheduleKind
        from brisa.schedule.steps import Step
        from brisa.schedule.times import cron_times

        spec = self._dag.schedule_spec
        date = self._run.logical_date
        if spec.kind is ScheduleKind.DELTA:
            step = Step(spec.step or {"seconds": spec.seconds})
            return moment(step.forward(date) if way > 0 else step.back(date))
        if spec.kind is ScheduleKind.CRON and (spec.intervals or way > 0):  # a trigger timetable knows no past
            times = cron_times(spec.cron, spec.timezone)
            return moment(times.after(date) if way > 0 else times.before(date))
        return None

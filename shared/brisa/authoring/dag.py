"""``DAG`` and ``@dag``: with Airflow's arguments, those of 2.x and of 3.x, in either dialect."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NoReturn, Self

from brisa.authoring import arguments, deadlines, registry, scope
from brisa.authoring.dialect import catchup_by_default, current_dialect, data_intervals
from brisa.authoring.exceptions import TaskNotFound
from brisa.authoring.names import check_id, did_you_mean
from brisa.authoring.nodes import Graph
from brisa.authoring.operator import BaseOperator
from brisa.authoring.order import topological
from brisa.authoring.params import NOTSET, DagParam, ParamsDict
from brisa.authoring.schedules import choose_schedule, schedule_spec
from brisa.authoring.source import here
from brisa.authoring.task_group import TaskGroup
from brisa.authoring.times import to_datetime, to_timedelta, to_utc, zone_name
from brisa.authoring.timetable import Timetable
from brisa.errors import AuthoringError, DuplicateTaskIdError, Location
from brisa.model.params import ParamValidationError
from brisa.model.spec import ScheduleKind
from brisa.model.states import TriggerRule

ORIENTATIONS = ("LR", "TB", "RL", "BT")
VIEWS = ("grid", "graph", "duration", "gantt", "landing_times", "tree")
_FAST_RULES = (TriggerRule.ALL_SUCCESS, TriggerRule.ALL_DONE_SETUP_SUCCESS)


class DAG(Graph):
    """A set of tasks with dependencies between them, and when to run it.

    ``with DAG("id", schedule="@daily", start_date=datetime(2024, 1, 1)):`` takes in every task made inside. Durations
    are timedeltas or seconds. Arguments that Airflow 3 dropped (``schedule_interval``, ``concurrency``,
    ``default_view`` …) are understood; one that no Airflow knows is an error that names the nearest.
    """

    def __init__(
        self,
        dag_id: str,
        description: str | None = None,
        schedule: Any = NOTSET,
        schedule_interval: Any = NOTSET,
        timetable: Any = NOTSET,
        start_date: datetime | str | None = None,
        end_date: datetime | str | None = None,
        *,
        default_args: dict[str, Any] | None = None,
        catchup: bool | None = None,
        tags: Iterable[str] | None = None,
        params: Mapping[str, Any] | None = None,
        max_active_runs: int = 16,
        max_active_tasks: int = 16,
        concurrency: int | None = None,
        max_consecutive_failed_dag_runs: int = 0,
        dagrun_timeout: timedelta | float | None = None,
        sla_miss_callback: Any = None,
        deadline: Any = None,
        on_success_callback: Any = None,
        on_failure_callback: Any = None,
        doc_md: str | None = None,
        template_searchpath: str | Iterable[str] | None = None,
        template_undefined: Any = None,
        user_defined_macros: dict[str, Any] | None = None,
        user_defined_filters: dict[str, Any] | None = None,
        jinja_environment_kwargs: dict[str, Any] | None = None,
        render_template_as_native_obj: bool = False,
        is_paused_upon_creation: bool | None = None,
        default_view: str = "grid",
        orientation: str = "LR",
        dag_display_name: str | None = None,
        access_control: dict[str, Any] | None = None,
        owner_links: dict[str, str] | None = None,
        auto_register: bool = True,
        fail_fast: bool = False,
        fail_stop: bool = False,
        allowed_run_types: Any = None,
        full_filepath: str | None = None,
        **unknown: Any,
    ) -> None:
        where = self.source_location = here(str(dag_id))
        _refuse_unknown("DAG", unknown, where)
        self.dag_id = check_id("dag_id", dag_id, where)
        self.dialect = current_dialect.get()
        self.fileloc = where.file
        """The file that made it."""
        self.default_args = arguments.mapping("default_args", default_args, where)
        self.params = ParamsDict(arguments.mapping("params", params, where))
        self.params.update(self.default_args.pop("params", None) or {})
        self.task_dict: dict[str, BaseOperator] = {}
        self.edge_labels: dict[tuple[str, str], str] = {}
        self.taken_ids: set[str] = set()
        self.partials: list[Any] = []
        self._task_group = TaskGroup(dag=self)

        self.description = description
        self.doc_md = _text_or_file(doc_md)
        self.tags = arguments.tag_list(tags, where)
        self.dag_display_name = dag_display_name or self.dag_id
        self.default_view = arguments.one_of("default_view", default_view, VIEWS, where)
        self.orientation = arguments.one_of("orientation", orientation, ORIENTATIONS, where)
        self.owner_links = dict(owner_links or {})
        self.access_control = access_control

        self._set_dates(start_date, end_date)
        given = {"schedule": schedule, "schedule_interval": schedule_interval, "timetable": timetable}
        self._set_schedule(given, catchup)
        self.max_active_runs = arguments.whole("max_active_runs", max_active_runs, where, least=0)
        self.max_active_tasks = arguments.whole("max_active_tasks", concurrency or max_active_tasks, where, least=0)
        self.max_consecutive_failed_dag_runs = arguments.whole(
            "max_consecutive_failed_dag_runs", max_consecutive_failed_dag_runs, where, least=0
        )
        self._check_active_runs()
        self.dagrun_timeout = to_timedelta("dagrun_timeout", dagrun_timeout, where, positive=True)
        self.is_paused_upon_creation = is_paused_upon_creation
        self.allowed_run_types = allowed_run_types
        self.fail_fast = fail_fast or fail_stop
        self.auto_register = auto_register

        self.on_success_callback = arguments.callbacks("on_success_callback", on_success_callback, where)
        self.on_failure_callback = arguments.callbacks("on_failure_callback", on_failure_callback, where)
        self.sla_miss_callback = arguments.callbacks("sla_miss_callback", sla_miss_callback, where)
        self.deadline = deadlines.alerts(deadline, where)

        self.template_searchpath = (
            [template_searchpath] if isinstance(template_searchpath, str) else list(template_searchpath or ())
        )
        self.template_undefined = template_undefined
        self.user_defined_macros = arguments.mapping("user_defined_macros", user_defined_macros, where)
        self.user_defined_filters = arguments.mapping("user_defined_filters", user_defined_filters, where)
        self.jinja_environment_kwargs = arguments.mapping("jinja_environment_kwargs", jinja_environment_kwargs, where)
        self.render_template_as_native_obj = render_template_as_native_obj
        registry.created(self)

    # --- arguments

    def _set_dates(self, start_date: Any, end_date: Any) -> None:
        """The zone is the start date's, or that of default_args' start date; text and naive dates are in UTC."""
        start = to_datetime("start_date", start_date, self.source_location)
        default_start = to_datetime("start_date", self.default_args.get("start_date"), self.source_location)
        self.timezone: tzinfo = (start or default_start or datetime(1970, 1, 1, tzinfo=UTC)).tzinfo or UTC
        end = to_datetime("end_date", end_date, self.source_location)
        default_end = to_datetime("end_date", self.default_args.get("end_date"), self.source_location, self.timezone)
        for name, value in (("start_date", default_start), ("end_date", default_end)):
            if value is not None:
                self.default_args[name] = to_utc(value)
        self.start_date = None if start is None else to_utc(start)
        self.end_date = None if end is None else to_utc(end)

    def _set_schedule(self, given: dict[str, Any], catchup: bool | None) -> None:
        if given["timetable"] is None:  # Airflow 2's default for it
            given["timetable"] = NOTSET
        chosen = choose_schedule(given, self.dialect, self.source_location)
        self.schedule_spec = schedule_spec(
            chosen,
            timezone=zone_name(self.timezone, self.source_location),
            intervals=data_intervals.get() or self.dialect == 2,
            location=self.source_location,
        )
        self.schedule = chosen
        self.schedule_interval = chosen
        self.timetable = chosen.by_time() if isinstance(chosen, Timetable) else None
        """The timetable, if the schedule was given as one."""
        if given["schedule_interval"] is not NOTSET:
            registry.notice("schedule_interval is the old name of schedule (Airflow 3 removed it)")
        scheduled = self.schedule_spec.kind not in (ScheduleKind.NONE, ScheduleKind.ASSETS)
        if catchup is None:
            catchup = catchup_by_default.get()
            if self.dialect == 2 and scheduled and not catchup:
                registry.notice(
                    "catchup is not given: brisa takes False, as Airflow 3 does; Airflow 2 would run every interval "
                    "since start_date"
                )
        self.catchup = bool(catchup)
        started = self.start_date or self.default_args.get("start_date")
        explicit = any(value is not NOTSET for value in given.values())
        if scheduled and not started and (catchup or (self.dialect == 2 and explicit)):
            raise AuthoringError("a DAG with a schedule needs a start_date", self.source_location)
        if self.schedule_spec.kind is not ScheduleKind.NONE:
            self._check_defaults()

        if scheduled and self.start_date and self.end_date and self.end_date < self.start_date:
            registry.notice(
                f"{self.source_location}: end_date {self.end_date:%Y-%m-%d %H:%M} is before start_date "
                f"{self.start_date:%Y-%m-%d %H:%M}: the schedule makes no run"
            )

    def _check_active_runs(self) -> None:
        if self.schedule_spec.kind is ScheduleKind.CONTINUOUS and self.max_active_runs > 1:
            raise AuthoringError("schedule='@continuous' needs max_active_runs=1", self.source_location)
        limit = self.timetable.active_runs_limit if self.timetable is not None else None
        if limit is not None and self.max_active_runs > limit:
            raise AuthoringError(
                f"the timetable {type(self.timetable).__name__} needs max_active_runs={limit} or less",
                self.source_location,
            )

    def _check_defaults(self) -> None:
        """Nobody gives a scheduled run its params, so their defaults must do, as in Airflow."""
        try:
            self.params.validate()
        except ParamValidationError as error:
            raise AuthoringError(
                f"a DAG with a schedule needs params whose defaults will do: {error}", self.source_location
            ) from None

    # --- its tasks

    @property
    def task_group(self) -> TaskGroup:
        """The root group: everything in the DAG."""
        return self._task_group

    @property
    def tasks(self) -> list[BaseOperator]:
        """All tasks, in the order of definition."""
        return list(self.task_dict.values())

    @property
    def task_ids(self) -> list[str]:
        """Their ids."""
        return list(self.task_dict)

    @property
    def roots(self) -> list[Any]:
        """Tasks with nothing above them."""
        return [task for task in self.tasks if not task.upstream_task_ids]

    @property
    def leaves(self) -> list[Any]:
        """Tasks with nothing below them."""
        return [task for task in self.tasks if not task.downstream_task_ids]

    @property
    def owner(self) -> str:
        """The tasks' owners, joined with commas."""
        return ", ".join(sorted({task.owner for task in self.tasks}))

    @property
    def folder(self) -> str:
        """The folder of the file that made it; templates are looked for there."""
        return os.path.dirname(self.fileloc)  # noqa: PTH120 - no pathlib here: it costs start-up time

    @property
    def filepath(self) -> str:
        """The file that made it, by an older name."""
        return self.fileloc

    @property
    def task_group_dict(self) -> dict[str, TaskGroup]:
        """Id → task group."""
        groups: dict[str, TaskGroup] = {}
        stack = [self._task_group]
        while stack:
            for node_id, child in stack.pop().children.items():
                if isinstance(child, TaskGroup):
                    groups[node_id] = child
                    stack.append(child)
        return groups

    def add_task(self, task: BaseOperator) -> None:
        """Take a task in; its dates are narrowed to the DAG's."""
        if task.task_group is None:
            task.task_group = self._task_group
        where = Location(task.source_location.file, task.source_location.line, self.dag_id, task.task_id)
        if self.task_dict.get(task.task_id) is task:
            return
        if task.task_id in self.taken_ids:
            raise DuplicateTaskIdError(f"Task id {task.task_id!r} has already been added to the DAG", where)
        if self.fail_fast and task.trigger_rule not in _FAST_RULES:
            raise AuthoringError(
                f"in a DAG with fail_fast every trigger rule must be all_success, not {task.trigger_rule.value}", where
            )
        task.start_date = max(filter(None, (task.start_date, self.start_date)), default=None)
        task.end_date = min(filter(None, (task.end_date, self.end_date)), default=None)
        self.taken_ids.add(task.task_id)
        self.task_dict[task.task_id] = task
        task.source_location = where
        task.task_group.add(task)
        task.taken_by(self)

    def add_tasks(self, tasks: Iterable[BaseOperator]) -> None:
        """Take several tasks in."""
        for task in tasks:
            self.add_task(task)

    def has_task(self, task_id: str) -> bool:
        """Whether there is a task of that id."""
        return task_id in self.task_dict

    def has_task_group(self, task_group_id: str) -> bool:
        """Whether there is a task group of that id."""
        return task_group_id in self.task_group_dict

    def get_task(self, task_id: str, include_subdags: bool = False) -> Any:
        """The task of that id; :class:`TaskNotFound` naming the nearest if there is none."""
        try:
            return self.task_dict[task_id]
        except KeyError:
            near = did_you_mean(str(task_id), self.task_dict)
            raise TaskNotFound(f"Task {task_id!r} not found in DAG {self.dag_id!r}{near}") from None

    def set_dependency(self, upstream_task_id: str, downstream_task_id: str) -> None:
        """Set one task, by id, above another."""
        self.get_task(upstream_task_id).set_downstream(self.get_task(downstream_task_id))

    def get_edge_info(self, upstream_task_id: str, downstream_task_id: str) -> dict[str, str]:
        """``{"label": text}`` of an edge, empty without a label."""
        label = self.edge_labels.get((upstream_task_id, downstream_task_id))
        return {} if label is None else {"label": label}

    def topological_sort(self, include_subdag_tasks: bool = False) -> tuple[Any, ...]:
        """All tasks, each after those above it; :class:`~brisa.errors.CycleError` names a circle."""
        above = {task.task_id: sorted(task.upstream_task_ids) for task in self.tasks}
        return tuple(self.task_dict[task_id] for task_id in topological(above, self.locate))

    def locate(self, task_id: str) -> Location:
        """Where the task was made."""
        location: Location = self.get_task(task_id).source_location
        return location

    def check_cycle(self) -> None:
        """Raise :class:`~brisa.errors.CycleError` if the dependencies run in a circle."""
        self.topological_sort()

    def param(self, name: str, default: Any = NOTSET) -> DagParam:
        """A param to be given to tasks; its value is known when they run."""
        return DagParam(self, name, default)

    # --- as a context manager

    def __enter__(self) -> Self:
        scope.push_dag(self)
        return self

    def __exit__(self, *exc_info: object) -> None:
        scope.pop_dag()
        registry.entered(self)

    # --- running it is other layers' work

    def test(self, *_: Any, **__: Any) -> NoReturn:
        """Refuses: brisa runs DAGs from its command line."""
        raise AuthoringError(f"{self._hint('dag.test()')} `brisa dags test {self.dag_id} -f {self.fileloc}`")

    def cli(self) -> NoReturn:
        """Refuses: brisa has one command line for all DAGs."""
        raise AuthoringError(f"{self._hint('dag.cli()')} `brisa dags show {self.dag_id} -f {self.fileloc}`")

    def _hint(self, what: str) -> str:
        return f"{what} does not run inside the DAG file; use"

    def __repr__(self) -> str:
        return f"<DAG: {self.dag_id}>"


_ARGUMENTS = tuple(name for name in inspect.signature(DAG.__init__).parameters if name not in ("self", "unknown"))


def _refuse_unknown(what: str, unknown: Mapping[str, Any], location: Location) -> None:
    for name in unknown:
        raise AuthoringError(
            f"{what}() got an unexpected keyword argument {name!r}{did_you_mean(name, _ARGUMENTS)}", location
        )


def _text_or_file(doc_md: str | None) -> str | None:
    """The documentation, or the text of the ``.md`` file that it names."""
    if doc_md is None or not doc_md.endswith(".md"):
        return doc_md
    try:
        with open(doc_md, encoding="utf-8") as file:  # noqa: PTH123 - no pathlib here: it costs start-up time
            return file.read()
    except (OSError, UnicodeDecodeError):
        return doc_md


def dag(dag_id: Any = None, **dag_args: Any) -> Any:
    """``@dag`` or ``@dag("id", schedule=…)``: calling the function makes its DAG.

    The function's arguments become params of the DAG, with the given or default values as their defaults; inside,
    each is a :class:`DagParam`. Without an id the DAG has the function's name; the docstring becomes ``doc_md``.
    """
    if callable(dag_id):
        return _dag_factory(dag_id, dag_args)
    _refuse_unknown("dag", {name: value for name, value in dag_args.items() if name not in _ARGUMENTS}, here())
    if dag_id is not None:
        dag_args["dag_id"] = dag_id
    return functools.partial(_dag_factory, dag_args=dag_args)


def _dag_factory(function: Callable[..., Any], dag_args: dict[str, Any]) -> Callable[..., DAG]:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def factory(*args: Any, **kwargs: Any) -> DAG:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise AuthoringError(f"{function.__name__}(): {error}", here(function.__name__)) from None
        bound.apply_defaults()
        with DAG(**{"dag_id": function.__name__, **dag_args}) as made:
            if function.__doc__ and not made.doc_md:
                made.doc_md = function.__doc__
            names = {name: made.param(name, value) for name, value in bound.arguments.items()}
            function(**names)
        return made

    return factory

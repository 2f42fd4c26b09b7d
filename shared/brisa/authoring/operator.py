"""``BaseOperator``: what every task is, with Airflow's arguments."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar, NoReturn, Self

from brisa.authoring import arguments, scope
from brisa.authoring.construct import Build, OperatorMeta, refuse_unknown
from brisa.authoring.exceptions import TaskDeferralError, TaskDeferralTimeout, TaskDeferred
from brisa.authoring.executors import check_executor
from brisa.authoring.names import check_id
from brisa.authoring.nodes import Graph, TaskNode
from brisa.authoring.setup_teardown import WorkScope
from brisa.authoring.times import to_datetime, to_timedelta, to_utc
from brisa.authoring.triggers import Serializable, StartTriggerArgs
from brisa.authoring.xcom_arg import XComArg, references
from brisa.errors import AuthoringError
from brisa.model.states import Decides, TriggerRule

DEFAULT_RETRY_DELAY = timedelta(seconds=300)
TRIGGER_FAIL = "__fail__"
"""The name of the method with which a deferred task goes on whose trigger failed, or whose time was up."""
TRIGGER_TIMEOUT, TRIGGER_FAILURE = "Trigger timeout", "Trigger failure"
"""How the ``error`` begins that it is given: Airflow's words."""
_BOOLEANS = (
    "email_on_retry",
    "email_on_failure",
    "depends_on_past",
    "ignore_first_depends_on_past",
    "wait_for_past_depends_before_skipping",
    "wait_for_downstream",
    "do_xcom_push",
    "multiple_outputs",
    "allow_nested_operators",
)
_TEXTS = ("owner", "queue", "pool", "run_as_user", "executor", "map_index_template", "task_display_name", "doc_md")


class BaseOperator(TaskNode, metaclass=OperatorMeta):
    """One task of a DAG. Subclasses override :meth:`execute`, and call ``super().__init__(**kwargs)``.

    Arguments are keywords; what is left out comes from the default_args of the DAG and of the groups around the task.
    """

    template_fields: Sequence[str] = ()
    """Attributes that are rendered with Jinja before the task runs."""
    template_ext: Sequence[str] = ()
    """Endings for which the text of a template field is the name of a file with the template."""
    template_fields_renderers: ClassVar[dict[str, str]] = {}
    preloads: Sequence[str] = ()
    """Names of modules that ``execute`` will import: a process that attempts are forked from does so once for all."""
    ui_color: str = "#fff"
    ui_fgcolor: str = "#000"
    decides: Decides = Decides.NOTHING
    """Whether it can skip other tasks: branches and short circuits say so."""
    inherits_from_empty_operator: bool = False
    holds_no_worker: bool = False
    """Whether its attempts are short, whatever its ``execution_timeout``: a sensor's, and of what sleeps meanwhile."""
    is_mapped: bool = False
    """Whether it has an instance for each item of something."""
    feeds_map: bool = False
    """Whether others are expanded over what it returns."""
    resolved_values: Sequence[Any] = ()
    """Values of template fields that are not rendered, because other tasks made them."""
    external_marks: Mapping[str, Any] = MappingProxyType({})
    """What a marker points at, as :attr:`brisa.model.spec.TaskSpec.marks`."""
    external_wait: str = ""
    """Whom a sensor waits for, as :attr:`brisa.model.spec.TaskSpec.waits_for`."""
    start_from_trigger: bool = False
    """Whether the task waits for ``start_trigger_args`` first, and nothing of it is called before."""
    start_trigger_args: StartTriggerArgs | None = None

    _build: Build
    _built: bool = False

    def __init__(
        self,
        *,
        task_id: str,
        owner: str = "airflow",
        email: str | Iterable[str] | None = None,
        email_on_retry: bool = True,
        email_on_failure: bool = True,
        retries: int | None = 0,
        retry_delay: timedelta | float = DEFAULT_RETRY_DELAY,
        retry_exponential_backoff: bool | float = False,
        max_retry_delay: timedelta | float | None = None,
        retry_policy: Any = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        depends_on_past: bool = False,
        ignore_first_depends_on_past: bool = True,
        wait_for_past_depends_before_skipping: bool = False,
        wait_for_downstream: bool = False,
        dag: Any = None,
        params: Any = None,
        default_args: dict[str, Any] | None = None,
        priority_weight: int = 1,
        weight_rule: Any = "downstream",
        queue: str = "default",
        pool: str | None = None,
        pool_slots: int = 1,
        sla: timedelta | None = None,
        execution_timeout: timedelta | float | None = None,
        on_execute_callback: Any = None,
        on_failure_callback: Any = None,
        on_success_callback: Any = None,
        on_retry_callback: Any = None,
        on_skipped_callback: Any = None,
        pre_execute: Callable[[Any], Any] | None = None,
        post_execute: Callable[[Any, Any], Any] | None = None,
        trigger_rule: str = TriggerRule.ALL_SUCCESS,
        resources: dict[str, Any] | None = None,
        run_as_user: str | None = None,
        task_concurrency: int | None = None,
        map_index_template: str | None = None,
        max_active_tis_per_dag: int | None = None,
        max_active_tis_per_dagrun: int | None = None,
        executor: str | None = None,
        executor_config: dict[str, Any] | None = None,
        do_xcom_push: bool = True,
        multiple_outputs: bool = False,
        inlets: Any = None,
        outlets: Any = None,
        task_group: Any = None,
        doc: str | None = None,
        doc_md: str | None = None,
        doc_json: str | None = None,
        doc_yaml: str | None = None,
        doc_rst: str | None = None,
        task_display_name: str | None = None,
        logger_name: str | None = None,
        allow_nested_operators: bool = True,
        render_template_as_native_obj: bool | None = None,
        provide_context: bool = True,
        **unknown: Any,
    ) -> None:
        build = self._build
        build.based = True
        where = build.location
        refuse_unknown(build, type(self), list(unknown))
        if dag is not None and dag is not build.dag:  # a subclass chose it
            build.dag, build.group = dag, scope.current_group(dag)
        dag, group = build.dag, build.group
        build.params.update(params or {})
        check_id("task_id", task_id, where)
        self.task_id = check_id("task_id", group.child_id(task_id) if group else task_id, where)
        self.label = task_id
        """The id without the groups' prefixes."""
        self.source_location = where
        self.task_group = group
        self.upstream_task_ids: set[str] = set()
        self.downstream_task_ids: set[str] = set()

        given = locals()
        for kind, names in ((bool, _BOOLEANS), (str, _TEXTS)):
            for name in names:
                if not isinstance(given[name], kind):  # looked at here, for it nearly always is
                    arguments.of_type(name, given[name], kind, where)
        self.owner = owner
        self.email = email
        self.email_on_retry = email_on_retry
        self.email_on_failure = email_on_failure
        self.retries = max(0, arguments.whole("retries", retries or 0, where))
        self.retry_delay = to_timedelta("retry_delay", retry_delay, where) or timedelta(0)
        self.retry_exponential_backoff = retry_exponential_backoff
        self.max_retry_delay = to_timedelta("max_retry_delay", max_retry_delay, where)
        self.retry_policy = retry_policy
        self.start_date = _moment(build, "start_date", start_date)
        self.end_date = _moment(build, "end_date", end_date)
        self.depends_on_past = depends_on_past or wait_for_downstream
        self.ignore_first_depends_on_past = ignore_first_depends_on_past
        self.wait_for_past_depends_before_skipping = wait_for_past_depends_before_skipping
        self.wait_for_downstream = wait_for_downstream
        self.params = build.params
        self.priority_weight = arguments.whole("priority_weight", priority_weight, where)
        self.weight_rule = arguments.weight_rule(weight_rule, where)
        self.queue = queue
        self.pool = pool or "default_pool"
        self.pool_slots = arguments.whole("pool_slots", pool_slots, where, least=1)
        self.sla = to_timedelta("sla", sla, where)
        self.execution_timeout = to_timedelta("execution_timeout", execution_timeout, where, positive=True)
        self.on_execute_callback = arguments.callbacks("on_execute_callback", on_execute_callback, where)
        self.on_failure_callback = arguments.callbacks("on_failure_callback", on_failure_callback, where)
        self.on_success_callback = arguments.callbacks("on_success_callback", on_success_callback, where)
        self.on_retry_callback = arguments.callbacks("on_retry_callback", on_retry_callback, where)
        self.on_skipped_callback = arguments.callbacks("on_skipped_callback", on_skipped_callback, where)
        self._pre_execute_hook = pre_execute
        self._post_execute_hook = post_execute
        self.trigger_rule = arguments.trigger_rule(trigger_rule, where)
        self.resources = resources
        self.run_as_user = run_as_user
        limit = max_active_tis_per_dag if max_active_tis_per_dag is not None else task_concurrency
        self.max_active_tis_per_dag = limit
        self.max_active_tis_per_dagrun = max_active_tis_per_dagrun
        self.map_index_template = map_index_template
        if executor or executor_config:
            check_executor(executor, executor_config, where)
        self.executor = executor
        self.executor_config = executor_config or {}
        self.do_xcom_push = do_xcom_push
        self.multiple_outputs = multiple_outputs
        self.inlets = arguments.as_list(inlets)
        self.outlets = arguments.as_list(outlets)
        self.doc, self.doc_md, self.doc_json, self.doc_yaml, self.doc_rst = doc, doc_md, doc_json, doc_yaml, doc_rst
        self.task_display_name = task_display_name or self.task_id
        self.logger_name = logger_name
        self.allow_nested_operators = allow_nested_operators
        self.render_template_as_native_obj = render_template_as_native_obj
        self.is_setup = False
        self.is_teardown = False
        self.on_failure_fail_dagrun = False
        self._dag: Any = None
        scope.made_task(self)
        if dag is not None and build.detached:
            self.taken_by(dag)
        elif dag is not None:
            dag.add_task(self)

    @classmethod
    def partial(cls, **kwargs: Any) -> Any:
        """Arguments that all instances of a mapped task share; ``expand`` or ``expand_kwargs`` of it makes the task."""
        from brisa.authoring.mapped import OperatorPartial  # which is built on this class

        return OperatorPartial(cls, kwargs)

    def construction_ended(self) -> None:
        """The outermost constructor has ended: the tasks whose XComArgs the template fields hold are upstream."""
        if isinstance(self.template_fields, str):
            self.template_fields = (self.template_fields,)
        if self._build.detached:  # the mapped task has them already
            return
        object.__setattr__(self, "_built", True)
        for name in self.template_fields:
            self._follow_references(getattr(self, name, None))

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if self._built and name in self.template_fields:
            self._follow_references(value)

    def _follow_references(self, value: object) -> None:
        for reference in references(value):
            if reference.operator.task_id not in self.upstream_task_ids:
                self.set_upstream(reference)

    # --- the DAG around it

    def get_dag(self) -> Any:
        """Its DAG, or ``None``."""
        return self._dag

    def has_dag(self) -> bool:
        """Whether it belongs to a DAG."""
        return self._dag is not None

    @property
    def dag(self) -> Any:
        """Its DAG; an error if there is none yet."""
        if self._dag is None:
            raise AuthoringError(f"task {self.task_id!r} has not been assigned to a DAG yet", self.source_location)
        return self._dag

    @dag.setter
    def dag(self, dag: Graph) -> None:
        if self._dag is None:
            dag.add_task(self)
        elif self._dag is not dag:
            raise AuthoringError(
                f"task {self.task_id!r} belongs to DAG {self._dag.dag_id!r} already, not to {dag.dag_id!r}",
                self.source_location,
            )

    def taken_by(self, dag: Graph) -> None:
        """The DAG has taken it in."""
        self._dag = dag

    @property
    def dag_id(self) -> str:
        """Its DAG's id; ``adhoc_<owner>`` without one, as in Airflow."""
        return str(self._dag.dag_id) if self._dag is not None else f"adhoc_{self.owner}"

    @property
    def map_group(self) -> Any:
        """The mapped task group around it, if there is one."""
        group = self.task_group
        while group is not None and group.expand_input is None:
            group = group.parent_group
        return group

    @property
    def node_id(self) -> str:
        """The task's id, by the name that groups use too."""
        return self.task_id

    @property
    def output(self) -> XComArg:
        """What it will return, to be handed to another task."""
        return XComArg(self)

    # --- what it does

    def execute(self, context: Mapping[str, Any]) -> Any:
        """The task's work; what it returns becomes its XCom."""
        raise NotImplementedError(f"{type(self).__name__} does not override execute()")

    def pre_execute(self, context: Any) -> None:
        """Called right before :meth:`execute`."""
        if self._pre_execute_hook is not None:
            self._pre_execute_hook(context)

    def post_execute(self, context: Any, result: Any = None) -> None:
        """Called right after :meth:`execute`, with what it returned."""
        if self._post_execute_hook is not None:
            self._post_execute_hook(context, result)

    def on_kill(self) -> None:
        """Called when the attempt is being stopped: clean up what runs elsewhere."""

    def defer(
        self,
        *,
        trigger: Serializable,
        method_name: str,
        kwargs: Mapping[str, Any] | None = None,
        timeout: timedelta | float | None = None,
    ) -> NoReturn:
        """End this attempt, and go on in the same try when ``trigger`` fires: with ``method_name(context, event=…)``.

        What goes on is another copy of the operator: what the method must know comes as ``kwargs``. ``timeout``, a
        timedelta or seconds, is how long to wait at most; then :class:`TaskDeferralTimeout` fails the try.
        """
        raise TaskDeferred(trigger=trigger, method_name=method_name, kwargs=kwargs, timeout=timeout)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """Called in place of :meth:`execute` when a deferred task goes on.

        ``next_method`` is ``__fail__`` when the trigger failed (``next_kwargs`` then has ``error``, which begins with
        ``Trigger timeout`` when its time was up, and ``traceback``): the name and keys are Airflow 2.11's and 3.3's.
        """
        given = next_kwargs or {}
        if next_method != TRIGGER_FAIL:
            return getattr(self, next_method)(context, **given)
        if given.get("traceback"):
            self.log.error("Trigger failed:\n%s", "".join(given["traceback"]).rstrip())
        error = str(given.get("error", "Unknown"))
        raise (TaskDeferralTimeout if error.startswith(TRIGGER_TIMEOUT) else TaskDeferralError)(error)

    def prepare_template(self) -> None:
        """Called when template files have been read and nothing is rendered yet."""

    def resolve_template_files(self) -> None:
        """Put the content of template files into the template fields that name them."""
        from brisa.authoring.templates import resolve_template_files

        resolve_template_files(self)

    def render_template_fields(self, context: Mapping[str, Any], jinja_env: Any = None) -> None:
        """Render the template fields in place; so call it on a copy (:meth:`prepare_for_execution`)."""
        from brisa.authoring.templates import render_fields

        render_fields(self, context, jinja_env)

    def render_template(
        self, content: Any, context: Mapping[str, Any], jinja_env: Any = None, seen_oids: set[int] | None = None
    ) -> Any:
        """``content`` with every text in it rendered."""
        from brisa.authoring.templates import Renderer

        return Renderer(self, context, jinja_env, seen_oids).render(content)

    def get_template_env(self, dag: Any = None) -> Any:
        """The Jinja environment of its DAG."""
        from brisa.authoring.templates import environment

        return environment(self)

    def prepare_for_execution(self) -> Self:
        """A copy for one attempt: what it changes in itself does not reach the DAG."""
        clone = copy.copy(self)
        object.__setattr__(clone, "_built", False)
        return clone

    @property
    def log(self) -> logging.Logger:
        """The logger whose lines go to the attempt's log."""
        return logging.getLogger(f"airflow.task.operators.{self.logger_name or type(self).__name__}")

    @property
    def task_type(self) -> str:
        """The class's name."""
        return type(self).__name__

    @property
    def operator_name(self) -> str:
        """The class's name as people should see it (``@task`` for decorated functions)."""
        return str(getattr(self, "custom_operator_name", self.task_type))

    @property
    def operator_class(self) -> type[BaseOperator]:
        """Its class."""
        return type(self)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to run, so that the engine may complete it by itself."""
        if not self.inherits_from_empty_operator:
            return False
        cls = type(self)
        declaring = next(base for base in cls.__mro__ if "inherits_from_empty_operator" in base.__dict__)
        own_work = (
            cls.execute is not declaring.execute  # type: ignore[attr-defined]
            or cls.pre_execute is not BaseOperator.pre_execute
            or cls.post_execute is not BaseOperator.post_execute
            or self._pre_execute_hook
            or self._post_execute_hook
        )
        return not (own_work or self.on_execute_callback or self.on_success_callback or self.inlets or self.outlets)

    # --- setup and teardown

    def as_setup(self) -> Self:
        """Make it a setup: clearing a task below runs it too."""
        self.is_setup = True
        return self

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | None = None) -> Self:
        """Make it a teardown of ``setups``: it runs when all is done, if a setup ran, and does not decide the run's
        state unless ``on_failure_fail_dagrun``."""
        if self.trigger_rule not in (TriggerRule.ALL_SUCCESS, TriggerRule.ALL_DONE_SETUP_SUCCESS):
            raise AuthoringError("a teardown's trigger rule can't be chosen", self.source_location)
        self.is_teardown = True
        self.trigger_rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
        if on_failure_fail_dagrun is not None:
            self.on_failure_fail_dagrun = on_failure_fail_dagrun
        for setup in setups if isinstance(setups, (list, tuple)) else [setups] if setups is not None else []:
            setup.as_setup()
            self.set_upstream(setup)
        return self

    def __enter__(self) -> Self:
        """``with teardown:`` puts the tasks made inside between its setups and it; so does ``with setup:``."""
        object.__setattr__(self, "_scope", WorkScope(self))
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.__dict__["_scope"].close()

    def __repr__(self) -> str:
        return f"<Task({self.task_type}): {getattr(self, 'task_id', '?')}>"


def _moment(build: Build, name: str, value: object) -> datetime | None:
    moment = to_datetime(name, value, build.location)
    return None if moment is None else to_utc(moment)

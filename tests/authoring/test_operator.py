"""BaseOperator: its arguments, default_args, ids, and the messages of mistakes."""

import inspect
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum

import pytest

from brisa.authoring.dialect import speaking
from brisa.authoring.operator import BaseOperator
from brisa.authoring.registry import recording
from brisa.errors import AuthoringError, CycleError, DuplicateTaskIdError
from brisa.model.states import TriggerRule
from brisa.operators.empty import EmptyOperator
from tests.authoring.tools import START, Task, a_dag, line_of, tasks


class Named(BaseOperator):
    """A custom operator with an argument of its own that has no default, and one that has."""

    def __init__(self, name, color="red", **kwargs):
        super().__init__(**kwargs)
        self.name, self.color = name, color


class Insists(BaseOperator):
    """A custom operator that fixes an argument of its base."""

    def __init__(self, **kwargs):
        super().__init__(retries=9, **kwargs)


def test_defaults():
    """What a task has when nothing is said, as in Airflow."""
    with a_dag():
        task = Task(task_id="a")
    assert (task.owner, task.retries, task.retry_delay, task.pool, task.queue) == (
        "airflow",
        0,
        timedelta(seconds=300),
        "default_pool",
        "default",
    )
    assert task.trigger_rule is TriggerRule.ALL_SUCCESS
    assert task.start_date == START
    assert task.email_on_failure
    assert task.do_xcom_push
    assert not task.depends_on_past


def test_default_args_reach_every_constructor():
    """Each constructor of the class and its bases is filled; what is given, or insisted on by a subclass, wins."""
    with a_dag(default_args={"retries": 7, "color": "blue", "name": "n", "bogus": 1, "depend_on_past": True}):
        filled = Named(task_id="a")  # type: ignore[call-arg]
        given = Named(task_id="b", color="x", retries=1)  # type: ignore[call-arg]
        insists = Insists(task_id="c")
    assert (filled.retries, filled.color, filled.name) == (7, "blue", "n")
    assert (given.retries, given.color) == (1, "x")
    assert insists.retries == 9


def test_default_args_of_none():
    """``None`` in default_args counts as given: it is handed to the constructor."""
    with a_dag(default_args={"retries": None, "email": None}):
        assert Task(task_id="a").retries == 0


def test_default_args_are_not_the_authors_dict():
    """The DAG keeps a copy, so that one dict serves many DAGs."""
    shared = {"retries": 1, "start_date": datetime(2024, 5, 1), "params": {"x": 1}}
    dag = a_dag(default_args=shared)
    dag.default_args["retries"] = 2
    assert shared == {"retries": 1, "start_date": datetime(2024, 5, 1), "params": {"x": 1}}


class Rule(str, Enum):  # noqa: UP042 - as users write it
    """An enum of the user's own with a rule's text as its value."""

    DONE = "all_done"


ACCEPTED = [
    ("retries", "2", 2),
    ("retries", None, 0),
    ("retries", -1, 0),
    ("retry_delay", 10, timedelta(seconds=10)),
    ("retry_delay", 0.5, timedelta(seconds=0.5)),
    ("retry_delay", timedelta(minutes=1), timedelta(minutes=1)),
    ("execution_timeout", 10, timedelta(seconds=10)),
    ("trigger_rule", "all_done", TriggerRule.ALL_DONE),
    ("trigger_rule", Rule.DONE, TriggerRule.ALL_DONE),
    ("trigger_rule", "none_failed_or_skipped", TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS),
    ("trigger_rule", "dummy", TriggerRule.ALWAYS),
    ("on_success_callback", print, [print]),
    ("on_success_callback", [print, len], [print, len]),
    ("on_failure_callback", "not callable", []),
    ("weight_rule", "absolute", "absolute"),
    ("pool", None, "default_pool"),
    ("retry_exponential_backoff", 2.5, 2.5),
    ("max_retry_delay", 60, timedelta(seconds=60)),
    ("start_date", datetime(2025, 1, 1), datetime(2025, 1, 1, tzinfo=UTC)),
    ("start_date", "2025-01-01T02:00:00+02:00", datetime(2025, 1, 1, tzinfo=UTC)),
    ("start_date", datetime(2023, 1, 1), START),
    ("task_display_name", None, "a"),
    ("outlets", "x", ["x"]),
    ("params", {"x": 1}, {"x": 1}),
]


@pytest.mark.parametrize(("name", "value", "kept"), ACCEPTED)
def test_arguments_and_how_they_are_kept(name, value, kept):
    """Forms that Airflow takes, and the one form in which they are kept."""
    with a_dag():
        assert getattr(Task(task_id="a", **{name: value}), name) == kept


def test_arguments_without_effect_are_accepted():
    """provide_context, resources and run_as_user are taken, and so is an sla."""
    with recording() as record, a_dag():
        tasks("a", "b", provide_context=True, sla=timedelta(1), resources={"cpu": 1}, run_as_user="x")
    assert record.notices == []


def test_task_concurrency_is_the_old_name():
    """``task_concurrency`` means ``max_active_tis_per_dag``."""
    with a_dag():
        assert Task(task_id="a", task_concurrency=2).max_active_tis_per_dag == 2


def test_wait_for_downstream_means_depends_on_past():
    """As in Airflow."""
    with a_dag():
        assert Task(task_id="a", wait_for_downstream=True).depends_on_past


@pytest.mark.parametrize("task_id", ["ñandú", "a.b", "a-b_c", "日本", "x" * 250, "5"])
def test_task_ids_that_are_fine(task_id):
    """Letters of any script, digits, dashes, dots and underscores, up to 250."""
    with a_dag() as dag:
        assert Task(task_id=task_id) is dag.get_task(task_id)


WRONG = [
    ({"task_id": "a b"}, "task_id 'a b' may consist of letters, digits, dashes, dots and underscores only"),
    ({"task_id": ""}, "task_id '' may consist"),
    ({"task_id": "a/b"}, "may consist"),
    ({"task_id": "a\n"}, "may consist"),
    ({"task_id": "x" * 251}, "has 251 characters; at most 250"),
    ({"task_id": 5}, "task_id must be a string, not int (5)"),
    ({}, "Task: missing keyword argument 'task_id'"),
    ({"task_id": "a", "comand": "x"}, "Task got an unexpected keyword argument 'comand'; did you mean 'command'?"),
    ({"task_id": "a", "zzz": 1, "qqq": 2}, "Task got unexpected keyword arguments 'zzz', 'qqq'"),
    ({"task_id": "a", "trigger_rule": "all_sucess"}, "'all_sucess' is not a trigger rule; did you mean 'all_success'?"),
    ({"task_id": "a", "trigger_rule": "ALL_DONE"}, "did you mean 'all_done'? There are: all_success, all_failed"),
    ({"task_id": "a", "retries": "two"}, "retries must be a whole number, not str ('two')"),
    ({"task_id": "a", "retry_delay": "30s"}, "retry_delay must be a timedelta or a number of seconds, not str ('30s')"),
    ({"task_id": "a", "retry_delay": timedelta(-1)}, "retry_delay must be positive"),
    ({"task_id": "a", "execution_timeout": 0}, "execution_timeout must be positive"),
    ({"task_id": "a", "pool_slots": 0}, "pool_slots must be at least 1, not 0"),
    ({"task_id": "a", "priority_weight": "x"}, "priority_weight must be a whole number"),
    ({"task_id": "a", "depends_on_past": "yes"}, "depends_on_past must be a bool, not str ('yes')"),
    ({"task_id": "a", "owner": 5}, "owner must be a str, not int (5)"),
    ({"task_id": "a", "start_date": "soon"}, "start_date='soon' is not a date"),
    ({"task_id": "a", "start_date": START.date()}, "start_date must be a datetime, not date; write datetime(...)"),
    ({"task_id": "a", "default_args": [1]}, "default_args must be a dict, not list"),
    ({"task_id": "a", "params": "x"}, "params must be a dict, not str"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_mistakes_name_file_line_dag_and_what_is_wrong(arguments, message):
    """Every mistake in an operator's arguments says where it is and what it should be."""
    with a_dag("mine"), pytest.raises(AuthoringError) as caught:
        Task(**arguments)  # the line that messages name
    location = caught.value.location
    assert message in caught.value.message
    assert (location.file, location.dag_id) == (__file__, "mine")
    assert location.line == line_of("# the line that messages name", __file__)
    if isinstance(arguments.get("task_id"), str):
        assert location.task_id == arguments["task_id"]
        assert f"task {arguments['task_id']!r}" in str(caught.value) or not arguments["task_id"]


def test_a_weight_rule_that_does_not_exist():
    """Airflow 2 refuses it and Airflow 3 does not; brisa says, in dialect 3, that it has no effect."""
    with speaking(2), a_dag(), pytest.raises(AuthoringError, match="weight_rule='heavy'"):
        Task(task_id="a", weight_rule="heavy")
    with recording() as record, a_dag():
        assert Task(task_id="a", weight_rule="heavy").weight_rule == "downstream"
    assert "no effect" in record.notices[0]


def test_a_missing_argument_and_a_misspelt_one():
    """When what is missing may have been misspelt, the message says so."""
    with a_dag(), pytest.raises(AuthoringError, match=r"missing keyword argument 'name' \(was it meant by 'nam'"):
        Named(task_id="a", nam="x")  # type: ignore[call-arg]


def test_positional_arguments():
    """Operators take keywords, in the user's classes too."""
    with a_dag(), pytest.raises(AuthoringError, match="keyword arguments only"):
        Named("x", task_id="a")


def test_a_constructor_that_forgets_its_base():
    """Without ``super().__init__`` there is no task, and the message says what to call."""

    class Forgets(BaseOperator):
        def __init__(self, **kwargs):
            self.kwargs = kwargs

    with a_dag(), pytest.raises(AuthoringError, match=r"Forgets.__init__ must call super\(\).__init__"):
        Forgets(task_id="a")


def test_errors_of_a_subclass_get_a_place():
    """An AuthoringError that a constructor raises without a place is given the user's line."""

    class Refuses(BaseOperator):
        def __init__(self, **kwargs):
            raise AuthoringError("not today")

    with a_dag(), pytest.raises(AuthoringError, match=r"test_operator.py:\d+, DAG 'd', task 'a': not today"):
        Refuses(task_id="a")


def test_a_subclass_may_choose_params_and_dag():
    """Arguments that a subclass hands to its base by itself count."""
    other = a_dag("other")

    class Chooses(BaseOperator):
        def __init__(self, **kwargs):
            super().__init__(params={"x": 1}, dag=other, **kwargs)

    task = Chooses(task_id="a")
    assert task.params == {"x": 1}
    assert other.task_ids == ["a"]


def test_params_add_up():
    """A task sees the DAG's params, default_args' and its own, the last of a name."""
    with a_dag(params={"a": 1, "b": 1, "c": 1}, default_args={"params": {"b": 2}}):
        assert Task(task_id="t", params={"c": 3}).params == {"a": 1, "b": 2, "c": 3}


def test_relatives():
    """Direct and indirect neighbours, by id and as tasks."""
    with a_dag() as dag:
        a, b, c = tasks("a", "b", "c")
        a >> b >> c
    assert a.downstream_list == [b]
    assert c.upstream_list == [b]
    assert a.get_flat_relative_ids() == {"b", "c"}
    assert c.get_flat_relatives(upstream=True) == [a, b]
    assert (dag.roots, dag.leaves) == ([a], [c])


def test_a_task_and_its_dag():
    """``dag=`` and assignment give a task its DAG, once."""
    dag = a_dag()
    given, assigned = Task(task_id="a", dag=dag), Task(task_id="b")
    with pytest.raises(AuthoringError, match="'b' has not been assigned to a DAG yet"):
        assigned.dag  # noqa: B018 - reading it is what is tested
    assigned.dag = dag
    assigned.dag = dag
    assert dag.tasks == [given, assigned]
    with pytest.raises(AuthoringError, match="belongs to DAG 'd' already, not to 'other'"):
        given.dag = a_dag("other")


def test_names_for_people():
    """Class names, the logger, the text of a task."""
    with a_dag():
        task = Task(task_id="a")
    assert (task.task_type, task.operator_name, task.operator_class, repr(task)) == (
        "Task",
        "Task",
        Task,
        "<Task(Task): a>",
    )
    assert task.log.name == "airflow.task.operators.Task"
    assert task.dag_id == "d"


def test_hooks_given_as_arguments():
    """pre_execute and post_execute may be functions given to the constructor."""
    seen: list[object] = []
    with a_dag():
        task = Task(task_id="a", pre_execute=seen.append, post_execute=lambda context, result: seen.append(result))
    task.pre_execute("context")
    task.post_execute("context", 5)
    assert seen == ["context", 5]


class Works(EmptyOperator):
    """An empty operator's subclass that does something after all."""

    def execute(self, context):
        """Work."""


EMPTINESS = [
    (EmptyOperator, {}, True),
    (EmptyOperator, {"on_failure_callback": print}, True),
    (EmptyOperator, {"on_execute_callback": print}, False),
    (EmptyOperator, {"on_success_callback": print}, False),
    (EmptyOperator, {"outlets": ["x"]}, False),
    (EmptyOperator, {"inlets": ["x"]}, False),
    (EmptyOperator, {"pre_execute": print}, False),
    (Works, {}, False),
    (Task, {}, False),
]


@pytest.mark.parametrize(("operator", "arguments", "empty"), EMPTINESS)
def test_which_tasks_have_nothing_to_run(operator, arguments, empty):
    """Only an EmptyOperator without anything that must run somewhere is left to the engine."""
    with a_dag():
        assert operator(task_id="a", **arguments).is_empty is empty


def test_a_copy_for_an_attempt():
    """What an attempt changes in its copy does not reach the DAG."""
    with a_dag() as dag:
        task = Task(task_id="a", command="x")
    copy = task.prepare_for_execution()
    copy.command = "y"
    assert (task.command, copy.dag, copy.task_id) == ("x", dag, "a")


def test_a_base_operator_does_nothing():
    """A subclass that forgets execute is told so when it runs."""
    with a_dag():
        task = Named(task_id="a", name="x")
    with pytest.raises(NotImplementedError, match="Named does not override execute"):
        task.execute({})


def test_the_signature_that_editors_show():
    """It is the constructor's own."""
    assert list(inspect.signature(Named).parameters) == ["name", "color", "kwargs"]
    assert "retries" in inspect.signature(BaseOperator).parameters


def test_a_dag_line_beats_a_helper_line():
    """While a file is loaded, messages name its own line rather than the helper's that it calls."""

    def helper():
        return Task(task_id="a b")

    with recording(__file__), a_dag(), pytest.raises(AuthoringError) as caught:
        helper()
    assert caught.value.location.line == line_of('return Task(task_id="a b")', __file__)


@pytest.mark.parametrize("kind", [CycleError, DuplicateTaskIdError])
def test_errors_are_authoring_errors(kind):
    """Whoever catches AuthoringError catches all that a DAG file can do wrong."""
    assert issubclass(kind, AuthoringError)


def test_offsets_of_start_dates():
    """A task's start date is kept in UTC, whatever its zone was."""
    with a_dag(start_date=None):
        task = Task(task_id="a", start_date=datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=-3))))
    assert task.start_date == datetime(2024, 1, 1, 3, tzinfo=UTC)
    assert task.start_date.tzinfo is UTC

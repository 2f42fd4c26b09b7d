"""Decorated functions: the tasks that calling them makes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional, TypedDict

import pytest

from brisa.authoring.operator import BaseOperator
from brisa.authoring.setup_teardown import setup_decorators
from brisa.authoring.task_group import TaskGroup
from brisa.authoring.taskflow import TaskDecorator, returns_mapping
from brisa.errors import AuthoringError
from brisa.model.states import TriggerRule
from tests.authoring.tools import Task, a_dag, edges, line_of

if TYPE_CHECKING:
    from decimal import Decimal


class Calls(BaseOperator):
    """Stands for PythonOperator."""

    template_fields: Sequence[str] = ("op_args", "op_kwargs")

    def __init__(self, *, python_callable, op_args=(), op_kwargs=None, **kwargs):
        super().__init__(**kwargs)
        self.python_callable, self.op_args, self.op_kwargs = python_callable, op_args, op_kwargs


def task(function=None, **kwargs):
    """A stand-in for ``@task``."""
    if function is None:
        return lambda function: TaskDecorator(function, Calls, kwargs)
    return TaskDecorator(function, Calls, kwargs)


def test_calls_make_tasks_that_depend_on_each_other():
    """The happy path: results handed from one decorated function to another."""

    @task
    def extract():
        """about extract"""

    @task(retries=3)
    def load(rows, table="t"):
        """about load"""

    with a_dag() as dag:
        result = load(extract(), table="x")
    assert edges(dag) == ["extract>load"]
    operator = result.operator
    assert (operator.task_id, operator.retries, operator.doc_md) == ("load", 3, "about load")
    assert (operator.op_kwargs, operator.op_args[0].operator.task_id) == ({"table": "x"}, "extract")
    assert (load.__name__, load.__doc__) == ("load", "about load")


def test_ids_of_repeated_calls():
    """``f``, ``f__1``, ``f__2``, and so in each group; as Airflow numbers them."""

    @task
    def f(x=1):
        """Called often."""

    @task(task_id="f")
    def other():
        """Calls itself f, too."""

    with a_dag() as dag:
        f(), f()
        f.override(task_id="g")(), f.override(task_id="g")()
        with TaskGroup("tg"):
            f(), f()
        other()
    assert dag.task_ids == ["f", "f__1", "g", "g__1", "tg.f", "tg.f__1", "f__2"]


def test_results_inside_arguments():
    """A result deep inside an argument is a dependency."""

    @task
    def f(x):
        """Takes anything."""

    with a_dag() as dag:
        f({"a": [Task(task_id="a").output]})
    assert edges(dag) == ["a>f"]


def test_default_args_fill_the_functions_arguments():
    """As in Airflow: what the call leaves out and default_args name."""

    @task
    def f(x, y=1):
        """Takes two."""

    with a_dag(default_args={"x": 99, "retries": 2}):
        assert f().operator.op_kwargs == {"x": 99}
        assert f(5).operator.op_kwargs == {}
        assert f(x=5).operator.op_kwargs == {"x": 5}
        assert f().operator.retries == 2


def test_a_call_outside_any_dag():
    """It makes a task without a DAG, which joins one later."""

    @task
    def f():
        """Takes nothing."""

    arg = f()
    with a_dag() as dag:
        Task(task_id="a") >> arg
    assert edges(dag) == ["a>f"]


class Both(TypedDict):
    """Two results."""

    a: int


def unknown() -> Nowhere:  # type: ignore[name-defined]  # noqa: F821 - that it can't be evaluated is the case
    """An annotation of nothing."""


def later(x: Decimal) -> dict[str, int]:  # type: ignore[empty-body]
    """An argument whose type is imported for type checkers only."""


RETURNS = [
    (dict, True),
    (dict[str, int], True),
    (Both, True),
    (Mapping[str, int], True),
    (list, False),
    (str, False),
    (None, False),
    (Any, False),
    (Optional[dict], False),  # noqa: UP045 - the old form is the case
    ("dict[str, int]", True),
    ("Both", True),
    ("Nope", False),
    ("not python", False),
]


@pytest.mark.parametrize(("annotation", "expected"), RETURNS)
def test_multiple_outputs_told_from_the_annotation(annotation, expected):
    """A dict, a TypedDict or another mapping has an XCom for each key."""

    def f():
        """Returns something."""

    f.__annotations__["return"] = annotation
    with a_dag():
        assert task(f)().operator.multiple_outputs is expected
        assert task(multiple_outputs=not expected)(f)().operator.multiple_outputs is not expected


def test_annotations_that_cannot_be_evaluated():
    """They tell nothing, and the others still count."""
    assert not returns_mapping(unknown)
    assert returns_mapping(later)
    assert not returns_mapping(functools.partial(later))


WRONG: list[tuple[Callable[..., Any], str]] = [
    (lambda f: f(), "f(): missing a required argument: 'x'"),
    (lambda f: f(1, 2), "f(): too many positional arguments"),
    (lambda f: f(y=1), "got an unexpected keyword argument 'y'"),
    (lambda f: f.override(colour="red")(1), "Calls got an unexpected keyword argument 'colour'"),
]


@pytest.mark.parametrize(("call", "message"), WRONG)
def test_mistakes_name_file_and_line(call, message):
    """A wrong call is found when the DAG is built."""

    @task
    def f(x):
        """Takes one."""

    with a_dag(), pytest.raises(AuthoringError) as caught:
        call(f)
    assert message in caught.value.message
    assert caught.value.location.file == __file__


def test_what_cannot_be_decorated():
    """Methods and things that are no functions."""
    with pytest.raises(AuthoringError, match="does not support methods"):
        task(lambda self: None)
    with pytest.raises(AuthoringError, match="decorates a function, not int"):
        TaskDecorator(5, Calls, {})  # type: ignore[type-var]


def test_the_line_is_the_calls():
    """A task's line is where the decorated function is called."""

    @task
    def f():
        """Takes nothing."""

    with a_dag():
        operator = f().operator  # the call
    assert operator.source_location.line == line_of("# the call", __file__)


def test_setup_and_teardown_decorators():
    """They mark the tasks of plain and of decorated functions."""
    setup, teardown = setup_decorators(task)

    @setup
    def create():
        """Set up."""

    @teardown(on_failure_fail_dagrun=True)
    @task(retries=2)
    def delete():
        """Tear down."""

    @task
    def work():
        """Work."""

    with a_dag() as dag, delete().as_teardown(setups=create()):
        work()
    made = {name: dag.get_task(name) for name in dag.task_ids}
    assert edges(dag) == ["create>delete", "create>work", "work>delete"]
    assert (made["create"].is_setup, made["delete"].is_teardown, made["work"].is_teardown) == (True, True, False)
    assert made["delete"].on_failure_fail_dagrun
    assert made["delete"].retries == 2
    assert made["delete"].trigger_rule is TriggerRule.ALL_DONE_SETUP_SUCCESS
    with a_dag(), pytest.raises(AuthoringError, match="trigger rule can't be chosen"):
        delete.override(trigger_rule="all_done")()


class Unrelated:
    """Not a function."""


def test_setup_on_something_else():
    """A class instance can't be set up."""
    setup, _ = setup_decorators(task)
    with pytest.raises(AuthoringError, match="decorate functions, not Unrelated"):
        setup(Unrelated())

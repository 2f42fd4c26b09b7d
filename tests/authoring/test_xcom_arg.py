"""XComArgs: the dependencies that they make, their text, their values."""

import pytest

from brisa.authoring.exceptions import XComNotFound
from brisa.authoring.xcom_arg import XComArg
from brisa.errors import AuthoringError
from tests.authoring.tools import Task, a_dag, edges, tasks


class Nested:
    """An object of the user's own with template fields."""

    template_fields = ("inner",)

    def __init__(self, inner):
        self.inner = inner


WRAPPED = {
    "itself": lambda arg: arg,
    "another key": lambda arg: arg["k"],
    "in a list": lambda arg: [1, [arg]],
    "in a tuple": lambda arg: ("x", (arg,)),
    "in a dict": lambda arg: {"a": {"b": arg}},
    "in an object": lambda arg: Nested([arg]),
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_a_template_field_that_holds_one(wrap):
    """Wherever a template field holds another task's output, that task is upstream."""
    with a_dag() as dag:
        a = Task(task_id="a")
        Task(task_id="b", data=wrap(a.output))
    assert edges(dag) == ["a>b"]


def test_a_field_set_later():
    """Setting a template field after construction counts too; an f-string does not, as in Airflow."""
    with a_dag() as dag:
        a, b, c = tasks("a", "b", "c")
        b.command = a.output
        c.command = f"echo {a.output}"
    assert edges(dag) == ["a>b"]
    assert c.command == "echo {{ task_instance.xcom_pull(task_ids='a', dag_id='d', key='return_value') }}"


class Results:
    """A task instance that knows some XComs."""

    def __init__(self, **values):
        self._values = values

    def xcom_pull(self, *, task_ids, key, default):
        return self._values.get(f"{task_ids}_{key}", default)


def test_its_value():
    """What the task pushed; nothing returned is None; another key that was not pushed is an error."""
    with a_dag():
        arg = Task(task_id="a").output
    context = {"ti": Results(a_return_value=5, a_k=None)}
    assert arg.resolve(context) == 5
    assert arg["k"].resolve(context) is None
    assert arg.resolve({"ti": Results()}) is None
    with pytest.raises(XComNotFound, match="'a' has pushed no XCom with the key 'z'"):
        arg["z"].resolve(context)


def test_what_it_is_not():
    """It can't be iterated or indexed by number: its value is known only when the task has run."""
    with a_dag():
        arg = Task(task_id="a").output
    with pytest.raises(TypeError, match="not iterable"):
        list(arg)
    with pytest.raises(AuthoringError, match="only supports str lookup, received int"):
        arg[0]  # type: ignore[index]


def test_equality():
    """Two of one task and key are equal."""
    with a_dag():
        a, b = tasks("a", "b")
    assert a.output == XComArg(a)
    assert a.output != b.output
    assert a.output["k"] != a.output
    assert len({a.output, XComArg(a), a.output["k"]}) == 2
    assert repr(a.output["k"]) == "XComArg(<Task(Task): a>, 'k')"

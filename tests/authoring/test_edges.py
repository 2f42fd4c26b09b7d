"""Dependencies: ``>>``, ``<<``, lists, Labels, chain and its relatives, as Airflow 2.11 and 3.3 set them."""

import pytest

from brisa.authoring.edges import Label, chain, chain_linear, cross_downstream
from brisa.authoring.task_group import TaskGroup
from brisa.errors import AuthoringError
from tests.authoring.tools import Task, a_dag, edges, labels, tasks

TWO_SIDES = {
    "a >> b": "a>b",
    "a << b": "b>a",
    "a >> b >> c": "a>b b>c",
    "a >> [b, c] >> d": "a>b a>c b>d c>d",
    "a << [b, c] << d": "b>a c>a d>b d>c",
    "a >> (b, c)": "a>b a>c",
    "(a, b) >> c": "a>c b>c",
    "[a, b] << c": "c>a c>b",
    "a >> []": "",
    "a.set_downstream([b, c])": "a>b a>c",
    "a.set_upstream(b)": "b>a",
    "a.output >> b": "a>b",
    "a >> [b.output, c]": "a>b a>c",
    "a >> b, a >> b": "a>b",
    "chain(a, [b, c], d)": "a>b a>c b>d c>d",
    "chain([a, b], [c, d])": "a>c b>d",
    "chain(a, b.output, c)": "a>b b>c",
    "chain()": "",
    "chain([a])": "",
    "chain_linear([a, b], [c, d])": "a>c a>d b>c b>d",
    "chain_linear(a, [], b, [c, d])": "b>c b>d",
    "chain_linear(a, b, c)": "a>b b>c",
    "cross_downstream([a, b], [c, d])": "a>c a>d b>c b>d",
    "cross_downstream([a, b], c)": "a>c b>c",
}


def evaluate(expression, **names):
    """Evaluate an expression over tasks a, b, c, d of a new DAG; the DAG."""
    with a_dag() as dag:
        scope = dict(zip("abcd", tasks(*"abcd"), strict=True))
        eval(
            expression,
            {"chain": chain, "chain_linear": chain_linear, "cross_downstream": cross_downstream, "Label": Label},
            {**scope, **names},
        )
    return dag


@pytest.mark.parametrize(("expression", "expected"), TWO_SIDES.items())
def test_edges_that_an_expression_sets(expression, expected):
    """Each way of writing dependencies sets the edges that Airflow sets."""
    assert edges(evaluate(expression)) == expected.split()


def test_a_shift_returns_its_right_side():
    """``a >> b`` is b and ``[a, b] >> c`` is c, so that chains read from left to right."""
    with a_dag():
        a, b, c = tasks("a", "b", "c")
        assert (a >> b) is b
        assert (a << b) is b
        assert ([a, b] >> c) is c
        assert ([a, b] << c) is c


LABELLED = {
    "a >> Label('x') >> b": {"a>b": "x"},
    "a << Label('x') << b": {"b>a": "x"},
    "a >> Label('x') >> [b, c]": {"a>b": "x", "a>c": "x"},
    "[a, b] >> Label('x') >> c": {"a>c": "x", "b>c": "x"},
    "a >> Label('x') >> b >> Label('y') >> c": {"a>b": "x", "b>c": "y"},
    "a >> Label('x') >> b << Label('y') << c": {"a>b": "x", "c>b": "y"},
    "a.output >> Label('x') >> b.output": {"a>b": "x"},
    "chain(a, Label('x'), b, Label('y'), c)": {"a>b": "x", "b>c": "y"},
    "chain([a, b], [Label('x'), Label('y')], [c, d])": {"a>c": "x", "b>d": "y"},
}


@pytest.mark.parametrize(("expression", "expected"), LABELLED.items())
def test_labels_on_edges(expression, expected):
    """A Label marks the edges between its two sides, and makes them."""
    dag = evaluate(expression)
    assert labels(dag) == expected
    assert edges(dag) == sorted(expected)


def test_a_label_used_twice_joins_all_of_both_sides():
    """Airflow's Label remembers its sides: the second use also joins the first one's tasks."""
    with a_dag() as dag:
        a, b, c, d = tasks(*"abcd")
        label = Label("x")
        a >> label >> b
        c >> label >> d
    assert edges(dag) == ["a>b", "a>d", "c>b", "c>d"]


def test_a_label_between_groups_widens_the_side_that_was_there_first():
    """``g.x >> Label >> a`` puts all leaves of g above a, ``a >> Label >> g.x`` stays as written, as in Airflow."""
    with a_dag() as first:
        with TaskGroup("g"):
            x, _ = tasks("x", "y")
        x >> Label("q") >> tasks("a")[0]
    with a_dag() as second:
        with TaskGroup("g"):
            x, _ = tasks("x", "y")
        tasks("a")[0] >> Label("q") >> x
    assert edges(first) == ["g.x>a", "g.y>a"]
    assert edges(second) == ["a>g.x"]


def test_a_label_inside_one_group_stays_between_its_tasks():
    """Two tasks of one group with a Label between them get one edge."""
    with a_dag() as dag, TaskGroup("g"):
        x, y, _ = tasks("x", "y", "z")
        x >> Label("q") >> y
    assert labels(dag) == {"g.x>g.y": "q"}


REFUSED = {
    "a >> 'b'": "not str ('b')",
    "a >> None": "not NoneType",
    "a >> [None]": "not NoneType",
    "a >> {b}": "not set",
    "a >> [b, [c]]": "a list inside a list",
    "a >> f": "call the decorated function",
    "a >> Label('x') >> Label('y')": "a Label can't follow a Label",
    "Label(5)": "a Label's text is a string",
    "chain([a, b], [c, d, a])": "got 2 and 3",
    "chain(a, 'b', c)": "not str",
    "chain_linear()": "no tasks",
    "chain_linear([a, b])": "expand a list with `*`",
    "chain_linear(a, Label('x'), b)": "takes no Labels",
}


@pytest.mark.parametrize(("expression", "message"), REFUSED.items())
def test_what_is_no_dependency(expression, message):
    """A mistake names what was found and this file."""

    def f():
        """Stands for a decorated function that was not called."""

    f.override = None  # type: ignore[attr-defined]
    with pytest.raises(AuthoringError) as caught:
        evaluate(expression, f=f)
    assert message in caught.value.message
    assert caught.value.location.file in (__file__, "<string>")


def test_tasks_of_two_dags():
    """A dependency between two DAGs is refused, and both are named."""
    with a_dag("one"):
        a = Task(task_id="a")
    with a_dag("two"):
        b = Task(task_id="b")
    with pytest.raises(AuthoringError, match="'a' of DAG 'one' and 'b' of DAG 'two'"):
        a >> b


def test_tasks_without_a_dag():
    """Two tasks without a DAG can't be joined; one of them joins the other's DAG."""
    a, b = tasks("a", "b")
    with pytest.raises(AuthoringError, match="'a' and 'b' have no DAG yet"):
        a >> b
    c = Task(task_id="c", dag=a_dag())
    a >> c
    assert c.dag.task_ids == ["c", "a"]
    assert a.dag is c.dag


def test_list_to_list_is_pythons_own_error():
    """``[a] >> [b]`` never reaches brisa, as it never reaches Airflow."""
    with pytest.raises(TypeError, match="unsupported operand"):
        evaluate("[a] >> [b]")

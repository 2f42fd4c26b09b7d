"""Task groups: ids, defaults, dependencies between groups, the decorator."""

import pytest

from brisa.authoring.dialect import speaking
from brisa.authoring.edges import Label
from brisa.authoring.task_group import TaskGroup, task_group
from brisa.errors import AuthoringError, DuplicateTaskIdError
from tests.authoring.tools import Task, a_dag, edges, labels, tasks


def test_a_group_prefixes_ids_and_takes_dependencies():
    """A dependency on a group reaches its first tasks, one from a group leaves its last."""
    with a_dag() as dag:
        a, b = tasks("a", "b")
        with TaskGroup("g") as g:
            x, y, _ = tasks("x", "y", "z")
            x >> y
        a >> g >> b
    assert dag.task_ids == ["a", "b", "g.x", "g.y", "g.z"]
    assert edges(dag) == ["a>g.x", "a>g.z", "g.x>g.y", "g.y>b", "g.z>b"]


def test_group_to_group():
    """Every leaf of one meets every root of the other."""
    with a_dag() as dag:
        with TaskGroup("g") as g:
            tasks("x", "y")
        with TaskGroup("h", prefix_group_id=False) as h:
            tasks("u", "v")
        g >> h
    assert edges(dag) == ["g.x>u", "g.x>v", "g.y>u", "g.y>v"]


PREFIXES = [
    (True, True, "g", "g.h", "g.h.x"),
    (False, True, "g", "h", "h.x"),
    (True, False, "g", "g.h", "x"),
    (False, False, "g", "h", "x"),
]


@pytest.mark.parametrize(("outer", "inner", "outer_id", "inner_id", "task_id"), PREFIXES)
def test_prefixes_of_nested_groups(outer, inner, outer_id, inner_id, task_id):
    """``prefix_group_id`` says whether a group's own id stands before those inside it."""
    with a_dag(), TaskGroup("g", prefix_group_id=outer) as g, TaskGroup("h", prefix_group_id=inner) as h:
        x = Task(task_id="x")
    assert (g.group_id, h.group_id, x.task_id, x.label) == (outer_id, inner_id, task_id, "x")


def test_nested_groups_are_one_thing_from_outside():
    """A dependency on the outer group sees through the inner ones."""
    with a_dag() as dag:
        with TaskGroup("g") as g:
            with TaskGroup("in") as inner:
                tasks("x")
            inner >> Task(task_id="y")
        Task(task_id="a") >> g
    assert edges(dag) == ["a>g.in.x", "g.in.x>g.y"]
    assert sorted(dag.task_group_dict) == ["g", "g.in"]
    assert [task.task_id for task in g] == ["g.in.x", "g.y"]


EMPTY = [(2, []), (3, ["a>b"])]


@pytest.mark.parametrize(("dialect", "expected"), EMPTY)
def test_an_empty_group_in_a_chain(dialect, expected):
    """An empty group breaks the chain in Airflow 2, and hands it on in Airflow 3."""
    with speaking(dialect), a_dag() as dag:
        a, b = tasks("a", "b")
        with TaskGroup("g") as g:
            pass
        a >> g >> b
    assert edges(dag) == expected


def test_labels_reach_every_edge_of_a_group():
    """A Label before or behind a group marks each edge that it makes."""
    with a_dag() as dag:
        a, b = tasks("a", "b")
        with TaskGroup("g") as g:
            tasks("x", "y")
        a >> Label("in") >> g >> Label("out") >> b
    assert labels(dag) == {"a>g.x": "in", "a>g.y": "in", "g.x>b": "out", "g.y>b": "out"}


def test_group_defaults_add_up_from_the_outside_in():
    """default_args of the DAG, the groups and the task: the innermost counts."""
    with (
        a_dag(default_args={"retries": 1, "owner": "dag", "queue": "q"}),
        TaskGroup("g", default_args={"retries": 2, "owner": "g"}),
        TaskGroup("h", default_args={"owner": "h"}),
    ):
        task = Task(task_id="x", default_args={"pool": "p"})
    assert (task.retries, task.owner, task.queue, task.pool) == (2, "h", "q", "p")


def test_a_suffix_on_collision():
    """``add_suffix_on_collision`` numbers groups of one name."""
    with a_dag():
        groups = [TaskGroup("g", add_suffix_on_collision=True) for _ in range(3)]
    assert [group.group_id for group in groups] == ["g", "g__1", "g__2"]


def test_a_task_given_its_group():
    """``task_group=`` puts a task into a group that is not open, and into its DAG."""
    group = TaskGroup("g", dag=a_dag())
    task = Task(task_id="x", task_group=group)
    assert (task.task_id, task.dag) == ("g.x", group.dag)


def test_an_open_group_of_another_dag_does_not_count():
    """A task given to another DAG does not land in the group that happens to be open."""
    other = a_dag("other")
    with a_dag(), TaskGroup("g"):
        task = Task(task_id="x", dag=other)
    assert (task.task_id, other.task_ids) == ("x", ["x"])


def make_twice(first, second):
    """Two things of one id in a DAG."""
    with a_dag():
        first()
        second()


COLLISIONS = [
    (lambda: TaskGroup("g"), lambda: TaskGroup("g"), "group_id 'g'"),
    (lambda: Task(task_id="g"), lambda: TaskGroup("g"), "group_id 'g'"),
    (lambda: TaskGroup("g"), lambda: Task(task_id="g"), "Task id 'g'"),
    (lambda: Task(task_id="g"), lambda: Task(task_id="g"), "Task id 'g'"),
]


@pytest.mark.parametrize(("first", "second", "named"), COLLISIONS)
def test_ids_are_unique_among_tasks_and_groups(first, second, named):
    """Tasks and groups share one space of ids within a DAG."""
    with pytest.raises(DuplicateTaskIdError, match=f"{named} has already been added to the DAG") as caught:
        make_twice(first, second)
    assert caught.value.location.file == __file__
    assert caught.value.location.dag_id == "d"


@pytest.mark.parametrize("group_id", ["a.b", "a b", "", 5, "x" * 201])
def test_group_ids_that_airflow_refuses(group_id):
    """A group's id has no dots, unlike a task's."""
    with a_dag(), pytest.raises(AuthoringError, match="group_id"):
        TaskGroup(group_id)


def test_an_unknown_argument_of_a_group():
    """The nearest name is suggested."""
    with a_dag(), pytest.raises(AuthoringError, match="'tool_tip'; did you mean 'tooltip'"):
        TaskGroup("g", tool_tip="x")


def test_a_group_without_a_dag():
    """A group belongs to a DAG from the start."""
    with pytest.raises(AuthoringError, match="can only be made inside a DAG"):
        TaskGroup("g")


def test_the_decorator():
    """A decorated function makes a group each time it is called, and returns it or what the function returns."""

    @task_group
    def g(n):
        """tip"""
        return Task(task_id=f"t{n}")

    @task_group(group_id="h", default_args={"retries": 4})
    def nothing():
        Task(task_id="x")

    with a_dag() as dag:
        first, second, third = g(1), g(2), nothing()
    assert (first.task_id, second.task_id) == ("g.t1", "g__1.t2")
    assert isinstance(third, TaskGroup)
    assert dag.get_task("h.x").retries == 4
    assert dag.task_group_dict["g"].tooltip == "tip"
    assert g.__name__ == "g"


def test_the_decorator_overridden():
    """``override`` changes the group's arguments for some calls."""

    @task_group
    def g():
        Task(task_id="x")

    with a_dag() as dag:
        g.override(group_id="other")()
    assert dag.task_ids == ["other.x"]

"""Mapped tasks and groups as they are written: what they are expanded over, their edges, and mistakes in them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from brisa.authoring.compile import to_spec
from brisa.authoring.dialect import speaking
from brisa.authoring.edges import chain
from brisa.authoring.mapped import MappedOperator
from brisa.authoring.operator import BaseOperator
from brisa.authoring.registry import recording
from brisa.authoring.setup_teardown import setup_decorators
from brisa.authoring.task_group import TaskGroup, task_group
from brisa.authoring.xcom_arg import XComArg
from brisa.errors import AuthoringError, DuplicateTaskIdError
from brisa.model.states import Decides, TriggerRule
from brisa.operators.bash import BashOperator
from brisa.operators.branch import BaseBranchOperator
from brisa.operators.empty import EmptyOperator
from brisa.operators.python import PythonOperator
from brisa.operators.taskflow import task
from tests.authoring.tools import Task, a_dag, edges, line_of

setup, teardown = setup_decorators(task)


@task
def get():
    """Gives a list."""
    return [1, 2]


@task
def f(x=None, y=1, *, z=2):
    """about f"""
    return x


@task_group
def pair(x, y=1):
    """Two tasks, one after the other."""
    return f(f(x), y)


def mapped(dag):
    """Task id → what it is expanded over, and those that tell how many items they have."""
    spec = to_spec(dag)
    return {one.task_id: one.mapped for one in spec.tasks if one.mapped}, {
        one.task_id for one in spec.tasks if one.feeds_map
    }


def test_a_mapped_task():
    """The happy path: one task gives a list, another has an instance for each item, a third gets all results."""
    with a_dag() as dag:
        added = f.partial(y=3).expand(x=get())
        f.override(task_id="sum")(added)
    assert edges(dag) == ["f>sum", "get>f"]
    assert mapped(dag) == ({"f": {"x": "get"}}, {"get"})
    assert isinstance(added, XComArg)
    assert repr(added) == "XComArg(<Task(_PythonTask): f>)"


def test_a_mapped_operator():
    """The happy path of classic operators: partial, then expand."""
    with a_dag() as dag:
        files = Task(task_id="files")
        copy = BashOperator.partial(task_id="copy", retries=3, env={"A": "1"}).expand(bash_command=files.output)
        files >> copy >> Task(task_id="end", data=copy.output)
    assert edges(dag) == ["copy>end", "files>copy"]
    assert mapped(dag) == ({"copy": {"bash_command": "files"}}, {"files"})
    spec = to_spec(dag).by_id["copy"]
    assert (spec.operator, spec.retries, spec.line) == (
        "BashOperator",
        3,
        line_of("(bash_command=files.output)", __file__),
    )


def test_it_is_a_task_like_others_to_whoever_looks():
    """A mapped task has what people and tools ask of a task, and not what only its instances have."""
    with a_dag(default_args={"owner": "me", "retries": 5}) as dag:
        one = BashOperator.partial(task_id="one", trigger_rule="all_done").expand(bash_command=["a"])
    assert isinstance(one, MappedOperator)
    assert (one.task_type, one.operator_name, one.operator_class) == ("BashOperator", "BashOperator", BashOperator)
    assert (one.template_fields, one.ui_color) == (BashOperator.template_fields, BashOperator.ui_color)
    assert (one.owner, one.retries, one.trigger_rule, one.is_mapped) == ("me", 5, TriggerRule.ALL_DONE, True)
    assert one.downstream_task_ids == set()
    assert to_spec(dag).by_id["one"].display["module"] == BashOperator.__module__
    assert not hasattr(one, "bash_command")


COUNTS = {
    "a list": (lambda: f.expand(x=[1, 2, 3]), {"x": 3}, set()),
    "an empty list": (lambda: f.expand(x=[]), {"x": 0}, set()),
    "a tuple": (lambda: f.expand(x=(1, 2)), {"x": 2}, set()),
    "a dict": (lambda: f.expand(x={"a": 1}), {"x": 1}, set()),
    "a range": (lambda: f.expand(x=range(4)), {"x": 4}, set()),
    "several": (lambda: f.expand(y=[1, 2], x=get()), {"y": 2, "x": "get"}, {"get"}),
    "a list with results in it": (lambda: f.expand(x=[1, get()]), {"x": 2}, set()),
    "a mapped task": (lambda: f.override(task_id="g").expand(x=f.expand(x=get())), {"x": "f"}, {"get", "f"}),
    "map": (lambda: f.expand(x=get().map(str).map(int)), {"x": "get"}, {"get"}),
    "zip": (lambda: f.expand(x=get().zip(get(), get())), {"x": ["zip", "get", "get__1", "get__2"]}, 3),
    "zip alone": (lambda: f.expand(x=get().zip()), {"x": ["zip", "get"]}, {"get"}),
    "zip_longest": (
        lambda: f.expand(x=get().zip(get(), fillvalue=None)),
        {"x": ["zip_longest", "get", "get__1"]},
        {"get", "get__1"},
    ),
    "concat": (
        lambda: f.expand(x=get().concat(get().map(str).zip(get()))),
        {"x": ["concat", "get", ["zip", "get__1", "get__2"]]},
        3,
    ),
    "kwargs": (lambda: f.expand_kwargs([{"x": 1}, {"y": 2}]), {"*": 2}, set()),
    "kwargs of results": (lambda: f.expand_kwargs([{"x": get()}, get()]), {"*": 2}, set()),
    "a result of kwargs": (lambda: f.expand_kwargs(get()), {"*": "get"}, {"get"}),
    "classic kwargs": (
        lambda: BashOperator.partial(task_id="f").expand_kwargs(get().map(lambda text: {"bash_command": text})),
        {"*": "get"},
        {"get"},
    ),
}


@pytest.mark.parametrize("case", COUNTS)
def test_how_many_there_are(case):
    """The spec says what the instances are counted by, and who tells how many items it has."""
    make, expected, feeds = COUNTS[case]
    with a_dag() as dag:
        make()
    found, feeding = mapped(dag)
    last = to_spec(dag).tasks[-1]
    assert found[last.task_id] == expected
    assert (len(feeding) if isinstance(feeds, int) else feeding) == feeds


EDGES = {
    "expand": (lambda: f.expand(x=get()), ["get>f"]),
    "partial": (lambda: f.partial(y=get()).expand(x=[1]), ["get>f"]),
    "inside a list": (lambda: f.expand(x=[1, [get()]]), ["get>f"]),
    "inside a dict": (lambda: f.expand(x={"a": get()}), ["get>f"]),
    "kwargs": (lambda: f.expand_kwargs([{"x": get()}, get()]), ["get>f", "get__1>f"]),
    "zip": (lambda: f.expand(x=get().zip(get())), ["get>f", "get__1>f"]),
    "a field that is no template": (lambda: Templated.partial(task_id="f").expand(plain=get()), ["get>f"]),
    "of all instances": (lambda: f(f.expand(x=[1])), ["f>f__1"]),
    "map as an argument": (lambda: f(get().map(str)), ["get>f"]),
    "map above": (lambda: get().map(str) >> f(1), ["get>f"]),
    "chain": (lambda: chain([f.expand(x=[1]), f.expand(x=[2])], [get(), get()]), ["f>get", "f__1>get__1"]),
    "list above": (lambda: [get(), get()] >> f.expand(x=[1]), ["get>f", "get__1>f"]),
    "label": (lambda: get() >> f.expand_kwargs([{"x": 1}]) >> f(2), ["f>f__1", "get>f"]),
}


class Templated(BaseOperator):
    """Has one template field, and one that is none."""

    template_fields: Sequence[str] = "command"

    def __init__(self, *, command="", plain=None, **kwargs):
        super().__init__(**kwargs)
        self.command, self.plain = command, plain


@pytest.mark.parametrize("case", EDGES)
def test_edges(case):
    """Every result that a mapped task is given makes it wait, wherever it is; and it is set above and below others."""
    make, expected = EDGES[case]
    with a_dag() as dag:
        make()
    assert edges(dag) == expected


def test_ids_and_groups():
    """As for other tasks: numbers for repeated calls, prefixes of groups; partial keeps the group it was begun in."""
    with a_dag() as dag:
        begun = Task.partial(task_id="late")
        f.expand(x=[1]), f.expand(x=[2]), f(3)
        with TaskGroup("tg"):
            f.expand(x=[1])
            Task.partial(task_id="a").expand(data=[1])
            begun.expand(data=[1])
    assert dag.task_ids == ["f", "f__1", "f__2", "tg.f", "tg.a", "late"]


def test_partial_in_a_loop():
    """One partial of a decorated function serves many tasks; each has its own arguments."""
    half = f.partial(y=2)
    with a_dag() as dag:
        for number in range(3):
            half.override(task_id=f"f{number}").partial(z=number).expand(x=[number])
    assert dag.task_ids == ["f0", "f1", "f2"]
    assert [dag.get_task(f"f{number}").partial_kwargs["op_kwargs"] for number in range(3)] == [
        {"y": 2, "z": number} for number in range(3)
    ]


def test_what_partial_says_holds_for_the_task():
    """Arguments of the task as a whole come from partial or override, and from default_args."""
    with a_dag(default_args={"pool": "small"}) as dag:
        f.override(task_id="a", retries=4, trigger_rule="all_done", map_index_template="{{ x }}").expand(x=[1])
        PythonOperator.partial(task_id="b", python_callable=print, pool_slots=2).expand(op_args=[[1], [2]])
        f.override(task_id="c", doc_md="mine").expand(x=[1])
    a, b, c = to_spec(dag).tasks
    assert (a.retries, a.trigger_rule, a.pool) == (4, TriggerRule.ALL_DONE, "small")
    assert (a.display["doc_md"], a.display["map_index_template"], c.display["doc_md"]) == ("about f", "{{ x }}", "mine")
    assert (b.pool, b.pool_slots, b.mapped) == ("small", 2, {"op_args": 2})


def test_branches_and_empty_ones():
    """A mapped branch decides; mapped EmptyOperators are run, as nobody knows yet how many there are."""

    class Branch(BaseBranchOperator):
        def __init__(self, *, choice, **kwargs):
            super().__init__(**kwargs)

    with a_dag() as dag:
        Branch.partial(task_id="b").expand(choice=["x"])
        EmptyOperator.partial(task_id="e").expand_kwargs([{}, {}])
        EmptyOperator(task_id="alone")
        f.expand(x=EmptyOperator(task_id="asked").output)
    spec = to_spec(dag).by_id
    assert (spec["b"].decides, spec["e"].empty, spec["alone"].empty, spec["asked"].empty) == (
        Decides.BRANCH,
        False,
        True,
        False,
    )


def test_setup_and_teardown():
    """Both may be mapped."""

    @teardown
    def clean(x):
        """Cleans."""

    @setup
    def prepare(x):
        """Prepares."""

    with a_dag() as dag:
        first = prepare.expand(x=[1])
        clean.expand(x=first)
        with BashOperator.partial(task_id="t").expand(bash_command=["a"]).as_teardown(setups=first):
            f.expand(x=[1])
    spec = to_spec(dag).by_id
    assert (spec["prepare"].is_setup, spec["clean"].is_teardown, spec["t"].is_teardown) == (True, True, True)
    assert edges(dag) == ["f>t", "prepare>clean", "prepare>f", "prepare>t"]


# --- groups


def test_a_mapped_group():
    """The happy path: every task inside is of the group; the first ones wait for what it is expanded over."""
    with a_dag() as dag:
        last = pair.partial(y=2).expand(x=get())
        f.override(task_id="all")(last)
    spec = to_spec(dag)
    assert edges(dag) == ["get>pair.f", "pair.f>pair.f__1", "pair.f__1>all"]
    assert {one.task_id: one.map_group for one in spec.tasks if one.map_group} == {
        "pair.f": "pair",
        "pair.f__1": "pair",
    }
    assert (spec.groups[0].mapped, spec.groups[0].tooltip) == ({"x": "get"}, "Two tasks, one after the other.")
    assert (spec.by_id["get"].feeds_map, spec.by_id["pair.f"].mapped) == (True, {})


def test_groups_around_and_inside():
    """A plain group inside is part of the mapped one; a mapped group may lie in a plain one."""

    @task_group
    def outer(x):
        """Has a group inside."""
        pair(x)
        EmptyOperator(task_id="e")

    with a_dag() as dag, TaskGroup("top"):
        group = outer.expand_kwargs([{"x": 1}, {"x": 2}])
        group >> f.override(task_id="after")(1)
    spec = to_spec(dag)
    assert {one.task_id: (one.map_group, one.empty) for one in spec.tasks} == {
        "top.outer.pair.f": ("top.outer", False),
        "top.outer.pair.f__1": ("top.outer", False),
        "top.outer.e": ("top.outer", False),
        "top.after": ("", False),
    }
    assert {group.group_id: group.mapped for group in spec.groups} == {
        "top": {},
        "top.outer": {"*": 2},
        "top.outer.pair": {},
    }
    assert "top.outer.e>top.after" in edges(dag)


def test_a_task_that_takes_the_groups_argument_waits_for_it():
    """Also one that is not the first of the group, as in Airflow."""

    @task_group
    def late(x):
        """Uses it late."""
        f(1) >> f(x)

    with a_dag() as dag:
        late.expand(x=get())
    assert edges(dag) == ["get>late.f", "get>late.f__1", "late.f>late.f__1"]


def test_to_expand_over_a_mapped_group():
    """What the group's last task returns, in each instance, may be expanded over outside."""
    with a_dag() as dag:
        f.expand(x=pair.expand(x=[1, 2]))
    assert mapped(dag) == ({"f": {"x": "pair.f__1"}}, {"pair.f__1"})


def test_ids_of_repeated_groups():
    """As of groups that are not mapped."""
    with a_dag() as dag:
        pair.expand(x=[1]), pair.expand(x=[1]), pair(1), pair.override(group_id="other").expand(x=[1])
    assert [group.group_id for group in to_spec(dag).groups] == ["pair", "pair__1", "pair__2", "other"]


# --- mistakes


def nest():
    """A mapped group in a mapped group."""

    @task_group
    def outer(x):
        pair.expand(x=[1])

    outer.expand(x=[1, 2])


def expand_inside(make):
    """A mapped task in a mapped group."""

    @task_group
    def outer(x):
        make(x)

    outer.expand(x=[1, 2])


def in_group(use):
    """Something done to the argument of a mapped group."""
    expand_inside(use)


def partial_bash(**kwargs):
    return BashOperator.partial(task_id="a", **kwargs)


MISTAKES = {
    "nothing": (lambda: partial_bash(bash_command="x").expand(), "no arguments to expand over"),
    "nothing for a function": (f.expand, "no arguments to expand over"),
    "nothing for a group": (pair.expand, "no arguments to expand over"),
    "a text": (lambda: partial_bash().expand(bash_command="x"), r"can't map 'bash_command' over str \('x'\)"),
    "a number": (lambda: f.expand(x=3), r"f.expand\(\) can't map 'x' over int \(3\)"),
    "None": (lambda: f.expand(x=None), "can't map 'x' over None"),
    "a set": (lambda: f.expand(x={1}), "can't map 'x' over set"),
    "a generator": (lambda: pair.expand(x=(i for i in "ab")), "can't map 'x' over generator"),
    "unknown": (
        lambda: partial_bash().expand(bash_comand=["x"]),
        "argument 'bash_comand'; did you mean 'bash_command'",
    ),
    "unknown to partial": (lambda: partial_bash(colour=1), r"partial\(\) got an unexpected keyword argument 'colour'"),
    "unknown to a function": (lambda: f.expand(xx=[1]), "unexpected keyword argument 'xx'"),
    "unknown to a function's partial": (lambda: f.partial(q=1), r"f.partial\(\) got an unexpected keyword"),
    "unknown to a group": (lambda: pair.expand(z=[1]), "unexpected keyword argument 'z'"),
    "unknown to a group's partial": (lambda: pair.partial(z=[1]), "unexpected keyword argument 'z'"),
    "both": (lambda: partial_bash(bash_command="x").expand(bash_command=["y"]), "both partial.. and expand"),
    "partial twice": (lambda: f.partial(y=1).partial(y=2), "'y' is given to partial.. already"),
    "a group's both": (lambda: pair.partial(y=1).expand(y=[1], x=[2]), "'y' is given to partial.. already"),
    "task_id": (lambda: partial_bash(bash_command="x").expand(task_id=["b"]), "both partial.. and expand"),
    "retries": (lambda: partial_bash(bash_command="x").expand(retries=[1]), "'retries' can't be mapped"),
    "trigger_rule": (lambda: partial_bash(bash_command="x").expand(trigger_rule=["all_done"]), "can't be mapped"),
    "no task_id": (lambda: BashOperator.partial(bash_command="x"), r"BashOperator.partial\(\) needs a task_id"),
    "missing": (lambda: partial_bash().expand(env=[{}]), "missing 'bash_command', in partial"),
    "a function's missing": (lambda: pair.expand(y=[1]), "missing a required argument: 'x'"),
    "positional": (lambda: f.override(retries="x").expand(x=[1]), "retries must be a whole number"),
    "context": (lambda: task(with_context).expand(x=[1], ti=[1]), "'ti' is the name of a context variable"),
    "context in partial": (lambda: task(with_context).partial(ti=1), "'ti' is the name of a context variable"),
    "kwargs text": (lambda: f.expand_kwargs("ab"), r"takes a list of dicts.*not str \('ab'\)"),
    "kwargs dict": (lambda: partial_bash().expand_kwargs({"a": 1}), "takes a list of dicts.*not dict"),
    "kwargs item": (lambda: pair.expand_kwargs([{"x": 1}, 5]), r"one item is int \(5\)"),
    "custom key": (lambda: f.expand(x=get()["k"]), "XCom 'k' of task 'get' can't be mapped over"),
    "custom key within": (lambda: f.expand(x=get().zip(get()["k"])), "XCom 'k' of task 'get__1' can't be mapped over"),
    "map a task": (lambda: get().map(f), "plain function, not a @task function"),
    "map nothing": (lambda: get().map(3), r"plain function, not int \(3\)"),
    "zip a list": (lambda: get().zip([1]), r"zip\(\) takes what other tasks return \(XComArgs\), not list"),
    "concat a list": (lambda: get().concat([1]), r"concat\(\) takes what other tasks return"),
    "key of map": (lambda: get().map(str)["k"], "has no keys"),
    "call a partial": (lambda: f.partial(y=1)(2), "is followed by expand"),
    "set a partial": (lambda: get() >> partial_bash(), "call its expand"),
    "a task in a group": (lambda: expand_inside(lambda x: f.expand(x=x)), "can't map 'x' over MappedArgument"),
    "list in a group": (lambda: expand_inside(lambda x: f.expand(x=[1])), "inside the mapped task group 'outer'"),
    "classic in a group": (
        lambda: expand_inside(lambda x: partial_bash().expand(bash_command=[1])),
        "inside the mapped task group 'outer'",
    ),
    "group in a group": (nest, "'outer.pair' can't be expanded inside the mapped task group 'outer'"),
}


def with_context(x, ti=None):
    """Takes a name of the context."""


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_name_file_and_line(case):
    """What can't be is an error where it is written."""
    make, message = MISTAKES[case]
    with a_dag(), pytest.raises(AuthoringError, match=message) as caught:
        make()
    assert (caught.value.location.file, caught.value.location.line > 0) == (__file__, True)


def test_a_mistake_names_dag_and_task():
    """With its groups' prefixes."""
    with a_dag("sales"), TaskGroup("tg"), pytest.raises(AuthoringError) as caught:
        partial_bash().expand(bash_command=3)
    assert (caught.value.location.dag_id, caught.value.location.task_id) == ("sales", "tg.a")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (list, "'MappedArgument' object is not iterable"),
        (lambda argument: argument["k"], "is known only when its tasks run"),
        (lambda argument: argument + 1, "unsupported operand"),
    ],
)
def test_what_a_groups_argument_is_not(make, message):
    """It is no value yet, so the function can't look into it."""
    with a_dag(), pytest.raises(TypeError, match=message):
        in_group(make)


def test_expanding_twice():
    """One partial of an operator makes one task, because it names it."""
    with a_dag(), pytest.raises(DuplicateTaskIdError):
        begun = partial_bash()
        begun.expand(bash_command=["x"])
        begun.expand(bash_command=["y"])


@pytest.mark.parametrize(
    "make",
    [
        lambda: partial_bash(trigger_rule="always").expand(bash_command=get()),
        lambda: f.override(trigger_rule="always").expand(x=get().map(str)),
        lambda: f.override(trigger_rule="always").expand_kwargs(get()),
        lambda: expand_over_always(get()),
    ],
)
def test_a_task_that_waits_for_nothing(make):
    """The rule always does not go with what has to be waited for; with a list it does."""
    with a_dag() as dag:
        make()
    with pytest.raises(AuthoringError, match="can't have the trigger rule 'always'"):
        to_spec(dag)
    with a_dag() as dag:
        f.override(trigger_rule="always").expand(x=[1])
        expand_over_always([1])
    assert len(to_spec(dag).tasks) == 2


def expand_over_always(values):
    """A mapped group with a task of that rule."""

    @task_group
    def outer(x):
        f.override(trigger_rule="always")(x)

    outer.expand(x=values)


NOTICES = {
    "an operator": (lambda: partial_bash(bash_command="x"), "BashOperator.partial('a'), not expanded"),
    "a group": (lambda: pair.partial(y=1), "@task_group pair"),
}


@pytest.mark.parametrize("case", NOTICES)
def test_partial_that_is_never_expanded(case):
    """It makes no task, and its author is told so; Airflow warns too."""
    make, text = NOTICES[case]
    with recording() as record, a_dag() as dag:
        make()
    with recording() as record:
        assert to_spec(dag).tasks == ()
    assert [text in notice and "never called" in notice for notice in record.notices] == [True]


def test_no_notice_when_all_is_well():
    """Partials that are expanded, or called, say nothing."""
    with a_dag() as dag:
        partial_bash().expand(bash_command=["x"])
        pair.partial(y=1).expand(x=[1])
        pair.partial(y=1)(2)
        f.partial(y=1).expand(x=[1])
    with recording() as record:
        to_spec(dag)
    assert record.notices == []


def test_a_functions_argument_in_partial_and_expand():
    """The one of expand counts, as in Airflow; the author is told."""
    with recording() as record, a_dag():
        f.partial(x=1).expand(x=[2])
    assert [notice.endswith("expand's counts") for notice in record.notices] == [True]


def test_a_groups_argument_in_a_text():
    """The text can't hold the value, so its author is told."""
    with recording() as record, a_dag():
        in_group(lambda argument: f(f"{argument}"))
    assert "put into a text" in record.notices[0]


OF_TASK = ("retries", "retry_delay", "queue", "pool_slots", "depends_on_past", "outlets", "dag", "task_group", "owner")
"""What neither Airflow lets one expand over."""
ANYWHERE = ("params", "default_args", "do_xcom_push", "multiple_outputs", "pre_execute", "post_execute")
"""What both do."""


@pytest.mark.parametrize("dialect", [2, 3])
def test_what_of_the_task_can_be_mapped(dialect):
    """The answers of Airflow 2.11.2 and 3.3.2, name by name."""
    refused = {*OF_TASK, *({"pool", "doc_md", "email"} if dialect == 2 else {"email_on_failure"})}
    allowed = {*ANYWHERE, *({"email_on_failure"} if dialect == 2 else {"pool", "doc_md", "email"})}
    found = {}
    for name in sorted(refused | allowed):
        with speaking(dialect), a_dag():
            try:
                partial_bash(bash_command="x").expand(**{name: [None]})
            except AuthoringError:
                found[name] = False
            else:
                found[name] = True
    assert found == {**dict.fromkeys(refused, False), **dict.fromkeys(allowed, True)}

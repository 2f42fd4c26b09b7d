"""Attempts of mapped tasks: what each instance is given, and what it tells of its result.

The expected results are those that Airflow 2.11.2 and 3.3.2 were seen to give for the same DAGs.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from brisa.authoring.compile import to_spec
from brisa.authoring.dag import DAG
from brisa.authoring.dialect import speaking
from brisa.authoring.exceptions import AirflowSkipException
from brisa.authoring.operator import BaseOperator
from brisa.authoring.task_group import task_group
from brisa.authoring.templates import literal
from brisa.engine.mapping import how_many, inputs, producers
from brisa.model.states import OutcomeKind
from brisa.operators.bash import BashOperator
from brisa.operators.python import BranchPythonOperator, PythonOperator
from brisa.operators.taskflow import task
from brisa.runtime.memory import MemoryChannel
from tests.runtime.attempts import DAY, run_task


@task
def give(value=None):
    """Returns what it is given."""
    return value


@task
def show(x=None, y=None):
    """Returns what it is given."""
    return (x, y)


@task
def odd(v):
    """Returns odd numbers only."""
    return v if v % 2 else None


@task
def picky(v):
    """Fails for 2."""
    if v == 2:
        raise ValueError(v)
    return v


@task(multiple_outputs=True)
def both(v):
    """Returns a dict."""
    return {"k": v, "j": 0}


def in_group(x):
    """What a group may hold: two tasks, of which it returns the first."""
    first = give(x)
    show.override(task_id="show")(x)
    return first


def raw(value):
    """A task that returns a value in which nothing has been rendered."""
    return give(literal(value))


@dataclass
class Ran:
    """How a run ended: of each instance its result, or how it ended instead."""

    results: dict = field(default_factory=dict)
    channels: dict = field(default_factory=dict)
    errors: dict = field(default_factory=dict)
    lengths: dict = field(default_factory=dict)


def run_dag(make, dialect=3):
    """Every task of a DAG in order, with as many instances as the engine counts; trigger rules are not looked at."""
    with speaking(dialect), DAG("d", start_date=DAY, schedule=None) as dag:
        make()
    spec = to_spec(dag)
    ran = Ran()
    xcoms: dict = {}
    for one in spec.tasks:
        expressions = inputs(spec, one).values()
        if not set(producers(expressions)) <= ran.lengths.keys():
            ran.results[one.task_id] = "not expanded"
            continue
        mapped = bool(one.mapped or one.map_group)
        for index in range(how_many(expressions, ran.lengths)) if mapped else [-1]:
            name = f"{one.task_id}[{index}]" if mapped else one.task_id
            channel = ran.channels[name] = MemoryChannel(xcoms=xcoms)
            outcome, _ = run_task(dag, one.task_id, channel=channel, map_index=index)
            ran.errors[name] = outcome.error
            ran.results[name] = channel.values().get("return_value", "nothing")
            if outcome.kind is not OutcomeKind.SUCCESS:
                ran.results[name] = str(outcome.kind)
                continue
            xcoms |= {(one.task_id, index, key): value for key, value in channel.pushed.items()}
            if one.feeds_map:
                assert outcome.length is not None
                ran.lengths[one.task_id] = ran.lengths.get(one.task_id, 0) + outcome.length
            else:
                assert outcome.length is None
    return ran


def of(ran, task_id):
    """The results of a task's instances, by map index."""
    return [value for name, value in ran.results.items() if name == task_id or name.startswith(f"{task_id}[")]


def numbers():
    """A task that returns three numbers."""
    return give.override(task_id="numbers")([1, 2, 3])


def letters():
    """A task that returns two letters."""
    return give.override(task_id="letters")(["p", "q"])


def skip_two(value):
    """For map."""
    if value == 2:
        raise AirflowSkipException("not this one")
    return value * 10


WAYS = {
    "a list": (lambda: show.expand(x=[1, 2]), [(1, None), (2, None)]),
    "a dict": (lambda: show.expand(x={"a": 1, "b": 2}), [(("a", 1), None), (("b", 2), None)]),
    "nothing": (lambda: show.expand(x=[]), []),
    "a product": (lambda: show.expand(x=[1, 2], y=["a", "c"]), [(1, "a"), (1, "c"), (2, "a"), (2, "c")]),
    "a product, the other way": (lambda: show.expand(y=["a", "b"], x=[1, 2]), [(1, "a"), (2, "a"), (1, "b"), (2, "b")]),
    "a result": (lambda: show.expand(x=numbers()), [(1, None), (2, None), (3, None)]),
    "a result that is a dict": (lambda: show.expand(x=give({"a": 1})), [(("a", 1), None)]),
    "a result that is a tuple": (lambda: show.expand(x=give((1, 2))), [(1, None), (2, None)]),
    "a product of results": (
        lambda: show.expand(y=letters(), x=numbers()),
        [(x, y) for y in "pq" for x in (1, 2, 3)],
    ),
    "zip": (lambda: show.expand(x=numbers().zip(letters())), [((1, "p"), None), ((2, "q"), None)]),
    "zip, filled": (
        lambda: show.expand(x=numbers().zip(letters(), fillvalue=0)),
        [((1, "p"), None), ((2, "q"), None), ((3, 0), None)],
    ),
    "zip, filled with None": (
        lambda: show.expand(x=letters().zip(numbers(), fillvalue=None)),
        [(("p", 1), None), (("q", 2), None), ((None, 3), None)],
    ),
    "concat": (
        lambda: show.expand(x=numbers().concat(letters(), give({"k": 1}))),
        [(value, None) for value in (1, 2, 3, "p", "q", "k")],
    ),
    "map": (
        lambda: show.expand(x=numbers().map(lambda v: v * 10).map(lambda v: v + 1)),
        [(11, None), (21, None), (31, None)],
    ),
    "map to None": (lambda: show.expand(x=give([1]).map(lambda _: None)), [(None, None)]),
    "map that skips": (lambda: show.expand(x=numbers().map(skip_two)), [(10, None), "skipped", (30, None)]),
    "map that fails": (lambda: show.expand(x=give([1, 0]).map(lambda v: 1 // v)), [(1, None), "failed"]),
    "a mapped task": (lambda: show.expand(x=odd.expand(v=[1, 2, 3])), [(1, None), (3, None)]),
    "a mapped task that failed in part": (lambda: show.expand(x=picky.expand(v=[1, 2, 3])), [(1, None), (3, None)]),
    "results in a list": (lambda: show.expand(x=["q", give([7])]), [("q", None), ([7], None)]),
    "results in a dict": (lambda: show.expand(x={"q": give([7])}), [(("q", [7]), None)]),
    "partial": (lambda: show.partial(y=give([7])).expand(x=[1, 2]), [(1, [7]), (2, [7])]),
    "partial and expand": (lambda: show.partial(x=1).expand(x=[2]), [(2, None)]),
    "all results of a mapped task": (lambda: show(odd.expand(v=[1, 2, 3])), [([1, 3], None)]),
    "all results, in partial": (lambda: show.partial(y=odd.expand(v=[1, 2, 3])).expand(x=[5]), [(5, [1, 3])]),
    "map as an argument": (lambda: show(numbers().map(str)), [(["1", "2", "3"], None)]),
    "zip as an argument": (lambda: show(give([1, 2]).zip(give([3, 4]))), [([(1, 3), (2, 4)], None)]),
    "concat as an argument": (lambda: show(give([1]).concat(give([2]))), [([1, 2], None)]),
    "map over None as an argument": (lambda: show(give(None).map(str)), ["failed"]),
    "kwargs": (lambda: show.expand_kwargs([{"x": 1}, {"y": 2}, {}]), [(1, None), (None, 2), (None, None)]),
    "kwargs from a task": (lambda: show.expand_kwargs(give([{"x": 1}, {"y": 2}])), [(1, None), (None, 2)]),
    "kwargs by map": (lambda: show.expand_kwargs(give([1]).map(lambda v: {"x": v, "y": v})), [(1, 1)]),
    "kwargs with results in it": (
        lambda: show.expand_kwargs([{"x": give([1])}, give({"y": 3})]),
        [([1], None), (None, 3)],
    ),
    "kwargs that repeat partial": (lambda: show.partial(x=3).expand_kwargs([{"x": 1}, {"y": 2}]), ["failed", (3, 2)]),
    "kwargs that are none": (lambda: show.expand_kwargs(give([{"x": 1}, 5])), [(1, None), "failed"]),
    "kwargs with unknown names": (lambda: show.expand_kwargs(give([{"x": 1}, {"zz": 5}])), [(1, None), "failed"]),
    "kwargs with odd names": (lambda: show.expand_kwargs(give([1]).map(lambda v: {v: v})), ["failed"]),
    "kwargs of a dict": (lambda: show.expand_kwargs(give({"x": 1})), ["failed"]),
    "a text": (lambda: show.expand(x=give("abc")), ["not expanded"]),
    "another key of a mapped task": (lambda: show(both.expand(v=[1, 2])["k"]), [([1, 2], None)]),
}


@pytest.mark.parametrize("case", WAYS)
@pytest.mark.parametrize("dialect", [2, 3])
def test_what_the_instances_are_given(case, dialect):
    """Each way to expand, and to use what mapped tasks return."""
    make, expected = WAYS[case]
    assert of(run_dag(make, dialect), "show") == expected


@pytest.mark.parametrize(("dialect", "expected"), [(2, None), (3, [])])
def test_no_results_at_all(dialect, expected):
    """Of a mapped task that returned nothing, or has no instances: None in Airflow 2, an empty list in 3."""
    for values in ([2, 4], []):
        assert of(run_dag(lambda: show(odd.expand(v=values)), dialect), "show") == [(expected, None)]  # noqa: B023


GROUPS = {
    "items": (lambda x: show.override(task_id="t")(x, "A"), [(1, "A"), (2, "A")]),
    "tasks of the same instance": (lambda x: show.override(task_id="t")(give(x), x), [(1, 1), (2, 2)]),
    "nothing from the same instance": (lambda x: show.override(task_id="t")(odd(x), x), [(1, 1), (None, 2)]),
    "inside a list": (
        lambda x: show.override(task_id="t")([x, {"k": x}]),
        [([1, {"k": 1}], None), ([2, {"k": 2}], None)],
    ),
    "zip within": (
        lambda x: show.override(task_id="t")(give([x]).zip(give.override(task_id="h")([0, x]))),
        [([(1, 0)], None), ([(2, 0)], None)],
    ),
    "map within": (lambda x: show.override(task_id="t")(give([x]).map(str)), [(["1"], None), (["2"], None)]),
}


@pytest.mark.parametrize("case", GROUPS)
def test_what_tasks_of_a_mapped_group_are_given(case):
    """Arguments of the group, and results of its tasks, are those of the instance's own index."""
    make, expected = GROUPS[case]
    assert of(run_dag(lambda: task_group(group_id="tg")(make).expand(x=give([1, 2]))), "tg.t") == expected


def test_a_group_and_what_is_around_it():
    """From outside come whole lists, and outside all results of the group are a list; a product has its own order."""

    @task_group
    def tg(x, y, z):
        return show.override(task_id="t")([x, y], z)

    def make():
        outside = odd.expand(v=[1, 2, 3])
        result = tg.partial(z=outside).expand(x=give([1, 2]), y=["a", "b"])
        show.override(task_id="all")(result)
        show.expand(x=result)

    pairs = [([x, y], [1, 3]) for x in (1, 2) for y in "ab"]
    ran = run_dag(make)
    assert of(ran, "tg.t") == pairs
    assert of(ran, "all") == [(pairs, None)]
    assert of(ran, "show") == [(pair, None) for pair in pairs]


def test_a_group_of_kwargs():
    """An item that leaves an argument out fails the tasks that use it, though it has a default, as in Airflow."""

    @task_group
    def tg(x, y=9):
        show.override(task_id="t")(x, y)
        show.override(task_id="u")(x)

    ran = run_dag(lambda: tg.expand_kwargs([{"x": 1, "y": 2}, {"x": 3}]))
    assert (of(ran, "tg.t"), of(ran, "tg.u")) == ([(1, 2), "failed"], [(1, None), (3, None)])
    assert "item 1 of the group's expand_kwargs() has no 'y'" in ran.errors["tg.t[1]"]


class Keeps(BaseOperator):
    """Keeps what its constructor was given."""

    template_fields: Sequence[str] = ("text",)
    template_ext: Sequence[str] = (".txt",)

    def __init__(self, *, text="", plain=None, times=1, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(times, int):
            raise TypeError("times is a number")
        self.text, self.plain = text, plain * times if plain else None

    def execute(self, context):
        return [self.text, self.plain]


TEMPLATES = {
    "a list": (lambda: show.expand(x=["{{ ds }}", "{{ ti.map_index }}"]), [("2024-01-15", None), ("1", None)]),
    "partial": (lambda: show.partial(y="{{ ds }} {{ ti.map_index }}").expand(x=[1]), [(1, "2024-01-15 0")]),
    "deep in a list": (
        lambda: show.expand(x=[["{{ ds }}", {"a": "{{ ds }}"}]]),
        [(["2024-01-15", {"a": "2024-01-15"}], None)],
    ),
    "a dict": (lambda: show.expand(x={"{{ ds }}": "{{ ds }}"}), [(("2024-01-15", "2024-01-15"), None)]),
    "a result": (lambda: show.expand(x=raw(["{{ ds }}"])), [("{{ ds }}", None)]),
    "a result in partial": (lambda: show.partial(y=raw("{{ ds }}")).expand(x=[1]), [(1, "{{ ds }}")]),
    "a list in a result": (lambda: show.expand(x=raw([["{{ ds }}"]])), [(["{{ ds }}"], None)]),
    "map": (lambda: show.expand(x=give([1]).map(lambda _: "{{ ds }}")), [("{{ ds }}", None)]),
    "kwargs": (lambda: show.expand_kwargs([{"x": "{{ ds }}"}]), [("2024-01-15", None)]),
    "kwargs from a task": (lambda: show.expand_kwargs(raw([{"x": "{{ ds }}"}])), [("{{ ds }}", None)]),
    "an operator's": (lambda: Keeps.partial(task_id="show").expand(text=["{{ ds }}"]), [["2024-01-15", None]]),
    "an operator's result": (
        lambda: Keeps.partial(task_id="show").expand(text=raw(["{{ ds }}"])),
        [["{{ ds }}", None]],
    ),
    "a result like a file": (lambda: Keeps.partial(task_id="show").expand(text=raw(["a.txt"])), [["a.txt", None]]),
    "a list like a file": (lambda: Keeps.partial(task_id="show").expand(text=["a.txt"]), ["failed"]),
    "a field that is no template": (
        lambda: Keeps.partial(task_id="show", times=2).expand(plain=raw(["a", "b"])),
        [["", "aa"], ["", "bb"]],
    ),
    "a constructor that refuses": (
        lambda: Keeps.partial(task_id="show").expand(times=[1, "x"]),
        [["", None], "failed"],
    ),
    "a group": (
        lambda: task_group(group_id="g", prefix_group_id=False)(in_group).expand(x=["{{ ds }}"]),
        [("{{ ds }}", None)],
    ),
    "bash": (
        lambda: BashOperator.partial(task_id="show", env={"A": "{{ ds }}"}).expand(
            bash_command=["echo $A {{ ti.map_index }}"]
        ),
        ["2024-01-15 0"],
    ),
}


def test_what_names_a_file(tmp_path):
    """It is read where the DAG file names it; what another task returns is not taken for a name."""
    (tmp_path / "a.txt").write_text("in {{ ds }}")
    with DAG("d", start_date=DAY, schedule=None, template_searchpath=[str(tmp_path)]) as dag:
        Keeps.partial(task_id="named").expand(text=["a.txt"])
        Keeps.partial(task_id="returned").expand(text=raw(["a.txt"]))
    channel = MemoryChannel()
    channel.give("give", ["a.txt"])
    found = [run_task(dag, name, map_index=0, channel=channel)[1].values() for name in ("named", "returned")]
    assert [values["return_value"][0] for values in found] == ["in 2024-01-15", "a.txt"]


@pytest.mark.parametrize("case", TEMPLATES)
def test_templates(case):
    """Texts that are written in the DAG file are rendered; those that other tasks return are data, and are not."""
    make, expected = TEMPLATES[case]
    assert of(run_dag(make), "show") == expected


OPERATORS = {
    "retries": ([{"bash_command": "echo 1", "retries": 3}], "'retries' can't be mapped"),
    "unknown": ([{"bash_command": "echo 1", "colour": "red"}], "unexpected keyword argument 'colour'"),
    "missing": ([{"env": {}}], "missing keyword argument 'bash_command'"),
    "given twice": ([{"bash_command": "echo 1", "append_env": True}], "'append_env' is given to both"),
    "task_id": ([{"bash_command": "echo 1", "task_id": "other"}], ""),
}


@pytest.mark.parametrize("case", OPERATORS)
def test_kwargs_of_operators(case):
    """What the dicts for an operator may not hold fails the instance; a task_id is ignored, as in Airflow."""
    value, error = OPERATORS[case]
    ran = run_dag(lambda: BashOperator.partial(task_id="show", append_env=False).expand_kwargs(value))
    assert of(ran, "show") == ["failed" if error else "1"]
    assert error in ran.errors["show[0]"]


def test_the_dag_knows_nothing_of_instances():
    """An instance has its task's place, edges and settings, and adds nothing to the DAG."""
    seen = []

    def look(x, ti, task, dag, params, ds):
        seen.append((ti.map_index, task is ti.task, type(task), task.task_id, task.retries, task.upstream_task_ids))
        seen.append((dag.task_ids, task.dag is dag, params["p"], ti.is_mapped, task.start_date == DAY, ds))

    def make():
        PythonOperator.partial(task_id="show", python_callable=look, retries=2, params={"p": 1}).expand(
            op_kwargs=give([{"x": 1}])
        )

    run_dag(make)
    assert seen == [
        (0, True, PythonOperator, "show", 2, {"give"}),
        (["give", "show"], True, 1, True, True, "2024-01-15"),
    ]


def test_defaults_of_the_dag_reach_the_instances():
    """default_args fill what a constructor, or a function, is not given."""
    with DAG("d", start_date=DAY, schedule=None, default_args={"plain": "x", "y": 5}) as dag:
        Keeps.partial(task_id="k").expand(text=["a"])
        show.expand(x=[1])
    results = [run_task(dag, name, map_index=0)[1].values()["return_value"] for name in ("k", "show")]
    assert results == [["a", "x"], (1, 5)]


def test_callbacks_and_skips():
    """They belong to the instance: its context, its index; also where its item is what fails."""
    called = []

    def note(name):
        return lambda context: called.append((name, context["ti"].map_index, context["task"].task_id))

    def make():
        arguments = {f"on_{name}_callback": note(name) for name in ("success", "skipped", "failure")}
        show.override(**arguments).expand(x=give([1, 2, 0]).map(lambda v: 6 // v).map(lambda v: skip_two(v - 1)))

    assert of(run_dag(make), "show") == [(50, None), "skipped", "failed"]
    assert called == [("success", 0, "show"), ("skipped", 1, "show"), ("failure", 2, "show")]


def test_map_index_template():
    """It is rendered when the task has ended, with what the task put into its context; also when it failed."""

    def work(x, **context):
        context["ti"].get_template_context()["name"] = f"item {x}"
        return 1 // x

    def make():
        PythonOperator.partial(
            task_id="show", python_callable=work, map_index_template="{{ name }} {{ task.op_kwargs['x'] }}"
        ).expand(op_kwargs=[{"x": 1}, {"x": 0}])
        show.override(task_id="bad", map_index_template="{{ nope }}").expand(x=[1])

    ran = run_dag(make)
    assert [ran.channels[f"show[{index}]"].rendered["map_index_template"] for index in (0, 1)] == [
        "item 1 1",
        "item 0 0",
    ]
    assert of(ran, "bad") == ["failed"]


def test_a_mapped_branch_follows_by_instance():
    """The choice of each instance is its own."""
    with DAG("d", start_date=DAY, schedule=None) as dag:
        branch = BranchPythonOperator.partial(task_id="b", python_callable=lambda x: x)
        branch.expand(op_args=[["p"], ["q"]]) >> [show.override(task_id="p")(), show.override(task_id="q")()]
    assert [run_task(dag, "b", map_index=index)[0].follow for index in (0, 1)] == [("p",), ("q",)]


def test_an_instance_of_nothing():
    """An index that there is no item for, and a mapped task without an index, say so."""
    with DAG("d", start_date=DAY, schedule=None) as dag:
        show.expand(x=[1, 2], y=[3])
        give.expand(value=[])
    for name, index, message in (
        ("show", 2, "has 2 items now"),
        ("show", -1, "has no map index"),
        ("give", 0, "has 0 items now"),
    ):
        outcome, _ = run_task(dag, name, map_index=index)
        assert (outcome.kind, message in outcome.error) == (OutcomeKind.FAILED, True), outcome.error


# --- results that others are expanded over


def push(ti):
    """Pushes what counts as returned by itself."""
    ti.xcom_push("return_value", 5)


LENGTHS = {
    "a list": (lambda: give([1, 2]), [2]),
    "a dict": (lambda: give({"a": 1}), [1]),
    "a tuple": (lambda: give(()), [0]),
    "mapped": (lambda: give.expand(value=["abc", None, 5]), [1, 0, 1]),
    "mapped, pushed": (lambda: task(push).override(task_id="give").expand_kwargs([{}]), [1]),
    "mapped, not pushed": (lambda: give.override(do_xcom_push=False).expand(value=[1]), [0]),
    "in a group": (
        lambda: task_group(group_id="g", prefix_group_id=False)(in_group).expand(x=[1, None]),
        [1, 0],
    ),
}


@pytest.mark.parametrize("case", LENGTHS)
def test_how_many_items_there_are(case):
    """A task that others are expanded over tells how many items it has; an instance, whether it has pushed any."""
    make, expected = LENGTHS[case]
    with DAG("d", start_date=DAY, schedule=None) as dag:
        show.expand(x=make())
    indexes = [-1] if expected == [2] or case in ("a dict", "a tuple") else range(len(expected))
    assert [run_task(dag, "give", map_index=index)[0].length for index in indexes] == expected


REFUSED = {
    "a text": (lambda: give("abc"), "UnmappableXComTypePushed: .*task 'give' .*not str"),
    "a number": (lambda: give(5), "UnmappableXComTypePushed: .*not int"),
    "a set": (lambda: give({1}), "UnmappableXComTypePushed: .*not set"),
    "nothing": (lambda: give(None), "XComForMappingNotPushed: .*task 'give' .*pushed nothing"),
    "not pushed": (lambda: give.override(do_xcom_push=False)([1]), "XComForMappingNotPushed"),
    "too long": (lambda: give([0] * 6), "UnmappableXComLengthPushed: task 'give' returned 6 items; .*at most 5 "),
    "too long for map": (lambda: give([0] * 6).map(str), "UnmappableXComLengthPushed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_results_that_can_not_be_mapped_over(case, monkeypatch):
    """The task that returned it fails, with a message that names it; nothing is pushed; it is retried as ever."""
    make, message = REFUSED[case]
    monkeypatch.setenv("BRISA_MAX_MAP_LENGTH", "5")
    ran = run_dag(lambda: show.expand(x=make()))
    assert of(ran, "give") + of(ran, "show") == ["failed", "not expanded"]
    assert ran.channels["give"].pushed == {}
    with DAG("d", start_date=DAY, schedule=None) as dag:
        show.expand(x=make())
    outcome, _ = run_task(dag, "give", max_tries=2)
    assert outcome.retryable
    assert re.search(message, outcome.error), outcome.error


def test_the_limit():
    """4,096 items are allowed unless a setting says otherwise; lists in the DAG file have none."""
    assert len(of(run_dag(lambda: show.expand(x=give([0] * 40))), "show")) == 40
    with DAG("d", start_date=DAY, schedule=None) as dag:
        show.expand(x=give(list(range(4096))))
        show.override(task_id="more").expand(x=give.override(task_id="long")(list(range(4097))))
        show.override(task_id="listed").expand(x=[0] * 5000)
    assert run_task(dag, "give")[0].length == 4096
    assert "at most 4096" in run_task(dag, "long")[0].error
    assert run_task(dag, "listed", map_index=4999)[0].kind is OutcomeKind.SUCCESS


@pytest.mark.parametrize("text", ["many", "-1", "0"])
def test_a_limit_that_is_none(text, monkeypatch):
    """It is named as what is wrong."""
    monkeypatch.setenv("BRISA_MAX_MAP_LENGTH", text)
    with DAG("d", start_date=DAY, schedule=None) as dag:
        show.expand(x=give([1]))
    assert "BRISA_MAX_MAP_LENGTH must be a whole number" in run_task(dag, "give")[0].error


def test_the_context_is_of_the_instance():
    """Everything in it that comes from the task comes from the instance."""
    with DAG("d", start_date=DAY, schedule=None) as dag:
        Looks.partial(task_id="t", outlets=["x"]).expand_kwargs([{"params": {"p": 2}}])
    outcome, channel = run_task(dag, "t", map_index=0)
    assert outcome.error == ""
    assert channel.values()["return_value"] == ["Looks", {"p": 2}, ["x"]]


class Looks(BaseOperator):
    """Looks at its context."""

    def execute(self, context):
        assert context["task"] is self
        return [context["ti"].operator, dict(context["params"]), context["outlets"]]

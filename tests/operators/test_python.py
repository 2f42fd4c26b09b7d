"""PythonOperator, branches and short circuits."""

import asyncio
from datetime import UTC, datetime

import pytest

from brisa.authoring.assets import Asset, AssetAlias, Metadata
from brisa.authoring.dag import DAG
from brisa.authoring.operator import BaseOperator
from brisa.authoring.task_group import TaskGroup
from brisa.errors import AuthoringError
from brisa.model.states import Decides, OutcomeKind
from brisa.operators.branch import BaseBranchOperator, SkipMixin
from brisa.operators.empty import DummyOperator, EmptyOperator
from brisa.operators.python import (
    BranchPythonOperator,
    PythonOperator,
    ShortCircuitOperator,
    get_current_context,
)
from tests.runtime.attempts import run_task

START = datetime(2024, 1, 1, tzinfo=UTC)


def a_dag(dialect=3):
    """A DAG without a schedule."""
    dag = DAG("d", start_date=START, schedule=None)
    dag.dialect = dialect
    return dag


def call(function, dialect=3, **kwargs):
    """Run one PythonOperator; outcome and what it pushed."""
    with a_dag(dialect) as dag:
        PythonOperator(task_id="t", python_callable=function, **kwargs)
    outcome, channel = run_task(dag)
    return outcome, channel.values()


def test_the_result_is_the_xcom():
    """What the function returns is pushed."""
    outcome, pushed = call(lambda: {"a": (1, 2)})
    assert outcome.kind is OutcomeKind.SUCCESS
    assert pushed == {"return_value": {"a": (1, 2)}}


@pytest.mark.parametrize("dialect", [2, 3])
def test_an_async_function_is_awaited(dialect):
    """Its result is pushed as that of any other, and what it raises fails the task (Airflow does so from 3.2 on)."""

    async def work(fail, ti=None):
        await asyncio.sleep(0)
        return 1 // (not fail), ti.task_id

    assert call(work, dialect, op_args=[False])[1] == {"return_value": (1, "t")}
    assert "ZeroDivisionError" in call(work, dialect, op_args=[True])[0].error


def test_a_generator_tells_of_its_outlets(caplog):
    """Metadata becomes the events' extra, other things are ignored with a warning, and what it returns is the XCom."""
    seen = {}

    def work(outlet_events, inlet_events):
        yield Metadata(Asset("a"), {"rows": 1})
        yield Metadata(Asset("b"), {"rows": 2}, alias=AssetAlias("c"))
        yield 5
        outlet_events[Asset("d")].extra = {"rows": 3}
        seen.update({name: outlet_events[name] for name in "acd"})
        return list(inlet_events[Asset("a")])

    assert call(work, inlets=[Asset("a")])[1] == {"return_value": []}
    assert {name: event.extra for name, event in seen.items()} == {
        "a": {"rows": 1}, "c": {"rows": 2}, "d": {"rows": 3}
    }  # fmt: skip
    assert seen["c"].added == [(Asset("b"), {"rows": 2})]
    assert "int is no Metadata" in caplog.text


def test_none_pushes_nothing():
    """A function without a result leaves no XCom."""
    assert call(lambda: None)[1] == {}


def test_do_xcom_push_false_pushes_nothing():
    """Nor does a task that is told not to."""
    assert call(lambda: 1, do_xcom_push=False)[1] == {}


def everything(**context):
    return len(context) > 20, context["ds"], context["ti"].task_id, context["mine"]


def named(ds, ti, mine=None, *, run_id=None, unknown="default"):
    return ds, ti.try_number, mine, run_id is not None, unknown


def positional(first, second, ds=None):
    return first, second, ds


ARGUMENTS = [
    (everything, {"op_kwargs": {"mine": 1}}, (True, "2024-01-15", "t", 1)),
    (named, {"op_kwargs": {"mine": "{{ ds_nodash }}"}}, ("2024-01-15", 1, "20240115", True, "default")),
    (named, {"op_kwargs": {"ds": "given"}}, ("given", 1, None, True, "default")),
    (positional, {"op_args": ["{{ params.x }}", 2], "params": {"x": "one"}}, ("one", 2, "2024-01-15")),
    (positional, {"op_args": (1,), "op_kwargs": {"second": "b"}}, (1, "b", "2024-01-15")),
    (lambda templates_dict: templates_dict, {"templates_dict": {"q": "{{ ds }}"}}, {"q": "2024-01-15"}),
    (lambda *args: args, {"op_args": [1, 2]}, (1, 2)),
]


@pytest.mark.parametrize(("function", "kwargs", "expected"), ARGUMENTS)
def test_what_a_function_is_given(function, kwargs, expected):
    """Its own arguments, rendered, and of the context what its parameters name."""
    assert call(function, **kwargs)[1] == {"return_value": expected}


def test_a_positional_argument_may_not_meet_a_context_key():
    """Airflow's ValueError, as the task's failure."""
    outcome, _ = call(lambda params: params, op_args=[1])
    assert outcome.kind is OutcomeKind.FAILED
    assert outcome.error == "ValueError: The key 'params' in args is a part of kwargs and therefore reserved."


def test_get_current_context_is_the_tasks_own():
    """Anywhere inside the function the context is at hand; outside of a task it is an error."""
    outcome, pushed = call(lambda: get_current_context()["ti"].run_id)
    assert outcome.kind is OutcomeKind.SUCCESS
    assert pushed == {"return_value": "scheduled__2024-01-15T00:00:00+00:00"}
    with pytest.raises(Exception, match="get_current_context"):
        get_current_context()


def test_provide_context_is_accepted():
    """The argument of Airflow 1.10 means nothing and does no harm."""
    assert call(lambda ds, **_: ds, provide_context=True)[1] == {"return_value": "2024-01-15"}


def test_a_callable_that_is_none_does_not_load():
    """The error comes at parse time and names the task."""
    with a_dag(), pytest.raises(AuthoringError, match=r"task 't'.*python_callable"):
        PythonOperator(task_id="t", python_callable="print")  # type: ignore[arg-type]  # the mistake


def test_dummy_is_empty():
    """DummyOperator is EmptyOperator's old name, and both have nothing to run."""
    with a_dag():
        assert DummyOperator(task_id="t").is_empty
    assert DummyOperator is EmptyOperator


# --- branches; the table is Airflow's answers (2.11 and 3.3 agree)


def branching(choice, dialect=3):
    """branch → a → deep, branch → b, branch → g.x, g.y → g.z; before → branch. Outcome and what it pushed."""
    with a_dag(dialect) as dag:
        before = EmptyOperator(task_id="before")
        branch = BranchPythonOperator(task_id="branch", python_callable=lambda: choice)
        a, b, deep = (EmptyOperator(task_id=name) for name in ("a", "b", "deep"))
        with TaskGroup("g"):
            x, y, z = (EmptyOperator(task_id=name) for name in "xyz")
        before >> branch >> [a, b, x, y]
        a >> deep
        [x, y] >> z
    outcome, channel = run_task(dag, "branch")
    return outcome, channel.values()


@pytest.mark.parametrize(
    ("choice", "follow"),
    [
        ("a", ("a",)),
        (["a", "b"], ("a", "b")),
        (("b",), ("b",)),
        ({"b"}, ("b",)),
        (None, ()),
        ([], ()),
        ("deep", ("deep",)),
        (["b", "deep"], ("b", "deep")),
        ("branch", ("branch",)),
        ("before", ("before",)),
        (["a", "a"], ("a",)),
        ({"a": 1}, ("a",)),
        ("g", ("g.x", "g.y")),
        (["g", "b"], ("g.x", "g.y", "b")),
        ("g.x", ("g.x",)),
    ],
)
def test_a_branch_follows_what_it_returns(choice, follow):
    """An id, several, a group for its first tasks, or nothing; any task of the DAG may be named."""
    outcome, _ = branching(choice)
    assert outcome.kind is OutcomeKind.SUCCESS
    assert outcome.follow == follow


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("nowhere", "'nowhere'"),
        (["a", "nowhere", "else"], "tasks 'else', 'nowhere'"),
        ("", "''"),
        ("x", "'x'"),
        (5, "5 (int)"),
        (False, "False (bool)"),
        (["a", 5], "5 (int)"),
    ],
)
def test_a_branch_that_names_no_task_fails(choice, words):
    """The failure names what is not there."""
    outcome, _ = branching(choice)
    assert outcome.kind is OutcomeKind.FAILED
    assert words in outcome.error


@pytest.mark.parametrize(
    ("dialect", "choice", "pushed"),
    [(2, "a", {"return_value": "a"}), (3, "a", {}), (3, ["a", "b", "g"], {"return_value": ["a", "b", "g"]})],
)
def test_what_a_branch_pushes(dialect, choice, pushed):
    """Airflow 2 pushes the choice; Airflow 3 does not when something is skipped."""
    assert branching(choice, dialect)[1] == pushed


def test_a_generator_is_read_once():
    """A branch may yield its choice."""
    assert branching(name for name in ("a", "b"))[0].follow == ("a", "b")


def test_a_custom_branch():
    """A subclass of BaseBranchOperator decides with choose_branch."""

    class Mine(BaseBranchOperator):
        def choose_branch(self, context):
            return ["a"] if context["ds"] == "2024-01-15" else []

    with a_dag() as dag:
        Mine(task_id="t") >> [EmptyOperator(task_id="a"), EmptyOperator(task_id="b")]
    assert run_task(dag)[0].follow == ("a",)
    assert dag.get_task("t").decides is Decides.BRANCH


@pytest.mark.parametrize("order", ["operator first", "mixin first"])
def test_a_custom_operator_that_skips(order):
    """SkipMixin makes any operator one that decides: what it skips is what it does not follow."""
    bases = (BaseOperator, SkipMixin) if order == "operator first" else (SkipMixin, BaseOperator)

    def execute(self, context):
        self.skip(dag_run=context["dag_run"], tasks=[self.dag.get_task("b")])

    mine = type("Mine", bases, {"execute": execute})
    with a_dag() as dag:
        mine(task_id="t") >> [EmptyOperator(task_id="a"), EmptyOperator(task_id="b")]
    assert dag.get_task("t").decides is Decides.BRANCH
    assert run_task(dag)[0].follow == ("a",)


def test_a_branch_that_never_decides_follows_everything():
    """A custom operator that may skip, and did not, skips nothing."""
    mine = type("Mine", (BaseOperator, SkipMixin), {"execute": lambda self, context: None})
    with a_dag() as dag:
        mine(task_id="t") >> [EmptyOperator(task_id="b"), EmptyOperator(task_id="a")]
    assert run_task(dag)[0].follow == ("a", "b")


# --- short circuits


def circuit(answer, dialect=3, *, below=True, **kwargs):
    """gate → a; outcome and what it pushed."""
    with a_dag(dialect) as dag:
        gate = ShortCircuitOperator(task_id="t", python_callable=lambda: answer, **kwargs)
        if below:
            gate >> EmptyOperator(task_id="a")
    outcome, channel = run_task(dag)
    return outcome, channel.values()


@pytest.mark.parametrize("answer", [True, "yes", [0], 1])
def test_a_true_answer_goes_on(answer):
    """Nothing is skipped, and the answer is pushed."""
    outcome, pushed = circuit(answer)
    assert (outcome.kind, outcome.circuit, outcome.follow) == (OutcomeKind.SUCCESS, "", None)
    assert pushed == {"return_value": answer}


@pytest.mark.parametrize("answer", [False, None, 0, "", []])
@pytest.mark.parametrize(("kwargs", "skips"), [({}, "all"), ({"ignore_downstream_trigger_rules": False}, "direct")])
def test_a_false_answer_skips(answer, kwargs, skips):
    """Everything below, or what is directly below; in dialect 2 the answer is pushed all the same."""
    outcome, pushed = circuit(answer, **kwargs)
    assert (outcome.kind, outcome.circuit) == (OutcomeKind.SUCCESS, skips)
    assert pushed == {}
    _, pushed = circuit(answer, dialect=2, **kwargs)
    assert pushed == ({} if answer is None else {"return_value": answer})


def test_with_nothing_below_there_is_nothing_to_skip():
    """The task succeeds and pushes its answer."""
    outcome, pushed = circuit(False, below=False)
    assert (outcome.kind, outcome.circuit) == (OutcomeKind.SUCCESS, "")
    assert pushed == {"return_value": False}


def test_taking_the_whole_context_asks_nobody():
    """A function with **kwargs costs no question to the supervisor until it looks at what is costly."""
    with a_dag() as dag:
        PythonOperator(task_id="t", python_callable=lambda **context: str(context["prev_start_date_success"]))
        PythonOperator(task_id="idle", python_callable=lambda **context: len(context) > 20)
    assert run_task(dag, "idle")[1].asked == []
    _, channel = run_task(dag)
    assert channel.values() == {"return_value": "None"}
    assert channel.asked == ["previous_success"]

"""From a DAG to its spec: everything that the other layers see."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from brisa.authoring.assets import Asset
from brisa.authoring.compile import addresses, to_spec
from brisa.authoring.dag import DAG
from brisa.authoring.dialect import speaking
from brisa.authoring.edges import Label, chain
from brisa.authoring.params import Param
from brisa.authoring.task_group import TaskGroup
from brisa.errors import CycleError
from brisa.model.codec import decode, dumps, encode
from brisa.model.spec import DagSpec, ScheduleKind
from brisa.model.states import Decides, TriggerRule
from brisa.operators.empty import EmptyOperator
from tests.authoring.tools import START, Task, a_dag, line_of, tasks


class Branch(Task):
    """An operator that can skip others."""

    decides = Decides.BRANCH


def everything():
    """A DAG that uses most of what can be said."""
    with DAG(
        "all",
        schedule="@daily",
        start_date=START,
        end_date=datetime(2025, 1, 1),
        catchup=True,
        tags=["b", "a"],
        params={"n": Param(5, type="integer", description="how many")},
        max_active_runs=2,
        max_active_tasks=3,
        max_consecutive_failed_dag_runs=7,
        dagrun_timeout=timedelta(hours=2),
        description="text",
        doc_md="# doc",
        is_paused_upon_creation=False,
        fail_fast=True,
        on_failure_callback=print,
        default_args={"owner": "ana", "retries": 1, "email": "a@x.org, b@x.org;c@x.org"},
        orientation="TB",
        access_control={"role": {"can_read", "can_edit"}},
    ) as dag:
        start = EmptyOperator(task_id="start", owner="zoe")
        with TaskGroup("g", tooltip="tip"), TaskGroup("h"):
            work = Task(
                task_id="work",  # the line of the task
                retry_delay=timedelta(minutes=1),
                retry_exponential_backoff=3.0,
                max_retry_delay=600,
                execution_timeout=timedelta(seconds=30),
                depends_on_past=True,
                ignore_first_depends_on_past=False,
                wait_for_past_depends_before_skipping=True,
                pool="p",
                pool_slots=2,
                priority_weight=10,
                weight_rule="upstream",
                queue="q",
                max_active_tis_per_dag=4,
                outlets=[Asset("gs://x")],
                on_success_callback=print,
                doc_md="about work",
                task_display_name="Work!",
                email_on_retry=False,
            )
        branch = Branch(task_id="branch")
        start >> Label("go") >> work >> branch
    return dag


def test_a_spec_says_what_the_dag_says():
    """Every field of a DAG and of a task arrives."""
    spec = to_spec(everything(), "folder/all.py")
    assert (spec.dag_id, spec.file, spec.dialect) == ("all", "folder/all.py", 3)
    assert (spec.schedule.kind, spec.schedule.cron) == (ScheduleKind.CRON, "0 0 * * *")
    assert (spec.start_date, spec.end_date) == (START, datetime(2025, 1, 1, tzinfo=UTC))
    assert (spec.catchup, spec.max_active_runs, spec.max_active_tasks, spec.dagrun_timeout) == (True, 2, 3, 7200.0)
    assert spec.max_consecutive_failed_dag_runs == 7
    assert (spec.description, spec.doc_md, spec.tags, spec.owners) == ("text", "# doc", ("b", "a"), ("ana", "zoe"))
    assert spec.params == {"n": {"value": 5, "schema": {"type": "integer"}, "description": "how many"}}
    assert (spec.is_paused_upon_creation, spec.fail_fast) == (False, True)
    assert spec.callbacks == ("on_failure_callback",)
    assert spec.display["orientation"] == "TB"
    assert spec.display["access_control"] == {"role": ["can_edit", "can_read"]}
    assert [(group.group_id, group.parent, group.tooltip) for group in spec.groups] == [
        ("g", "", "tip"),
        ("g.h", "g", ""),
    ]
    assert [task.task_id for task in spec.tasks] == ["start", "g.h.work", "branch"]


def test_a_task_says_what_its_operator_says():
    """Durations are seconds, addresses a list, the line the constructor's."""
    spec = to_spec(everything())
    start, work, branch = spec.tasks
    assert (start.operator, start.empty, work.empty) == ("EmptyOperator", True, False)
    assert (work.upstream, work.trigger_rule, work.group_id) == (("start",), TriggerRule.ALL_SUCCESS, "g.h")
    assert (work.retries, work.retry_delay, work.max_retry_delay) == (1, 60.0, 600.0)
    assert (work.retry_exponential_backoff, work.execution_timeout, work.depends_on_past) == (True, 30.0, True)
    assert (work.ignore_first_depends_on_past, work.wait_for_past_depends_before_skipping) == (False, True)
    assert (work.pool, work.pool_slots, work.priority_weight, work.weight_rule) == ("p", 2, 10, "upstream")
    assert (work.queue, work.max_active_tis_per_dag, work.owner) == ("q", 4, "ana")
    assert (work.email, work.email_on_failure, work.email_on_retry) == (("a@x.org", "b@x.org", "c@x.org"), True, False)
    assert work.line == line_of("# the line of the task", __file__) - 1
    assert branch.decides is Decides.BRANCH
    assert work.display == {
        "labels": {"start": "go"},
        "display_name": "Work!",
        "label": "work",
        "doc_md": "about work",
        "template_fields": ["command", "data"],
        "callbacks": ["on_success_callback"],
        "outlets": [{"asset": "gs://x"}],
        "retry_multiplier": 3.0,
        "module": "tests.authoring.tools",
    }


def test_a_spec_is_json_and_back():
    """The codec takes it whole."""
    spec = to_spec(everything())
    assert decode(DagSpec, json.loads(dumps(encode(spec)))) == spec


def test_order():
    """Topological, ties as defined, upstream ids sorted."""
    with a_dag() as dag:
        d, c, b, a = tasks("d", "c", "b", "a")
        [b, a] >> d
        a >> c
    spec = to_spec(dag)
    assert [task.task_id for task in spec.tasks] == ["b", "a", "d", "c"]
    assert spec.by_id["d"].upstream == ("a", "b")


CIRCLES = [
    ("a >> a", "a >> a"),
    ("a >> b >> a", "a >> b >> a"),
    ("d >> a >> b >> c >> a, c >> d", "a >> b >> c >> a|a >> b >> c >> d >> a"),
    ("a >> b >> c >> b, c >> d", "b >> c >> b"),
]


@pytest.mark.parametrize(("expression", "named"), CIRCLES)
def test_a_circle_is_named(expression, named):
    """The message walks round the circle from its first task, and the line is that task's."""
    with a_dag() as dag:
        scope = {name: Task(task_id=name) for name in "abcd"}
        eval(expression, {}, scope)
    with pytest.raises(CycleError) as caught:
        to_spec(dag)
    circle = caught.value.message.removeprefix("the dependencies run in a circle: ")
    assert circle in named.split("|")
    assert caught.value.location.task_id == circle[0]
    assert (caught.value.location.file, caught.value.location.dag_id) == (__file__, "d")


def test_a_circle_in_a_crowd():
    """Whatever lies before and behind a circle is not part of its name."""
    with a_dag() as dag:
        chain(*tasks(*(f"before{n}" for n in range(20))))
        x, y = tasks("x", "y")
        dag.get_task("before19") >> x >> y >> x
        y >> tasks("behind")
    with pytest.raises(CycleError, match=r"circle: x >> y >> x$"):
        to_spec(dag)


DATES = [
    ([], None, None),
    ([("2024-05-01", "2024-06-01"), ("2024-04-01", "2024-07-01")], "2024-04-01", "2024-07-01"),
    ([("2024-05-01", "2024-06-01"), (None, None)], "2024-05-01", None),
]


@pytest.mark.parametrize(("of_tasks", "start", "end"), DATES)
def test_dates_that_only_tasks_have(of_tasks, start, end):
    """The schedule begins with the first of the tasks' start dates, and ends with the last end date if all have one."""
    with a_dag(start_date=None) as dag:
        for number, (first, last) in enumerate(of_tasks):
            Task(task_id=f"t{number}", start_date=first, end_date=last)
    spec = to_spec(dag)
    assert [moment and f"{moment:%Y-%m-%d}" for moment in (spec.start_date, spec.end_date)] == [start, end]


def test_the_dialect_is_kept():
    """A DAG is of the dialect that its file was loaded in."""
    with speaking(2):
        dag = a_dag()
    assert to_spec(dag).dialect == 2


def test_a_dag_without_tasks():
    """It is a DAG."""
    assert to_spec(a_dag()).tasks == ()


ADDRESSES = [
    (None, ()),
    ("a@x", ("a@x",)),
    ("a@x,b@x; c@x", ("a@x", "b@x", "c@x")),
    (["a@x", "b@x"], ("a@x", "b@x")),
    ("", ()),
]


@pytest.mark.parametrize(("email", "expected"), ADDRESSES)
def test_addresses(email, expected):
    """Commas and semicolons in one text, or a list."""
    assert addresses(email) == expected


def test_five_thousand_tasks():
    """A very large DAG in one long chain compiles: nothing recurses along the edges."""
    with a_dag() as dag:
        chain(*tasks(*(f"t{n}" for n in range(5000))))
    spec = to_spec(dag)
    assert [task.task_id for task in spec.tasks] == [f"t{n}" for n in range(5000)]
    with a_dag() as circular:
        made = tasks(*(f"t{n}" for n in range(5000)))
        chain(*made, made[0])
    with pytest.raises(CycleError, match=r"t0 >> t1 >> t2 .* >> t4999 >> t0"):
        to_spec(circular)

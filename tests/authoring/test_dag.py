"""DAG and @dag: arguments, the context manager, tasks, and the messages of mistakes."""

from datetime import UTC, datetime, timedelta

import pytest

from brisa.authoring.dag import DAG, dag
from brisa.authoring.deadlines import DeadlineAlert, DeadlineReference, SyncCallback
from brisa.authoring.dialect import speaking
from brisa.authoring.exceptions import TaskNotFound
from brisa.authoring.params import Param
from brisa.authoring.registry import recording
from brisa.errors import AuthoringError, CycleError
from tests.authoring.tools import START, Task, a_dag, edges, line_of, tasks


def test_a_dag_takes_in_what_is_made_inside():
    """The happy path: ``with DAG(...)``."""
    with DAG("etl", schedule="@daily", start_date=datetime(2024, 1, 1), tags=["x"], catchup=False) as made:
        extract, load = tasks("extract", "load")
        extract >> load
    assert made.task_ids == ["extract", "load"]
    assert edges(made) == ["extract>load"]
    assert made.start_date == START
    assert made.get_task("load") is load
    assert made.has_task("extract")
    assert not made.has_task("transform")
    assert made.fileloc == __file__


def test_nested_dags():
    """The innermost open DAG takes the task; closing it gives the outer one back."""
    with a_dag("outer") as outer:
        Task(task_id="a")
        with a_dag("inner") as inner:
            Task(task_id="b")
        Task(task_id="c")
        Task(task_id="d", dag=inner)
    assert (outer.task_ids, inner.task_ids) == (["a", "c"], ["b", "d"])
    assert not Task(task_id="e").has_dag()


def test_an_exception_inside_closes_the_dag():
    """A DAG that fails half-way does not take in what comes after it."""
    with pytest.raises(ZeroDivisionError), a_dag():
        1 / 0  # noqa: B018 - it is meant to fail
    assert not Task(task_id="a").has_dag()


ALERT = DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(hours=1), SyncCallback(print))
KEPT = [
    ("description", "text", "text"),
    ("max_active_runs", 3, 3),
    ("max_active_runs", 0, 0),
    ("max_active_tasks", 5, 5),
    ("dagrun_timeout", timedelta(hours=1), timedelta(hours=1)),
    ("dagrun_timeout", 60, timedelta(minutes=1)),
    ("doc_md", "# hi", "# hi"),
    ("tags", ["b", "a", "b"], ["b", "a"]),
    ("tags", {"a"}, ["a"]),
    ("tags", "one", ["one"]),
    ("end_date", datetime(2025, 1, 1), datetime(2025, 1, 1, tzinfo=UTC)),
    ("start_date", "2024-05-01", datetime(2024, 5, 1, tzinfo=UTC)),
    ("catchup", True, True),
    ("is_paused_upon_creation", True, True),
    ("render_template_as_native_obj", True, True),
    ("template_searchpath", "sql", ["sql"]),
    ("template_searchpath", ["a", "b"], ["a", "b"]),
    ("user_defined_macros", {"f": len}, {"f": len}),
    ("user_defined_filters", {"f": len}, {"f": len}),
    ("jinja_environment_kwargs", {"trim_blocks": True}, {"trim_blocks": True}),
    ("on_success_callback", len, [len]),
    ("on_failure_callback", [len, print], [len, print]),
    ("sla_miss_callback", print, [print]),
    ("orientation", "TB", "TB"),
    ("default_view", "graph", "graph"),
    ("dag_display_name", "Nice", "Nice"),
    ("owner_links", {"me": "https://x"}, {"me": "https://x"}),
    ("access_control", {"role": {"can_read"}}, {"role": {"can_read"}}),
    ("max_consecutive_failed_dag_runs", 3, 3),
    ("auto_register", False, False),
    ("fail_fast", True, True),
    ("deadline", None, None),
    ("deadline", ALERT, [ALERT]),
    ("deadline", (ALERT, ALERT), [ALERT, ALERT]),
    ("params", {"n": 1}, {"n": 1}),
]


@pytest.mark.parametrize(("name", "value", "kept"), KEPT)
def test_arguments_and_how_they_are_kept(name, value, kept):
    """Every argument of Airflow 2.11 and 3.x is taken in either dialect."""
    assert getattr(a_dag(**{name: value}), name) == kept


def test_older_names():
    """fail_stop, concurrency, schedule_interval, timetable and positional arguments of 2.x mean what they meant."""
    with recording() as record:
        made = DAG("d", "text", schedule_interval="@daily", start_date=START, fail_stop=True, concurrency=4)
    assert (made.fail_fast, made.max_active_tasks, made.description) == (True, 4, "text")
    assert made.schedule_spec.cron == "0 0 * * *"
    assert "schedule_interval" in record.notices[0]


def test_a_dag_describes_itself_from_a_file(tmp_path):
    """A ``doc_md`` that names a file is that file's text."""
    (tmp_path / "about.md").write_text("# Sí", encoding="utf-8")
    assert a_dag(doc_md=str(tmp_path / "about.md")).doc_md == "# Sí"
    assert a_dag(doc_md="missing.md").doc_md == "missing.md"


WRONG = [
    ({"dag_id": "a b"}, "dag_id 'a b' may consist of"),
    ({"dag_id": 5}, "dag_id must be a string, not int (5)"),
    ({"dag_id": "x" * 251}, "at most 250"),
    ({"tag": ["x"]}, "DAG() got an unexpected keyword argument 'tag'; did you mean 'tags'?"),
    ({"shedule": None}, "did you mean 'schedule'?"),
    ({"default_args": ["x"]}, "default_args must be a dict, not list (['x'])"),
    ({"schedule": None, "schedule_interval": None}, "give one of 'schedule' and 'schedule_interval', not 2"),
    ({"orientation": "XX"}, "orientation='XX' is not one of LR, TB, RL, BT"),
    ({"default_view": "foo"}, "default_view='foo' is not one of grid"),
    ({"tags": ["x" * 101]}, "longer than 100 characters"),
    ({"tags": [5]}, "a tag must be a str, not int (5)"),
    ({"max_active_runs": -1}, "max_active_runs must be at least 0"),
    ({"max_active_tasks": "many"}, "max_active_tasks must be a whole number"),
    ({"dagrun_timeout": 0}, "dagrun_timeout must be positive"),
    ({"start_date": "soon"}, "start_date='soon' is not a date"),
    ({"schedule": "@continuous"}, "needs max_active_runs=1"),
    ({"schedule": "@daily", "start_date": None, "catchup": True}, "needs a start_date"),
    ({"schedule": "@daily", "params": {"n": Param(type="integer")}}, "param 'n' has no default"),
    ({"schedule": "99 * * * *"}, "'99' is no minute"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_mistakes_name_file_line_and_dag(arguments, message):
    """Every mistake in a DAG's arguments says where it is and what it should be."""
    with pytest.raises(AuthoringError) as caught:
        DAG(**{"dag_id": "mine", "start_date": START, **arguments})  # the line that messages name
    location = caught.value.location
    assert message in caught.value.message
    assert (location.file, location.line) == (__file__, line_of("# the line that messages name", __file__))
    assert location.dag_id == str(arguments.get("dag_id", "mine"))


def test_a_start_date_in_dialect_2():
    """Airflow 2 wants one wherever a schedule is written; default_args may hold it."""
    with speaking(2):
        with pytest.raises(AuthoringError, match="needs a start_date"):
            DAG("d", schedule="@daily")
        assert DAG("d").schedule_spec.seconds == 86400
        made = DAG("d", schedule="@daily", default_args={"start_date": "2024-01-01"})
        with made:
            assert Task(task_id="a").start_date == START
    assert DAG("d", schedule="@daily").start_date is None


CATCHUP = [(2, False, {}, False), (2, True, {}, True), (3, False, {}, False), (2, True, {"catchup": False}, False)]


@pytest.mark.parametrize(("dialect", "setting", "arguments", "expected"), CATCHUP)
def test_catchup(dialect, setting, arguments, expected):
    """False unless a setting, or the DAG, says otherwise."""
    with speaking(dialect, catchup=setting):
        assert DAG("d", schedule="@daily", start_date=START, **arguments).catchup is expected


def test_the_difference_of_catchup_is_said_once():
    """A scheduled DAG of dialect 2 that says nothing about catchup is told that brisa does not catch up."""
    with recording() as record, speaking(2):
        for number in range(3):
            DAG(f"d{number}", schedule="@daily", start_date=START)
        DAG("manual", schedule=None)
    assert len(record.notices) == 1
    assert "catchup is not given" in record.notices[0]


def test_a_task_that_is_not_there():
    """The nearest id is suggested."""
    with a_dag() as made:
        Task(task_id="extract")
    with pytest.raises(TaskNotFound, match="'extrat' not found in DAG 'd'; did you mean 'extract'"):
        made.get_task("extrat")


def test_dates_of_tasks_stay_within_the_dags():
    """A task starts at the later of both start dates and ends at the earlier of both end dates."""
    with a_dag(end_date=datetime(2024, 12, 1)):
        wide = Task(task_id="wide", start_date=datetime(2020, 1, 1), end_date=datetime(2030, 1, 1))
        narrow = Task(task_id="narrow", start_date=datetime(2024, 6, 1), end_date=datetime(2024, 7, 1))
    assert (wide.start_date, wide.end_date) == (START, datetime(2024, 12, 1, tzinfo=UTC))
    assert (narrow.start_date, narrow.end_date) == (
        datetime(2024, 6, 1, tzinfo=UTC),
        datetime(2024, 7, 1, tzinfo=UTC),
    )


def test_fail_fast_wants_plain_trigger_rules():
    """With fail_fast a rule that waits for failures makes no sense, and Airflow refuses it."""
    with a_dag(fail_fast=True), pytest.raises(AuthoringError, match="must be all_success, not all_done"):
        Task(task_id="a", trigger_rule="all_done")


def test_topological_sort_and_cycles():
    """Tasks come after those above them, ties as defined; a circle is named."""
    with a_dag() as made:
        d, c, b, a = tasks("d", "c", "b", "a")
        a >> [c, d]
        b >> c
    assert [task.task_id for task in made.topological_sort()] == ["b", "a", "d", "c"]
    made.check_cycle()
    d >> a
    with pytest.raises(CycleError, match="d >> a >> d"):
        made.check_cycle()


def test_set_dependency_by_id():
    """``dag.set_dependency`` joins tasks by their ids; labels are read with get_edge_info."""
    with a_dag() as made:
        tasks("a", "b")
    made.set_dependency("a", "b")
    assert edges(made) == ["a>b"]
    assert made.get_edge_info("a", "b") == {}


def test_owners():
    """The DAG's owner is its tasks' owners."""
    with a_dag() as made:
        tasks("a", "b", owner="zoe")
        Task(task_id="c", owner="ana")
    assert made.owner == "ana, zoe"


@pytest.mark.parametrize("call", ["test", "cli"])
def test_running_a_dag_from_its_file(call):
    """``dag.test()`` says which command does it."""
    with pytest.raises(AuthoringError, match=r"`brisa dags \w+ d -f "):
        getattr(a_dag(), call)()


def test_the_decorator():
    """Calling the function makes the DAG: its name, its docstring, its arguments as params."""

    @dag(schedule=None, start_date=START)
    def etl(x, y=5, *, z="q"):
        """about"""
        Task(task_id="a", data=[x, y, z])

    made = etl(3)
    assert isinstance(made, DAG)
    assert (made.dag_id, made.doc_md, made.params, made.task_ids) == ("etl", "about", {"x": 3, "y": 5, "z": "q"}, ["a"])
    assert etl.__name__ == "etl"
    resolved = [param.resolve({"dag_run": None, "params": {}}) for param in made.get_task("a").data]
    assert resolved == [3, 5, "q"]


WAYS = [
    (dag, "build"),
    (dag(), "build"),
    (dag("named"), "named"),
    (dag(dag_id="kw", schedule=None), "kw"),
]


@pytest.mark.parametrize(("decorate", "dag_id"), WAYS)
def test_ways_to_decorate(decorate, dag_id):
    """With and without parentheses, id by position or by name."""

    def build():
        Task(task_id="a")

    assert decorate(build)().dag_id == dag_id


def test_mistakes_with_the_decorator():
    """Unknown arguments are found when decorating, missing ones of the function when calling."""
    with pytest.raises(AuthoringError, match=r"dag\(\) got an unexpected keyword argument 'tag'; did you mean 'tags'"):
        dag(tag=["x"])

    @dag
    def etl(x):
        """Never reached."""

    with pytest.raises(AuthoringError, match="missing a required argument: 'x'"):
        etl()


def test_what_a_file_is_found_to_hold():
    """DAGs at module level, used with ``with`` or made by @dag are found; thrown-away and opted-out ones are not."""

    def thrown_away():
        DAG("thrown_away")

    def kept_open():
        with DAG("kept_open"):
            pass

    @dag
    def decorated():
        """A DAG."""

    with recording() as record:
        module_level = DAG("module_level")
        thrown_away()
        kept_open()
        decorated()
        with DAG("opted_out", auto_register=False):
            pass
    assert [made.dag_id for made in record.found({"x": module_level})] == ["module_level", "kept_open", "decorated"]
    assert len(record) == 5
    assert [made.dag_id for made in record][1] == "thrown_away"

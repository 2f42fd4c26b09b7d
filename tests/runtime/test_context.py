"""What templates and callables find in the context, in both dialects."""

import copy
import datetime as dt
import json
import pickle
from typing import Any

import pendulum
import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.dialect import speaking
from brisa.authoring.exceptions import AirflowNotFoundException
from brisa.authoring.params import Param
from brisa.model.states import OutcomeKind, RunType
from brisa.operators.bash import BashOperator
from brisa.operators.empty import EmptyOperator
from brisa.operators.python import PythonOperator
from brisa.runtime.context import build_context
from brisa.runtime.lazy import Lazy, value_of
from brisa.runtime.memory import MemoryChannel
from tests.runtime.attempts import DAY, a_request, a_run, run_task

PREVIOUS = {
    "run_id": "scheduled__2024-01-14T00:00:00+00:00",
    "logical_date": "2024-01-14T00:00:00+00:00",
    "data_interval_start": "2024-01-14T00:00:00+00:00",
    "data_interval_end": "2024-01-15T00:00:00+00:00",
    "start_date": "2024-01-15T00:00:05+00:00",
    "end_date": "2024-01-15T00:00:09+00:00",
}


def a_dag(dialect=3, schedule="@daily", **kwargs):
    """A DAG with one task ``t`` and one ``up`` above it."""
    with (
        speaking(dialect),
        DAG("d", start_date=dt.datetime(2024, 1, 1, tzinfo=dt.UTC), schedule=schedule, **kwargs) as dag,
    ):
        EmptyOperator(task_id="up") >> EmptyOperator(task_id="t", params={"mine": 1})
    return dag


def context_of(dialect=3, channel=None, run=None, schedule="@daily", **changes):
    """The context of task ``t``."""
    dag = a_dag(dialect, schedule)
    request = a_request(run=run, dialect=dialect, **changes)
    return build_context(request, dag.get_task("t"), dag, channel or MemoryChannel())


TEXTS = {
    "ds": "2024-01-15",
    "ds_nodash": "20240115",
    "ts": "2024-01-15T00:00:00+00:00",
    "ts_nodash": "20240115T000000",
    "ts_nodash_with_tz": "20240115T000000+0000",
    "run_id": "scheduled__2024-01-15T00:00:00+00:00",
    "task_instance_key_str": "d__t__20240115",
}
ONLY_2 = {
    "next_ds": "2024-01-16",
    "next_ds_nodash": "20240116",
    "prev_ds": "2024-01-14",
    "prev_ds_nodash": "20240114",
    "yesterday_ds": "2024-01-14",
    "yesterday_ds_nodash": "20240114",
    "tomorrow_ds": "2024-01-16",
    "tomorrow_ds_nodash": "20240116",
}


@pytest.mark.parametrize("dialect", [2, 3])
@pytest.mark.parametrize(("name", "text"), TEXTS.items())
def test_dates_as_text(dialect, name, text):
    """They derive from the logical date, in UTC."""
    assert context_of(dialect)[name] == text


@pytest.mark.parametrize(("name", "text"), ONLY_2.items())
def test_what_airflow_3_removed(name, text):
    """Dialect 2 has it, and in dialect 3 it is no name at all."""
    assert context_of(2)[name] == text
    assert name not in context_of(3)


def test_moments_are_pendulums():
    """Dates are pendulum datetimes, so that templates can calculate with them."""
    context = context_of(2)
    for name in ("logical_date", "execution_date", "data_interval_start"):
        assert context[name] == DAY
        assert isinstance(context[name], pendulum.DateTime)
    assert context["data_interval_end"] == DAY + dt.timedelta(days=1)
    assert context["next_execution_date"].add(days=1).to_date_string() == "2024-01-17"
    assert context["logical_date"].timezone_name == "UTC"


@pytest.mark.parametrize(
    ("schedule", "previous", "following"),
    [
        ("0 6 * * MON", "2024-01-08", "2024-01-15"),
        (dt.timedelta(days=3), "2024-01-12", "2024-01-18"),
        (None, None, None),
    ],
)
def test_neighbouring_dates_follow_the_schedule(schedule, previous, following):
    """prev_ds and next_ds come from the DAG's schedule; without one there are none."""
    context = context_of(2, schedule=schedule)
    assert (context["prev_ds"], context["next_ds"]) == (previous, following)


def test_a_manual_run_is_its_own_neighbour():
    """As in Airflow 2, before and after a manual run is its own logical date."""
    context = context_of(2, run=a_run(run_type=RunType.MANUAL, run_id="manual__x"))
    assert (context["prev_ds"], context["next_ds"]) == ("2024-01-15", "2024-01-15")
    assert context["dag_run"].external_trigger


def test_a_run_without_logical_date():
    """In dialect 3 such a run has no names that derive from it."""
    run = a_run(logical_date=None, data_interval_start=None, data_interval_end=None, run_id="manual__x")
    context = context_of(3, run=run)
    assert not {"ds", "ts", "logical_date", "data_interval_start"} & set(context)
    assert context["task_instance_key_str"] == "d__t__manual__x"
    assert context["dag_run"].logical_date is None


def test_the_last_success_is_asked_for_only_when_it_is_used():
    """Building, unpacking and copying the context costs no question; several uses cost one."""
    channel = MemoryChannel(previous=PREVIOUS)
    context = context_of(2, channel)

    def takes_all(**context):
        return context

    everything = takes_all(**context)
    assert dict(context).keys() == everything.keys()
    assert context.copy().keys() == everything.keys()
    assert channel.asked == []
    assert context["prev_data_interval_start_success"] == DAY - dt.timedelta(days=1)
    assert context.get("prev_data_interval_end_success") == DAY
    assert f"{everything['prev_start_date_success']:%H:%M:%S}" == "00:00:05"
    assert str(everything["prev_end_date_success"]).startswith("2024-01-15")
    assert context["prev_execution_date_success"] == DAY - dt.timedelta(days=1)
    assert channel.asked == ["previous_success"]


def test_without_a_last_success_there_is_none():
    """The first run finds None."""
    context = context_of()
    assert context["prev_data_interval_start_success"] is None
    assert context["prev_start_date_success"] is None


def test_params():
    """The run's params, then the task's own, then the conf."""
    dag = a_dag(params={"a": 1, "b": Param(2), "c": 3})
    run = a_run(params={"a": 10, "b": 2, "c": 3}, conf={"c": 30, "extra": 4})
    context = build_context(a_request(run=run), dag.get_task("t"), dag, MemoryChannel())
    assert context["params"] == {"a": 10, "b": 2, "c": 30, "extra": 4, "mine": 1}


def test_everything_can_be_copied():
    """User code deep-copies and pickles parts of the context."""
    context = context_of(2, MemoryChannel(previous=PREVIOUS))
    lazy = dict(context)["prev_start_date_success"]
    assert copy.deepcopy(context["params"]) == context["params"]
    assert pickle.loads(pickle.dumps(lazy)) == value_of(lazy)


TEMPLATES = {
    "{{ ds }} {{ logical_date | ds_nodash }}": "2024-01-15 20240115",
    "{{ data_interval_start | ts }}": "2024-01-15T00:00:00+00:00",
    "{{ macros.ds_add(ds, 5) }} {{ macros.ds_add(ds, -15) }}": "2024-01-20 2023-12-31",
    "{{ macros.ds_format(ds, '%Y-%m-%d', '%d.%m.%y') }}": "15.01.24",
    "{{ (logical_date + macros.timedelta(days=1)).strftime('%Y') }}": "2024",
    "{{ macros.datetime(2020, 1, 2).year }} {{ macros.json.dumps([1]) }}": "2020 [1]",
    "{{ macros.uuid.UUID(int=1) }}": "00000000-0000-0000-0000-000000000001",
    "{{ macros.dateutil.parser.parse('2020-02-03').day }}": "3",
    "{{ dag.dag_id }} {{ task.task_id }} {{ ti.try_number }} {{ task_instance.map_index }}": "d t 1 -1",
    "{{ dag_run.conf['k'] }} {{ dag_run.run_type }} {{ dag_run.conf.get('none', 'x') }}": "v scheduled x",
    "{{ params.x }}": "5",
    "{{ var.value.name }} {{ var.value.get('gone', 'none') }} {{ var.json.cfg.a[1] }}": "ada none 2",
    "{{ conn.db.host }}:{{ conn.db.port }} {{ conn.db.extra_dejson.x }} {{ conn.get('no', 'none') }}": "h:1 y none",
    "{{ ti.xcom_pull(task_ids='up') }} {{ ti.xcom_pull('up', key='k') }}": "7 8",
    "{{ prev_start_date_success | ts }}": "2024-01-15T00:00:05+00:00",
    "{{ test_mode }} {{ run_id[:9] }}": "False scheduled",
}


@pytest.mark.parametrize(("template", "text"), TEMPLATES.items())
def test_templates(template, text):
    """What a template may write, and what comes of it."""
    channel = MemoryChannel(
        previous=PREVIOUS,
        variables={"name": "ada", "cfg": '{"a": [1, 2]}'},
        connections={"db": {"conn_type": "postgres", "host": "h", "port": 1, "extra": {"x": "y"}}},
    )
    channel.give("up", 7)
    channel.give("up", 8, key="k")
    with DAG("d", start_date=DAY, schedule="@daily", params={"x": 5}) as dag:
        EmptyOperator(task_id="up")
        PythonOperator(task_id="t", python_callable=lambda x: x, op_args=[template])
    outcome, channel = run_task(dag, channel=channel, run=a_run(conf={"k": "v"}, params={"x": 5}))
    assert outcome.kind is OutcomeKind.SUCCESS, outcome.error
    assert channel.values() == {"return_value": text}


@pytest.mark.parametrize("dialect", [2, 3])
@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ var.value.gone }}", "Variable gone does not exist"),
        ("{{ conn.gone.host }}", "gone"),
        ("{{ no_such_name }}", "no_such_name"),
        ("{{ params.gone.x }}", "gone"),
        ("{{ macros.nothing }}", "nothing"),
        ("{{ ", "TemplateSyntaxError"),
    ],
)
def test_what_a_template_does_not_find_fails_the_task(dialect, template, words):
    """The failure names it."""
    with speaking(dialect), DAG("d", start_date=DAY, schedule="@daily") as dag:
        BashOperator(task_id="t", bash_command=template)
    outcome, _ = run_task(dag)
    assert outcome.kind is OutcomeKind.FAILED
    assert words in outcome.error


def test_connections():
    """conn.x is Airflow's Connection; a missing one is its error."""
    fields = {"conn_type": "my_sql", "host": "h", "login": "u", "password": "p/w", "port": 3306, "schema": "s"}
    conn = context_of(channel=MemoryChannel(connections={"db": fields}))["conn"]
    assert conn.db.get_uri() == "my-sql://u:p%2Fw@h:3306/s"
    assert repr(conn.db) == "db"
    with pytest.raises(AirflowNotFoundException, match="nothing"):
        _ = conn.nothing


# --- the task instance


def test_who_the_task_instance_is():
    """Its identity is the attempt's; max_tries is Airflow's: the number of retries."""
    ti = context_of(try_number=2, max_tries=4, generation=1, seq=3, hostname="h", first_started_at=1.5)["ti"]
    assert tuple(ti.key) == ("d", "t", ti.run_id, 2, -1)
    assert (ti.try_number, ti.max_tries, ti.generation, ti.reschedule_count) == (2, 3, 1, 3)
    assert ti.start_date.timestamp() == 1.5
    assert ti.duration > 0
    assert (ti.state, ti.hostname, ti.operator) == ("running", "h", "EmptyOperator")
    assert (ti.queue, ti.pool, ti.priority_weight) == ("default", "default_pool", 1)
    assert ti.get_dagrun().get_state() == "running"


def pushed():
    """XComs of a, b, and three of the mapped task m."""
    channel = MemoryChannel()
    channel.give("a", "A")
    channel.give("b", "B")
    for index in range(3):
        channel.give("m", index * 10, map_index=index)
    channel.give("t", "own")
    return channel


PULLS = [
    ({"task_ids": "a"}, "A", "A"),
    ({"task_ids": "nobody"}, None, None),
    ({"task_ids": "nobody", "default": 5}, 5, 5),
    ({"task_ids": ["b", "a"]}, ["B", "A"], ["B", "A"]),
    ({"task_ids": ("a", "nobody")}, ["A"], ["A", None]),
    ({"task_ids": ["nobody"], "default": 0}, [], [0]),
    ({"task_ids": "m"}, [0, 10, 20], [0, 10, 20]),
    ({"task_ids": "m", "map_indexes": 1}, 10, 10),
    ({"task_ids": "m", "map_indexes": [2, 0]}, [20, 0], [20, 0]),
    ({"task_ids": ["m", "a"]}, [0, 10, 20, "A"], [0, 10, 20, "A"]),
    ({"task_ids": "a", "key": "other"}, None, None),
    ({}, "own", "own"),
]


@pytest.mark.parametrize(("kwargs", "two", "three"), PULLS, ids=lambda value: str(value)[:40])
def test_xcom_pull(kwargs, two, three):
    """One task gives a value, several a list; where Airflow 2 and 3 differ, so do the dialects."""
    assert context_of(2, pushed())["ti"].xcom_pull(**kwargs) == two
    assert context_of(3, pushed())["ti"].xcom_pull(**kwargs) == three


def test_xcom_pull_without_tasks():
    """Dialect 2 takes the last that any task pushed, dialect 3 its own."""
    channel = MemoryChannel()
    channel.give("a", 1, key="k")
    channel.give("b", 2, key="k")
    assert context_of(2, channel)["ti"].xcom_pull(key="k") == 2
    assert context_of(3, channel)["ti"].xcom_pull(key="k") is None


def test_xcom_push():
    """A value goes out as JSON; what has none is an error with key and task, and so is a key that is no text."""
    channel = MemoryChannel()
    ti = context_of(channel=channel)["ti"]
    ti.xcom_push(key="when", value=DAY)
    ti.xcom_push("n", 1)
    assert channel.values() == {"when": DAY, "n": 1}
    assert json.loads(json.dumps(channel.pushed)) == channel.pushed
    with pytest.raises(TypeError, match=r"XCom 'bad' of task 't' is a object"):
        ti.xcom_push("bad", object())
    with pytest.raises(Exception, match="key of an XCom"):
        ti.xcom_push(5, 1)


# --- the run


def test_other_tasks_of_the_run():
    """dag_run knows the states that the run's tasks had when the attempt began."""
    run = context_of(task_states={"up": "success"})["dag_run"]
    assert run.get_task_instance("up").state == "success"
    assert run.get_task_instance("t").state is None
    assert run.get_task_instance("nobody") is None
    assert [one.task_id for one in run.get_task_instances()] == ["up"]
    assert [one.task_id for one in run.get_task_instances(state=["success"])] == ["up"]
    assert run.get_task_instances(state="failed") == []


def test_instances_of_a_mapped_task():
    """Each is known by its task's id and its map index, as in Airflow."""
    run = context_of(task_states={"t": "failed", "t[0]": "success", "t[1]": "failed"})["dag_run"]
    found = [(one.task_id, one.map_index) for one in run.get_task_instances(state="failed")]
    assert found == [("t", -1), ("t", 1)]
    assert run.get_task_instance("t", map_index=0).state == "success"
    assert repr(run.get_task_instance("t", map_index=1)).endswith("map_index=1 [failed]>")


def test_the_run_before():
    """The latest successful run can be asked for, by run and by task instance."""
    context = context_of(channel=MemoryChannel(previous=PREVIOUS))
    assert context["dag_run"].get_previous_dagrun().run_id == PREVIOUS["run_id"]
    assert context["ti"].get_previous_execution_date() == DAY - dt.timedelta(days=1)
    assert context["ti"].get_previous_start_date() == DAY + dt.timedelta(seconds=5)
    assert context_of()["ti"].get_previous_dagrun() is None


# --- lazy values


def test_a_lazy_value_is_worked_out_once_and_behaves_like_it():
    """Comparing, formatting, calculating, iterating: all as with the value itself."""
    calls = []

    def compute():
        calls.append(1)
        return DAY

    lazy: Any = Lazy(compute)
    assert lazy == DAY
    assert lazy - dt.timedelta(days=1) < lazy
    assert DAY - lazy == dt.timedelta()
    assert lazy.year == 2024
    assert f"{lazy:%d}" == "15"
    assert hash(lazy) == hash(DAY)
    assert calls == [1]
    text: Any = Lazy(lambda: "abc")
    assert ("b" in text, len(text), list(text), text[0]) == (True, 3, ["a", "b", "c"], "a")
    assert (text + "d", "x" + text) == ("abcd", "xabc")
    assert not Lazy(lambda: None)
    assert repr(Lazy(lambda: None)) == "None"

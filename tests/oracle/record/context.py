"""Record what templates render to, for scheduled and manual runs.

    python record/context.py OUT.json

A task of a real run renders every template with the context it was given. Ids made at random in 3.x
are written ``<uuid>`` and ``<random>``. ``previous_run_succeeded`` says whether an earlier scheduled run
of the DAG had succeeded.
"""

import os
import re
import socket
from datetime import UTC, datetime, timedelta

import _airflow as af  # type: ignore[import-not-found]  # found beside this script when it runs

TEMPLATES = """
ds ; ds_nodash ; ts ; ts_nodash ; ts_nodash_with_tz ; logical_date ; execution_date ; data_interval_start
data_interval_end ; run_id ; next_ds ; next_ds_nodash ; prev_ds ; prev_ds_nodash ; yesterday_ds
yesterday_ds_nodash ; tomorrow_ds ; tomorrow_ds_nodash ; next_execution_date ; prev_execution_date
prev_execution_date_success ; prev_data_interval_start_success ; prev_data_interval_end_success
prev_start_date_success ; prev_end_date_success ; task_instance_key_str ; ti ; task_instance ; task ; dag ; dag_run
test_mode ; params ; params.n ; params['word'] ; params.missing ; conf ; macros ; var ; conn ; var.value.city
var.json.point.x ; var.value.missing ; var.value.get('missing', 'none here') ; var.json.get('missing', {'a': 1})
conn.db.host ; conn.db.login ; conn.missing.host ; undefined_name ; undefined_name or 'x' ; ds.missing
templates_dict ; inlets ; outlets ; inlet_events ; outlet_events ; map_index_template ; triggering_dataset_events
triggering_asset_events ; exception ; expanded_ti_count ; reason ; start_date ; dag.dag_id ; dag.description
dag.start_date ; dag.timezone ; dag.schedule_interval ; dag.schedule ; dag.catchup ; dag_run.run_id
dag_run.run_type ; dag_run.logical_date ; dag_run.execution_date ; dag_run.conf ; dag_run.conf['k']
dag_run.conf.get('k') ; dag_run.external_trigger ; dag_run.state ; dag_run.data_interval_start
dag_run.data_interval_end ; dag_run.dag_id ; dag_run.id is defined ; dag_run.queued_at ; dag_run.run_after
dag_run.triggered_by ; dag_run.start_date ; ti.task_id ; ti.dag_id ; ti.run_id ; ti.try_number ; ti.map_index
ti.state ; ti.max_tries ; ti.execution_date ; ti.logical_date ; ti.hostname is defined ; ti.key ; ti.operator
ti.xcom_pull('nothing') ; ti.xcom_pull(task_ids='first') ; ti.xcom_pull(task_ids='first', key='k')
ti.xcom_pull(task_ids=['first', 'first']) ; ti.xcom_pull(task_ids=['nothing'])
ti.xcom_pull(task_ids=['first', 'nothing']) | list ; ti.xcom_pull(key='k') ; ti.prev_attempted_tries ; ti.is_mapped
ti.log_url is defined ; task.task_id ; task.owner ; task.retries ; task.retry_delay ; task.trigger_rule
task.upstream_task_ids ; task.downstream_task_ids ; logical_date.year ; logical_date.strftime('%d/%m/%Y')
logical_date.isoformat() ; logical_date.timestamp() ; logical_date.add(days=1)
logical_date.in_timezone('America/Bogota') ; logical_date.day_of_week ; logical_date.weekday()
logical_date.format('dddd DD MMM') ; logical_date - macros.timedelta(days=1)
(logical_date + macros.timedelta(hours=3)).strftime('%H') ; data_interval_start.to_date_string()
data_interval_end.in_tz('UTC') ; data_interval_end.subtract(days=1) ; data_interval_end | ds
data_interval_start | ds_nodash ; data_interval_start | ts ; data_interval_start | ts_nodash
data_interval_start | ts_nodash_with_tz ; ds | upper ; params | tojson ; params.items | tojson
macros.ds_add(ds, 5) ; macros.ds_add(ds, -5) ; macros.ds_add('2024-02-28', 2) ; macros.ds_add('20240228', 2)
macros.ds_format(ds, '%Y-%m-%d', '%m/%d/%y') ; macros.ds_format('1/5/2015', '%m/%d/%Y', '%Y-%m-%d')
macros.ds_format_locale(ds, '%Y-%m-%d', 'dd MMMM yyyy')
macros.ds_format_locale(ds, '%Y-%m-%d', 'dd MMMM yyyy', 'es') ; macros.datetime(2024, 1, 2)
macros.datetime.strptime('2024-01-02', '%Y-%m-%d') ; macros.timedelta(days=2) ; macros.time
macros.time.gmtime(0).tm_year ; macros.dateutil.parser.parse('2024-05-06')
macros.dateutil.relativedelta.relativedelta(months=1) ; macros.random ; macros.random() >= 0
macros.uuid.UUID(int=5).int ; macros.uuid.NAMESPACE_DNS is defined ; macros.json.dumps({'a': 1})
macros.yaml.safe_load('a: 1') ; macros.datetime_diff_for_humans(logical_date.subtract(days=2), logical_date)
macros.datetime_diff_for_humans(logical_date.add(hours=5), logical_date) ; macros.hive ; macros.pendulum
greet('Ana') ; word_macro ; 'ana' | shout
"""
SPECIAL = [
    "{% for i in range(3) %}{{ i }}{% endfor %}",
    "{{ ds }} {{ params.n }}",
    "{# comment #}x",
    "{% raw %}{{ ds }}{% endraw %}",
    "{{ ds",
    "{% if params.n > 2 %}big{% else %}small{% endif %}",
    "line\n",
    "{{ params.n }}\n\n",
    "{{ 1 / 0 }}",
    "plain",
]
PLACE = {
    "AIRFLOW_VAR_CITY": "Bogota",
    "AIRFLOW_VAR_POINT": '{"x": 3}',
    "AIRFLOW_CONN_DB": "postgres://ana:pw@db.example:5432/shop",
}
START = datetime(2024, 3, 1, tzinfo=UTC)
MANUAL = datetime(2024, 3, 10, 15, 30, 45, 123456, tzinfo=UTC)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
STARTED = datetime(2024, 4, 1, 0, 0, 5, tzinfo=UTC)

# name, schedule, run type, whether an earlier run succeeded, logical date of a manual run
CASES = [
    ("daily_scheduled", "@daily", "scheduled", True, None),
    ("daily_scheduled_first", "@daily", "scheduled", False, None),
    ("daily_manual", "@daily", "manual", False, MANUAL),
    ("daily_manual_after_scheduled", "@daily", "manual", True, MANUAL),
    ("no_schedule_manual", None, "manual", False, MANUAL),
    ("six_hours_scheduled", timedelta(hours=6), "scheduled", True, None),
    ("weekdays_bogota_scheduled", "0 6 * * 1-5", "scheduled", True, None),
    ("monthly_scheduled", "@monthly", "scheduled", True, None),
    ("interval_timetable_scheduled", "CronDataIntervalTimetable('@daily', 'UTC')", "scheduled", True, None),
    ("interval_timetable_manual", "CronDataIntervalTimetable('@daily', 'UTC')", "manual", False, MANUAL),
    ("trigger_timetable_scheduled", "CronTriggerTimetable('@daily', 'UTC')", "scheduled", True, None),
]
FULL = {"daily_scheduled", "daily_manual", "interval_timetable_scheduled"}
if af.V3:
    CASES.append(("manual_without_logical_date", None, "manual", False, None))
    FULL.add("manual_without_logical_date")


def templates():
    for line in TEMPLATES.strip().splitlines():
        yield from ("{{ " + part + " }}" for part in line.split(" ; "))
    yield from SPECIAL


RUN_NAMES = re.compile(
    r"{{ (\w*ds|\w*ds_nodash|ts\w*|\w*date\w*|data_interval\w*|prev_\w+|next_\w+|run_id|task_instance_key_str"
    r"|dag_run\.(run_id|run_type|run_after|external_trigger|data_interval_\w+)) }}"
)


def depends_on_the_run(template):
    """Only these are asked again for every kind of run."""
    return RUN_NAMES.fullmatch(template)


def schedule_of(text):
    if not isinstance(text, str) or "Timetable" not in text:
        return text
    if af.V3:
        from airflow.sdk import CronDataIntervalTimetable, CronTriggerTimetable
    else:
        from airflow.timetables.interval import CronDataIntervalTimetable
        from airflow.timetables.trigger import CronTriggerTimetable

    maker = {"CronDataIntervalTimetable": CronDataIntervalTimetable, "CronTriggerTimetable": CronTriggerTimetable}
    return maker[text.split("(")[0]]("0 0 * * *", timezone="UTC")


def build(name, schedule, wanted, found):
    def first(ti):
        ti.xcom_push(key="k", value=[1, 2])
        return "hello"

    def render(**context):
        for template in wanted:
            try:
                answer = {"rendered": context["task"].render_template(template, context)}
            except BaseException as error:  # noqa: BLE001 - whatever is raised is the record
                answer = {"error": type(error).__name__, "message": str(error)}
            found.append((template, answer))

    start = START
    if "bogota" in name:
        import pendulum

        start = pendulum.datetime(2024, 3, 1, tz="America/Bogota")
    with af.DAG(
        name, schedule=schedule_of(schedule), start_date=start, catchup=True, description="a DAG",
        params={"n": 3, "word": "hola"}, user_defined_macros={"greet": lambda who: f"hi {who}", "word_macro": "w"},
        user_defined_filters={"shout": lambda text: text.upper() + "!"},
    ) as dag:  # fmt: skip
        af.PythonOperator(task_id="first", python_callable=first) >> af.PythonOperator(
            task_id="t", python_callable=render, retries=2
        )
    return dag


def one(name, schedule, run_type, previous, manual):
    wanted = [t for t in templates() if name in FULL or depends_on_the_run(t)]
    found: list[tuple[str, dict]] = []
    dag = build(name, schedule, wanted, found)
    conf = {"k": "v"} if run_type == "manual" else None
    with af.quiet():
        if previous:
            when, interval, after = af.scheduled_runs(dag, 1)[0]
            run, session = af.make_run(dag, "scheduled", when, interval, after)
            run.state, run.start_date, run.end_date = (
                "success",
                STARTED - timedelta(days=1),
                STARTED - timedelta(hours=23),
            )
            session.commit()
            session.close()
        if run_type == "scheduled":
            when, interval, after = af.scheduled_runs(dag, 1 + previous)[-1]
        elif manual:
            when, interval, after = manual, af.manual_interval(dag, manual), manual
        else:
            when, interval, after = None, None, MANUAL
        run, session = af.make_run(dag, run_type, when, interval, after, conf)
        run.start_date = STARTED
        session.commit()
        af.execute(dag, run, session)
        session.close()
    about = {
        "dag_id": name, "schedule": "6 hours" if isinstance(schedule, timedelta) else schedule, "run_type": run_type,
        "logical_date": when and when.isoformat(), "data_interval": interval and [str(d.isoformat()) for d in interval],
        "run_after": after.isoformat(), "previous_run_succeeded": previous, "conf": conf,
        "run_start_date": STARTED.isoformat(),
    }  # fmt: skip
    return about, found


def plain(answer):
    """JSON as it is; any other value by its type and text."""
    value = answer.get("rendered", answer.get("message"))
    key = "rendered" if "rendered" in answer else "message"
    text = value if isinstance(value, str) else {"type": type(value).__name__, "text": str(value)}
    if isinstance(text, str):
        text = re.sub(r"0x[0-9a-f]+", "0x…", UUID.sub("<uuid>", text))
        text = re.sub(r"start_date=datetime.datetime\((?!2024)[^)]*\)", "start_date=<now>", text)
        text = re.sub(r"(manual__\S+\+00:00)_\w{8}", r"\1_<random>", text)
        text = re.sub(r"/\S*site-packages/", "…/", text)
        text = text.replace(af.HOME, "<home>").replace(f"hostname='{socket.gethostname()}'", "hostname='<host>'")
    return {**answer, key: text}


def main():
    os.environ.update(PLACE)
    runs, rows = {}, []
    for case in CASES:
        about, found = one(*case)
        assert found, case
        runs[case[0]] = about
        rows += [{"template": t, "run": case[0], **plain(a)} for t, a in found]
    head = af.header("a PythonOperator of a real run renders each template with its own context")
    head["runs"] = runs
    head["place"] = PLACE
    af.write(head, rows=rows)


main()

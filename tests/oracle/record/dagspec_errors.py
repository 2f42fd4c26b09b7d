"""Record what Airflow says about DAG files with authoring errors.

    python record/dagspec_errors.py OUT.json

Each case is a small DAG file. ``stage`` tells where it breaks: ``run the file`` (the exception leaves
the file when Python runs it), ``collect`` (the DAG bag refuses the DAG after the file has run),
``store`` (the DAG cannot be serialised), or ``none``. ``import_error`` is true if loading the file as
the DAG processor does reports an import error for it (the processor shows ``store`` errors as import
errors too); ``dags`` are the DAGs found all the same, with their task ids.
"""

# ruff: noqa: E501 - a case reads best on one line

import re
from pathlib import Path

import _airflow as af  # type: ignore[import-not-found]  # found beside this script when it runs

if af.V3:
    IMPORTS = """
from airflow.sdk import DAG, TaskGroup, dag, task, chain, Param, TriggerRule, Asset
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator, BranchPythonOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from datetime import datetime, timedelta
"""
    from airflow.dag_processing.dagbag import DagBag
else:
    IMPORTS = """
from airflow import DAG
from airflow.decorators import dag, task
from airflow.models.baseoperator import chain
from airflow.models.param import Param
from airflow.utils.task_group import TaskGroup
from airflow.utils.trigger_rule import TriggerRule
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator, BranchPythonOperator
from airflow.operators.empty import EmptyOperator
from datetime import datetime, timedelta
"""
    from airflow.models.dagbag import DagBag

ONE = "EmptyOperator(task_id='a')"
START = "start_date=datetime(2024, 1, 1)"


def in_dag(*lines, args=f"'d', schedule=None, {START}"):
    return f"with DAG({args}):\n" + "\n".join("    " + line for text in lines for line in text.split("\n"))


CASES = {
    "fine": in_dag(ONE),
    "cycle_of_two": in_dag("a = EmptyOperator(task_id='a')", "b = EmptyOperator(task_id='b')", "a >> b >> a"),
    "cycle_of_three": in_dag("a, b, c = (EmptyOperator(task_id=x) for x in 'abc')", "a >> b >> c >> a"),
    "cycle_with_itself": in_dag("a = EmptyOperator(task_id='a')", "a >> a"),
    "cycle_between_groups": in_dag(
        "with TaskGroup('g') as g:\n    x = EmptyOperator(task_id='x')",
        "with TaskGroup('h') as h:\n    y = EmptyOperator(task_id='y')", "g >> h >> g",
    ),
    "duplicate_task_id": in_dag(ONE, ONE),
    "duplicate_task_id_in_group": in_dag("with TaskGroup('g'):\n    EmptyOperator(task_id='a')\n    EmptyOperator(task_id='a')"),
    "same_id_in_two_groups": in_dag("with TaskGroup('g'):\n    EmptyOperator(task_id='a')", "with TaskGroup('h'):\n    EmptyOperator(task_id='a')"),
    "group_without_prefix_duplicates": in_dag(ONE, "with TaskGroup('g', prefix_group_id=False):\n    EmptyOperator(task_id='a')"),
    "duplicate_group_id": in_dag("with TaskGroup('g'):\n    EmptyOperator(task_id='a')", "with TaskGroup('g'):\n    EmptyOperator(task_id='b')"),
    "duplicate_group_id_add_suffix": in_dag(
        "with TaskGroup('g', add_suffix_on_collision=True):\n    EmptyOperator(task_id='a')",
        "with TaskGroup('g', add_suffix_on_collision=True):\n    EmptyOperator(task_id='b')",
    ),
    "group_id_like_task_id": in_dag("EmptyOperator(task_id='g')", "with TaskGroup('g'):\n    EmptyOperator(task_id='b')"),
    "group_id_bad_characters": in_dag("with TaskGroup('g h'):\n    EmptyOperator(task_id='b')"),
    "group_id_with_dot": in_dag("with TaskGroup('g.h'):\n    EmptyOperator(task_id='b')"),
    "empty_group_in_chain": in_dag("with TaskGroup('g') as g:\n    pass", "EmptyOperator(task_id='a') >> g"),
    "taskflow_same_function_twice": in_dag("@task\ndef a(): pass", "a()", "a()"),
    "missing_bash_command": in_dag("BashOperator(task_id='a')"),
    "bash_command_none": in_dag("BashOperator(task_id='a', bash_command=None)"),
    "bash_command_number": in_dag("BashOperator(task_id='a', bash_command=5)"),
    "missing_python_callable": in_dag("PythonOperator(task_id='a')"),
    "python_callable_not_callable": in_dag("PythonOperator(task_id='a', python_callable='x')"),
    "missing_task_id": in_dag("EmptyOperator()"),
    "missing_task_id_and_bash_command": in_dag("BashOperator()"),
    "task_id_positional": in_dag("EmptyOperator('a')"),
    "task_id_number": in_dag("EmptyOperator(task_id=5)"),
    "task_id_empty": in_dag("EmptyOperator(task_id='')"),
    "task_id_with_space": in_dag("EmptyOperator(task_id='a b')"),
    "task_id_with_slash": in_dag("EmptyOperator(task_id='a/b')"),
    "task_id_with_dot_and_dash": in_dag("EmptyOperator(task_id='a.b-c_d')"),
    "task_id_accented": in_dag("EmptyOperator(task_id='año')"),
    "task_id_250": in_dag("EmptyOperator(task_id='a' * 250)"),
    "task_id_251": in_dag("EmptyOperator(task_id='a' * 251)"),
    "dag_id_with_space": in_dag(ONE, args=f"'a b', schedule=None, {START}"),
    "dag_id_accented": in_dag(ONE, args=f"'año', schedule=None, {START}"),
    "dag_id_251": in_dag(ONE, args=f"'a' * 251, schedule=None, {START}"),
    "dag_id_missing": in_dag(ONE, args=f"schedule=None, {START}"),
    "dag_id_number": in_dag(ONE, args=f"5, schedule=None, {START}"),
    "dag_id_twice_in_a_file": in_dag(ONE) + "\n" + in_dag("EmptyOperator(task_id='b')"),
    "two_dag_objects_with_one_id": f"d1 = DAG('d', schedule=None, {START})\nd2 = DAG('d', schedule=None, {START})\n",
    "bad_cron": in_dag(ONE, args=f"'d', schedule='99 * * * *', {START}"),
    "bad_cron_words": in_dag(ONE, args=f"'d', schedule='every day', {START}"),
    "bad_cron_four_fields": in_dag(ONE, args=f"'d', schedule='* * * *', {START}"),
    "cron_six_fields": in_dag(ONE, args=f"'d', schedule='0 0 * * * *', {START}"),
    "cron_names": in_dag(ONE, args=f"'d', schedule='0 6 * jan mon-fri', {START}"),
    "cron_never": in_dag(ONE, args=f"'d', schedule='0 0 31 2 *', {START}"),
    "bad_preset": in_dag(ONE, args=f"'d', schedule='@sometimes', {START}"),
    "preset_upper_case": in_dag(ONE, args=f"'d', schedule='@Daily', {START}"),
    "schedule_empty_text": in_dag(ONE, args=f"'d', schedule='', {START}"),
    "schedule_number": in_dag(ONE, args=f"'d', schedule=5, {START}"),
    "schedule_zero_timedelta": in_dag(ONE, args=f"'d', schedule=timedelta(0), {START}"),
    "schedule_negative_timedelta": in_dag(ONE, args=f"'d', schedule=timedelta(days=-1), {START}"),
    "schedule_interval": in_dag(ONE, args=f"'d', schedule_interval='@daily', {START}"),
    "schedule_and_schedule_interval": in_dag(ONE, args=f"'d', schedule='@daily', schedule_interval='@daily', {START}"),
    "continuous_without_max_active_runs": in_dag(ONE, args=f"'d', schedule='@continuous', {START}"),
    "continuous_with_max_active_runs_1": in_dag(ONE, args=f"'d', schedule='@continuous', max_active_runs=1, {START}"),
    "bad_trigger_rule": in_dag("EmptyOperator(task_id='a', trigger_rule='most_success')"),
    "trigger_rule_none_failed_or_skipped": in_dag("EmptyOperator(task_id='a', trigger_rule='none_failed_or_skipped')"),
    "trigger_rule_dummy": in_dag("EmptyOperator(task_id='a', trigger_rule='dummy')"),
    "trigger_rule_upper_case": in_dag("EmptyOperator(task_id='a', trigger_rule='ALL_DONE')"),
    "bad_weight_rule": in_dag("EmptyOperator(task_id='a', weight_rule='heavy')"),
    "unknown_dag_kwarg": in_dag(ONE, args=f"'d', schedule=None, tag=['x'], {START}"),
    "unknown_dag_decorator_kwarg": f"@dag(schedule=None, tag=['x'], {START})\ndef d():\n    {ONE}\nd()",
    "unknown_operator_kwarg": in_dag("EmptyOperator(task_id='a', colour='red')"),
    "two_unknown_operator_kwargs": in_dag("BashOperator(task_id='a', bash_command='true', colour='red', size=3)"),
    "unknown_task_decorator_kwarg": in_dag("@task(colour='red')\ndef a(): pass", "a()"),
    "unknown_default_args": in_dag(ONE, args=f"'d', schedule=None, default_args={{'colour': 'red', 'depend_on_past': True}}, {START}"),
    "default_args_not_a_dict": in_dag(ONE, args=f"'d', schedule=None, default_args=['x'], {START}"),
    "provide_context": in_dag("PythonOperator(task_id='a', python_callable=print, provide_context=True)"),
    "concurrency": in_dag(ONE, args=f"'d', schedule=None, concurrency=3, {START}"),
    "start_date_missing": in_dag(ONE, args="'d', schedule=None"),
    "start_date_missing_daily": in_dag(ONE, args="'d', schedule='@daily'"),
    "start_date_text": in_dag(ONE, args="'d', schedule=None, start_date='2024-01-01'"),
    "start_date_text_in_default_args": in_dag(ONE, args="'d', schedule=None, default_args={'start_date': '2024-01-01'}"),
    "start_date_bad_text_in_default_args": in_dag(ONE, args="'d', schedule=None, default_args={'start_date': 'soon'}"),
    "start_date_date": in_dag(ONE, args="'d', schedule=None, start_date=datetime(2024, 1, 1).date()"),
    "end_before_start": in_dag(ONE, args=f"'d', schedule=None, end_date=datetime(2023, 1, 1), {START}"),
    "task_outside_any_dag": "EmptyOperator(task_id='a')",
    "no_dag_in_file": "x = 1",
    "dag_without_tasks": f"d = DAG('d', schedule=None, {START})",
    "dag_function_not_called": f"@dag(schedule=None, {START})\ndef d():\n    {ONE}\n",
    "edge_between_dags": f"d1 = DAG('d1', schedule=None, {START})\nd2 = DAG('d2', schedule=None, {START})\nEmptyOperator(task_id='a', dag=d1) >> EmptyOperator(task_id='b', dag=d2)",
    "task_in_two_dags": f"d1 = DAG('d1', schedule=None, {START})\nd2 = DAG('d2', schedule=None, {START})\na = EmptyOperator(task_id='a', dag=d1)\na.dag = d2",
    "edge_to_a_text": in_dag("EmptyOperator(task_id='a') >> 'b'"),
    "edge_to_none": in_dag("EmptyOperator(task_id='a') >> None"),
    "list_to_list": in_dag("a, b, c, d = (EmptyOperator(task_id=x) for x in 'abcd')", "[a, b] >> [c, d]"),
    "edge_twice": in_dag("a, b = (EmptyOperator(task_id=x) for x in 'ab')", "a >> b", "a >> b"),
    "chain_unequal_lists": in_dag("a, b, c, d, e = (EmptyOperator(task_id=x) for x in 'abcde')", "chain([a, b], [c, d, e])"),
    "retries_text": in_dag("EmptyOperator(task_id='a', retries='two')"),
    "retries_text_number": in_dag("EmptyOperator(task_id='a', retries='2')"),
    "retries_negative": in_dag("EmptyOperator(task_id='a', retries=-1)"),
    "retries_none": in_dag("EmptyOperator(task_id='a', retries=None)"),
    "retry_delay_number": in_dag("EmptyOperator(task_id='a', retry_delay=30)"),
    "retry_delay_text": in_dag("EmptyOperator(task_id='a', retry_delay='30s')"),
    "execution_timeout_number": in_dag("EmptyOperator(task_id='a', execution_timeout=30)"),
    "pool_slots_zero": in_dag("EmptyOperator(task_id='a', pool_slots=0)"),
    "priority_weight_text": in_dag("EmptyOperator(task_id='a', priority_weight='x')"),
    "sla_timedelta": in_dag("EmptyOperator(task_id='a', sla=timedelta(hours=1))"),
    "max_active_runs_zero": in_dag(ONE, args=f"'d', schedule=None, max_active_runs=0, {START}"),
    "tags_text": in_dag(ONE, args=f"'d', schedule=None, tags='x', {START}"),
    "tag_too_long": in_dag(ONE, args=f"'d', schedule=None, tags=['x' * 101], {START}"),
    "params_scheduled_without_default": in_dag(ONE, args=f"'d', schedule='@daily', params={{'n': Param(type='integer')}}, {START}"),
    "params_manual_without_default": in_dag(ONE, args=f"'d', schedule=None, params={{'n': Param(type='integer')}}, {START}"),
    "params_bad_default": in_dag(ONE, args=f"'d', schedule='@daily', params={{'n': Param('x', type='integer')}}, {START}"),
    "params_not_json": in_dag(ONE, args=f"'d', schedule=None, params={{'n': datetime(2024, 1, 1)}}, {START}"),
    "callback_not_callable": in_dag("EmptyOperator(task_id='a', on_failure_callback='x')"),
    "expand_without_arguments": in_dag("EmptyOperator.partial(task_id='a').expand()"),
    "expand_a_text": in_dag("BashOperator.partial(task_id='a').expand(bash_command='x')"),
    "expand_unknown": in_dag("BashOperator.partial(task_id='a').expand(colour=['x'])"),
    "expand_and_partial_same": in_dag("BashOperator.partial(task_id='a', bash_command='x').expand(bash_command=['y'])"),
    "expand_trigger_rule": in_dag("BashOperator.partial(task_id='a', bash_command='x').expand(trigger_rule=['all_done'])"),
    "partial_never_expanded": in_dag("BashOperator.partial(task_id='a', bash_command='x')"),
    "taskflow_missing_argument": in_dag("@task\ndef a(x): pass", "a()"),
    "taskflow_too_many_arguments": in_dag("@task\ndef a(x): pass", "a(1, 2)"),
    "taskflow_context_argument_given": in_dag("@task\ndef a(ds): pass", "a(ds='x')"),
    "taskflow_context_argument_default": in_dag("@task\ndef a(ds='x'): pass", "a()"),
    "taskflow_context_argument_none": in_dag("@task\ndef a(ds=None): pass", "a()"),
    "template_file_missing": in_dag("BashOperator(task_id='a', bash_command='nowhere.sh')"),
    "bad_template": in_dag("BashOperator(task_id='a', bash_command='{{ ds')"),
    "syntax_error": "def broken(:\n    pass",
    "unknown_module": "import nowhere_at_all",
    "unknown_name": "from airflow.operators.python import NowhereOperator" if not af.V3 else "from airflow.providers.standard.operators.python import NowhereOperator",
    "name_error": in_dag("a = undefined_thing"),
    "exit_at_import": "raise SystemExit(3)",
    "exception_at_import": "raise RuntimeError('on purpose')",
}  # fmt: skip

# What comes out of these differs from process to process.
CHANCE = {"dag_id_twice_in_a_file": {"dags": {"d": ["a"]}, "dags_by_chance": [{"d": ["a"]}, {"d": ["b"]}]}}


def tidy(text):
    """Without paths, addresses, long ids, and orders that differ from run to run."""
    text = re.sub(r"\{<.*?>\}", lambda m: "{" + ", ".join(sorted(m[0][1:-1].split(", "))) + "}", text)
    text = re.sub(r"/\S*site-packages/", "…/", text).replace(af.HOME, "<home>")
    return re.sub(r"0x[0-9a-f]+", "0x…", re.sub(r"a{50,}", lambda m: f"<a * {len(m[0])}>", text))


def described(error):
    return {"exception": type(error).__name__, "message": tidy(str(error))[:600]}


def one(name, body):
    path = Path(af.DAGS, f"{name}.py")
    text = f"{IMPORTS}\n{body}\n"  # the words DAG and airflow in it keep the file from being passed over
    path.write_text(text, "utf-8")
    row = {"case": name, "source": body, "stage": "none"}
    with af.quiet():
        try:
            exec(compile(text, str(path), "exec"), {"__name__": name, "__file__": str(path)})
        except BaseException as error:  # noqa: BLE001 - whatever is raised is the record
            row |= {"stage": "run the file", **described(error)}
        try:
            bag = (
                DagBag(str(path), include_examples=False) if not af.V3 else DagBag(str(path), bundle_name="dags-folder")
            )
        except BaseException as error:  # noqa: BLE001 - whatever is raised is the record
            row |= {"stage": "breaks the bag", **described(error)}
            return row
        row["import_error"] = bool(bag.import_errors)
        row["dags"] = {tidy(dag_id): sorted(tidy(t) for t in dag.task_ids) for dag_id, dag in sorted(bag.dags.items())}
        row |= CHANCE.get(name, {})
        if bag.import_errors:
            last = tidy(next(iter(bag.import_errors.values())).strip().splitlines()[-1])
            row["import_error_text"] = last[:600]
            if row["stage"] == "none":
                row["stage"] = "collect"
        elif row["stage"] == "none":
            for dag in bag.dags.values():
                try:
                    af.store(dag)
                except BaseException as error:  # noqa: BLE001 - whatever is raised is the record
                    row |= {"stage": "store", **described(error)}
    return row


def main():
    rows = [one(name, body) for name, body in CASES.items()]
    head = af.header("each file is run, loaded by a DagBag, and its DAGs stored")
    head["imports_put_before_each_source"] = IMPORTS
    af.write(head, cases=rows)


main()

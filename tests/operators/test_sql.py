"""SQL on a real SQLite file: queries, transactions, checks, sensor and branch, as Airflow's provider answers."""

import importlib
import sqlite3
from datetime import UTC, datetime

import pytest

from brisa.authoring.dag import DAG
from brisa.authoring.exceptions import AirflowException
from brisa.authoring.running import executing
from brisa.compat import active
from brisa.errors import AuthoringError
from brisa.model.states import OutcomeKind
from brisa.operators import sql, sql_hooks
from brisa.operators.empty import EmptyOperator
from brisa.operators.sql import BranchSQLOperator, SQLExecuteQueryOperator, SqliteOperator, SqlSensor
from brisa.operators.sql_checks import (
    SQLCheckOperator,
    SQLColumnCheckOperator,
    SQLIntervalCheckOperator,
    SQLTableCheckOperator,
    SQLThresholdCheckOperator,
    SQLValueCheckOperator,
)
from brisa.operators.sql_hooks import DbApiHook, SqliteHook, fetch_one_handler, split_statements
from brisa.runtime.memory import MemoryChannel
from tests.runtime.attempts import run_task


@pytest.fixture
def file(tmp_path):
    """A database with table t: a is 1, 2, 3; b is x, y, NULL."""
    path = tmp_path / "data.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a INTEGER, b TEXT)")
        connection.execute("INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, NULL)")
    connection.close()
    return path


def rows(file, query="SELECT * FROM t"):
    """What is in the database."""
    connection = sqlite3.connect(file)
    found = connection.execute(query).fetchall()
    connection.close()
    return found


def channel(file):
    """One that knows the database as ``db`` and by default, and a few others."""
    db = {"conn_type": "sqlite", "host": str(file)}
    return MemoryChannel(
        connections={
            "db": db,
            "sqlite_default": db,
            "pg": {"conn_type": "postgres", "password": "s3cret"},
            "web": {"conn_type": "http", "host": "h"},
        }
    )


def task(file, cls=SQLExecuteQueryOperator, **kwargs):
    """Run one operator; its outcome, and what it pushed."""
    with DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None) as dag:
        cls(task_id="t", **({} if cls is SqliteOperator else {"conn_id": "db"}) | kwargs)
    outcome, told = run_task(dag, channel=channel(file))
    return outcome, told.values().get("return_value")


def test_the_rows_are_the_xcom(file):
    """Given a query with a template and parameters, its rows are pushed; SqliteOperator is its older name."""
    query = "SELECT a, '{{ ds }}' FROM t WHERE a > ?"
    for cls in (SQLExecuteQueryOperator, SqliteOperator):
        outcome, value = task(file, cls, sql=query, parameters=["{{ params.least }}"], params={"least": 1})
        assert outcome.kind is OutcomeKind.SUCCESS
        assert value == [(2, "2024-01-15"), (3, "2024-01-15")]


def test_a_file_with_sql(file, tmp_path):
    """A text that ends in .sql is a file, which is rendered."""
    (tmp_path / "query.sql").write_text("SELECT max(a), '{{ ds }}' FROM t;\n")
    with DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None, template_searchpath=str(tmp_path)) as dag:
        SQLExecuteQueryOperator(task_id="t", conn_id="db", sql="query.sql")
    assert run_task(dag, channel=channel(file))[1].values() == {"return_value": [(3, "2024-01-15")]}


RESULTS = [
    ({"sql": "INSERT INTO t VALUES (4, 'z')"}, None),
    ({"sql": "SELECT a FROM t WHERE a > :x", "parameters": {"x": 2}}, [(3,)]),
    ({"sql": "SELECT 1; SELECT 2;", "split_statements": True}, [(2,)]),
    ({"sql": "SELECT 1; SELECT 2", "split_statements": True, "return_last": False}, [[(1,)], [(2,)]]),
    ({"sql": ["SELECT 1", "SELECT 2"]}, [[(1,)], [(2,)]]),
    ({"sql": ["SELECT 1"]}, [[(1,)]]),
    ({"sql": "SELECT 1, 2", "handler": fetch_one_handler}, (1, 2)),
    ({"sql": "SELECT 1", "handler": None}, None),
    ({"sql": "SELECT 1", "do_xcom_push": False}, None),
    ({"sql": "SELECT 1", "output_processor": lambda results, _: [len(one) for one in results]}, 1),
    ({"sql": ["SELECT 1", "SELECT 2"], "output_processor": lambda results, _: [len(one) for one in results]}, [1, 1]),
    ({"sql": "SELECT a FROM t WHERE a > 9"}, []),
]


@pytest.mark.parametrize(("options", "value"), RESULTS)
def test_results(file, options, value):
    """One statement, several, none to fetch: as in Airflow."""
    outcome, found = task(file, **options)
    assert outcome.kind is OutcomeKind.SUCCESS
    assert found == value


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sql": "SELECT * FROM nope"}, "OperationalError: no such table: nope"),
        ({"sql": "SELECT 1; SELECT 2"}, "one statement at a time"),
        ({"sql": " "}, "sql is empty"),
        ({"sql": []}, "sql is empty"),
        ({"sql": "SELECT 1", "conn_id": "zzz"}, "The conn_id `zzz` isn't defined"),
        ({"sql": "SELECT 1", "conn_id": None}, "The conn_id `None` isn't defined"),
        ({"sql": "SELECT 1", "conn_id": "pg"}, "install apache-airflow-providers-postgres"),
        ({"sql": "SELECT 1", "conn_id": "web"}, "is not that of a database"),
    ],
)
def test_what_can_not_be_run(file, options, words):
    """The error says why."""
    outcome, _ = task(file, **options)
    assert outcome.kind is OutcomeKind.FAILED
    assert words in outcome.error
    assert "s3cret" not in outcome.error


@pytest.mark.parametrize(("autocommit", "left"), [(False, 0), (True, 1)])
def test_statements_are_one_transaction(file, autocommit, left):
    """If one fails, none has happened; with ``autocommit`` those before it have."""
    outcome, _ = task(file, sql=["INSERT INTO t VALUES (9, 'q')", "INSERT INTO nope VALUES (1)"], autocommit=autocommit)
    assert outcome.kind is OutcomeKind.FAILED
    assert rows(file, "SELECT count(*) FROM t WHERE a = 9") == [(left,)]


def test_statements_are_split_by_semicolons_that_end_one():
    """Not by those in texts, comments and triggers; empty ones are none."""
    trigger = "CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t; SELECT 1; END;"
    text = f"SELECT ';' ;; {trigger}\n-- a; b\nSELECT 2; ; \nSELECT /* ; */ 3\n"
    assert split_statements(text) == ["SELECT ';' ;", trigger, "-- a; b\nSELECT 2;", "SELECT /* ; */ 3"]
    assert split_statements(" ;\n") == []


def test_the_hook(file):
    """What functions use: records, the first row, a DataFrame, rows put in."""
    with executing({}, channel(file)):
        hook = SqliteHook("db")
        hook.insert_rows("t", [(4, "z"), (5, None)], target_fields=["a", "b"], commit_every=1)
        assert hook.get_first("SELECT count(*) FROM t") == (5,)
        assert hook.get_records("SELECT a FROM t WHERE b = ?", ["z"]) == [(4,)]
        assert hook.get_pandas_df("SELECT a FROM t")["a"].tolist() == [1, 2, 3, 4, 5]
        assert SqliteHook(sqlite_conn_id="db").get_conn_id() == "db"


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"host": "{file}"}, "{file}"),
        ({"host": "", "schema": "{file}"}, "{file}"),
        ({"host": "{file}", "extra": {"mode": "ro"}}, "{file}"),
        ({}, ""),
    ],
)
def test_where_the_database_is(file, fields, place):
    """The host or the schema; with SQLite's own options; else in memory."""
    known = {name: value.format(file=file) if isinstance(value, str) else value for name, value in fields.items()}
    with executing({}, MemoryChannel(connections={"db": {"conn_type": "sqlite", **known}})):
        hook = SqliteHook("db")
        assert hook.get_first("PRAGMA database_list")[2] == place.format(file=file)
        if "extra" in fields:
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                hook.run("DELETE FROM t")


def test_a_hook_for_a_driver_of_ones_own(file):
    """A subclass gives the connection alone; the operator finds what it needs."""

    class Mine(DbApiHook):
        conn_name_attr = "mine_conn_id"
        default_conn_name = "mine_default"

        def get_conn(self):
            return sqlite3.connect(file)

    assert Mine().get_conn_id() == "mine_default"
    assert Mine(mine_conn_id="x").get_conn_id() == "x"
    assert Mine().get_records("SELECT count(*) FROM t") == [(3,)]
    with pytest.raises(AirflowException, match="conn_name_attr"):
        DbApiHook()


@pytest.mark.parametrize("name", ["Postgres", "MySql", "MsSql", "Oracle", "Snowflake"])
def test_what_needs_a_package_can_be_imported_alone(file, name):
    """Such an operator is in a DAG; when it runs, or its hook is used, the error names the package."""
    kind = name.lower()
    words = f"install apache-airflow-providers-{'microsoft-mssql' if kind == 'mssql' else kind}"
    outcome, _ = task(file, getattr(sql, f"{name}Operator"), sql="SELECT 1", **{f"{kind}_conn_id": "db"})
    assert outcome.kind is OutcomeKind.FAILED
    assert f"{name}Operator is a part of a package that is not installed: {words}" in outcome.error
    with pytest.raises(AirflowException, match=words):
        getattr(sql_hooks, f"{name}Hook")().get_records("SELECT 1")


EMPTY = "SELECT a FROM t WHERE a > 100"
CHECKS = [
    (SQLCheckOperator, {"sql": "SELECT 1, 'x'"}, True),
    (SQLCheckOperator, {"sql": "SELECT 1, 0"}, False),
    (SQLCheckOperator, {"sql": "SELECT 1, ''"}, False),
    (SQLCheckOperator, {"sql": "SELECT NULL"}, False),
    (SQLCheckOperator, {"sql": EMPTY}, False),
    (SQLCheckOperator, {"sql": "SELECT ?", "parameters": [1]}, True),
    (SQLValueCheckOperator, {"sql": "SELECT 5", "pass_value": 5}, True),
    (SQLValueCheckOperator, {"sql": "SELECT '5'", "pass_value": "5"}, True),
    (SQLValueCheckOperator, {"sql": "SELECT 5, 5.2", "pass_value": 5, "tolerance": 0.1}, True),
    (SQLValueCheckOperator, {"sql": "SELECT 6", "pass_value": 5, "tolerance": 0.1}, False),
    (SQLValueCheckOperator, {"sql": "SELECT -5", "pass_value": -5, "tolerance": 0.1}, True),
    (SQLValueCheckOperator, {"sql": "SELECT 5, 6", "pass_value": 5}, False),
    (SQLValueCheckOperator, {"sql": "SELECT 'x'", "pass_value": "x"}, True),
    (SQLValueCheckOperator, {"sql": "SELECT 'x'", "pass_value": 5}, False),
    (SQLValueCheckOperator, {"sql": "SELECT NULL", "pass_value": 5}, False),
    (SQLValueCheckOperator, {"sql": EMPTY, "pass_value": 5}, False),
    (SQLThresholdCheckOperator, {"sql": "SELECT 5", "min_threshold": 1, "max_threshold": 5}, True),
    (SQLThresholdCheckOperator, {"sql": "SELECT 5", "min_threshold": 6, "max_threshold": 9}, False),
    (SQLThresholdCheckOperator, {"sql": "SELECT 5", "min_threshold": 1, "max_threshold": "SELECT 4"}, False),
    (SQLThresholdCheckOperator, {"sql": "SELECT 5", "min_threshold": "SELECT 1", "max_threshold": "9"}, True),
    (SQLThresholdCheckOperator, {"sql": "SELECT NULL", "min_threshold": 1, "max_threshold": 2}, False),
    (SQLColumnCheckOperator, {"a": {"min": {"geq_to": 1}, "max": {"less_than": 10}}}, True),
    (SQLColumnCheckOperator, {"a": {"null_check": {"equal_to": 0}}, "b": {"null_check": {"equal_to": 0}}}, False),
    (SQLColumnCheckOperator, {"b": {"null_check": {"equal_to": 1}, "distinct_check": {"equal_to": 2}}}, True),
    (SQLColumnCheckOperator, {"a": {"unique_check": {"equal_to": 0}, "distinct_check": {"equal_to": 4}}}, False),
    (SQLColumnCheckOperator, {"a": {"min": {"greater_than": 1}}}, False),
    (SQLColumnCheckOperator, {"a": {"min": {"greater_than": 1, "tolerance": 0.1}}}, True),
    (SQLColumnCheckOperator, {"a": {"max": {"leq_to": 2.8, "tolerance": 0.1}}}, True),
    (SQLColumnCheckOperator, {"a": {"max": {"equal_to": 2.8, "tolerance": 0.1}}}, True),
    (SQLColumnCheckOperator, {"a": {"max": {"equal_to": 2, "tolerance": 0.1}}}, False),
    (SQLColumnCheckOperator, {"a": {"min": {"geq_to": 2, "partition_clause": "a > 1"}}}, True),
    (SQLColumnCheckOperator, {"a": {"min": {"equal_to": 0, "partition_clause": "a > 100"}}}, True),
    (SQLTableCheckOperator, {"rows": {"check_statement": "COUNT(*) = 3"}, "s": {"check_statement": "a > 0"}}, True),
    (SQLTableCheckOperator, {"it's": {"check_statement": "a > 1"}}, False),
    (SQLTableCheckOperator, {"p": {"check_statement": "COUNT(*) = 1", "partition_clause": "a = 1"}}, True),
    (SQLTableCheckOperator, {"none": {"check_statement": "a > 1", "partition_clause": "a > 100"}}, False),
]
ABOUT: dict[type, str] = {SQLColumnCheckOperator: "column_mapping", SQLTableCheckOperator: "checks"}


@pytest.mark.parametrize(("cls", "options", "passes"), CHECKS)
def test_checks(file, cls, options, passes):
    """Which data pass, as seen in Airflow."""
    given = {"table": "t", ABOUT[cls]: options} if cls in ABOUT else options
    outcome, _ = task(file, cls, **given)
    assert outcome.kind is (OutcomeKind.SUCCESS if passes else OutcomeKind.FAILED)
    assert outcome.error == "" if passes else "fail" in outcome.error or "zero rows" in outcome.error


def test_a_check_says_what_it_found(file):
    """Column, check, value and what it should be; and it is not retried if that is not wanted."""
    mapping = {"b": {"null_check": {"equal_to": 0}}}
    outcome, _ = task(file, SQLColumnCheckOperator, table="t", column_mapping=mapping, retry_on_failure=False)
    assert "the check of table t failed: b null_check is 1, not equal_to 0" in outcome.error
    assert not outcome.retryable
    outcome, _ = task(file, SQLTableCheckOperator, table="t", checks={"many": {"check_statement": "COUNT(*) > 9"}})
    assert "the check of table t failed: many (COUNT(*) > 9)" in outcome.error
    assert outcome.retryable


def test_checks_of_a_part_of_the_table(file):
    """``partition_clause`` is a WHERE of all checks, and may have an OR."""
    either = {"table": "t", "partition_clause": "a = 2 OR a = {{ params.other }}", "params": {"other": 3}}
    least = {"a": {"min": {"equal_to": 3, "partition_clause": "a > 2"}}}
    assert task(file, SQLColumnCheckOperator, column_mapping=least, **either)[0].kind is OutcomeKind.SUCCESS
    none = {"a": {"min": {"equal_to": 0}}}
    empty = {"table": "t", "partition_clause": "a > 100"}
    assert task(file, SQLColumnCheckOperator, column_mapping=none, **empty)[0].kind is OutcomeKind.SUCCESS
    outcome, _ = task(file, SQLColumnCheckOperator, column_mapping=none, accept_none=False, **empty)
    assert outcome.kind is OutcomeKind.FAILED


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ({"nope": {"equal_to": 1}}, "Invalid column check: nope"),
        ({"min": {}}, "min needs one of equal_to"),
        ({"min": {"nope": 1}}, "min needs one of equal_to"),
        ({"min": {"geq_to": 1, "greater_than": 1}}, "Only supply one of greater_than or geq_to"),
        ({"min": {"leq_to": 1, "less_than": 1}}, "Only supply one of less_than or leq_to"),
        ({"min": {"equal_to": 1, "geq_to": 1}}, "equal_to goes with no other"),
    ],
)
def test_conditions_that_can_not_be(file, checks, words):
    """They are an error when the file loads."""
    with pytest.raises(AuthoringError, match=words):
        task(file, SQLColumnCheckOperator, table="t", column_mapping={"a": checks})


@pytest.mark.parametrize(
    ("options", "passes"),
    [
        ({"metrics_thresholds": {"COUNT(*)": 1.5}}, False),
        ({"metrics_thresholds": {"COUNT(*)": 3}}, True),
        (
            {"metrics_thresholds": {"SUM(n)": 0.5, "COUNT(*)": 1.5}, "ratio_formula": "relative_diff", "days_back": 7},
            True,
        ),
        ({"metrics_thresholds": {"SUM(n)": 0.1}, "ratio_formula": "relative_diff"}, False),
        ({"metrics_thresholds": {"SUM(z)": 0.5}}, True),
        ({"metrics_thresholds": {"SUM(z)": 0.5}, "ignore_zero": False}, False),
    ],
)
def test_two_days_are_compared(file, options, passes):
    """The run's day and the one a week before; a metric that is 0 has no ratio."""
    task(file, sql=["CREATE TABLE m (ds TEXT, n INT, z INT)"])
    task(file, sql=["INSERT INTO m VALUES ('2024-01-15', 10, 0), ('2024-01-08', 4, 1), ('2024-01-08', 5, 1)"])
    outcome, _ = task(file, SQLIntervalCheckOperator, table="m", **options)
    assert outcome.kind is (OutcomeKind.SUCCESS if passes else OutcomeKind.FAILED), outcome.error
    with pytest.raises(AuthoringError, match="ratio_formula is one of"):
        task(file, SQLIntervalCheckOperator, table="m", metrics_thresholds={}, ratio_formula="x")


@pytest.mark.parametrize(
    ("query", "options", "kind"),
    [
        ("SELECT 1", {}, OutcomeKind.SUCCESS),
        ("SELECT 'x'", {}, OutcomeKind.SUCCESS),
        ("SELECT '0'", {}, OutcomeKind.SUCCESS),
        ("SELECT ?", {"parameters": [2]}, OutcomeKind.SUCCESS),
        ("SELECT 0", {}, OutcomeKind.RESCHEDULE),
        ("SELECT ''", {}, OutcomeKind.RESCHEDULE),
        ("SELECT NULL", {}, OutcomeKind.RESCHEDULE),
        (EMPTY, {}, OutcomeKind.RESCHEDULE),
        (EMPTY, {"fail_on_empty": True}, OutcomeKind.FAILED),
        ("SELECT 0", {"success": lambda value: value == 0}, OutcomeKind.SUCCESS),
        ("SELECT 2", {"success": lambda value: value == 0}, OutcomeKind.RESCHEDULE),
        ("SELECT 2", {"failure": lambda value: value == 2}, OutcomeKind.FAILED),
        ("SELECT 2, 0", {"selector": lambda row: row[1]}, OutcomeKind.RESCHEDULE),
        ("SELECT 1", {"success": 5}, OutcomeKind.FAILED),
    ],
)
def test_the_sensor(file, query, options, kind):
    """What ends the wait, what is not yet, and what fails, as seen in Airflow."""
    assert task(file, SqlSensor, sql=query, **options)[0].kind is kind


@pytest.mark.parametrize(
    ("query", "follow"),
    [("SELECT 1", ("yes",)), ("SELECT 0", ("no",)), ("SELECT 'True'", ("yes",)), ("SELECT 'off'", ("no",))],
)
def test_the_branch(file, query, follow):
    """The first value decides which tasks follow."""
    with DAG("d", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None) as dag:
        BranchSQLOperator(
            task_id="t", conn_id="db", sql=query, follow_task_ids_if_true="yes", follow_task_ids_if_false=["no"]
        ) >> [EmptyOperator(task_id="yes"), EmptyOperator(task_id="no")]
    outcome, _ = run_task(dag, channel=channel(file))
    assert (outcome.kind, outcome.follow) == (OutcomeKind.SUCCESS, follow)


@pytest.mark.parametrize("query", ["SELECT NULL", "SELECT 'perhaps'", EMPTY])
def test_a_branch_without_an_answer(file, query):
    """Neither true nor false fails the task."""
    options = {"follow_task_ids_if_true": "yes", "follow_task_ids_if_false": "no"}
    outcome, _ = task(file, BranchSQLOperator, sql=query, **options)
    assert "must give true or false" in outcome.error


@pytest.mark.parametrize(
    "name",
    [
        "airflow.providers.common.sql.operators.sql:SQLExecuteQueryOperator",
        "airflow.providers.common.sql.operators.sql:SQLColumnCheckOperator",
        "airflow.operators.sql:BranchSQLOperator",
        "airflow.providers.common.sql.sensors.sql:SqlSensor",
        "airflow.sensors.sql:SqlSensor",
        "airflow.providers.common.sql.hooks.sql:DbApiHook",
        "airflow.providers.sqlite.operators.sqlite:SqliteOperator",
        "airflow.operators.sqlite_operator:SqliteOperator",
        "airflow.providers.sqlite.hooks.sqlite:SqliteHook",
        "airflow.providers.postgres.operators.postgres:PostgresOperator",
        "airflow.operators.postgres_operator:PostgresOperator",
        "airflow.providers.postgres.hooks.postgres:PostgresHook",
        "airflow.providers.mysql.operators.mysql:MySqlOperator",
        "airflow.providers.microsoft.mssql.operators.mssql:MsSqlOperator",
        "airflow.providers.oracle.operators.oracle:OracleOperator",
        "airflow.providers.snowflake.operators.snowflake:SnowflakeOperator",
    ],
)
def test_airflows_names(name):
    """Each of Airflow's import paths has it, where no provider package is installed."""
    module, _, attribute = name.partition(":")
    with active():
        found = getattr(importlib.import_module(module), attribute)
    assert found.__module__.startswith("brisa.")

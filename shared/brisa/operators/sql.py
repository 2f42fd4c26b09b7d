"""SQL as a task: ``SQLExecuteQueryOperator``, ``SqlSensor`` and a branch, on SQLite without any package.

What the arguments mean is what Airflow's SQL provider documents, and version 2.4.0 was seen to do. Where a provider
package is installed, its own classes are used in place of these. The checks are in :mod:`brisa.operators.sql_checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, ClassVar, Final

from brisa.authoring.exceptions import AirflowException, AirflowFailException
from brisa.authoring.operator import BaseOperator
from brisa.operators.branch import BaseBranchOperator
from brisa.operators.sensor import BaseSensorOperator
from brisa.operators.sql_hooks import Handler, database_hook, fetch_all_handler, missing


class BaseSQLOperator(BaseOperator):
    """Base of the operators that ask a database: ``conn_id`` says which, by its type also how."""

    template_fields: Sequence[str] = ("conn_id", "database", "hook_params")
    preloads: Sequence[str] = ("sqlite3",)
    conn_id_field = "conn_id"

    def __init__(
        self,
        *,
        conn_id: str | None = None,
        database: str | None = None,
        hook_params: dict[str, Any] | None = None,
        retry_on_failure: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.database = database
        self.hook_params = hook_params or {}
        self.retry_on_failure = retry_on_failure

    def get_db_hook(self) -> Any:
        """The hook for the connection."""
        return database_hook(self.conn_id, self.hook_params, self.database)

    def failed(self, message: str) -> AirflowException:
        """The error for a check that did not pass; not retried with ``retry_on_failure=False``."""
        return AirflowException(message) if self.retry_on_failure else AirflowFailException(message)


class SQLExecuteQueryOperator(BaseSQLOperator):
    """Runs ``sql``, a text or a list of texts, in one transaction; the rows are the task's XCom.

    - ``sql`` and ``parameters`` are templates; a text that ends in ``.sql`` is a file beside the DAG file. Values are
      best handed over as ``parameters``, which the database quotes.
    - ``split_statements``: run the single statements of a text. ``return_last``: the XCom is the last one's result.
    - ``handler``: what a cursor comes to; ``None`` for nothing. ``output_processor``: called with the list of results,
      and a list of as many ``None`` (Airflow has the cursors' descriptions there); gives the list of what they become.
    """

    template_fields: Sequence[str] = ("sql", "parameters", *BaseSQLOperator.template_fields)
    template_ext: Sequence[str] = (".sql", ".json")
    template_fields_renderers: ClassVar[dict[str, str]] = {"sql": "sql", "parameters": "json"}
    ui_color = "#cdaaed"

    def __init__(
        self,
        *,
        sql: Any,
        autocommit: bool = False,
        parameters: Any = None,
        handler: Handler | None = fetch_all_handler,
        output_processor: Callable[[list[Any], list[Any]], Any] | None = None,
        conn_id: str | None = None,
        database: str | None = None,
        split_statements: bool | None = None,
        return_last: bool = True,
        show_return_value_in_logs: bool = False,
        requires_result_fetch: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.sql = sql
        self.autocommit = autocommit
        self.parameters = parameters
        self.handler = handler
        self.output_processor = output_processor
        self.split_statements = bool(split_statements)
        self.return_last = return_last
        self.show_return_value_in_logs = show_return_value_in_logs
        self.requires_result_fetch = requires_result_fetch

    def execute(self, context: Mapping[str, Any]) -> Any:
        """Run it; the rows."""
        result = self.get_db_hook().run(
            self.sql,
            autocommit=self.autocommit,
            parameters=self.parameters,
            handler=self.handler if self.do_xcom_push or self.requires_result_fetch else None,
            split_statements=self.split_statements,
            return_last=self.return_last,
        )
        if self.output_processor is not None and result is not None:
            single = isinstance(self.sql, str) and (self.return_last or not self.split_statements)
            results = [result] if single else result
            processed = self.output_processor(results, [None] * len(results))
            result = processed[-1] if single else processed
        if self.show_return_value_in_logs:
            self.log.info("The result: %s", result)
        return result


class SqliteOperator(SQLExecuteQueryOperator):
    """``SQLExecuteQueryOperator`` by its older name, for SQLite."""

    template_fields: Sequence[str] = ("sql", "parameters", "sqlite_conn_id")

    def __init__(self, *, sqlite_conn_id: str = "sqlite_default", **kwargs: Any) -> None:
        super().__init__(conn_id=sqlite_conn_id, **kwargs)
        self.sqlite_conn_id = sqlite_conn_id

    def get_db_hook(self) -> Any:
        """The hook."""
        return database_hook(self.sqlite_conn_id, self.hook_params)


class BranchSQLOperator(BaseSQLOperator, BaseBranchOperator):
    """Follows one list of tasks if the first value that ``sql`` gives is true, else another.

    A text counts as Airflow reads it: true, t, yes, y, 1, on and their opposites; others are an error, as no value is.
    """

    template_fields: Sequence[str] = ("sql", *BaseSQLOperator.template_fields)
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers: ClassVar[dict[str, str]] = {"sql": "sql"}

    def __init__(
        self,
        *,
        sql: str,
        follow_task_ids_if_true: str | list[str],
        follow_task_ids_if_false: str | list[str],
        conn_id: str = "default_conn_id",
        database: str | None = None,
        parameters: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.sql = sql
        self.parameters = parameters
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false

    def choose_branch(self, context: Mapping[str, Any]) -> str | list[str]:
        """Ask the database."""
        row = self.get_db_hook().get_first(self.sql, self.parameters)
        value = row[0] if isinstance(row, list | tuple) and row else row
        self.log.info("The query gave %s", value)
        return self.follow_task_ids_if_true if _truth(value) else self.follow_task_ids_if_false


_TRUTH: Final = dict.fromkeys(("true", "t", "yes", "y", "1", "on"), True) | dict.fromkeys(
    ("false", "f", "no", "n", "0", "off"), False
)


def _truth(value: Any) -> bool:
    found = _TRUTH.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(found, int):
        raise AirflowException(f"the branch's query must give true or false, a number or such a word, not {value!r}")
    return bool(found)


class SqlSensor(BaseSensorOperator):
    """Waits until the first row of ``sql`` has, in its first column, something true: not 0, '' or NULL.

    ``selector`` takes the value from the row. With ``success`` the wait ends when that is true of the value; with
    ``failure`` the sensor fails when that is. ``fail_on_empty``: no rows are a failure, not "not yet".
    """

    template_fields: Sequence[str] = ("sql", "hook_params", "parameters", "conn_id")
    template_ext: Sequence[str] = (".hql", ".sql")
    preloads: Sequence[str] = ("sqlite3",)
    ui_color = "#7c7287"

    def __init__(
        self,
        *,
        conn_id: str,
        sql: str,
        parameters: Any = None,
        success: Callable[[Any], Any] | None = None,
        failure: Callable[[Any], Any] | None = None,
        selector: Callable[[Any], Any] = itemgetter(0),
        fail_on_empty: bool = False,
        hook_params: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.sql = sql
        self.parameters = parameters
        self.success = success
        self.failure = failure
        self.selector = selector
        self.fail_on_empty = fail_on_empty
        self.hook_params = hook_params

    def poke(self, context: Any) -> bool:
        """Ask once."""
        records = database_hook(self.conn_id, self.hook_params).get_records(self.sql, self.parameters)
        if not records:
            if self.fail_on_empty:
                raise AirflowException("No rows returned, raising as per fail_on_empty flag")
            return False
        for name in ("success", "failure", "selector"):
            judge = getattr(self, name)
            if judge is not None and not callable(judge):
                raise AirflowException(f"{name} of a SqlSensor is a function, not {judge!r}")
        value = self.selector(records[0])
        if self.failure is not None and self.failure(value):
            raise AirflowException(f"Failure criteria met. The value is {value!r}")
        return bool(value if self.success is None else self.success(value))


class _OfPackage(SQLExecuteQueryOperator):
    """An operator whose work is done by a provider package; without that it can be imported, but not run."""

    conn_type: str

    def __init__(self, **kwargs: Any) -> None:
        field = f"{self.conn_type}_conn_id"
        kwargs.setdefault("conn_id", kwargs.pop(field, f"{self.conn_type}_default"))
        super().__init__(**kwargs)
        setattr(self, field, self.conn_id)

    def execute(self, context: Mapping[str, Any]) -> Any:
        """Say what is missing."""
        raise missing(type(self).__name__, self.conn_type)


class PostgresOperator(_OfPackage):
    """PostgreSQL: runs with its provider package alone."""

    conn_type = "postgres"


class MySqlOperator(_OfPackage):
    """MySQL: runs with its provider package alone."""

    conn_type = "mysql"


class MsSqlOperator(_OfPackage):
    """Microsoft SQL Server: runs with its provider package alone."""

    conn_type = "mssql"


class OracleOperator(_OfPackage):
    """Oracle: runs with its provider package alone."""

    conn_type = "oracle"


class SnowflakeOperator(_OfPackage):
    """Snowflake: runs with its provider package alone."""

    conn_type = "snowflake"

"""Hooks for databases: ``DbApiHook`` for a driver of one's own, ``SqliteHook``, and the names of those in packages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlencode

from brisa.authoring.connections import to_install
from brisa.authoring.exceptions import AirflowException
from brisa.authoring.hooks import BaseHook

Parameters = Mapping[str, Any] | Sequence[Any] | None
Handler = Callable[[Any], Any]


def fetch_all_handler(cursor: Any) -> list[Any] | None:
    """All rows of a statement; ``None`` for one that has no rows by its nature."""
    return None if cursor.description is None else cursor.fetchall()


def fetch_one_handler(cursor: Any) -> Any:
    """The first row of a statement."""
    return None if cursor.description is None else cursor.fetchone()


def split_statements(sql: str) -> list[str]:
    """The statements of a text, by its semicolons; one inside of quotes, comments or a trigger ends none."""
    import sqlite3

    found: list[str] = []
    rest = ""
    for piece in sql.split(";")[:-1]:
        rest += f"{piece};"
        if sqlite3.complete_statement(rest):
            found.append(rest.strip())
            rest = ""
    found.append((rest + sql.rpartition(";")[2]).strip())
    return [one for one in found if one.strip("; \t\r\n")]


class DbApiHook(BaseHook):
    """Base of hooks for databases with Python's DB-API: override :meth:`get_conn`, and name the connection's argument.

    ``MyHook("my_id")`` and ``MyHook(my_conn_id="my_id")`` both set ``my_conn_id``, if ``conn_name_attr`` is that.
    """

    conn_name_attr = ""
    default_conn_name = "default_conn_id"
    placeholder = "?"

    def __init__(self, *args: Any, schema: str | None = None, log_sql: bool = True, **kwargs: Any) -> None:
        super().__init__()
        if not self.conn_name_attr:
            raise AirflowException(f"{type(self).__name__} does not set conn_name_attr")
        conn_id = args[0] if args else kwargs.get(self.conn_name_attr, self.default_conn_name)
        setattr(self, self.conn_name_attr, conn_id)
        self.schema = schema
        self.log_sql = log_sql

    def get_conn_id(self) -> str:
        """The connection's id."""
        return str(getattr(self, self.conn_name_attr))

    def run(
        self,
        sql: str | Iterable[str],
        autocommit: bool = False,
        parameters: Parameters = None,
        handler: Handler | None = None,
        split_statements: bool = False,
        return_last: bool = True,
    ) -> Any:
        """Run one statement or several in one transaction; what ``handler`` makes of each cursor.

        One result for a single text, and the last for one that is split, unless ``return_last`` is False; else a list.
        """
        statements = _statements(sql, split_statements)
        results = []
        with closing(self.get_conn()) as connection:
            for statement in statements:
                if self.log_sql:
                    self.log.info("Running statement: %s", statement)
                with closing(connection.cursor()) as cursor:
                    cursor.execute(statement, *([] if parameters is None else [parameters]))
                    results.append(handler(cursor) if handler is not None else None)
                    if cursor.rowcount >= 0:
                        self.log.info("Rows affected: %s", cursor.rowcount)
                if autocommit:
                    connection.commit()
            connection.commit()
        if handler is None:
            return None
        single = isinstance(sql, str) and (return_last or not split_statements)
        return results[-1] if single else results

    def get_records(self, sql: str | list[str], parameters: Parameters = None) -> Any:
        """All rows."""
        return self.run(sql, parameters=parameters, handler=fetch_all_handler)

    def get_first(self, sql: str | list[str], parameters: Parameters = None) -> Any:
        """The first row, or ``None``."""
        return self.run(sql, parameters=parameters, handler=fetch_one_handler)

    def test_connection(self) -> tuple[bool, str]:
        """Whether a statement can be run, and what was said if not."""
        try:
            if self.get_first("select 1"):
                return True, "Connection successfully tested"
        except Exception as error:  # noqa: BLE001  whatever the driver says is the answer
            return False, str(error)
        return False, "the database has answered nothing"

    def get_pandas_df(self, sql: str, parameters: Parameters = None, **kwargs: Any) -> Any:
        """The rows as a DataFrame; pandas has to be installed."""
        from pandas import read_sql

        with closing(self.get_conn()) as connection:
            return read_sql(sql, con=connection, params=parameters, **kwargs)

    def insert_rows(
        self,
        table: str,
        rows: Iterable[Sequence[Any]],
        target_fields: Sequence[str] | None = None,
        commit_every: int = 1000,
        replace: bool = False,
        **_: Any,
    ) -> None:
        """Insert rows, each a sequence of values; ``commit_every`` many are one transaction, 0: all are."""
        fields = f" ({', '.join(target_fields)})" if target_fields else ""
        verb = "REPLACE" if replace else "INSERT"
        with closing(self.get_conn()) as connection, closing(connection.cursor()) as cursor:
            for number, row in enumerate(rows, 1):
                places = ", ".join([self.placeholder] * len(row))
                cursor.execute(f"{verb} INTO {table}{fields} VALUES ({places})", tuple(row))
                if commit_every and number % commit_every == 0:
                    connection.commit()
            connection.commit()


def _statements(sql: str | Iterable[str], split: bool) -> list[str]:
    several = [sql] if isinstance(sql, str) else list(sql)
    if split:
        several = [one for text in several for one in split_statements(text)]
    found = [text for text in several if text.strip()]
    if not found:
        raise AirflowException("there is no SQL statement to run: sql is empty")
    return found


class SqliteHook(DbApiHook):
    """A SQLite database: the connection's host is the file (or its schema, as in ``sqlite:////path/to.db``).

    Without either the database is in memory, and gone when the statement's connection closes. The extras are those of
    SQLite's own URIs, such as ``mode``.
    """

    conn_name_attr = "sqlite_conn_id"
    default_conn_name = "sqlite_default"

    def get_conn(self) -> Any:
        """A connection of :mod:`sqlite3`."""
        import sqlite3

        connection = self.get_connection(self.get_conn_id())
        path = connection.host or connection.schema or ":memory:"
        extra = connection.extra_dejson
        if not extra or path == ":memory:":
            return sqlite3.connect(path)
        return sqlite3.connect(f"file:{quote(path)}?{urlencode(extra)}", uri=True)


def database_hook(conn_id: str | None, hook_params: Mapping[str, Any] | None, database: str | None = None) -> Any:
    """The hook for a connection, which must be that of a database."""
    hook = BaseHook.get_hook(str(conn_id), hook_params)
    if not callable(getattr(hook, "get_records", None)):
        raise AirflowException(f"connection {conn_id!r} is not that of a database: its hook is {type(hook).__name__}")
    if database:
        hook.schema = database
    return hook


class HookOfPackage(DbApiHook):
    """A hook whose work is done by a provider package; without that it can be imported, but not used."""

    conn_type: str

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.conn_name_attr = f"{cls.conn_type}_conn_id"
        cls.default_conn_name = f"{cls.conn_type}_default"

    def get_conn(self) -> Any:
        """Say what is missing."""
        raise missing(type(self).__name__, self.conn_type)


def missing(name: str, conn_type: str) -> AirflowException:
    """The error for something that only a provider package can do."""
    return AirflowException(f"{name} is a part of a package that is not installed: {to_install(conn_type)}")


class PostgresHook(HookOfPackage):
    """PostgreSQL: works with its provider package alone."""

    conn_type = "postgres"


class MySqlHook(HookOfPackage):
    """MySQL: works with its provider package alone."""

    conn_type = "mysql"


class MsSqlHook(HookOfPackage):
    """Microsoft SQL Server: works with its provider package alone."""

    conn_type = "mssql"


class OracleHook(HookOfPackage):
    """Oracle: works with its provider package alone."""

    conn_type = "oracle"


class SnowflakeHook(HookOfPackage):
    """Snowflake: works with its provider package alone."""

    conn_type = "snowflake"

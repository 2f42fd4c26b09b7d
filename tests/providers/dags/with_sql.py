"""The common.sql and sqlite packages: statements, a sensor, checks and a branch on a database in a file."""

from datetime import datetime

from airflow.providers.common.sql.operators.sql import (
    BranchSQLOperator,
    SQLCheckOperator,
    SQLColumnCheckOperator,
    SQLExecuteQueryOperator,
    SQLInsertRowsOperator,
    SQLTableCheckOperator,
)
from airflow.providers.common.sql.sensors.sql import SqlSensor
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

with DAG("with_sql", start_date=datetime(2024, 1, 1), schedule=None, default_args={"conn_id": "sqlite_default"}):
    create = SQLExecuteQueryOperator(
        task_id="create",
        sql=["DROP TABLE IF EXISTS walk", "CREATE TABLE walk (step INTEGER, day TEXT)", "INSERT INTO walk VALUES (1, '{{ ds }}')"],
    )
    insert = SQLInsertRowsOperator(task_id="insert", table_name="walk", rows=[(2, "later"), (3, "last")])
    arrived = SqlSensor(task_id="arrived", sql="SELECT count(*) FROM walk WHERE day = '{{ ds }}'", poke_interval=1)
    total = SQLExecuteQueryOperator(task_id="total", sql="SELECT sum(step) FROM walk", return_last=True)
    check = SQLCheckOperator(task_id="check", sql="SELECT count(*) = 3 FROM walk")
    columns = SQLColumnCheckOperator(
        task_id="columns",
        table="walk",
        column_mapping={"step": {"null_check": {"equal_to": 0}, "min": {"geq_to": 1}, "max": {"leq_to": 3}}},
    )
    table = SQLTableCheckOperator(
        task_id="table", table="walk", checks={"row_count": {"check_statement": "COUNT(*) = 3"}}
    )
    branch = BranchSQLOperator(
        task_id="branch", sql="SELECT count(*) > 100 FROM walk", follow_task_ids_if_true="many", follow_task_ids_if_false="few"
    )
    create >> insert >> arrived >> [total, check, columns, table] >> branch
    branch >> [EmptyOperator(task_id="many"), EmptyOperator(task_id="few")]

"""The slack, ssh and postgres packages: operators and hooks that are made and not run, for want of a server."""

from datetime import datetime

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.providers.slack.hooks.slack import SlackHook
from airflow.providers.slack.notifications.slack import send_slack_notification
from airflow.providers.slack.operators.slack import SlackAPIPostOperator
from airflow.providers.ssh.hooks.ssh import SSHHook
from airflow.providers.ssh.operators.ssh import SSHOperator
from airflow.sdk import DAG

with DAG("not_connected", start_date=datetime(2024, 1, 1), schedule=None):
    query = SQLExecuteQueryOperator(task_id="query", conn_id="postgres_default", sql="SELECT {{ ds_nodash }}")
    command = SSHOperator(task_id="command", ssh_conn_id="ssh_default", command="ls {{ ds }}")
    post = SlackAPIPostOperator(
        task_id="post",
        channel="#walks",
        text="{{ ds }}",
        on_failure_callback=send_slack_notification(text="{{ ti.task_id }} failed"),
    )
    query >> command >> post

HOOKS = (PostgresHook, SSHHook, SlackHook)

"""The smtp package: a message that a task sends, and a notifier as a callback."""

from datetime import datetime

from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.providers.smtp.operators.smtp import EmailOperator
from airflow.sdk import DAG

with DAG("by_mail", start_date=datetime(2024, 1, 1), schedule=None):
    EmailOperator(
        task_id="send",
        to="reader@example.com",
        from_email="brisa@example.com",
        subject="Walk of {{ ds }}",
        html_content="<p>{{ run_id }}</p>",
        on_success_callback=SmtpNotifier(
            to="watcher@example.com", from_email="brisa@example.com", subject="{{ ti.task_id }} went well", html_content="!"
        ),
    )

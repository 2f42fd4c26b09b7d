"""``airflow.utils.dates``: removed in Airflow 3, and in every tutorial."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

cron_presets = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}


def days_ago(n: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0) -> datetime:
    """The day ``n`` days before today in UTC, at midnight unless another time is given."""
    today = datetime.now(UTC).replace(hour=hour, minute=minute, second=second, microsecond=microsecond)
    return today - timedelta(days=n)


def parse_execution_date(execution_date_str: str) -> datetime:
    """The moment that a text in ISO 8601 names, in UTC unless it says otherwise."""
    from brisa.compat.timezone import parse

    return parse(execution_date_str)


def round_time(dt: datetime, delta: timedelta, start_date: datetime) -> datetime:
    """The first of ``start_date``, ``start_date + delta`` … that is not before ``dt``."""
    steps = -((start_date - dt) // delta)
    return start_date + max(steps, 0) * delta

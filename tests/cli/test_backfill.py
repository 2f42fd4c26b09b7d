"""``brisa backfill``: made, looked at, paused and cancelled from the command line; and what unpausing sets going."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import Home

DAGS = """
from datetime import datetime
from brisa import DAG, task

with DAG("ventas", schedule="@daily", start_date=datetime(2024, 1, 1), end_date=datetime(2024, 3, 9), catchup=True):
    @task
    def extract():
        pass

    extract()

with DAG("minutely", schedule="* * * * *", start_date=datetime(2020, 1, 1)):
    pass

with DAG("unscheduled", schedule=None):
    pass
"""
RANGE = ("--from-date", "2024-02-01", "--to-date", "2024-02-03")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with three DAGs."""
    home = Home(tmp_path / "home")
    home.write("ventas.py", DAGS)
    return home


def test_a_backfill_is_made_looked_at_paused_and_cancelled(home: Home):
    """A stored object: no process has to stay for it."""
    foreseen = home.json("backfill", "create", "--dag-id", "ventas", *RANGE, "--run-backwards", "--dry-run")
    assert [(one["logical_date"][:10], one["action"]) for one in foreseen] == [
        ("2024-02-03", "create"),
        ("2024-02-02", "create"),
        ("2024-02-01", "create"),
    ]
    assert home.json("backfill", "list") == []

    (made,) = home.json("backfill", "create", "--dag-id", "ventas", *RANGE, "--max-active-runs", "2")
    number = str(made["backfill_id"])
    assert (made["state"], made["intervals"], made["next"]) == ("running", "3", "2024-02-01T00:00:00+00:00")
    assert home.json("backfill", "list", "--dag-id", "ventas") == home.json("backfill", "show", number) == [made]
    again = home.call("backfill", "create", "--dag-id", "ventas", *RANGE)
    assert again.returncode == 2
    assert again.stderr == f"Error: DAG 'ventas' has a backfill, {number}, that is running: one at a time\n"

    assert home.json("backfill", "pause", number)[0]["state"] == "paused"
    assert home.json("backfill", "unpause", number)[0]["state"] == "running"
    assert home.json("backfill", "cancel", number)[0]["state"] == "cancelled"
    refused = home.call("backfill", "pause", number)
    assert refused.returncode == 2
    assert refused.stderr == f"Error: backfill {number} of DAG 'ventas' is cancelled already\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--dag-id", "ventsa", *RANGE), "there is no DAG 'ventsa'; did you mean 'ventas'?"),
        (
            ("--dag-id", "unscheduled", *RANGE),
            "DAG 'unscheduled' has the schedule None, which has no intervals to fill",
        ),
        (("--dag-id", "ventas", "--from-date", "2024-02-02", "--to-date", "2024-02-01"), "is after to_date"),
        (("--dag-id", "ventas", *RANGE, "--dag-run-conf", "[]"), "--conf must be a JSON object"),
        (("--dag-id", "minutely", "--from-date", "2020-01-01", "--to-date", "2024-01-01"), "with --yes"),
    ],
)
def test_what_can_not_be_is_refused(home: Home, arguments: tuple[str, ...], message: str):
    """Status 2 and one clear sentence; where a person could confirm and none is there, what to add."""
    done = home.call("backfill", "create", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert home.json("backfill", "list") == []


def test_unpausing_says_how_many_runs_it_makes(home: Home):
    """Counted up to a bound, with the first and the last date, and how many run at once."""
    home.call("dags", "trigger", "ventas", "-r", "mine")
    told = home.call("dags", "unpause", "ventas")
    assert told.stdout == "Dag: ventas, paused: False\n"
    assert told.stderr == (
        "ventas: will make 69 runs from 2024-01-01T00:00:00+00:00 to 2024-03-09T00:00:00+00:00; "
        "1 waiting run begins; at most 16 at once\n"
    )
    assert home.call("dags", "unpause", "ventas").stderr == ""
    assert home.call("dags", "unpause", "unscheduled").stderr == ""
    assert home.call("dags", "unpause", "minutely").stderr.startswith("minutely: will make 1 run, of ")

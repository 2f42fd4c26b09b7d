"""Days of the week. The tables are Airflow 2.11.2's and 3.3.2's answers, which agree."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from brisa.authoring.registry import recording
from brisa.errors import AuthoringError
from brisa.model.states import OutcomeKind
from brisa.operators.empty import EmptyOperator
from brisa.operators.weekday import BranchDayOfWeekOperator, DayOfWeekSensor, WeekDay
from tests.operators.clock import a_dag, look
from tests.runtime.attempts import a_run

NEW_YORK = ZoneInfo("America/New_York")
FRIDAY, SATURDAY = datetime(2024, 1, 5, 3, tzinfo=UTC), datetime(2024, 1, 6, 3, tzinfo=UTC)
"""In New York, the evening before."""
WAITS = [
    ("Friday", FRIDAY, None),
    ("FRIDAY", FRIDAY, None),
    (WeekDay.FRIDAY, FRIDAY, None),
    ({"friday", "Sunday"}, FRIDAY, None),
    ({WeekDay.SATURDAY: 1}, FRIDAY, datetime(2024, 1, 6, tzinfo=UTC)),
    (["Sunday", "Thursday"], FRIDAY, datetime(2024, 1, 7, tzinfo=UTC)),
    ("Friday", SATURDAY, datetime(2024, 1, 12, tzinfo=UTC)),
]


@pytest.mark.parametrize("dialect", [2, 3])
@pytest.mark.parametrize("zone", [UTC, NEW_YORK])
@pytest.mark.parametrize(("days", "now", "midnight"), WAITS)
def test_the_sensor_sleeps_until_the_day_begins(days, now, midnight, zone, dialect):
    """It takes the day in UTC, whatever the DAG's zone, and wakes at the midnight."""
    with a_dag(dialect, zone) as dag:
        DayOfWeekSensor(task_id="t", week_day=days)
    outcome, resume, _ = look(dag, now)
    assert outcome.kind is (OutcomeKind.RESCHEDULE if midnight else OutcomeKind.SUCCESS)
    assert midnight is None or midnight <= resume <= midnight + timedelta(seconds=5)


@pytest.mark.parametrize(
    ("days", "kind"),
    [("Monday", OutcomeKind.SUCCESS), ("Friday", OutcomeKind.RESCHEDULE), ([], OutcomeKind.RESCHEDULE)],
)
def test_the_sensor_and_the_logical_date(days, kind):
    """The run's is a Monday; any other day never comes, so the sensor wakes when its patience is over."""
    with a_dag() as dag:
        DayOfWeekSensor(task_id="t", week_day=days, use_task_logical_date=True, timeout=timedelta(days=30))
    outcome, resume, _ = look(dag, FRIDAY)
    assert outcome.kind is kind
    assert resume is None or resume >= FRIDAY + timedelta(days=30)


def branch(days, now=FRIDAY, zone=UTC, dialect=3, run=None, **kwargs):
    """Which way a branch goes."""
    with a_dag(dialect, zone) as dag:
        fork = BranchDayOfWeekOperator(
            task_id="t", follow_task_ids_if_true="yes", follow_task_ids_if_false="no", week_day=days, **kwargs
        )
        fork >> [EmptyOperator(task_id="yes"), EmptyOperator(task_id="no")]
    return look(dag, now, run=run)[0].follow


@pytest.mark.parametrize("dialect", [2, 3])
@pytest.mark.parametrize(
    ("days", "now", "zone", "follow"),
    [
        ("Friday", FRIDAY, UTC, "yes"),
        ({"Friday", "Sunday"}, FRIDAY, UTC, "yes"),
        ([WeekDay.SATURDAY], FRIDAY, UTC, "no"),
        (WeekDay.FRIDAY, SATURDAY, NEW_YORK, "yes"),
        (WeekDay.SATURDAY, SATURDAY, NEW_YORK, "no"),
    ],
)
def test_the_branch_goes_by_today_in_the_dags_zone(days, now, zone, follow, dialect):
    """One day, or several."""
    assert branch(days, now, zone, dialect) == (follow,)


def test_the_branch_and_the_logical_date():
    """It is taken in UTC; a run without one has the moment from which it may run."""
    assert branch("Monday", use_task_logical_date=True, zone=NEW_YORK) == ("yes",)
    nothing = dict.fromkeys(("logical_date", "data_interval_start", "data_interval_end"))
    run = a_run(run_after=datetime(2024, 1, 10, tzinfo=UTC).timestamp(), **nothing)
    assert branch("Wednesday", use_task_logical_date=True, run=run) == ("yes",)


def test_the_old_argument_is_translated():
    """Airflow 2's use_task_execution_day means the logical date, and is said once."""
    with recording() as record:
        assert branch("Monday", dialect=2, use_task_execution_day=True) == ("yes",)
        assert branch("Friday", dialect=2, use_task_execution_day=True) == ("no",)
    assert [notice for notice in record.notices if "use_task_execution_day" in notice] == record.notices
    assert len(record.notices) == 1


@pytest.mark.parametrize(
    ("days", "words"),
    [("Fri", 'Invalid Week Day passed: "Fri"'), (["x"], "Invalid Week Day"), (5, "Unsupported Type"), (None, "Unsup")],
)
@pytest.mark.parametrize("operator", [DayOfWeekSensor, BranchDayOfWeekOperator])
def test_what_is_no_day_does_not_load(operator, days, words):
    """The error says what was given."""
    ways = {"follow_task_ids_if_true": "a", "follow_task_ids_if_false": "b"} if operator is not DayOfWeekSensor else {}
    with a_dag(), pytest.raises(AuthoringError, match=words):
        operator(task_id="t", week_day=days, **ways)


def test_week_day():
    """ISO's numbers, by name or as themselves."""
    assert [day.value for day in WeekDay] == [1, 2, 3, 4, 5, 6, 7]
    assert WeekDay.get_weekday_number("tuesday") is WeekDay.TUESDAY
    assert WeekDay.convert(WeekDay.SUNDAY) == WeekDay.convert("Sunday") == 7
    assert WeekDay.validate_week_day(["Monday", WeekDay.SUNDAY]) == {1, 7}

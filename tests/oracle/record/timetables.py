"""Record which runs Airflow's timetables give, one after another, and the data interval of a manual run.

    python record/timetables.py OUT.json

A timetable is asked as the scheduler asks it: the one that comes back from its serialized form, with the DAG's dates as
the restriction and the last answer as the last run. The clock that it reads stands still.
"""

import itertools
from datetime import datetime, timedelta
from types import SimpleNamespace

import _airflow as af  # type: ignore[import-not-found]  # found beside this script when it runs
import pendulum
from airflow.timetables import events, interval, simple, trigger
from airflow.timetables.base import TimeRestriction
from dateutil.relativedelta import FR, relativedelta

NAMES = {
    name: value
    for module in (interval, trigger, simple, events)
    for name, value in vars(module).items()
    if name.endswith("Timetable")
} | {"timedelta": timedelta, "relativedelta": relativedelta, "FR": FR, "datetime": datetime, "UTC": pendulum.UTC}
EVENTS = (
    "[datetime(2024, 4, 20, 8, tzinfo=UTC), datetime(2024, 3, 31, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC)]"
)
TIMETABLES = [
    "CronDataIntervalTimetable('@daily', timezone='Europe/Madrid')",
    "CronDataIntervalTimetable('30 2 * * *', timezone='Europe/Madrid')",
    "CronDataIntervalTimetable('0 9 * * 1#1', timezone='America/New_York')",
    "CronDataIntervalTimetable('0 0 L * *', timezone='UTC')",
    "CronTriggerTimetable('0 9 * * 1-5', timezone='Europe/Madrid')",
    "CronTriggerTimetable('30 2 * * *', timezone='Europe/Madrid', interval=timedelta(days=1))",
    "CronTriggerTimetable('0 6 * * 1', timezone='UTC', interval=relativedelta(months=1))",
    "CronTriggerTimetable('0 */6 * * *', timezone='UTC', run_immediately=True)",
    "CronTriggerTimetable('0 */6 * * *', timezone='UTC', run_immediately=timedelta(hours=2))",
    "CronTriggerTimetable('0 */6 * * *', timezone='UTC', run_immediately=None)",
    "MultipleCronTriggerTimetable('0 9 * * *', '0 17 * * 1-5', '30 2 * * *', timezone='Europe/Madrid')",
    "MultipleCronTriggerTimetable('0 9 * * *', '0 9 * * 1', '15 8 * * *', timezone='UTC', interval=timedelta(hours=1))",
    "DeltaDataIntervalTimetable(timedelta(hours=7))",
    "DeltaDataIntervalTimetable(timedelta(days=1))",
    "DeltaDataIntervalTimetable(relativedelta(months=1))",
    "DeltaDataIntervalTimetable(relativedelta(months=1, day=1))",
    "DeltaDataIntervalTimetable(relativedelta(years=1, days=1))",
    "DeltaDataIntervalTimetable(relativedelta(weeks=1, hours=2))",
    "DeltaDataIntervalTimetable(relativedelta(months=1, day=1, weekday=FR(1)))",
    "DeltaTriggerTimetable(timedelta(hours=7))",
    "DeltaTriggerTimetable(timedelta(hours=7), interval=timedelta(days=1))",
    "DeltaTriggerTimetable(relativedelta(months=1), interval=relativedelta(months=1))",
    f"EventsTimetable({EVENTS})",
    f"EventsTimetable({EVENTS}, restrict_to_events=True)",
    "OnceTimetable()",
    "ContinuousTimetable()",
    "NullTimetable()",
]
DATES = [
    (None, None), ("2024-01-31T05:00", None), ("2024-03-29T23:00", "2024-05-01T00:00"), ("2024-04-30T00:00", None),
    ("2024-07-01T00:00", None),
]  # fmt: skip
NOWS = ["2024-04-02T07:00", "2024-05-05T12:34:56", "2024-04-20T08:00"]
RUNS = 4


def moment(text):
    """A UTC moment."""
    return pendulum.parse(text, tz="UTC") if text else None


def short(found):
    """A UTC moment, as short as it can be told."""
    return found.in_timezone("UTC").format("YYYY-MM-DDTHH:mm:ss").removesuffix(":00")


def stop_the_clock(now):
    """Let the timetables read ``now``."""
    clock = moment(now)
    for module in (interval, trigger, simple, events):
        if hasattr(module, "utcnow"):
            module.utcnow = lambda: clock
        if hasattr(module, "timezone"):
            module.timezone = SimpleNamespace(**{**vars(module.timezone), "utcnow": lambda: clock})
        if hasattr(module, "time"):
            module.time = SimpleNamespace(time=clock.timestamp)


def made(text):
    """The timetable that the scheduler asks, or ``None`` where this Airflow has no such thing."""
    try:
        timetable = eval(text, NAMES)
    except (NameError, TypeError):
        return None
    return type(timetable).deserialize(timetable.serialize())


def runs(timetable, start, end, catchup):
    """The first runs: [beginning, end, due], and ``null`` if there is no other."""
    restriction = TimeRestriction(moment(start), moment(end), catchup)
    found: list[list[str] | None] = []
    last = None
    while len(found) < RUNS:
        info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        if info is None:
            return [*found, None]
        last = info.data_interval
        found.append([short(last.start), short(last.end), short(info.run_after)])
    return found


def rows():
    """All answers."""
    for text in TIMETABLES:
        for (start, end), now, catchup in itertools.product(DATES, NOWS, (True, False)):
            stop_the_clock(now)
            timetable = made(text)
            if timetable is not None:
                asked = {"name": text, "case": [start, end, now, catchup]}
                yield {**asked, "runs": runs(timetable, start, end, catchup)}


def manual():
    """The data intervals of manual runs."""
    for text, now in itertools.product(TIMETABLES, [*NOWS, "2024-03-31T00:30", "2024-01-01T00:00"]):
        timetable = made(text)
        if timetable is not None:
            found = timetable.infer_manual_data_interval(run_after=moment(now))
            yield {"name": text, "case": now, "interval": [short(found.start), short(found.end)]}


if __name__ == "__main__":
    af.write(
        {
            "airflow": af.VERSION,
            "how": "next_dagrun_info of a timetable that was serialized and read again, each answer the last run of "
            "the next question; infer_manual_data_interval. The clock stands still. All times in UTC",
            "case": "rows: start date, end date, now, catchup; runs: beginning, end, due. manual: the logical date",
        },
        rows=list(rows()),
        manual=list(manual()),
    )

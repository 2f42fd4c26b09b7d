# mypy: ignore-errors
"""Records what Airflow's own timetables answer, into airflow.json beside this file.

Run it with the Python of an environment that has Airflow, once for 2.11 and once for 3.x:
``python tests/schedule/record_airflow.py``. Nothing else needs Airflow: the tests read the file.
"""

import datetime
import itertools
import json
import os
import tempfile
import warnings
from pathlib import Path

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="oracle-")
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "CRITICAL"
warnings.simplefilter("ignore")

import pendulum  # noqa: E402
from airflow import __version__  # noqa: E402
from airflow.timetables import interval, trigger  # noqa: E402
from airflow.timetables.base import DataInterval, TimeRestriction  # noqa: E402

ZONES = ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe"]
EXPRESSIONS = ["30 2 * * *", "0 * * * *", "*/20 * * * *", "@daily", "0 2 * * *", "30 1 * * *", "0 9,17 * * *",
               "0 */2 * * *", "30 2 * * 0", "45 2,3 * * *", "15 1-3 * * *"]  # fmt: skip
WINDOWS = [("2024-03-10T00:00", 1), ("2024-03-30T18:00", 1), ("2024-04-06T06:00", 1), ("2024-10-05T06:00", 1),
           ("2024-10-26T18:00", 1), ("2024-11-03T00:00", 1), ("2023-12-20T00:00", 120)]  # fmt: skip
LONG = ["@weekly", "@monthly", "@quarterly", "@yearly", "0 0 L * *", "0 9 * * 1#2", "0 0 1,15 * 3"]
NOWS = ["2024-05-05T12:34:56", "2024-05-04T22:00", "2024-03-31T00:30"]
STARTS = [None, "2023-01-01T05:00", "2024-05-05T12:00", "2024-07-01T00:00"]
LASTS = [None, ("2024-05-03T22:00", "2024-05-04T22:00"), ("2024-02-01T00:00", "2024-03-01T00:00")]


def moment(text):
    """A UTC moment."""
    return pendulum.parse(text, tz="UTC") if text else None


def short(found):
    """A UTC moment without what all of them share."""
    return found.in_timezone("UTC").format("YYYY-MM-DDTHH:mm:ss").removesuffix(":00")


def walk(zone, expression, start, days):
    """The ends of consecutive intervals; ``None`` where Airflow's own overlap or stop."""
    timetable = interval.CronDataIntervalTimetable(expression, pendulum.timezone(zone))
    begin = moment(start)
    restriction = TimeRestriction(earliest=begin, latest=begin.add(days=days), catchup=True)
    last, edges = None, []
    while True:
        try:
            info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        except ValueError:
            return None
        if info is None:
            return edges
        if last is None:
            edges.append(short(info.data_interval.start))
        elif info.data_interval.start != last.end:
            return None
        last = info.data_interval
        edges.append(short(last.end))


def walks():
    """All walks, by ``zone|expression|start|days``."""
    found = {}
    for zone, (start, days) in itertools.product(ZONES, WINDOWS):
        for expression in LONG if days > 2 else EXPRESSIONS:
            found[f"{zone}|{expression}|{start}|{days}"] = walk(zone, expression, start, days)
    return found


def case(expression, now, start, catchup, last, intervals):
    """What comes next, and the interval of a manual run, at one moment."""
    clock = moment(now)
    interval.utcnow = trigger.utcnow = lambda: clock
    if expression.endswith("s"):
        timetable = interval.DeltaDataIntervalTimetable(datetime.timedelta(seconds=int(expression[:-1])))
    elif intervals:
        timetable = interval.CronDataIntervalTimetable(expression, pendulum.timezone("Europe/Madrid"))
    else:
        timetable = trigger.CronTriggerTimetable(expression, timezone="Europe/Madrid")
    before = last and DataInterval(moment(last[0] if intervals else last[1]), moment(last[1]))
    restriction = TimeRestriction(earliest=moment(start), latest=None, catchup=catchup)
    info = timetable.next_dagrun_info(last_automated_data_interval=before, restriction=restriction)
    manual = timetable.infer_manual_data_interval(run_after=clock)
    return {
        "schedule": expression, "now": now, "start_date": start, "catchup": catchup, "last": last,
        "intervals": intervals,
        "next": info and [short(info.data_interval.start), short(info.data_interval.end), short(info.run_after)],
        "manual": [short(manual.start), short(manual.end)],
    }  # fmt: skip


def cases():
    """All cases."""
    schedules = [(expression, kind) for expression in ("@daily", "0 9 * * 1-5", "0 * * * *") for kind in (True, False)]
    schedules += [("3600s", True), ("90000s", True)]
    return [
        case(expression, now, start, catchup, last, kind)
        for (expression, kind), now, start, catchup, last in itertools.product(
            schedules, NOWS, STARTS, (True, False), LASTS
        )
    ]


def main():
    """Add this Airflow's answers to the file."""
    path = Path(__file__).with_name("airflow.json")
    data = json.loads(path.read_text()) if path.exists() else {"walks": {}, "cases": []}
    for name, edges in walks().items():
        answers = data["walks"].setdefault(name, [])
        add(answers, {"edges": edges})
    for number, found in enumerate(cases()):
        if number == len(data["cases"]):
            question = {key: value for key, value in found.items() if key not in ("next", "manual")}
            data["cases"].append({**question, "answers": []})
        add(data["cases"][number]["answers"], {"next": found["next"], "manual": found["manual"]})
    ways = ",\n".join(f"{json.dumps(name)}: {json.dumps(answers)}" for name, answers in data["walks"].items())
    rows = ",\n".join(json.dumps(row) for row in data["cases"])
    path.write_text(f'{{"walks": {{\n{ways}\n}},\n"cases": [\n{rows}\n]}}\n')


def add(answers, answer):
    """Note who answers so: versions that agree share an entry."""
    for known in answers:
        if all(known[key] == value for key, value in answer.items()):
            known["airflow"].append(__version__)
            return
    answers.append({"airflow": [__version__], **answer})


if __name__ == "__main__":
    main()

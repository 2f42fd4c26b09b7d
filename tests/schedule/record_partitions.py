# mypy: ignore-errors
"""Records what Airflow's own partition mappers answer, into partitions.json beside this file.

Run it with the Python of an environment that has Airflow 3.3: ``python tests/schedule/record_partitions.py``. Nothing
else needs Airflow: the tests read the file.
"""

import json
import os
import tempfile
from pathlib import Path

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="oracle-")
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "CRITICAL"

import pendulum
from airflow import __version__
from airflow import partition_mappers as theirs
from airflow.timetables.trigger import CronPartitionTimetable
from pendulum import FixedTimezone

TIMES = [
    "2024-03-13T10:42:15",
    "2024-01-01T00:00:00",
    "2024-12-31T23:59:59",
    "2023-02-28T12:00:00",
    "2024-02-29T00:30:00",
    "2024-03-10T02:30:00",
    "2024-11-03T01:30:00",
    "2024-03-31T02:15:00",
    "2024-10-27T02:15:00",
    "us",
    "",
    "2024-03-13",
]
PERIODS = ["Hour", "Day", "Week", "Month", "Quarter", "Year"]
FORMATS = [
    {},
    {"timezone": "America/New_York"},
    {"timezone": "+05:30"},
    {"timezone": "Europe/Madrid", "input_format": "%Y-%m-%dT%H:%M:%S%z"},
    {"input_format": "%Y-%m-%d"},
    {"output_format": "%d.%m.%Y"},
    {"timezone": "America/New_York", "output_format": "%Y-%m-%dT%H%z"},
    {"output_format": "year %Y, {quarter}"},
]
OFFSETS = ["2024-03-13T23:42:15+0000", "2024-12-31T23:30:00+0000", "2024-07-01T00:00:00-1100"]
WINDOWS = {
    "Hour": "2024-03-10T02",
    "Day": "2024-03-10",
    "Week": "2024-03-04 (W10)",
    "Month": "2024-02",
    "Quarter": "2024-Q1",
    "Year": "2024",
}
BELOW = {"Day": "%Y-%m-%dT%H", "Week": "%Y-%m-%d", "Month": "%Y-%m-%d", "Quarter": "%Y-%m", "Year": "%Y-%m"}


def made(spec):
    """The object that a description tells of."""
    if isinstance(spec, list):
        return [made(one) for one in spec]
    if not isinstance(spec, dict):
        return spec
    given = {name: made(value) for name, value in spec.items() if name != "kind"}
    if given.get("timezone", "").startswith("+"):
        hours, minutes = map(int, given["timezone"].split(":"))
        given["timezone"] = FixedTimezone(hours * 3600 + minutes * 60)
    if "direction" in given:
        given["direction"] = theirs.Window.Direction(given["direction"])
    return getattr(theirs, spec["kind"])(*given.pop("mappers", ()), **given)


def plain(value):
    """An answer as JSON."""
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if value is None or isinstance(value, (str, bool)):
        return value
    return [plain(one) for one in value]


def row(spec, verb, *args):
    """What it answers, or which kind of error it raises."""
    try:
        answer = {"answer": plain(getattr(made(spec), verb)(*args))}
    except (TypeError, ValueError, KeyError) as error:
        answer = {"error": next(kind for kind in (TypeError, ValueError, KeyError) if isinstance(error, kind)).__name__}
    return {"of": spec, "verb": verb, "args": list(args), **answer}


def mapper(kind, **arguments):
    """A mapper's description."""
    return {"kind": f"{kind}Mapper", **arguments}


def rows():
    """All of them."""
    for period in PERIODS:
        start = mapper(f"StartOf{period}")
        for given in FORMATS:
            if "{" in given.get("output_format", "") and period != "Quarter":
                continue
            one = {**start, **given}
            for key in TIMES + OFFSETS:
                found = row(one, "to_downstream", key)
                yield found
                if isinstance(found.get("answer"), str):
                    yield row(one, "to_partition_date", found["answer"])
        yield row(start, "to_partition_date", "nonsense")
        for direction in ("forward", "backward"):
            window = {"kind": f"{period}Window", "direction": direction}
            rollup = mapper("Rollup", upstream_mapper=start, window=window)
            yield row(rollup, "to_upstream", WINDOWS[period])
            yield row(rollup, "to_downstream", TIMES[0])
            yield row(rollup, "to_partition_date", WINDOWS[period])
            fan_out = mapper("FanOut", upstream_mapper=start, window=window)
            yield row(fan_out, "to_downstream", TIMES[0])
            if period in BELOW:
                below = mapper(f"StartOf{period}", input_format=BELOW[period], timezone="America/New_York")
                yield row(mapper("Rollup", upstream_mapper=below, window=window), "to_upstream", WINDOWS[period])
            other = {"kind": "YearWindow", "direction": direction}
            yield row(mapper("FanOut", upstream_mapper=start, window=other), "to_downstream", TIMES[0])
            yield row(
                mapper("FanOut", upstream_mapper=start, window=window, downstream_mapper=mapper("Identity")),
                "to_downstream",
                TIMES[2],
            )
    yield from others()


def others():
    """Those without a time."""
    identity, day, allowed = mapper("Identity"), mapper("StartOfDay"), mapper("AllowedKey", allowed_keys=["us", "eu"])
    segments = {"kind": "SegmentWindow", "segments": ["us", "eu", "us"]}
    for key in ("us", "apac", "", "us|2024-03-13T10:42:15", "2024-03-13T10:42:15|us", "us|eu|apac"):
        for one in (identity, allowed, mapper("FixedKey", downstream_key="all")):
            yield row(one, "to_downstream", key)
            yield row(one, "to_partition_date", key)
        for pair in ([identity, day], [identity, identity, allowed], [day, allowed]):
            yield row(mapper("Product", mappers=pair), "to_downstream", key)
            yield row(mapper("Product", mappers=pair), "to_partition_date", key.replace("T10:42:15", ""))
    yield row(mapper("Product", mappers=[identity, identity], delimiter="-"), "to_downstream", "a-b")
    yield row(mapper("Product", mappers=[day, day]), "to_partition_date", "2024-03-13|2024-03-13")
    week = mapper("FanOut", upstream_mapper=mapper("StartOfWeek"), window={"kind": "WeekWindow"})
    month = mapper("StartOfMonth", input_format="%Y-%m-%d")
    for chain in ([day, month], [week, month], [week, identity], [identity, day], [day, day]):
        yield row(mapper("Chain", mappers=chain), "to_downstream", TIMES[0])
        yield row(mapper("Chain", mappers=chain), "to_partition_date", "2024-03")
    yield row(mapper("Product", mappers=[week, identity]), "to_downstream", "2024-03-13T10:42:15|us")
    yield row(mapper("FanOut", upstream_mapper=week, window={"kind": "WeekWindow"}), "to_downstream", TIMES[0])
    fixed = mapper("FixedKey", downstream_key="all")
    yield row(mapper("Rollup", upstream_mapper=fixed, window=segments), "to_upstream", "all")
    yield row(mapper("Rollup", upstream_mapper=fixed, window=segments), "to_downstream", "us")
    yield row(mapper("Rollup", upstream_mapper=day, window=segments), "to_upstream", "all")
    yield row(mapper("Rollup", upstream_mapper=fixed, window={"kind": "DayWindow"}), "to_upstream", "all")
    yield row(mapper("FanOut", upstream_mapper=identity, window=segments), "to_downstream", "us")
    yield row(mapper("FixedKey", downstream_key=""), "to_downstream", "us")
    yield row({"kind": "SegmentWindow", "segments": []}, "to_upstream", "us")
    yield row({"kind": "SegmentWindow", "segments": ["us", ""]}, "to_upstream", "us")
    yield row(mapper("Identity", max_downstream_keys=0), "to_downstream", "us")
    yield row(mapper("StartOfQuarter", output_format="%Y %Y Q{quarter}"), "to_downstream", TIMES[0])
    for n in (0, 1, 2, 3, -1, -5):
        policy = {"kind": "MinimumCount", "n": n}
        for matched, expected in ((0, 0), (0, 2), (1, 2), (2, 2)):
            yield row(policy, "is_satisfied", matched, expected)
            yield row({"kind": "WaitForAll"}, "is_satisfied", matched, expected)
            yield row(policy, "is_unreachable", expected)


CRONS = [
    ("0 * * * *", "UTC"),
    ("0 0 * * *", "Asia/Taipei"),
    ("30 2 * * *", "Europe/Madrid"),
    ("@monthly", "America/New_York"),
]
DUE = [
    "2024-03-31T00:30:00+00:00",
    "2024-10-27T01:30:00+00:00",
    "2024-05-01T00:00:00+00:00",
    "2024-05-01T04:00:00+00:00",
]


def keys():
    """What the runs of a CronPartitionTimetable are about: date and key."""
    for cron, timezone in CRONS:
        for given in ({}, {"run_offset": 1}, {"run_offset": -3}, {"key_format": "%Y-%m-%d %Z"}):
            timetable = CronPartitionTimetable(cron, timezone=timezone, **given)
            for due in DUE:
                date, key = timetable._get_partition_info(pendulum.parse(due))
                date = date.in_timezone("UTC").isoformat()
                yield {"cron": cron, "timezone": timezone, **given, "due": due, "date": date, "key": key}


def lines(found):
    """One line for each, each once."""
    return ",\n".join(dict.fromkeys(json.dumps(one) for one in found))


if __name__ == "__main__":
    text = f'{{"airflow": "{__version__}", "rows": [\n{lines(rows())}\n],\n"keys": [\n{lines(keys())}\n]}}\n'
    Path(__file__).with_name("partitions.json").write_text(text)

"""When clocks change, and which moments a cron expression should name there: found by looking at every minute.

Nothing here knows of folds or of brisa: the one thing asked of a zone is what its clock shows at a moment.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2000, 2038))
_STEP = 14 * 86400
MINUTE = timedelta(minutes=1)


class Change(NamedTuple):
    """Where a zone's clock jumps: the first second of the new time; seconds by which it was and is ahead of UTC."""

    at: int
    before: int
    after: int

    @property
    def kind(self) -> tuple[int, int]:
        """What the clock would have shown, as seconds of the day, and by how many it jumps."""
        return (self.at + self.before) % 86400, self.after - self.before


def _offset(zone: ZoneInfo, second: int) -> int:
    found = datetime.fromtimestamp(second, zone).utcoffset()
    assert found is not None
    return int(found.total_seconds())


def changes(name: str, step: int = _STEP) -> tuple[Change, ...]:
    """All changes of a zone from 2000 to 2037; two within ``step`` seconds that cancel each other are not seen."""
    zone, found = ZoneInfo(name), []
    for second in range(FIRST, LAST, step):
        before = _offset(zone, second)
        end = min(second + step, LAST)
        while _offset(zone, end) != before:
            at = second + bisect_left(range(second, end), 1, key=lambda moment: _offset(zone, moment) != before)
            found.append(Change(at, before, _offset(zone, at)))
            before, second = found[-1].after, at  # noqa: PLW2901  there may be another one in the same step
    return tuple(found)


@cache
def zones(step: int) -> dict[tuple[Change, ...], list[str]]:
    """All changes of a zone → the zones that have just these, of all that there are."""
    found: dict[tuple[Change, ...], list[str]] = {}
    for name in sorted(available_timezones() - {"localtime"}):
        found.setdefault(changes(name, step), []).append(name)
    return found


@cache
def kinds() -> dict[tuple[int, int], tuple[str, Change]]:
    """A zone and a change of it for each kind of change that there is."""
    found: dict[tuple[int, int], tuple[str, Change]] = {}
    for some, names in zones(_STEP).items():
        for change in some:
            found.setdefault(change.kind, (names[0], change))
    return found


class Window:
    """What a zone's clock shows at every minute of some hours."""

    def __init__(self, name: str, middle: int, hours: int) -> None:
        middle -= middle % 60
        self.begin, self.end = middle - hours * 3600, middle + hours * 3600
        zone = ZoneInfo(name)
        self._shown = [
            (second, datetime.fromtimestamp(second, zone).replace(tzinfo=None, fold=0))
            for second in range(self.begin, self.end, 60)
        ]

    def moments(self, matches: Callable[[datetime], bool], every_hour: bool) -> list[datetime]:
        """When a schedule is due: ``matches`` tells whether its expression names a time on the wall.

        One of every hour is due whenever the clock shows a time that it names. Any other is due once for each such
        time: when the clock shows it for the last time, or, if it jumps over it, as long after the jump as it lies
        beyond the time jumped from.
        """
        if every_hour:
            return [_utc(second) for second, wall in self._shown if matches(wall)]
        last = {wall: second for second, wall in self._shown if matches(wall)}
        return [_utc(second) for second in sorted({*last.values(), *self._skipped(matches)})]

    def _skipped(self, matches: Callable[[datetime], bool]) -> Iterator[int]:
        for (_, earlier), (second, later) in zip(self._shown, self._shown[1:], strict=False):
            missing = (later - earlier) // MINUTE - 1
            for number in range(missing):
                if matches(earlier + (number + 1) * MINUTE):
                    yield second + number * 60


def _utc(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)

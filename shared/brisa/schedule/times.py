"""The moments of a cron expression in a time zone, across daylight saving.

croniter works on naive wall-clock times only. Which moments those are is decided here, by Airflow's rule (seen in 2.11
and 3.3): a schedule whose hour field is ``*`` counts hours, so that it runs in both passes of a repeated hour and not
in a missing one. Any other schedule follows the clock on the wall, once for each of its times: a time that the clocks
skip is moved on by what they skip, and one that they show twice is taken the second time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from brisa.errors import ScheduleError
from brisa.schedule.cron import covers_every_hour, iterate, validate

_AROUND = timedelta(hours=25)  # no zone has ever changed its clocks by more than a day
_MINUTE = timedelta(minutes=1)
_FIXED = re.compile(r"(?:UTC|GMT)?([+-])(\d\d):?(\d\d)")


@lru_cache(maxsize=256)
def zone(name: str) -> tzinfo:
    """The time zone of an IANA name, or of a fixed offset (``+02:00``, ``UTC+02:00``); ScheduleError for others."""
    if fixed := _FIXED.fullmatch(name):
        offset = timedelta(hours=int(fixed[2]), minutes=int(fixed[3]))
        if offset < timedelta(days=1):
            return timezone(-offset if fixed[1] == "-" else offset)
    try:
        return UTC if name.upper() == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ScheduleError(f"there is no time zone {name!r}") from error


class CronTimes:
    """All moments of ``expression`` in the zone ``timezone``, in order, without an end. Everything returned is UTC."""

    def __init__(self, expression: str, timezone: str) -> None:
        """Raises :class:`ScheduleError` when either can't be understood."""
        validate(expression)
        self._expression = expression
        self._zone = zone(timezone)
        self._every_hour = covers_every_hour(expression)

    def after(self, moment: datetime) -> datetime:
        """The first one later than ``moment`` (aware)."""
        wall = self._wall(moment)
        nearest = next(self._walls_after(wall))
        spread = self._spread(moment, nearest)
        if not spread:
            return self._moments(nearest)[0]
        # Near a change of the clocks, walls and moments differ in order: look at all that could be the first.
        best: datetime | None = None
        for candidate in self._walls_after(wall - spread - _MINUTE):
            if best is not None and candidate > self._wall(best) + spread:
                break
            for found in self._moments(candidate):
                if found > moment and (best is None or found < best):
                    best = found
        assert best is not None  # noqa: S101  for the type checker: the loop has no other end
        return best

    def before(self, moment: datetime) -> datetime:
        """The last one earlier than ``moment`` (aware)."""
        wall = self._wall(moment)
        nearest = next(self._walls_before(wall))
        spread = self._spread(moment, nearest)
        if not spread:
            return self._moments(nearest)[0]
        best: datetime | None = None
        for candidate in self._walls_before(wall + spread + _MINUTE):
            if best is not None and candidate < self._wall(best) - spread:
                break
            for found in self._moments(candidate):
                if found < moment and (best is None or found > best):
                    best = found
        assert best is not None  # noqa: S101  for the type checker: the loop has no other end
        return best

    def at_or_after(self, moment: datetime) -> datetime:
        """``moment`` itself if it is one of them, else the first later one."""
        return self.after(moment - timedelta.resolution)

    def at_or_before(self, moment: datetime) -> datetime:
        """``moment`` itself if it is one of them, else the last earlier one."""
        return self.before(moment + timedelta.resolution)

    def _wall(self, moment: datetime) -> datetime:
        """What the clock on the wall shows, naive."""
        return moment.astimezone(self._zone).replace(tzinfo=None, fold=0)

    def _walls_after(self, wall: datetime) -> Iterator[datetime]:
        steps = iterate(self._expression, wall.replace(second=0, microsecond=0))
        while True:
            yield steps.get_next(datetime)

    def _walls_before(self, wall: datetime) -> Iterator[datetime]:
        whole = wall.replace(second=0, microsecond=0)
        steps = iterate(self._expression, whole if whole == wall else whole + _MINUTE)
        while True:
            yield steps.get_prev(datetime)

    def _moments(self, wall: datetime) -> tuple[datetime, ...]:
        """When the clock shows ``wall``, as far as the schedule takes it: none, one or two moments, in order."""
        first, second = (wall.replace(tzinfo=self._zone, fold=fold).utcoffset() for fold in (0, 1))
        assert first is not None  # noqa: S101  for the type checker: the zone is ours
        assert second is not None  # noqa: S101
        at_first, at_second = (wall - first).replace(tzinfo=UTC), (wall - second).replace(tzinfo=UTC)
        if first == second:
            return (at_first,)
        if first > second:
            return (at_first, at_second) if self._every_hour else (at_second,)
        return () if self._every_hour else (at_first,)

    def _spread(self, moment: datetime, wall: datetime) -> timedelta:
        """By how much the clocks change around ``moment`` and around ``wall``; mostly nothing."""
        if isinstance(self._zone, timezone):
            return timedelta()
        places = (moment, wall.replace(tzinfo=self._zone).astimezone(UTC))
        spread = max(self._change(place, _AROUND) for place in places)
        # Walls and moments differ in order no farther from the change than the clocks jump.
        near = spread and max(self._change(place, 2 * spread + _MINUTE) for place in places)
        return spread if near else timedelta()

    def _change(self, moment: datetime, within: timedelta) -> timedelta:
        around = (moment - within, moment, moment + within)
        offsets = [near.astimezone(self._zone).utcoffset() or timedelta() for near in around]
        return max(offsets) - min(offsets)


@lru_cache(maxsize=512)
def cron_times(expression: str, timezone: str) -> CronTimes:
    """The :class:`CronTimes`, made once."""
    return CronTimes(expression, timezone)

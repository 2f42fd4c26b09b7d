"""Windows: the members of a period, such as the hours of a day, or of a set."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from brisa.schedule.partitions.described import Described, is_key


class Window(Described):
    """Base of all windows."""

    class Direction(StrEnum):
        """Which period belongs to a key."""

        BACKWARD = "backward"
        """The one that ends with it."""
        FORWARD = "forward"
        """The one that begins with it."""

    expected_decoded_type: ClassVar[type] = str
    """What :meth:`to_upstream` takes."""

    def __init__(self, *, direction: str = Direction.FORWARD) -> None:
        self.direction = self.Direction(direction)

    def to_upstream(self, decoded_downstream: Any) -> Iterable[Any]:
        """The members of the period that a mapper has decoded a key to."""
        raise NotImplementedError(f"{type(self).__name__} does not override to_upstream()")


class _Steps(Window):
    """So many steps of equal length, the first or the last of which is the given start."""

    expected_decoded_type: ClassVar[type] = datetime
    _count: ClassVar[int]
    _length: ClassVar[timedelta]

    def to_upstream(self, decoded_downstream: datetime) -> list[datetime]:
        """The starts of its members, in order."""
        first = 1 - self._count if self.direction is self.Direction.BACKWARD else 0
        return [self._moved(decoded_downstream, first + step) for step in range(self._count)]

    def _moved(self, start: datetime, steps: int) -> datetime:
        return start + steps * self._length


class HourWindow(_Steps):
    """The 60 minutes of an hour."""

    _count, _length = 60, timedelta(minutes=1)


class DayWindow(_Steps):
    """The 24 hours of a day, by the clock on the wall: also of a day on which the clocks change."""

    _count, _length = 24, timedelta(hours=1)


class WeekWindow(_Steps):
    """The seven days of a week."""

    _count, _length = 7, timedelta(days=1)


class MonthWindow(Window):
    """The days of a month; backward, as many as the month before has, up to the given first."""

    expected_decoded_type: ClassVar[type] = datetime

    def to_upstream(self, decoded_downstream: datetime) -> list[datetime]:
        """Its days, in order; :class:`ValueError` unless the given one is the first of a month."""
        backward = self.direction is self.Direction.BACKWARD
        start = _months_later(decoded_downstream, -1) if backward else decoded_downstream
        days = (_months_later(start, 1) - start).days
        return [start + timedelta(days=day + backward) for day in range(days)]


class _Months(_Steps):
    def _moved(self, start: datetime, steps: int) -> datetime:
        return _months_later(start, steps)


class QuarterWindow(_Months):
    """The three months of a quarter."""

    _count = 3


class YearWindow(_Months):
    """The twelve months of a year."""

    _count = 12


def _months_later(start: datetime, months: int) -> datetime:
    if start.day != 1:
        raise ValueError(f"a window of months begins on the first of a month, not at {start.isoformat()}")
    years, month = divmod(start.month - 1 + months, 12)
    return start.replace(year=start.year + years, month=month + 1)


class SegmentWindow(Window):
    """A fixed set of keys, whatever the period."""

    def __init__(self, segments: Iterable[str]) -> None:
        super().__init__()
        given = list(segments)
        for segment in given:
            if not is_key(segment):
                raise ValueError(f"the segments of a SegmentWindow are texts that are not empty, not {segment!r}")
        if not given:
            raise ValueError("a SegmentWindow needs at least one segment")
        self.segments = sorted(set(given))
        del self.direction

    def to_upstream(self, decoded_downstream: Any) -> frozenset[str]:
        """All of them."""
        return frozenset(self.segments)

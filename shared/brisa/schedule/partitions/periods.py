"""Mappers of keys that are times: to the hour, day, week, month, quarter or year that the time is in."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, ClassVar

from brisa.schedule.partitions.keys import PartitionMapper
from brisa.schedule.times import zone

ISO_FORMAT = "%Y-%m-%dT%H:%M:%S"
"""How a key tells a time, unless a mapper or a timetable says otherwise."""
_TOKEN = re.compile(r"%(?P<directive>[a-zA-Z])|\{(?P<placeholder>[^}]*)\}|(?P<literal>.)", re.DOTALL)
_DIGITS = {"Y": r"\d{4}", **dict.fromkeys("mdHMSVUW", r"\d{2}")}


class _StartOf(PartitionMapper):
    """Reads the time that a key tells, and writes the start of its period."""

    expected_decoded_type: ClassVar[type] = datetime
    default_output_format: ClassVar[str]

    def __init__(
        self,
        *,
        timezone: str | tzinfo = "UTC",
        input_format: str = ISO_FORMAT,
        output_format: str | None = None,
        max_downstream_keys: int | None = None,
    ) -> None:
        """The formats are strftime's. A time without an offset is in ``timezone``; one with an offset is moved there.

        :class:`~brisa.errors.ScheduleError` for a zone that there is not.
        """
        super().__init__(max_downstream_keys=max_downstream_keys)
        self.timezone = timezone if isinstance(timezone, str) else getattr(timezone, "name", None) or str(timezone)
        self.input_format = input_format
        self.output_format = output_format or self.default_output_format
        zone(self.timezone)

    def to_downstream(self, key: str) -> str:
        """The period's key; :class:`ValueError` for a key that is not in the input format."""
        return self.format(self.normalize(self._aware(datetime.strptime(key, self.input_format))))  # noqa: DTZ007  made aware

    def normalize(self, dt: datetime) -> datetime:
        """The start of the period that ``dt`` is in."""
        raise NotImplementedError(f"{type(self).__name__} does not override normalize()")

    def format(self, dt: datetime) -> str:
        """The key of the period that begins at ``dt``."""
        return dt.strftime(self.output_format)

    def decode_downstream(self, downstream_key: str) -> datetime:
        """The start of a period from its key, as the clock on the wall shows it."""
        return datetime.strptime(downstream_key, self.output_format)  # noqa: DTZ007  as the wall shows it

    def encode_upstream(self, decoded: datetime) -> str:
        """The producer's key for a time."""
        return self._aware(decoded).strftime(self.input_format)

    def to_partition_date(self, downstream_key: str) -> datetime:
        """The moment at which the period begins, in the mapper's zone."""
        start = self.normalize(self.decode_downstream(downstream_key))
        return start if start.tzinfo else self._aware(start)

    def _aware(self, dt: datetime) -> datetime:
        """In the mapper's zone. A time that the clocks skip is moved on by what they skip; of one that they show twice
        it is the second."""
        if dt.tzinfo is not None:
            return dt.astimezone(zone(self.timezone))
        first, second = (dt.replace(tzinfo=zone(self.timezone), fold=fold) for fold in (0, 1))
        skipped = (first.utcoffset() or timedelta()) < (second.utcoffset() or timedelta())
        return (first if skipped else second).astimezone(UTC).astimezone(zone(self.timezone))


class StartOfHourMapper(_StartOf):
    """``2024-03-13T10:42:15`` → ``2024-03-13T10``."""

    default_output_format = "%Y-%m-%dT%H"

    def normalize(self, dt: datetime) -> datetime:
        """The full hour."""
        return dt.replace(minute=0, second=0, microsecond=0)


class StartOfDayMapper(_StartOf):
    """``2024-03-13T10:42:15`` → ``2024-03-13``."""

    default_output_format = "%Y-%m-%d"

    def normalize(self, dt: datetime) -> datetime:
        """Midnight."""
        return _midnight(dt)


class _Parsed(_StartOf):
    """A period whose key :meth:`datetime.strptime` can't read back."""

    _needed: ClassVar[tuple[str, ...]]
    _placeholders: ClassVar[dict[str, str]] = {}

    def __init__(self, **kwargs: Any) -> None:
        """:class:`ValueError` for an output format that can't be read back at all."""
        super().__init__(**kwargs)
        self._reader = _reader(self.output_format, self._placeholders)

    def _read(self, downstream_key: str) -> list[int]:
        """The numbers that name the period."""
        groups = self._reader.fullmatch(downstream_key)
        found = groups.groupdict() if groups else {}
        if not all(name in found for name in self._needed):
            needed = ", ".join(f"{{{name}}}" if name in self._placeholders else f"%{name}" for name in self._needed)
            raise ValueError(
                f"the partition key {downstream_key!r} can't be read with the output_format {self.output_format!r}, "
                f"which has to hold {needed}"
            )
        return [int(found[name]) for name in self._needed]


class StartOfWeekMapper(_Parsed):
    """``2024-03-13T10:42:15`` → ``2024-03-11 (W11)``: weeks are ISO's, which begin on Monday."""

    default_output_format = "%Y-%m-%d (W%V)"
    _needed: ClassVar[tuple[str, ...]] = ("Y", "m", "d")

    def normalize(self, dt: datetime) -> datetime:
        """Midnight of Monday."""
        return _midnight(dt - timedelta(days=dt.weekday()))

    def decode_downstream(self, downstream_key: str) -> datetime:
        """The day that the key names."""
        year, month, day = self._read(downstream_key)
        return datetime(year, month, day)  # noqa: DTZ001  as the wall shows it


class StartOfMonthMapper(_StartOf):
    """``2024-03-13T10:42:15`` → ``2024-03``."""

    default_output_format = "%Y-%m"

    def normalize(self, dt: datetime) -> datetime:
        """Midnight of the first."""
        return _midnight(dt.replace(day=1))


class StartOfQuarterMapper(_Parsed):
    """``2024-03-13T10:42:15`` → ``2024-Q1``; the output format may hold ``{quarter}``."""

    default_output_format = "%Y-Q{quarter}"
    _needed: ClassVar[tuple[str, ...]] = ("Y", "quarter")
    _placeholders: ClassVar[dict[str, str]] = {"quarter": "[1-4]"}

    def normalize(self, dt: datetime) -> datetime:
        """Midnight of the quarter's first day."""
        return _midnight(dt.replace(month=dt.month - (dt.month - 1) % 3, day=1))

    def format(self, dt: datetime) -> str:
        """The key of the quarter that begins at ``dt``."""
        return dt.strftime(self.output_format).replace("{quarter}", str((dt.month + 2) // 3))

    def decode_downstream(self, downstream_key: str) -> datetime:
        """The first day of the quarter that the key names."""
        year, quarter = self._read(downstream_key)
        return datetime(year, quarter * 3 - 2, 1)  # noqa: DTZ001  as the wall shows it


class StartOfYearMapper(_StartOf):
    """``2024-03-13T10:42:15`` → ``2024``."""

    default_output_format = "%Y"

    def normalize(self, dt: datetime) -> datetime:
        """Midnight of New Year's Day."""
        return _midnight(dt.replace(month=1, day=1))


def _midnight(dt: datetime) -> datetime:
    return dt.replace(hour=0, minute=0, second=0, microsecond=0)


def _reader(output_format: str, placeholders: dict[str, str]) -> re.Pattern[str]:
    """What reads a key of that format: a group for each directive and placeholder; a second one of a name is an
    error."""
    parts = []
    for token in _TOKEN.finditer(output_format):
        name = token["directive"] or token["placeholder"]
        pattern = _DIGITS.get(token["directive"] or "") or placeholders.get(token["placeholder"] or "")
        parts.append(f"(?P<{name}>{pattern})" if pattern else re.escape(token[0]))
    try:
        return re.compile("".join(parts))
    except re.error as error:
        raise ValueError(f"the output_format {output_format!r} can't be read back: {error}") from error

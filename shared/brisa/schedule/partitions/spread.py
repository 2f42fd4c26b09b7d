"""Many keys for one run, and many runs for one key: a mapper put together with a window."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from brisa.schedule.partitions.described import Described
from brisa.schedule.partitions.keys import PartitionMapper
from brisa.schedule.partitions.periods import StartOfDayMapper, StartOfHourMapper, StartOfMonthMapper
from brisa.schedule.partitions.windows import DayWindow, MonthWindow, QuarterWindow, WeekWindow, Window, YearWindow


class WaitPolicy(Described):
    """Base of the answers to: of ``expected`` keys ``matched`` have come; does the run start?"""

    def is_satisfied(self, matched: int, expected: int) -> bool:
        """Whether it does."""
        raise NotImplementedError(f"{type(self).__name__} does not override is_satisfied()")

    def is_unreachable(self, expected: int) -> bool:
        """Whether it never will."""
        return False


class WaitForAll(WaitPolicy):
    """When all have come."""

    def is_satisfied(self, matched: int, expected: int) -> bool:
        """Whether they have."""
        return matched == expected


class MinimumCount(WaitPolicy):
    """When ``n`` have come; or, if ``n`` is negative, all but that many."""

    def __init__(self, n: int) -> None:
        if n == 0:
            raise ValueError("MinimumCount(0) would start a run for nothing; give another number, or WaitForAll()")
        self.n = n

    def is_satisfied(self, matched: int, expected: int) -> bool:
        """Whether they have."""
        return matched >= (self.n if self.n > 0 else max(0, expected + self.n))

    def is_unreachable(self, expected: int) -> bool:
        """Whether more are wanted than there are."""
        return self.n > expected


class RollupMapper(PartitionMapper):
    """Many producer's keys, one run: it waits for the members of ``window`` as ``wait_policy`` says."""

    is_rollup: ClassVar[bool] = True

    def __init__(
        self,
        *,
        upstream_mapper: PartitionMapper,
        window: Window,
        wait_policy: WaitPolicy | None = None,
        max_downstream_keys: int | None = None,
    ) -> None:
        """:class:`TypeError` for a window of times with a mapper of anything else, or the other way round."""
        given, wanted = upstream_mapper.expected_decoded_type, window.expected_decoded_type
        if given is not wanted:
            raise TypeError(
                f"{type(window).__name__} is made of {wanted.__name__}, but {type(upstream_mapper).__name__} gives "
                f"{given.__name__}: their expected_decoded_type must be the same"
            )
        super().__init__(max_downstream_keys=max_downstream_keys)
        self.upstream_mapper = upstream_mapper
        self.window = window
        self.wait_policy = WaitForAll() if wait_policy is None else wait_policy

    def to_downstream(self, key: str) -> Any:
        """The key of the run that waits for ``key``."""
        return self.upstream_mapper.to_downstream(key)

    def to_upstream(self, downstream_key: str) -> frozenset[str]:
        """All producer's keys that the run of ``downstream_key`` is about."""
        members = self.window.to_upstream(self.upstream_mapper.decode_downstream(downstream_key))
        return frozenset(self.upstream_mapper.encode_upstream(member) for member in members)

    def to_partition_date(self, downstream_key: str) -> datetime | None:
        """As the upstream mapper says, which has made the key."""
        return self.upstream_mapper.to_partition_date(downstream_key)


class FanOutMapper(PartitionMapper):
    """One producer's key, many runs: one for each member of ``window``."""

    _DOWNSTREAM: ClassVar[Mapping[type[Window], type[PartitionMapper]]] = {
        DayWindow: StartOfHourMapper,
        WeekWindow: StartOfDayMapper,
        MonthWindow: StartOfDayMapper,
        QuarterWindow: StartOfMonthMapper,
        YearWindow: StartOfMonthMapper,
    }

    def __init__(
        self,
        *,
        upstream_mapper: PartitionMapper,
        window: Window,
        downstream_mapper: PartitionMapper | None = None,
        max_downstream_keys: int | None = None,
    ) -> None:
        """``downstream_mapper`` writes the runs' keys; a window with no mapper of its own needs one, else it is a
        :class:`ValueError`."""
        super().__init__(max_downstream_keys=max_downstream_keys)
        if downstream_mapper is None:
            if type(window) not in self._DOWNSTREAM:
                raise ValueError(f"a FanOutMapper with a {type(window).__name__} needs a downstream_mapper")
            downstream_mapper = self._DOWNSTREAM[type(window)]()
        self.upstream_mapper = upstream_mapper
        self.window = window
        self.downstream_mapper = downstream_mapper

    def to_downstream(self, key: str) -> list[str]:
        """The keys of the runs, in the window's order; :class:`TypeError` if the upstream mapper fans out itself."""
        period = self.upstream_mapper.to_downstream(key)
        if not isinstance(period, str):
            raise TypeError(f"the upstream_mapper of a FanOutMapper must give one key, not {period!r:.80}")
        members = self.window.to_upstream(self.upstream_mapper.decode_downstream(period))
        return [self._key(member) for member in members]

    def _key(self, member: Any) -> str:
        write = getattr(self.downstream_mapper, "format", None)
        if callable(write):
            return str(write(member))
        return member.isoformat() if isinstance(member, datetime) else str(member)

    def to_partition_date(self, downstream_key: str) -> datetime | None:
        """As the downstream mapper says, which has made the key."""
        return self.downstream_mapper.to_partition_date(downstream_key)

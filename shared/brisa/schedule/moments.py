"""The moments at which a schedule's intervals meet, or its runs are due: of cron expressions, and of steps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from brisa.errors import ScheduleError
from brisa.model.spec import ScheduleKind, ScheduleSpec
from brisa.schedule.steps import Step
from brisa.schedule.times import CronTimes, cron_times

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_WALK = 50_000
_LAST_STEPS = 1_000


class Moments(Protocol):
    """A schedule's moments, aware; ``at_or_*`` leave a moment alone that is one of them."""

    def after(self, moment: datetime) -> datetime:
        """The first one later than ``moment``."""
        ...

    def before(self, moment: datetime) -> datetime:
        """The last one earlier than ``moment``."""
        ...

    def at_or_after(self, moment: datetime) -> datetime:
        """The first one that is not earlier."""
        ...

    def at_or_before(self, moment: datetime) -> datetime:
        """The last one that is not later."""
        ...

    def latest(self, now: datetime, anchor: datetime | None) -> datetime:
        """The last one until ``now``; of steps, which may begin anywhere, those that ``anchor`` is one of."""
        ...


def moments_of(schedule: ScheduleSpec) -> Moments:
    """The moments of a cron schedule or of one in steps; :class:`ScheduleError` if it can't be understood."""
    if schedule.kind is ScheduleKind.CRON:
        times = [cron_times(expression, schedule.timezone) for expression in (schedule.cron, *schedule.more_crons)]
        return CronMoments(times)
    if schedule.step:
        return CalendarSteps(Step(schedule.step))
    return EvenSteps(schedule.seconds, anchored=not schedule.intervals)


class CronMoments:
    """The moments of one cron expression, or of any of several."""

    def __init__(self, times: list[CronTimes]) -> None:
        self._times = times

    def each(self) -> list[CronMoments]:
        """Those of each expression alone."""
        return [CronMoments([one]) for one in self._times]

    def after(self, moment: datetime) -> datetime:
        """The first one later than ``moment``."""
        return min(one.after(moment) for one in self._times)

    def before(self, moment: datetime) -> datetime:
        """The last one earlier than ``moment``."""
        return max(one.before(moment) for one in self._times)

    def at_or_after(self, moment: datetime) -> datetime:
        """The first one that is not earlier."""
        return min(one.at_or_after(moment) for one in self._times)

    def at_or_before(self, moment: datetime) -> datetime:
        """The last one that is not later."""
        return max(one.at_or_before(moment) for one in self._times)

    def latest(self, now: datetime, anchor: datetime | None) -> datetime:
        """The last one until ``now``."""
        return self.at_or_before(now)


class EvenSteps:
    """Steps of one length in absolute time: every moment may be one, so that nothing is aligned."""

    def __init__(self, seconds: float, *, anchored: bool) -> None:
        if seconds < timedelta.resolution.total_seconds():
            raise ScheduleError(f"the step of a schedule must be positive, not {seconds} s")
        self._step = timedelta(seconds=seconds)
        self._anchored = anchored

    def after(self, moment: datetime) -> datetime:
        """One step on."""
        return moment + self._step

    def before(self, moment: datetime) -> datetime:
        """One step back."""
        return moment - self._step

    def at_or_after(self, moment: datetime) -> datetime:
        """The moment itself."""
        return moment

    def at_or_before(self, moment: datetime) -> datetime:
        """The moment itself."""
        return moment

    def latest(self, now: datetime, anchor: datetime | None) -> datetime:
        """The last step until ``now``, counted from the epoch as Airflow does for intervals, else from ``anchor``.

        Airflow's DeltaTriggerTimetable would say ``now``, which names a different run at each look.
        """
        anchor = anchor if anchor is not None and self._anchored else _EPOCH
        return now - (now - anchor) % self._step


class CalendarSteps:
    """Steps in the calendar's units, each from where the last one led: from the 31st to the 29th, and on from there."""

    def __init__(self, step: Step) -> None:
        self._step = step

    def after(self, moment: datetime) -> datetime:
        """One step on; :class:`ScheduleError` if that is no way forward."""
        moved = self._step.forward(moment)
        if moved <= moment:
            raise ScheduleError(f"the step of a schedule leads from {moment:%Y-%m-%d %H:%M} no further")
        return moved

    def before(self, moment: datetime) -> datetime:
        """One step back, as Airflow takes it."""
        return min(moment, self._step.back(moment))

    def at_or_after(self, moment: datetime) -> datetime:
        """The moment itself."""
        return moment

    def at_or_before(self, moment: datetime) -> datetime:
        """The moment itself."""
        return moment

    def latest(self, now: datetime, anchor: datetime | None) -> datetime:
        """The last step until ``now`` of those that begin at ``anchor`` (else at the epoch), as in Airflow 3.3.

        2.11 counts months of 30 days there, and its intervals then begin on days of their own.
        """
        moment = self._near(now, anchor or _EPOCH)
        for _ in range(_LONGEST_WALK):
            following = self.after(moment)
            if following > now:
                return moment
            moment = following
        raise ScheduleError(f"there are more than {_LONGEST_WALK:,} steps of the schedule until now: begin it later")

    def _near(self, now: datetime, anchor: datetime) -> datetime:
        """``anchor``, or a later one of its steps, if they are of one length once the first is done."""
        if self._step.by_month:
            return anchor
        first = self.after(anchor)
        size = self.after(first) - first
        steps = (now - first) // size - _LAST_STEPS
        return first + steps * size if steps > 0 else anchor

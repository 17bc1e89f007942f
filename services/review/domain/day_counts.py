"""Why a date results: which days were counted and which were not, for screens that say so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.review.domain.schedule import Schedule
from shared.kernel.business_days import DateNotCovered

SATURDAY = 5


class DayOff(StrEnum):
    """Why a day does not count."""

    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    YEAR_END = "year_end"
    CLOSURE = "closure"


@dataclass(frozen=True, slots=True)
class DayCount:
    """Business days counted from a day, which itself never counts (T2). `left_out` are the days that did not count."""

    start: date
    end: date
    days: int
    left_out: Sequence[tuple[date, DayOff]]


@dataclass(frozen=True, slots=True)
class WindowReason:
    """Why passwords can be read until a day: `closed_on` is already the third business day after the start (T3)."""

    last_day: date
    closed_on: date
    left_out: Sequence[tuple[date, DayOff]]


def count_days(schedule: Schedule, start: date, days: int) -> DayCount | None:
    """The days-th business day after `start` and what was left out on the way; None where the calendar ends."""
    try:
        end = schedule.calendar.add_business_days(start, days)
        walked = [start + timedelta(days=n) for n in range(1, (end - start).days)]
        left_out = [(day, _cause(schedule, day)) for day in walked if not schedule.calendar.is_business_day(day)]
    except DateNotCovered:
        return None
    return DayCount(start, end, days, left_out)


def window_reason(schedule: Schedule, start: date) -> WindowReason | None:
    """Why the window after a start date ends when it ends; None where the calendar does not reach."""
    last, closed = count_days(schedule, start, 2), count_days(schedule, start, 3)
    if last is None or closed is None:
        return None
    return WindowReason(last.end, closed.end, last.left_out)


def _cause(schedule: Schedule, day: date) -> DayOff:
    if day in {closure.date for closure in schedule.closures}:
        return DayOff.CLOSURE
    if (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3):
        return DayOff.YEAR_END
    return DayOff.WEEKEND if day.weekday() >= SATURDAY else DayOff.HOLIDAY

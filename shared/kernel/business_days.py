"""Business days of the Center: no weekend, national holiday or 29 Dec-3 Jan; plus closures and openings (T1)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

FIRST_COVERED_DAY = date(2012, 1, 1)
LAST_COVERED_DAY = date(2030, 12, 31)
"""Outside these days the holidays are not verified; the calendar refuses them whatever a published version says."""

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_YEAR_END_DAYS = ((1, 1), (1, 2), (1, 3), (12, 29), (12, 30), (12, 31))


class DateNotCovered(ValueError):
    """The calendar does not know that day: it refuses rather than guess (domain rule, section 5)."""

    def __init__(self, day: date, covers_until: date) -> None:
        super().__init__(f"the calendar covers {FIRST_COVERED_DAY} to {covers_until}, not {day}")
        self.day = day
        self.covers_until = covers_until


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """A version of the calendar. `covers_until` is the last day it may be asked about.

    A day that stands in both `closures` and `openings` is closed. Openings make any closed day a business day,
    Saturdays and national holidays included.
    """

    version: int
    covers_until: date
    closures: Collection[date] = frozenset()
    openings: Collection[date] = frozenset()

    def __post_init__(self) -> None:
        # Sets, whatever collection was given: membership is asked once per day walked over.
        object.__setattr__(self, "closures", frozenset(self.closures))
        object.__setattr__(self, "openings", frozenset(self.openings))

    def is_business_day(self, day: date) -> bool:
        """T1. Raises DateNotCovered."""
        self._refuse_uncovered(day)
        if day in self.closures:
            return False
        return day in self.openings or not _is_closed_by_rule(day)

    def add_business_days(self, day: date, count: int) -> date:
        """T2: the count-th business day after `day` (before it, if negative); `day` itself never counts.

        A count of 0 gives `day` back, business day or not. Raises DateNotCovered.
        """
        self._refuse_uncovered(day)
        step = _ONE_DAY if count > 0 else -_ONE_DAY
        left = abs(count)
        while left:
            day += step
            left -= self.is_business_day(day)
        return day

    def business_days_between(self, earlier: date, later: date) -> int:
        """How many business days lie in (earlier, later]; 0 when later <= earlier. Raises DateNotCovered."""
        self._refuse_uncovered(earlier)
        self._refuse_uncovered(later)
        days = (earlier + timedelta(days=n) for n in range(1, (later - earlier).days + 1))
        return sum(self.is_business_day(day) for day in days)

    def first_business_day_from(self, day: date) -> date:
        """`day` if it is a business day, else the next one. Raises DateNotCovered."""
        while not self.is_business_day(day):
            day += _ONE_DAY
        return day

    def _refuse_uncovered(self, day: date) -> None:
        covers_until = min(self.covers_until, LAST_COVERED_DAY)
        if not FIRST_COVERED_DAY <= day <= covers_until:
            raise DateNotCovered(day, covers_until)


def viewing_window_end(calendar: BusinessCalendar, start_date: date) -> date:
    """Last day on which passwords can be read: the second business day after the start date (T3, B35)."""
    return calendar.add_business_days(start_date, 2)


def system_setting_deadline(calendar: BusinessCalendar, start_date: date) -> date:
    """Last day for a required system setting: four business days before the start date (T6)."""
    return calendar.add_business_days(start_date, -4)


def _is_closed_by_rule(day: date) -> bool:
    return day.weekday() >= _SATURDAY or (day.month, day.day) in _YEAR_END_DAYS or day in _national_holidays(day.year)


@cache
def _national_holidays(year: int) -> frozenset[date]:
    # Imported here and once per year asked for: the package is large, and most importers of this module never ask.
    import holidays

    return frozenset(holidays.country_holidays("JP", years=year).keys())

"""The password window: from the issue to 24:00 JST of the second business day after the start date (T3, B35)."""

from dataclasses import dataclass
from datetime import date, datetime

from shared.kernel.business_days import BusinessCalendar, DateNotCovered, viewing_window_end
from shared.kernel.local_time import end_of_day, local_date


@dataclass(frozen=True, slots=True)
class ViewingWindow:
    """When the passwords of one application can be read."""

    viewable_from: datetime
    viewable_until: date
    """Last day, in Japan, on which they can be read."""
    closing_notice_on: date
    """Day on which somebody who has not looked yet is reminded: one business day before the last."""


def viewing_window(calendar: BusinessCalendar, issued_at: datetime, start_date: date) -> ViewingWindow:
    """The window of passwords issued at that instant. Raises DateNotCovered."""
    viewable_until = viewing_window_end(calendar, start_date)
    return ViewingWindow(issued_at, viewable_until, calendar.add_business_days(viewable_until, -1))


def is_open(viewable_until: date, now: datetime) -> bool:
    """Whether passwords may still be shown: until 24:00 JST of the last day, asked at every request."""
    return now < end_of_day(viewable_until)


def business_days_left(calendar: BusinessCalendar | None, viewable_until: date, now: datetime) -> int | None:
    """Business days after today up to the last day, 0 on that day; None where the calendar cannot tell."""
    if calendar is None:
        return None
    try:
        return calendar.business_days_between(local_date(now), viewable_until)
    except DateNotCovered:
        return None

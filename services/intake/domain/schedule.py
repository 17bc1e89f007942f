"""The registration schedule: which start dates to offer, what to warn about, and when a review starts to count (T8)."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from shared.contracts.people import RegistrationDay
from shared.contracts.review_events import SchedulePublished
from shared.kernel.business_days import BusinessCalendar
from shared.kernel.local_time import TOKYO

DAYS_OFFERED = 4
OFFICE_CLOSES_AT = time(18, 0)
CALENDAR_REACH = timedelta(days=60)


class StartDateWarning(StrEnum):
    """Why a wished start date may not be met; none of them refuses it (B12, E15, E20)."""

    OFF_SCHEDULE = "off_schedule"
    DEADLINE_PASSED = "deadline_passed"
    NO_SCHEDULE = "no_schedule"


def days_to_offer(schedule: SchedulePublished | None, today: date) -> list[RegistrationDay]:
    """The next registration days that can still be applied for, soonest first (B11)."""
    if schedule is None:
        return []
    return [day for day in schedule.registration_days if _is_open(day, today)][:DAYS_OFFERED]


def start_date_warning(schedule: SchedulePublished | None, wished: date, today: date) -> StartDateWarning | None:
    """What the applicant should know about the wished date before registering."""
    if schedule is None or not _covers_month(schedule.registration_days, wished):
        return StartDateWarning.NO_SCHEDULE
    row = next((day for day in schedule.registration_days if day.registration_date == wished), None)
    if row is None:
        return StartDateWarning.OFF_SCHEDULE
    return None if _is_open(row, today) else StartDateWarning.DEADLINE_PASSED


def next_open_day(schedule: SchedulePublished | None, wished: date, today: date) -> date | None:
    """The first registration day on or after the wished date whose deadline has not passed (T7, E15)."""
    if schedule is None:
        return None
    later = (day for day in schedule.registration_days if day.registration_date >= wished and _is_open(day, today))
    return next((day.registration_date for day in later), None)


def business_calendar(schedule: SchedulePublished | None, today: date) -> BusinessCalendar:
    """The calendar of the latest schedule. It always reaches past today: a receipt must not wait for a new calendar."""
    reach = today + CALENDAR_REACH
    if schedule is None:
        return BusinessCalendar(version=0, covers_until=reach)
    return BusinessCalendar(
        version=schedule.calendar_version,
        covers_until=max(schedule.covers_until, reach),
        closures=frozenset(closure.date for closure in schedule.closures),
        openings=frozenset(opening.date for opening in schedule.openings),
    )


def review_starts_on(calendar: BusinessCalendar, now: datetime) -> date:
    """The day the review target counts from: after 18:00 or on a closed day the next business day (T8)."""
    local = now.astimezone(TOKYO)
    if local.time() > OFFICE_CLOSES_AT:
        return calendar.add_business_days(local.date(), 1)
    return calendar.first_business_day_from(local.date())


def _is_open(day: RegistrationDay, today: date) -> bool:
    return day.application_deadline >= today and day.registration_date > today


def _covers_month(days: Sequence[RegistrationDay], wished: date) -> bool:
    return any((day.registration_date.year, day.registration_date.month) == (wished.year, wished.month) for day in days)

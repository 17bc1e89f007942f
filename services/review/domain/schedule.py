"""The registration schedule (S14) and its calendar: its versions, and which day fits a wish."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shared.contracts.people import CalendarException, RegistrationDay
from shared.contracts.review_events import SchedulePublished
from shared.kernel.business_days import BusinessCalendar, system_setting_deadline


@dataclass(frozen=True, slots=True)
class ProposedDay:
    """One row of a proposed schedule; without its own system-setting deadline T6 gives it."""

    registration_date: date
    application_deadline: date
    system_setting_deadline: date | None = None


@dataclass(frozen=True, slots=True)
class ProposedSchedule:
    """A whole schedule as an operator sets it."""

    registration_days: Sequence[ProposedDay]
    closures: Sequence[CalendarException]
    openings: Sequence[CalendarException]
    covers_until: date


@dataclass(frozen=True, slots=True)
class Schedule:
    """A published schedule; `registration_days` ascend."""

    schedule_version: int
    calendar_version: int
    registration_days: Sequence[RegistrationDay]
    closures: Sequence[CalendarException]
    openings: Sequence[CalendarException]
    covers_until: date

    @property
    def calendar(self) -> BusinessCalendar:
        """The calendar of business days that this schedule is counted in."""
        return calendar_of(self.calendar_version, self)

    def row_of(self, day: date) -> RegistrationDay | None:
        """The row of a registration day, or None when the day is not on the schedule."""
        return next((row for row in self.registration_days if row.registration_date == day), None)

    def reaches_month_of(self, day: date) -> bool:
        """Whether there are rows for the month of `day` or later (E20)."""
        return any(row.registration_date >= day.replace(day=1) for row in self.registration_days)

    def days_from(self, earliest: date) -> list[RegistrationDay]:
        """The rows on or after `earliest`."""
        return [row for row in self.registration_days if row.registration_date >= earliest]


def next_schedule(current: Schedule | None, proposed: ProposedSchedule) -> Schedule:
    """The proposal as the next version; the calendar's version rises only when the calendar changes."""
    calendar_version = current.calendar_version if current else 0
    if current is None or _exceptions_of(current) != _exceptions_of(proposed):
        calendar_version += 1
    calendar = calendar_of(calendar_version, proposed)
    rows = sorted(proposed.registration_days, key=lambda row: row.registration_date)
    return Schedule(
        schedule_version=current.schedule_version + 1 if current else 1,
        calendar_version=calendar_version,
        registration_days=[_completed_row(row, calendar) for row in rows],
        closures=sorted(proposed.closures, key=lambda exception: exception.date),
        openings=sorted(proposed.openings, key=lambda exception: exception.date),
        covers_until=proposed.covers_until,
    )


def published(schedule: Schedule) -> SchedulePublished:
    """What the topic is told about a schedule."""
    return SchedulePublished(
        schedule_version=schedule.schedule_version,
        calendar_version=schedule.calendar_version,
        registration_days=list(schedule.registration_days),
        closures=list(schedule.closures),
        openings=list(schedule.openings),
        covers_until=schedule.covers_until,
    )


def schedule_of(told: SchedulePublished) -> Schedule:
    """The schedule that the topic was told about."""
    return Schedule(
        schedule_version=told.schedule_version,
        calendar_version=told.calendar_version,
        registration_days=tuple(told.registration_days),
        closures=tuple(told.closures),
        openings=tuple(told.openings),
        covers_until=told.covers_until,
    )


def earliest_open_day(schedule: Schedule, wished: date, received_on: date, not_before: date) -> RegistrationDay | None:
    """The first row on or after the wish that the application was in time for (E15); None when there is none."""
    in_time = (row for row in schedule.days_from(max(wished, not_before)) if row.application_deadline >= received_on)
    return next(in_time, None)


def calendar_of(version: int, exceptions: Schedule | ProposedSchedule) -> BusinessCalendar:
    """The calendar of business days that a schedule comes with."""
    return BusinessCalendar(
        version=version,
        covers_until=exceptions.covers_until,
        closures=frozenset(exception.date for exception in exceptions.closures),
        openings=frozenset(exception.date for exception in exceptions.openings),
    )


def _exceptions_of(schedule: Schedule | ProposedSchedule) -> tuple[set[date], set[date], date]:
    closed = {exception.date for exception in schedule.closures}
    opened = {exception.date for exception in schedule.openings}
    return closed, opened, schedule.covers_until


def _completed_row(row: ProposedDay, calendar: BusinessCalendar) -> RegistrationDay:
    return RegistrationDay(
        registration_date=row.registration_date,
        application_deadline=row.application_deadline,
        system_setting_deadline=row.system_setting_deadline or system_setting_deadline(calendar, row.registration_date),
    )

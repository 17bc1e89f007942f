"""What may be published as a schedule: every fault at once, each with the day it is about."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.review.domain.schedule import ProposedDay, ProposedSchedule, calendar_of
from shared.kernel.business_days import LAST_COVERED_DAY, BusinessCalendar, DateNotCovered, system_setting_deadline


class ScheduleProblem(StrEnum):
    """Why a proposed schedule is refused; stable codes of page and API."""

    NO_REGISTRATION_DAYS = "no_registration_days"
    REPEATED_DAY = "repeated_day"
    NOT_A_BUSINESS_DAY = "not_a_business_day"
    DEADLINE_AFTER_DAY = "deadline_after_day"
    DATE_NOT_COVERED = "date_not_covered"
    REPEATED_EXCEPTION = "repeated_exception"
    CLOSED_AND_OPEN = "closed_and_open"
    EXCEPTION_NOT_COVERED = "exception_not_covered"
    COVERS_PAST_ONLY = "covers_past_only"
    COVERS_UNVERIFIED = "covers_unverified"
    COVERS_LESS_THAN_PROMISED = "covers_less_than_promised"

    @property
    def field(self) -> str:
        """Which part of the schedule is to be changed."""
        return _FIELDS.get(self, "registration_days")


_FIELDS = {
    ScheduleProblem.REPEATED_EXCEPTION: "closures",
    ScheduleProblem.CLOSED_AND_OPEN: "openings",
    ScheduleProblem.EXCEPTION_NOT_COVERED: "closures",
    ScheduleProblem.COVERS_PAST_ONLY: "covers_until",
    ScheduleProblem.COVERS_UNVERIFIED: "covers_until",
    ScheduleProblem.COVERS_LESS_THAN_PROMISED: "covers_until",
}


@dataclass(frozen=True, slots=True)
class ScheduleFault:
    """One reason against a schedule, and the day it is about, where there is one."""

    problem: ScheduleProblem
    day: date | None = None


def check_schedule(
    proposed: ProposedSchedule, today: date, promised_until: date | None = None
) -> Sequence[ScheduleFault]:
    """Every fault, in the order of the form; empty when the schedule can be published.

    `promised_until` is the last day that applicants have been promised something on: the calendar must still reach it.
    """
    return [
        *_day_faults(proposed),
        *_exception_faults(proposed),
        *_coverage_faults(proposed.covers_until, today, promised_until),
    ]


def _day_faults(proposed: ProposedSchedule) -> Iterator[ScheduleFault]:
    if not proposed.registration_days:
        yield ScheduleFault(ScheduleProblem.NO_REGISTRATION_DAYS)
    days = Counter(row.registration_date for row in proposed.registration_days)
    yield from (ScheduleFault(ScheduleProblem.REPEATED_DAY, day) for day, count in sorted(days.items()) if count > 1)
    calendar = calendar_of(0, proposed)
    for row in sorted(proposed.registration_days, key=lambda row: row.registration_date):
        yield from _row_faults(row, calendar)


def _row_faults(row: ProposedDay, calendar: BusinessCalendar) -> Iterator[ScheduleFault]:
    day = row.registration_date
    try:
        if not calendar.is_business_day(day):
            yield ScheduleFault(ScheduleProblem.NOT_A_BUSINESS_DAY, day)
        system_setting_deadline(calendar, day)
    except DateNotCovered:
        yield ScheduleFault(ScheduleProblem.DATE_NOT_COVERED, day)
    if max(row.application_deadline, row.system_setting_deadline or row.application_deadline) > day:
        yield ScheduleFault(ScheduleProblem.DEADLINE_AFTER_DAY, day)


def _exception_faults(proposed: ProposedSchedule) -> Iterator[ScheduleFault]:
    closed = Counter(exception.date for exception in proposed.closures)
    opened = Counter(exception.date for exception in proposed.openings)
    repeated = {day for days in (closed, opened) for day, count in days.items() if count > 1}
    yield from (ScheduleFault(ScheduleProblem.REPEATED_EXCEPTION, day) for day in sorted(repeated))
    yield from (ScheduleFault(ScheduleProblem.CLOSED_AND_OPEN, day) for day in sorted(closed.keys() & opened.keys()))
    late = {day for day in (*closed, *opened) if day > proposed.covers_until}
    yield from (ScheduleFault(ScheduleProblem.EXCEPTION_NOT_COVERED, day) for day in sorted(late))


def _coverage_faults(covers_until: date, today: date, promised_until: date | None) -> Iterator[ScheduleFault]:
    if covers_until < today:
        yield ScheduleFault(ScheduleProblem.COVERS_PAST_ONLY, covers_until)
    if covers_until > LAST_COVERED_DAY:
        yield ScheduleFault(ScheduleProblem.COVERS_UNVERIFIED, LAST_COVERED_DAY)
    if promised_until is not None and covers_until < promised_until:
        yield ScheduleFault(ScheduleProblem.COVERS_LESS_THAN_PROMISED, promised_until)

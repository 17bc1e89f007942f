"""The registration schedule as applicants read it: each day with its two deadlines (S14)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.intake.domain.schedule import business_calendar
from shared.contracts.review_events import SchedulePublished

SYSTEM_SETTING_BUSINESS_DAYS = 4
"""Business days before the registration day up to whose end a system setting may be applied for (T6)."""


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One registration day; `is_open` while its application deadline has not passed."""

    registration_date: date
    application_deadline: date
    system_setting_deadline: date
    is_open: bool


def schedule_rows(schedule: SchedulePublished | None, today: date) -> Sequence[ScheduleRow]:
    """The registration days from today on, soonest first; empty before the first schedule is published."""
    if schedule is None:
        return ()
    calendar = business_calendar(schedule, today)
    return [
        ScheduleRow(
            registration_date=day.registration_date,
            application_deadline=day.application_deadline,
            system_setting_deadline=calendar.add_business_days(day.registration_date, -SYSTEM_SETTING_BUSINESS_DAYS),
            is_open=today <= day.application_deadline,
        )
        for day in schedule.registration_days
        if today <= day.registration_date <= schedule.covers_until
    ]

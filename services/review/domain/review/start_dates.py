"""Which start date may be confirmed (E14, E17, E19, E20)."""

from dataclasses import dataclass
from datetime import date

from services.review.domain.review.problems import DecisionProblem
from services.review.domain.schedule import Schedule, earliest_open_day
from shared.kernel.business_days import DateNotCovered, system_setting_deadline
from shared.kernel.japanese_text import parse_japanese_date

BUSINESS_DAYS_TO_REGISTER = 1
BUSINESS_DAYS_WITH_SYSTEM_SETTING = 5
"""With fewer, the system-setting deadline (T6) would have passed at the moment of approval."""


@dataclass(frozen=True, slots=True)
class StartDateChoice:
    """What a start date is judged by."""

    text: str
    system_setting_required: bool
    approver_is_lead: bool


def read_start_date(text: str) -> date | None:
    """The date meant, in any form that means one date; None otherwise (E16)."""
    return parse_japanese_date(text)


def start_date_problems(choice: StartDateChoice, schedule: Schedule, today: date) -> list[DecisionProblem]:
    """Every reason against the date; empty when it can be confirmed."""
    day = read_start_date(choice.text)
    if day is None:
        return [DecisionProblem.START_DATE_UNREADABLE]
    if day <= today:
        return [DecisionProblem.START_DATE_NOT_FUTURE]
    try:
        return _too_early(day, choice, schedule, today) + _off_schedule(day, choice, schedule)
    except DateNotCovered:
        return [DecisionProblem.START_DATE_NOT_COVERED]


def earliest_start(schedule: Schedule, today: date, system_setting_required: bool) -> date:
    """The first day that an approval made today may confirm (E17). Raises DateNotCovered."""
    days = BUSINESS_DAYS_WITH_SYSTEM_SETTING if system_setting_required else BUSINESS_DAYS_TO_REGISTER
    return schedule.calendar.add_business_days(today, days)


def setting_deadline(schedule: Schedule, start: date) -> date:
    """Last day for the system setting: the schedule row's, else four business days before the start (T6)."""
    row = schedule.row_of(start)
    return row.system_setting_deadline if row else system_setting_deadline(schedule.calendar, start)


def suggested_start(schedule: Schedule | None, wished: date | None, received_on: date, today: date) -> date | None:
    """The earliest open registration day on or after the wish (E15); None when the table holds none."""
    if schedule is None or wished is None:
        return None
    try:
        not_before = earliest_start(schedule, today, system_setting_required=False)
    except DateNotCovered:
        return None
    row = earliest_open_day(schedule, wished, received_on, not_before)
    return row.registration_date if row else None


def _too_early(day: date, choice: StartDateChoice, schedule: Schedule, today: date) -> list[DecisionProblem]:
    if day < earliest_start(schedule, today, system_setting_required=False):
        return [DecisionProblem.START_DATE_TOO_EARLY]
    if choice.system_setting_required and _leaves_no_time_for_setting(day, schedule, today):
        return [DecisionProblem.START_DATE_TOO_EARLY_FOR_SETTING]
    return []


def _leaves_no_time_for_setting(day: date, schedule: Schedule, today: date) -> bool:
    too_near = day < earliest_start(schedule, today, system_setting_required=True)
    return too_near or setting_deadline(schedule, day) <= today


def _off_schedule(day: date, choice: StartDateChoice, schedule: Schedule) -> list[DecisionProblem]:
    if schedule.row_of(day):
        return []
    if not choice.approver_is_lead:
        return [DecisionProblem.START_DATE_NOT_REGISTRATION_DAY]
    return [] if schedule.calendar.is_business_day(day) else [DecisionProblem.START_DATE_NOT_BUSINESS_DAY]

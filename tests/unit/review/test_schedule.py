"""Which schedules may be published, and how their versions rise."""

from dataclasses import replace
from datetime import date

import pytest

from services.review.domain.schedule import (
    ProposedDay,
    ProposedSchedule,
    next_schedule,
)
from services.review.domain.schedule_checks import ScheduleFault, ScheduleProblem, check_schedule
from shared.contracts.people import CalendarException

TODAY = date(2018, 10, 24)
FIRST, SECOND = date(2018, 11, 1), date(2018, 11, 8)


def a_day(day: date = FIRST, deadline: date = date(2018, 10, 25), setting: date | None = None) -> ProposedDay:
    return ProposedDay(day, deadline, setting)


def a_proposal(*days: ProposedDay) -> ProposedSchedule:
    return ProposedSchedule(days or (a_day(),), (), (), date(2019, 12, 31))


def closed(day: date) -> CalendarException:
    return CalendarException(date=day, reason="創立記念日")


def test_a_good_schedule_has_no_problem() -> None:
    assert check_schedule(a_proposal(), TODAY) == []


@pytest.mark.parametrize(
    ("proposed", "problem"),
    [
        (replace(a_proposal(), registration_days=()), ScheduleProblem.NO_REGISTRATION_DAYS),
        (a_proposal(a_day(), a_day()), ScheduleProblem.REPEATED_DAY),
        (a_proposal(a_day(date(2018, 11, 3))), ScheduleProblem.NOT_A_BUSINESS_DAY),
        (replace(a_proposal(), closures=(closed(FIRST),)), ScheduleProblem.NOT_A_BUSINESS_DAY),
        (a_proposal(a_day(deadline=date(2018, 11, 2))), ScheduleProblem.DEADLINE_AFTER_DAY),
        (a_proposal(a_day(setting=date(2018, 11, 2))), ScheduleProblem.DEADLINE_AFTER_DAY),
        (
            replace(a_proposal(), closures=(closed(SECOND),), openings=(closed(SECOND),)),
            ScheduleProblem.CLOSED_AND_OPEN,
        ),
        (a_proposal(a_day(date(2020, 1, 6))), ScheduleProblem.DATE_NOT_COVERED),
    ],
)
def test_a_bad_schedule_is_refused_by_name(proposed: ProposedSchedule, problem: ScheduleProblem) -> None:
    assert [fault.problem for fault in check_schedule(proposed, TODAY)] == [problem]


def test_every_problem_is_named_at_once() -> None:
    proposed = ProposedSchedule((), (closed(SECOND),), (closed(SECOND),), date(2018, 10, 23))
    assert [fault.problem for fault in check_schedule(proposed, TODAY)] == [
        ScheduleProblem.NO_REGISTRATION_DAYS,
        ScheduleProblem.CLOSED_AND_OPEN,
        ScheduleProblem.EXCEPTION_NOT_COVERED,
        ScheduleProblem.COVERS_PAST_ONLY,
    ]


def test_every_bad_row_is_named_with_its_day() -> None:
    saturday, sunday = date(2018, 11, 3), date(2018, 11, 4)
    faults = check_schedule(a_proposal(a_day(sunday), a_day(saturday)), TODAY)
    assert faults == [
        ScheduleFault(ScheduleProblem.NOT_A_BUSINESS_DAY, saturday),
        ScheduleFault(ScheduleProblem.NOT_A_BUSINESS_DAY, sunday),
    ]


@pytest.mark.parametrize(
    ("covers_until", "promised_until", "problem"),
    [
        (date(2018, 10, 23), None, ScheduleProblem.COVERS_PAST_ONLY),
        (date(2031, 1, 1), None, ScheduleProblem.COVERS_UNVERIFIED),
        (date(2018, 11, 4), date(2018, 11, 5), ScheduleProblem.COVERS_LESS_THAN_PROMISED),
    ],
)
def test_years_that_are_not_covered_are_refused(
    covers_until: date, promised_until: date | None, problem: ScheduleProblem
) -> None:
    proposed = replace(a_proposal(), covers_until=covers_until)
    assert problem in [fault.problem for fault in check_schedule(proposed, TODAY, promised_until)]


def test_the_first_schedule_is_version_one_in_date_order_with_setting_deadlines() -> None:
    schedule = next_schedule(None, a_proposal(a_day(SECOND), a_day(FIRST)))
    assert (schedule.schedule_version, schedule.calendar_version) == (1, 1)
    assert [row.registration_date for row in schedule.registration_days] == [FIRST, SECOND]
    assert schedule.registration_days[0].system_setting_deadline == date(2018, 10, 26)


@pytest.mark.parametrize(
    ("change", "calendar_version"),
    [
        ({}, 1),
        ({"registration_days": (a_day(SECOND),)}, 1),
        ({"closures": (closed(SECOND),)}, 2),
        ({"openings": (closed(date(2018, 11, 3)),)}, 2),
        ({"covers_until": date(2020, 12, 31)}, 2),
    ],
)
def test_the_calendar_version_rises_only_with_the_calendar(change: dict[str, object], calendar_version: int) -> None:
    first = next_schedule(None, a_proposal())
    second = next_schedule(first, replace(a_proposal(), **change))  # type: ignore[arg-type]
    assert (second.schedule_version, second.calendar_version) == (2, calendar_version)

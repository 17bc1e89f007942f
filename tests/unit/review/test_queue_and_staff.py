"""Ages and positions in the queue; what roles allow."""

from dataclasses import replace
from datetime import date

import pytest

from services.review.domain.case_file import CaseFile, OfficeHistory, PrivateFile
from services.review.domain.review import IssuedResult, Review, ReviewState
from services.review.domain.review_queue import (
    BEGINNING,
    InvalidCursor,
    QueueFilter,
    QueueFlag,
    QueuePosition,
    QueueRow,
    age_in_business_days,
    answer_by,
    flags_of,
    overdue_before,
    parse_position,
)
from services.review.domain.schedule import Schedule
from services.review.domain.staff import InvalidStaffAccount, a_staff_member
from tests.unit.review.builders import a_registration_schedule, a_review


def test_the_age_counts_business_days_since_the_review_target_began() -> None:
    review = a_review(review_starts_on=date(2018, 10, 31))
    assert age_in_business_days(review, a_registration_schedule(), date(2018, 11, 5)) == 3


def test_the_age_stands_still_once_the_review_has_ended() -> None:
    review = replace(a_review(), issued=IssuedResult(date(2018, 10, 26), (), None))
    assert age_in_business_days(review, a_registration_schedule(), date(2018, 11, 5)) == 2


def test_the_age_is_unknown_without_a_calendar_that_covers_it() -> None:
    assert age_in_business_days(a_review(), None, date(2018, 11, 5)) is None
    schedule = a_registration_schedule(covers_until=date(2018, 10, 31))
    assert age_in_business_days(a_review(), schedule, date(2018, 11, 5)) is None


def test_a_position_survives_its_cursor() -> None:
    position = QueuePosition(date(2018, 10, 24), "180012A")
    assert parse_position(str(position)) == position
    assert parse_position("") == BEGINNING


def a_case(review: Review, schedule: Schedule) -> CaseFile:
    row = QueueRow(review, None, None, None)
    return CaseFile(row, None, schedule, (), (), (), OfficeHistory(), PrivateFile())


def test_the_answer_is_promised_in_business_days_and_put_off_by_clarifications() -> None:
    schedule = a_registration_schedule()
    review = a_review(review_starts_on=date(2018, 10, 24))
    assert answer_by(review, schedule, 6) == date(2018, 11, 1)
    assert answer_by(replace(review, counts_from=date(2018, 10, 26)), schedule, 6) == date(2018, 11, 5)
    assert answer_by(review, None, 6) is None


@pytest.mark.parametrize("today", [date(2018, 11, day) for day in range(1, 15)])
def test_overdue_is_what_is_older_than_the_target(today: date) -> None:
    schedule = a_registration_schedule()
    limit = overdue_before(schedule, today, 6)
    for offset in range(30):
        day = date.fromordinal(today.toordinal() - offset)
        age = schedule.calendar.business_days_between(day, today)
        assert (day < limit) == (age > 6)


def test_flags_say_what_stands_out() -> None:
    review = replace(
        a_review(requested_start_date=date(2018, 11, 2), review_starts_on=date(2018, 10, 1)),
        issue_failure="ids_exhausted",
    )
    overdue = date(2018, 10, 16)
    flags = flags_of(review, a_registration_schedule(), overdue, mail_failed=True)
    expected = [QueueFlag.OVERDUE, QueueFlag.OFF_SCHEDULE, QueueFlag.ISSUE_FAILED, QueueFlag.MAIL_FAILED]
    assert flags == expected
    assert flags_of(a_review(), a_registration_schedule(), overdue, mail_failed=False) == []


@pytest.mark.parametrize(("wished", "first"), [(1, 1), (3, 1), (5, 3), (20, 15), (27, 15)])
def test_the_days_to_choose_from_lie_around_the_wish(wished: int, first: int) -> None:
    days = [date(2018, 11, day) for day in range(1, 21)]
    review = a_review(requested_start_date=date(2018, 11, wished))
    case = a_case(review, a_registration_schedule(days))
    offered = [row.registration_date for row in case.offered_days(date(2018, 10, 31))]
    assert offered == [date(2018, 11, first + index) for index in range(6)]


def test_today_is_no_day_to_choose() -> None:
    case = a_case(a_review(), a_registration_schedule())
    offered = [row.registration_date for row in case.offered_days(date(2018, 11, 1))]
    assert offered == [date(2018, 11, 8), date(2018, 11, 15)]


@pytest.mark.parametrize("text", ["x", "20181024", "20181024-", "20181024-180012a", "20181324-180012A", "-180012A"])
def test_anything_else_is_no_cursor(text: str) -> None:
    with pytest.raises(InvalidCursor):
        parse_position(text)


def test_there_is_a_filter_for_every_state_review_can_hold_and_one_for_all() -> None:
    assert {narrowed.state for narrowed in QueueFilter} == {None, *ReviewState} - {ReviewState.RECEIVED}


@pytest.mark.parametrize(
    ("role", "approves", "leads", "sees_contacts", "sets_schedule"),
    [
        ("reviewer", True, False, True, False),
        ("lead", True, True, True, False),
        ("operator", False, False, False, True),
        ("help_desk", False, False, False, False),
    ],
)
def test_roles_allow_what_the_design_says(
    role: str, approves: bool, leads: bool, sees_contacts: bool, sets_schedule: bool
) -> None:
    member = a_staff_member("jiro", "審査 次郎", [role])
    assert (member.may_approve, member.is_lead) == (approves, leads)
    assert (member.may_see_contacts, member.may_set_schedule) == (sees_contacts, sets_schedule)


@pytest.mark.parametrize(("login", "roles"), [("jiro", ["chief"]), ("jiro", []), (" ", ["lead"])])
def test_an_account_that_makes_no_sense_is_refused(login: str, roles: list[str]) -> None:
    with pytest.raises(InvalidStaffAccount):
        a_staff_member(login, "審査 次郎", roles)

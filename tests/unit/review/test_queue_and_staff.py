"""Ages and positions in the queue; what roles allow."""

from dataclasses import replace
from datetime import date

import pytest

from services.review.domain.case_file import CaseFile
from services.review.domain.review import IssuedResult, ReviewState
from services.review.domain.review_queue import (
    BEGINNING,
    InvalidCursor,
    QueueFilter,
    QueuePosition,
    QueueRow,
    age_in_business_days,
    parse_position,
)
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


@pytest.mark.parametrize(("wished", "first"), [(1, 1), (3, 1), (5, 3), (20, 15), (27, 15)])
def test_the_days_to_choose_from_lie_around_the_wish(wished: int, first: int) -> None:
    days = [date(2018, 11, day) for day in range(1, 21)]
    review = a_review(requested_start_date=date(2018, 11, wished))
    case = CaseFile(QueueRow(review, None, None), None, None, a_registration_schedule(days), [])
    offered = [row.registration_date for row in case.offered_days(date(2018, 10, 31))]
    assert offered == [date(2018, 11, first + index) for index in range(6)]


def test_today_is_no_day_to_choose() -> None:
    case = CaseFile(QueueRow(a_review(), None, None), None, None, a_registration_schedule(), [])
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

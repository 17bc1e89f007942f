"""Which start dates are offered, and from which day the review target counts."""

from datetime import UTC, date, datetime

import pytest

from services.intake.domain.schedule import business_calendar, days_to_offer, review_starts_on
from tests.builders import a_schedule


def test_days_are_offered_while_their_deadline_lasts() -> None:
    def offered(today: date) -> list[date]:
        return [day.registration_date for day in days_to_offer(a_schedule(), today)]

    thursdays = [date(2018, 11, 1), date(2018, 11, 8), date(2018, 11, 15), date(2018, 11, 22)]
    assert offered(date(2018, 10, 25)) == thursdays
    assert offered(date(2018, 10, 26)) == [*thursdays[1:], date(2018, 11, 29)]
    assert offered(date(2018, 12, 1)) == []


def test_nothing_is_offered_without_a_schedule() -> None:
    assert days_to_offer(None, date(2018, 10, 16)) == []


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2018-10-24T01:00", "2018-10-24"),  # Wednesday 10:00
        ("2018-10-24T09:00", "2018-10-24"),  # 18:00 sharp
        ("2018-10-24T09:01", "2018-10-25"),  # 18:01
        ("2018-10-26T10:00", "2018-10-29"),  # Friday 19:00
        ("2018-10-27T01:00", "2018-10-29"),  # Saturday
        ("2018-10-27T10:00", "2018-10-29"),  # Saturday evening
        ("2018-12-28T10:00", "2019-01-04"),  # last evening of the year
    ],
)
def test_the_review_target_counts_from_a_business_day(instant: str, expected: str) -> None:
    now = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    calendar = business_calendar(a_schedule(), now.date())

    assert review_starts_on(calendar, now) == date.fromisoformat(expected)


def test_a_closure_of_the_schedule_moves_the_review_start() -> None:
    closed = a_schedule(closures=[{"date": "2018-10-24", "reason": "臨時休業"}])
    now = datetime(2018, 10, 24, 1, 0, tzinfo=UTC)

    assert review_starts_on(business_calendar(closed, now.date()), now) == date(2018, 10, 25)


def test_a_receipt_does_not_wait_for_a_new_calendar() -> None:
    old = a_schedule(covers_until=date(2018, 3, 31))
    now = datetime(2018, 10, 27, 1, 0, tzinfo=UTC)

    for schedule in (old, None):
        assert review_starts_on(business_calendar(schedule, now.date()), now) == date(2018, 10, 29)

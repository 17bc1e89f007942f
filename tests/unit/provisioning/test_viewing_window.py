"""The password window: the manual's vectors, and the instant at which it closes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.provisioning.domain.viewing_window import business_days_left, is_open, viewing_window
from shared.kernel.business_days import BusinessCalendar, DateNotCovered

CALENDAR = BusinessCalendar(version=1, covers_until=date(2027, 12, 31))
ISSUED_AT = datetime(2018, 10, 24, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "last_day"),
    [
        (date(2019, 12, 10), date(2019, 12, 12)),
        (date(2018, 11, 1), date(2018, 11, 5)),
        (date(2026, 12, 24), date(2026, 12, 28)),
        (date(2026, 12, 25), date(2027, 1, 4)),
        (date(2026, 12, 28), date(2027, 1, 5)),
        (date(2026, 12, 26), date(2027, 1, 4)),
        (date(2026, 4, 30), date(2026, 5, 7)),
        (date(2026, 9, 18), date(2026, 9, 25)),
        (date(2019, 4, 26), date(2019, 5, 8)),
    ],
)
def test_the_window_ends_on_the_second_business_day_after_the_start(start: date, last_day: date) -> None:
    assert viewing_window(CALENDAR, ISSUED_AT, start).viewable_until == last_day


def test_the_reminder_is_due_one_business_day_before_the_last_day() -> None:
    assert viewing_window(CALENDAR, ISSUED_AT, date(2018, 11, 1)).closing_notice_on == date(2018, 11, 2)


def test_the_window_opens_at_the_instant_of_the_issue() -> None:
    assert viewing_window(CALENDAR, ISSUED_AT, date(2018, 11, 1)).viewable_from == ISSUED_AT


def test_the_window_is_open_until_24_o_clock_in_japan_and_not_a_microsecond_longer() -> None:
    midnight = datetime(2018, 11, 5, 15, 0, tzinfo=UTC)
    assert is_open(date(2018, 11, 5), midnight - timedelta(microseconds=1))
    assert not is_open(date(2018, 11, 5), midnight)


def test_a_year_the_calendar_does_not_cover_is_refused() -> None:
    with pytest.raises(DateNotCovered):
        viewing_window(BusinessCalendar(version=1, covers_until=date(2018, 11, 4)), ISSUED_AT, date(2018, 11, 1))


@pytest.mark.parametrize(
    ("hour", "day", "left"), [(1, date(2018, 11, 1), 2), (14, date(2018, 11, 2), 1), (15, date(2018, 11, 4), 0)]
)
def test_the_days_left_are_counted_from_today_in_japan(hour: int, day: date, left: int) -> None:
    now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    assert business_days_left(CALENDAR, date(2018, 11, 5), now) == left


def test_without_a_calendar_that_covers_the_days_no_number_is_guessed() -> None:
    assert business_days_left(None, date(2018, 11, 5), ISSUED_AT) is None
    short = BusinessCalendar(version=1, covers_until=date(2018, 10, 31))
    assert business_days_left(short, date(2018, 11, 5), ISSUED_AT) is None

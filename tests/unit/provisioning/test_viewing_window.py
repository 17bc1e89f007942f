"""The password window: the manual's vectors, and the instant at which it closes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.provisioning.domain.viewing_window import (
    OpenWindow,
    WindowChangeCause,
    business_days_left,
    extension,
    extension_by_calendar,
    is_open,
    reissue_window,
    viewing_window,
)
from shared.kernel.business_days import BusinessCalendar, DateNotCovered
from shared.kernel.identifiers import ReceiptNumber

CALENDAR = BusinessCalendar(version=1, covers_until=date(2027, 12, 31))
ISSUED_AT = datetime(2018, 10, 24, 1, 0, tzinfo=UTC)


VECTORS = [
    (date(2019, 12, 10), date(2019, 12, 12)),
    (date(2018, 11, 1), date(2018, 11, 5)),
    (date(2026, 12, 24), date(2026, 12, 28)),
    (date(2026, 12, 25), date(2027, 1, 4)),
    (date(2026, 12, 28), date(2027, 1, 5)),
    (date(2026, 12, 26), date(2027, 1, 4)),
    (date(2026, 4, 30), date(2026, 5, 7)),
    (date(2026, 9, 18), date(2026, 9, 25)),
    (date(2019, 4, 26), date(2019, 5, 8)),
]
"""Start date (or day of a reissue) and last day on which the passwords can be read."""

WINDOW = OpenWindow(ReceiptNumber("180012A"), counted_from=date(2018, 11, 1), viewable_until=date(2018, 11, 5))


@pytest.mark.parametrize(("start", "last_day"), VECTORS)
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


@pytest.mark.parametrize(("day", "last_day"), VECTORS)
def test_a_reissue_counts_from_its_own_day(day: date, last_day: date) -> None:
    late_in_japan = datetime(day.year, day.month, day.day, 14, 59, tzinfo=UTC)
    window = reissue_window(CALENDAR, late_in_japan)
    assert (window.viewable_from, window.viewable_until) == (late_in_japan, last_day)


def test_a_start_date_that_moves_takes_the_windows_end_with_it() -> None:
    moved = extension(CALENDAR, replace(WINDOW, counted_from=date(2018, 11, 8)), WindowChangeCause.START_DATE_MOVED)
    assert moved is not None
    assert (moved.old_until, moved.new_until, moved.closing_notice_on) == (
        date(2018, 11, 5),
        date(2018, 11, 12),
        date(2018, 11, 9),
    )


@pytest.mark.parametrize("start", [date(2018, 10, 26), date(2018, 10, 31), date(2018, 11, 1)])
def test_a_window_never_becomes_shorter(start: date) -> None:
    assert extension(CALENDAR, replace(WINDOW, counted_from=start), WindowChangeCause.START_DATE_MOVED) is None


def test_a_new_closure_makes_a_window_longer_and_a_new_opening_does_not_make_it_shorter() -> None:
    closed = BusinessCalendar(version=2, covers_until=date(2027, 12, 31), closures={date(2018, 11, 2)})
    longer = extension_by_calendar(closed, WINDOW)
    assert longer is not None
    assert (longer.new_until, longer.cause, longer.calendar_version) == (
        date(2018, 11, 6),
        WindowChangeCause.CALENDAR_CHANGED,
        2,
    )
    opened = BusinessCalendar(version=2, covers_until=date(2027, 12, 31), openings={date(2018, 11, 3)})
    assert extension_by_calendar(opened, WINDOW) is None


def test_a_calendar_that_does_not_reach_the_end_changes_no_window() -> None:
    assert extension_by_calendar(BusinessCalendar(version=2, covers_until=date(2018, 11, 4)), WINDOW) is None

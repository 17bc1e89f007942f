"""The calendar counts days as the manual's own example does, and refuses what it does not know."""

from datetime import date, timedelta

import jpholiday
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel import business_days
from shared.kernel.business_days import (
    FIRST_COVERED_DAY,
    LAST_COVERED_DAY,
    BusinessCalendar,
    DateNotCovered,
    system_setting_deadline,
    viewing_window_end,
)

CALENDAR = BusinessCalendar(version=1, covers_until=LAST_COVERED_DAY)
DAYS = st.dates(date(2013, 1, 1), date(2029, 12, 31))


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "last_day"),
    [
        ("2019-12-10", "2019-12-12"),
        ("2018-11-01", "2018-11-05"),
        ("2026-12-24", "2026-12-28"),
        ("2026-12-25", "2027-01-04"),
        ("2026-12-28", "2027-01-05"),
        ("2026-12-26", "2027-01-04"),
        ("2026-04-30", "2026-05-07"),
        ("2026-09-18", "2026-09-25"),
        ("2019-04-26", "2019-05-08"),
    ],
)
def test_passwords_can_be_read_until_the_second_business_day_after_the_start(start: str, last_day: str) -> None:
    assert viewing_window_end(CALENDAR, day(start)) == day(last_day)


@pytest.mark.parametrize(
    ("start", "deadline"),
    [("2019-12-10", "2019-12-04"), ("2018-11-01", "2018-10-26"), ("2027-01-04", "2026-12-23")],
)
def test_system_settings_end_four_business_days_before_the_start(start: str, deadline: str) -> None:
    assert system_setting_deadline(CALENDAR, day(start)) == day(deadline)


def test_the_manuals_sample_takes_six_business_days_to_review_and_six_to_start() -> None:
    assert CALENDAR.business_days_between(day("2018-10-16"), day("2018-10-24")) == 6
    assert CALENDAR.business_days_between(day("2018-10-24"), day("2018-11-01")) == 6


def test_every_covered_day_agrees_with_a_second_holiday_table() -> None:
    days = [FIRST_COVERED_DAY + timedelta(days=n) for n in range((LAST_COVERED_DAY - FIRST_COVERED_DAY).days + 1)]
    assert len(days) == 6940
    differing = [d for d in days if CALENDAR.is_business_day(d) != _is_business_day_by_second_table(d)]
    assert differing == []


def _is_business_day_by_second_table(d: date) -> bool:
    year_end = (d.month == 12 and d.day >= 29) or (d.month == 1 and d.day <= 3)
    return not (d.isoweekday() > 5 or year_end or jpholiday.is_holiday(d))


@pytest.mark.parametrize(
    "closed",
    [
        "2019-05-01",  # enthronement
        "2019-04-30",  # between two holidays
        "2020-07-23",  # moved for the games
        "2021-08-09",  # substitute of a moved holiday
        "2015-09-22",
        "2026-09-22",
        "2026-05-06",
        "2018-12-29",
        "2019-01-03",
        "2026-11-22",  # a Sunday
        "2026-11-21",  # a Saturday
    ],
)
def test_known_closed_days_are_closed(closed: str) -> None:
    assert not CALENDAR.is_business_day(day(closed))


@pytest.mark.parametrize("open_day", ["2020-07-20", "2018-12-28", "2019-01-04", "2018-11-05", "2020-10-12"])
def test_known_business_days_are_open(open_day: str) -> None:
    assert CALENDAR.is_business_day(day(open_day))


def test_closures_and_openings_change_single_days_and_a_closure_wins() -> None:
    calendar = BusinessCalendar(
        version=2,
        covers_until=LAST_COVERED_DAY,
        closures=[day("2019-12-11"), day("2019-12-14")],
        openings=[day("2019-12-14"), day("2019-12-15"), day("2019-12-31")],
    )
    assert viewing_window_end(calendar, day("2019-12-10")) == day("2019-12-13")
    assert not calendar.is_business_day(day("2019-12-14"))
    assert calendar.is_business_day(day("2019-12-15"))
    assert calendar.is_business_day(day("2019-12-31"))


@pytest.mark.parametrize("unknown", [FIRST_COVERED_DAY - timedelta(days=1), LAST_COVERED_DAY + timedelta(days=1)])
def test_days_outside_the_covered_years_are_refused(unknown: date) -> None:
    boundless = BusinessCalendar(version=1, covers_until=date(2099, 12, 31))
    for ask in (boundless.is_business_day, boundless.first_business_day_from):
        with pytest.raises(DateNotCovered):
            ask(unknown)
    with pytest.raises(DateNotCovered):
        boundless.add_business_days(unknown, 0)


def test_days_after_the_published_calendar_are_refused() -> None:
    calendar = BusinessCalendar(version=1, covers_until=day("2026-12-31"))
    assert calendar.is_business_day(day("2026-12-28"))
    with pytest.raises(DateNotCovered) as refusal:
        viewing_window_end(calendar, day("2026-12-28"))
    assert refusal.value.day == day("2027-01-01")
    with pytest.raises(DateNotCovered):
        calendar.business_days_between(day("2026-12-28"), day("2027-01-04"))
    with pytest.raises(DateNotCovered):
        calendar.business_days_between(day("2027-01-04"), day("2026-12-28"))
    with pytest.raises(DateNotCovered):
        calendar.add_business_days(day("2027-01-04"), -4)


def test_the_first_business_day_from_a_day_may_be_that_day() -> None:
    assert CALENDAR.first_business_day_from(day("2026-12-28")) == day("2026-12-28")
    assert CALENDAR.first_business_day_from(day("2026-12-29")) == day("2027-01-04")


@given(DAYS, st.integers(1, 60))
def test_adding_lands_on_a_business_day_and_counts_exactly(start: date, count: int) -> None:
    end = CALENDAR.add_business_days(start, count)
    assert CALENDAR.is_business_day(end)
    assert CALENDAR.business_days_between(start, end) == count


@given(DAYS, st.integers(1, 60))
def test_going_back_undoes_going_forward_from_a_business_day(start: date, count: int) -> None:
    first = CALENDAR.first_business_day_from(start)
    assert CALENDAR.add_business_days(CALENDAR.add_business_days(first, count), -count) == first


@given(DAYS, DAYS)
def test_no_business_day_lies_between_a_day_and_an_earlier_one(a: date, b: date) -> None:
    assert CALENDAR.business_days_between(max(a, b), min(a, b)) == 0


def test_two_calendars_with_the_same_days_are_equal_whatever_collections_were_given() -> None:
    closed = day("2026-12-24")
    one = BusinessCalendar(1, LAST_COVERED_DAY, closures=[closed, closed])
    other = BusinessCalendar(1, LAST_COVERED_DAY, closures=frozenset({closed}))
    assert one == other
    assert hash(one) == hash(other)


def test_a_years_holidays_are_computed_once() -> None:
    CALENDAR.is_business_day(day("2026-06-01"))
    before = business_days._national_holidays.cache_info().misses
    for n in range(300):
        CALENDAR.is_business_day(day("2026-01-05") + timedelta(days=n))
    assert business_days._national_holidays.cache_info().misses == before

"""The demo's days keep the manual's rhythm and fall on business days, whenever it is played."""

from datetime import UTC, date, datetime, timedelta

import pytest

from deploy.local.demo.manual_case import Plan, first_day, plan_story
from deploy.local.demo.sample_data import sample_schedule
from shared.kernel.business_days import LAST_COVERED_DAY, BusinessCalendar
from shared.kernel.local_time import local_date

CALENDAR = BusinessCalendar(version=1, covers_until=LAST_COVERED_DAY)


def planned(applied_on: date) -> Plan:
    rows = sample_schedule(applied_on)["registration_days"]
    return plan_story(applied_on, [date.fromisoformat(row["registration_date"]) for row in rows])


def test_the_manuals_own_dates_come_out_for_the_manuals_own_day() -> None:
    plan = planned(date(2018, 10, 16))

    assert local_date(plan.decided_at) == date(2018, 10, 24)
    assert plan.confirmed == date(2018, 11, 1)
    assert plan.wished == date(2018, 10, 25)
    assert plan.window_over_at == datetime(2018, 11, 6, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("week", range(52))
def test_in_every_week_of_a_year_the_story_can_be_told(week: int) -> None:
    now = datetime(2026, 11, 23, 7, 0, tzinfo=UTC) + timedelta(weeks=week)
    applied_on = first_day(now)
    plan = planned(applied_on)

    assert applied_on > local_date(now)
    assert all(CALENDAR.is_business_day(day) for day in (applied_on, local_date(plan.decided_at), plan.confirmed))
    assert local_date(plan.decided_at) < plan.wished < plan.confirmed
    assert plan.applied_at < plan.decided_at < plan.started_at < plan.window_over_at

"""What a new stack starts with fits the contracts and the calendar, whatever day it is."""

from datetime import date, timedelta

import pytest

from deploy.local.demo.sample_data import OFFICES, new_logins, sample_contract, sample_schedule
from shared.contracts.intake_events import ContractPublished
from shared.kernel.business_days import LAST_COVERED_DAY, BusinessCalendar


@pytest.mark.parametrize("office", OFFICES)
def test_a_sample_contract_is_a_whole_register(office: str) -> None:
    document = sample_contract(office)
    contract = ContractPublished.model_validate({**document, "contract_version": 1})
    assert contract.office_code == office
    assert document.keys() <= ContractPublished.model_fields.keys()
    assert contract.opening_mailboxes


@pytest.mark.parametrize("today", [date(2026, 11, 23), date(2026, 12, 30), date(2027, 5, 1), date(2030, 12, 20)])
def test_a_sample_schedule_holds_business_days_after_today_with_earlier_deadlines(today: date) -> None:
    calendar = BusinessCalendar(version=1, covers_until=LAST_COVERED_DAY)
    for row in sample_schedule(today)["registration_days"]:
        day, deadline = date.fromisoformat(row["registration_date"]), date.fromisoformat(row["application_deadline"])
        assert today < day
        assert calendar.is_business_day(day)
        assert calendar.business_days_between(deadline, day) == 5


def test_a_sample_schedule_offers_two_days_still_open_within_four_weeks() -> None:
    today = date(2026, 12, 24)
    rows = sample_schedule(today)["registration_days"]
    soon = (today + timedelta(days=28)).isoformat()
    open_days = [
        row for row in rows if row["application_deadline"] >= today.isoformat() and row["registration_date"] < soon
    ]
    assert len(open_days) >= 2


def test_every_stack_has_passwords_of_its_own() -> None:
    first, second = new_logins(), new_logins()
    assert not {login.password for login in first} & {login.password for login in second}
    assert {role for login in first for role in login.roles} == {"reviewer", "lead", "operator", "help_desk"}

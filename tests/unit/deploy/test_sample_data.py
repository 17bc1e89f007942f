"""What a new stack starts with fits the contracts and the calendar, whatever day it is."""

from datetime import date, timedelta

import pytest

from deploy.local.demo.sample_data import OFFICES, new_logins, sample_register, sample_schedule
from services.intake.domain.register import RegisterFile, read_register
from shared.kernel.business_days import LAST_COVERED_DAY, BusinessCalendar
from shared.kernel.identifiers import OfficeCode, serial_of_mailbox
from shared.kernel.japanese_text import unprintable_characters


def test_the_sample_register_has_no_problem_and_every_kind_of_office() -> None:
    register = read_register(sample_register(), unprintable_characters)

    assert isinstance(register, RegisterFile), register
    assert {contract.office_code for contract in register.contracts} == set(OFFICES)
    assert len({contract.company_abbreviation for contract in register.contracts}) == 3
    modes = {user.processing_mode for contract in register.contracts for user in contract.users}
    assert {"smtp_pop3", "edifact", "smtp_two_way", "package", "web", "netapi"} <= modes
    highest = {
        contract.office_code: max((serial_of_mailbox(box.mailbox_id) for box in contract.opening_mailboxes), default=0)
        for contract in register.contracts
    }
    assert highest[OfficeCode("KOB001")] == 97


def test_a_part_of_the_sample_register_keeps_the_companies_of_its_offices() -> None:
    part = sample_register("NAC001", "KOB002")

    assert [company["company_abbreviation"] for company in part["companies"]] == ["NAC", "KOB"]
    assert [len(company["offices"]) for company in part["companies"]] == [1, 1]


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

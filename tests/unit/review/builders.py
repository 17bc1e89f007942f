"""A schedule, an application under review and people of the Center, valid by default."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.review.domain.contract import Contract, contract_of
from services.review.domain.review import ApprovalForm, Approver, Grounds, Moved, Review, approve, open_review
from services.review.domain.schedule import Schedule
from shared.contracts.people import CalendarException, RegistrationDay
from shared.contracts.review_events import DecidedBy
from tests.builders import NOW, START_DATE, a_contract, an_application_received

REGISTRATION_DAYS = (date(2018, 10, 25), date(2018, 11, 1), date(2018, 11, 8), date(2018, 11, 15))

REVIEWER = Approver("審査 次郎", is_lead=False, decided_by=DecidedBy.REVIEWER)
LEAD = Approver("主任 三郎", is_lead=True, decided_by=DecidedBy.REVIEWER)


def a_registration_schedule(
    days: Sequence[date] = REGISTRATION_DAYS, closures: Sequence[date] = (), covers_until: date = date(2019, 12, 31)
) -> Schedule:
    """Schedule version 3 on calendar version 2; application deadlines fall on the day before."""
    return Schedule(
        schedule_version=3,
        calendar_version=2,
        registration_days=[
            RegistrationDay(
                registration_date=day,
                application_deadline=date.fromordinal(day.toordinal() - 1),
                system_setting_deadline=date.fromordinal(day.toordinal() - 6),
            )
            for day in days
        ],
        closures=[CalendarException(date=day, reason="臨時休業") for day in closures],
        openings=[],
        covers_until=covers_until,
    )


def an_office_contract(**fields: Any) -> Contract:
    """NAC001 with SMTP/POP3 and EDIFACT users."""
    return contract_of(a_contract(**fields))


def a_review(**fields: Any) -> Review:
    """One SMTP/POP3 mailbox more from 1 November 2018, under review since 24 October."""
    return open_review(an_application_received(**fields), NOW).review


def an_approved_review(start: date = START_DATE) -> Review:
    """The same, approved by a lead for that day."""
    form = ApprovalForm(revision=1, confirmed_start_date=start.isoformat(), note="月次の登録日に合わせました。")
    decision = approve(a_review(), form, LEAD, some_grounds(), NOW)
    assert isinstance(decision, Moved)
    return decision.review


def some_grounds(schedule: Schedule | None = None) -> Grounds:
    """A schedule for October and November 2018, and the office's contract."""
    return Grounds(schedule or a_registration_schedule(), an_office_contract())

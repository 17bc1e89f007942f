"""A schedule, an application under review and people of the Center, valid by default."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from services.review.domain.contract import Contract, contract_of
from services.review.domain.review import (
    ApprovalForm,
    ClarificationForm,
    Decider,
    Grounds,
    Moved,
    Review,
    approve,
    ask,
    complete,
    open_review,
)
from services.review.domain.schedule import Schedule
from shared.contracts.event_data import ApplicationKind
from shared.contracts.people import CalendarException, PasswordReissue, RegistrationDay
from shared.contracts.review_events import DecidedBy
from tests.builders import (
    NOW,
    OPENING_MAILBOX,
    START_DATE,
    a_contract,
    an_application_received,
    mailboxes_issued,
    numbered_id,
)

REGISTRATION_DAYS = (date(2018, 10, 25), date(2018, 11, 1), date(2018, 11, 8), date(2018, 11, 15))

REVIEWER = Decider("審査 次郎", is_lead=False, decided_by=DecidedBy.REVIEWER, login="jiro")
LEAD = Decider("主任 三郎", is_lead=True, decided_by=DecidedBy.REVIEWER, login="saburo")
POLICY = Decider("自動承認", is_lead=False, decided_by=DecidedBy.POLICY)


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


def an_approved_review(start: date = START_DATE, *, system_setting_required: bool = False) -> Review:
    """The same, approved by a lead for that day."""
    form = ApprovalForm(
        revision=1,
        confirmed_start_date=start.isoformat(),
        note="月次の登録日に合わせました。",
        system_setting_required=system_setting_required,
    )
    decision = approve(a_review(), form, LEAD, some_grounds(), NOW)
    assert isinstance(decision, Moved)
    return decision.review


def some_grounds(schedule: Schedule | None = None) -> Grounds:
    """A schedule for October and November 2018, and the office's contract."""
    return Grounds(schedule or a_registration_schedule(), an_office_contract())


def a_completed_review(start: date = START_DATE, *, system_setting_required: bool = False) -> Review:
    """The same, issued: the review has ended."""
    approved = an_approved_review(start, system_setting_required=system_setting_required)
    completed = complete(approved, mailboxes_issued(), NOW)
    assert completed is not None
    return completed.review


def a_review_with_question(asked_at: datetime = NOW) -> Review:
    """Under review, with a question that waits for its answer."""
    form = ClarificationForm(revision=1, reason_code="count_unclear", question="1個の追加でよろしいでしょうか。")
    asked = ask(a_review(), form, REVIEWER, a_registration_schedule(), numbered_id(1), asked_at)
    assert isinstance(asked, Moved)
    return asked.review


def a_reissue_review() -> Review:
    """A password reissue of NAC00101 under review."""
    return a_review(
        kind=ApplicationKind.PASSWORD_REISSUE,
        requested_start_date=None,
        mailbox_change=None,
        password_reissue=PasswordReissue(mailbox_ids=[OPENING_MAILBOX]),
    )

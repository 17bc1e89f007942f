"""Reissues: for living mailboxes of the office alone, all or nothing, counted from the day of the reissue."""

from datetime import date

import pytest

from services.provisioning.domain.issuing import UnfitApproval, count_of_passwords
from services.provisioning.domain.office import Office
from services.provisioning.domain.reissuing import Reissue, decide_reissue, is_reissue, reissued_data
from shared.contracts.event_data import ApplicationKind
from shared.contracts.intake_events import SystemClass
from shared.contracts.provisioning_events import IssueFailure, MailboxIssueFailed
from shared.contracts.review_events import ApplicationApproved
from shared.kernel.business_days import BusinessCalendar
from shared.kernel.identifiers import MailboxId
from tests.builders import NEW_MAILBOX, NOW, OFFICE, OPENING_MAILBOX, RECEIPT, an_approval

CALENDAR = BusinessCalendar(version=1, covers_until=date(2027, 12, 31))
LIVING = {OPENING_MAILBOX, NEW_MAILBOX}


def an_office(closed_on: date | None = None) -> Office:
    return Office(
        office_code=OFFICE,
        contract_version=1,
        company_abbreviation="NAC",
        system_class=SystemClass.COMMON,
        customs="東京税関",
        billing_code="1234567",
        smtp_pop3_from=date(2017, 10, 8),
        edifact_from=None,
        closed_on=closed_on,
        highest_serial=2,
    )


def a_reissue(*mailboxes: str) -> ApplicationApproved:
    return an_approval(
        kind=ApplicationKind.PASSWORD_REISSUE,
        add_smtp_pop3=0,
        requested_start_date=None,
        confirmed_start_date=None,
        reissue=list(mailboxes),
    )


def test_every_named_mailbox_gets_a_password_for_the_day_and_two_business_days_more() -> None:
    approval = a_reissue(NEW_MAILBOX, OPENING_MAILBOX)
    outcome = decide_reissue(approval, an_office(), LIVING, CALENDAR, NOW)
    assert isinstance(outcome, Reissue)
    assert is_reissue(approval)
    assert count_of_passwords(approval) == 2
    data = reissued_data(outcome)
    assert (data.receipt_number, data.mailbox_ids) == (RECEIPT, [NEW_MAILBOX, OPENING_MAILBOX])
    assert (data.viewable_from, data.viewable_until) == (NOW, date(2018, 10, 26))


@pytest.mark.parametrize("named", [["NAC00103"], ["XYZ00101"], [NEW_MAILBOX, "NAC00199"], [NEW_MAILBOX, NEW_MAILBOX]])
def test_a_foreign_abolished_unknown_or_repeated_id_refuses_the_whole(named: list[str]) -> None:
    outcome = decide_reissue(a_reissue(*named), an_office(), LIVING, CALENDAR, NOW)
    assert isinstance(outcome, MailboxIssueFailed)
    assert (outcome.reason_code, outcome.remaining) == (IssueFailure.NOT_ACTIVE, 97)


def test_an_office_that_has_closed_gets_nothing() -> None:
    outcome = decide_reissue(a_reissue(NEW_MAILBOX), an_office(closed_on=date(2018, 10, 24)), LIVING, CALENDAR, NOW)
    assert isinstance(outcome, MailboxIssueFailed)
    assert outcome.reason_code is IssueFailure.UNKNOWN_OFFICE


def test_a_reissue_of_nothing_is_unfit() -> None:
    with pytest.raises(UnfitApproval):
        decide_reissue(a_reissue(), an_office(), set[MailboxId](), CALENDAR, NOW)

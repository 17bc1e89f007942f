"""What an approval leads to, decided without any database."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.provisioning.domain.issuing import (
    Issue,
    OfficeBooks,
    UnfitApproval,
    books_after,
    decide_issue,
    issued_data,
    missing_fact,
)
from services.provisioning.domain.office import ForeignOpeningMailbox, office_of_contract, opening_entries
from shared.contracts.event_data import ApplicationKind
from shared.contracts.provisioning_events import IssueFailure, MailboxIssueFailed
from shared.kernel.business_days import BusinessCalendar
from shared.kernel.identifiers import MailboxId
from tests.builders import NOW, OPENING_MAILBOX, START_DATE, a_contract, an_approval

OFFICE = office_of_contract(a_contract())
BOOKS = OfficeBooks(OFFICE, frozenset({OPENING_MAILBOX}))
CALENDAR = BusinessCalendar(version=1, covers_until=date(2027, 12, 31))


def decide(books: OfficeBooks = BOOKS, **fields: Any) -> Issue | MailboxIssueFailed:
    return decide_issue(an_approval(**fields), books, CALENDAR, NOW)


def reason(outcome: Issue | MailboxIssueFailed) -> IssueFailure:
    assert isinstance(outcome, MailboxIssueFailed)
    return outcome.reason_code


def issue(outcome: Issue | MailboxIssueFailed) -> Issue:
    assert isinstance(outcome, Issue), outcome
    return outcome


def test_the_manuals_case_gives_nac00102_readable_until_5_november() -> None:
    data = issued_data(issue(decide()))
    assert [mailbox.mailbox_id for mailbox in data.mailboxes] == ["NAC00102"]
    assert data.mailboxes[0].active_from == START_DATE
    assert (data.viewable_from, data.viewable_until) == (NOW, date(2018, 11, 5))


def test_both_kinds_share_one_serial_space_in_the_order_of_the_form() -> None:
    entries = issue(decide(add_smtp_pop3=2, add_edifact=1)).entries
    assert [(entry.mailbox_id, entry.kind, entry.line) for entry in entries] == [
        ("NAC00102", "smtp_pop3", 1),
        ("NAC00103", "smtp_pop3", 2),
        ("NAC00104", "edifact", 3),
    ]


def test_abolition_alone_issues_no_password_and_opens_no_window() -> None:
    data = issued_data(issue(decide(add_smtp_pop3=0, abolish=[OPENING_MAILBOX])))
    assert (data.mailboxes, data.viewable_from, data.viewable_until) == ([], None, None)
    assert [(each.mailbox_id, each.abolished_on) for each in data.abolitions] == [(OPENING_MAILBOX, START_DATE)]


def test_the_books_move_on_so_that_the_next_approval_takes_the_next_serial() -> None:
    first = issue(decide(abolish=[OPENING_MAILBOX]))
    after = books_after(BOOKS, first)
    assert issue(decide(after)).entries[0].mailbox_id == "NAC00103"
    assert reason(decide(after, abolish=[OPENING_MAILBOX])) is IssueFailure.NOT_ACTIVE


def test_the_hundredth_serial_is_refused_with_what_is_left() -> None:
    outcome = decide(OfficeBooks(replace(OFFICE, highest_serial=98), frozenset()), add_smtp_pop3=2)
    assert reason(outcome) is IssueFailure.IDS_EXHAUSTED
    assert isinstance(outcome, MailboxIssueFailed)
    assert outcome.remaining == 1


@pytest.mark.parametrize("day", [START_DATE - timedelta(days=9), date(2018, 10, 24)])
def test_a_start_date_that_is_today_or_past_is_refused(day: date) -> None:
    assert reason(decide(confirmed_start_date=day)) is IssueFailure.START_DATE_PASSED


def test_tomorrow_is_still_in_time() -> None:
    assert issue(decide(confirmed_start_date=date(2018, 10, 25))).entries


@pytest.mark.parametrize("contracted_from", [None, START_DATE + timedelta(days=1)])
def test_a_kind_without_an_active_user_of_its_mode_is_refused(contracted_from: date | None) -> None:
    books = OfficeBooks(replace(OFFICE, edifact_from=contracted_from), frozenset())
    assert reason(decide(books, add_edifact=1)) is IssueFailure.MODE_NOT_CONTRACTED
    assert issue(decide(books, add_smtp_pop3=1)).entries


@pytest.mark.parametrize(
    "abolish", [["NAC00109"], ["XYZ00101"], [OPENING_MAILBOX, OPENING_MAILBOX], [OPENING_MAILBOX, "NAC00102"]]
)
def test_abolishing_what_is_not_active_or_twice_is_refused_as_a_whole(abolish: list[str]) -> None:
    outcome = decide(abolish=[MailboxId(each) for each in abolish])
    assert reason(outcome) is IssueFailure.NOT_ACTIVE


def test_an_office_whose_contract_has_ended_by_the_start_is_refused() -> None:
    closed = OfficeBooks(replace(OFFICE, closed_on=START_DATE), frozenset())
    assert reason(decide(closed)) is IssueFailure.UNKNOWN_OFFICE


def test_an_approval_waits_for_its_contract_then_for_its_calendar() -> None:
    approval = an_approval(contract_version=2, calendar_version=3)
    current = replace(OFFICE, contract_version=2)
    assert missing_fact(approval, None, CALENDAR) == "NAC001"
    assert missing_fact(approval, OFFICE, CALENDAR) == "NAC001"
    assert missing_fact(approval, current, None) == "schedule"
    assert missing_fact(approval, current, CALENDAR) == "schedule"
    assert missing_fact(approval, current, replace(CALENDAR, version=3)) is None
    assert missing_fact(approval, replace(OFFICE, contract_version=9), replace(CALENDAR, version=9)) is None


def test_an_approval_beyond_the_calendar_waits_rather_than_guesses() -> None:
    short = BusinessCalendar(version=1, covers_until=date(2018, 11, 4))
    assert missing_fact(an_approval(), OFFICE, short) == "schedule"


@pytest.mark.parametrize("fields", [{"kind": ApplicationKind.PASSWORD_REISSUE}, {"confirmed_start_date": None}])
def test_an_approval_that_names_nothing_to_issue_by_is_an_error_and_not_silently_dropped(
    fields: dict[str, Any],
) -> None:
    with pytest.raises(UnfitApproval):
        missing_fact(an_approval(**fields), OFFICE, CALENDAR)


def test_a_contract_cannot_bring_another_offices_numbers() -> None:
    foreign = [{"mailbox_id": "XYZ00101", "kind": "smtp_pop3", "active_from": "2017-10-08"}]
    with pytest.raises(ForeignOpeningMailbox):
        opening_entries(a_contract(opening_mailboxes=foreign), NOW)

"""The books outside the database: what events say of every ID, however often they are told."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.provisioning.domain.book_comparison import BookFault, compare_line
from services.provisioning.domain.books import Books
from services.provisioning.domain.ledger import EndCause, LedgerChange, LedgerRow, MailboxCause, MailboxStatus
from shared.contracts.event_data import MailboxKind, MailboxRef
from shared.contracts.provisioning_events import (
    Abolition,
    IssuedMailbox,
    MailboxesIssued,
    MailboxesRescheduled,
    MailboxesVoided,
    OfficeClosed,
    ServiceStarted,
)
from tests.builders import NEW_MAILBOX, NOW, OFFICE, OPENING_MAILBOX, RECEIPT, START_DATE, an_event

ISSUED = MailboxesIssued(
    receipt_number=RECEIPT,
    revision=1,
    office_code=OFFICE,
    issued_at=NOW,
    mailboxes=[IssuedMailbox(mailbox_id=NEW_MAILBOX, kind=MailboxKind.SMTP_POP3, active_from=START_DATE)],
    abolitions=[Abolition(mailbox_id=OPENING_MAILBOX, abolished_on=START_DATE)],
)
STARTED = ServiceStarted(
    receipt_number=RECEIPT,
    office_code=OFFICE,
    started_on=START_DATE,
    activated=[MailboxRef(mailbox_id=NEW_MAILBOX, kind=MailboxKind.SMTP_POP3)],
    abolished=[OPENING_MAILBOX],
)
VOIDED = MailboxesVoided(receipt_number=RECEIPT, mailbox_ids=[NEW_MAILBOX], was_active=False)
LATER = date(2018, 11, 15)
MOVED = MailboxesRescheduled(receipt_number=RECEIPT, old_start_date=START_DATE, new_start_date=LATER)
CLOSED = OfficeClosed(office_code=OFFICE, closed_on=LATER, abolished=[OPENING_MAILBOX, NEW_MAILBOX])


def books_of(*told: Any) -> Books:
    books = Books()
    for data in told:
        books.read(an_event(data, key=OFFICE))
    return books


def told(books: Books) -> dict[str, tuple[MailboxStatus, EndCause | None, date | None]]:
    return {line.mailbox_id: (line.status, line.end_cause, line.abolished_on) for line in books.lines.values()}


@pytest.mark.parametrize(
    ("events", "opening", "new"),
    [
        ([ISSUED], (MailboxStatus.ACTIVE, None, START_DATE), (MailboxStatus.ISSUED, None, None)),
        (
            [ISSUED, STARTED],
            (MailboxStatus.ABOLISHED, EndCause.ABOLITION, START_DATE),
            (MailboxStatus.ACTIVE, None, None),
        ),
        (
            [ISSUED, VOIDED],
            (MailboxStatus.ACTIVE, None, None),
            (MailboxStatus.VOID, EndCause.VOIDED_BEFORE_START, None),
        ),
        (
            [ISSUED, STARTED, VOIDED],
            (MailboxStatus.ABOLISHED, EndCause.ABOLITION, START_DATE),
            (MailboxStatus.VOID, EndCause.VOIDED_AFTER_START, None),
        ),
        ([ISSUED, MOVED], (MailboxStatus.ACTIVE, None, LATER), (MailboxStatus.ISSUED, None, None)),
        (
            [ISSUED, STARTED, MOVED],
            (MailboxStatus.ABOLISHED, EndCause.ABOLITION, START_DATE),
            (MailboxStatus.ISSUED, None, None),
        ),
        (
            [ISSUED, CLOSED],
            (MailboxStatus.ABOLISHED, EndCause.OFFICE_CLOSURE, START_DATE),
            (MailboxStatus.VOID, EndCause.OFFICE_CLOSURE, None),
        ),
    ],
)
def test_the_books_tell_what_became_of_every_id(events: list[Any], opening: Any, new: Any) -> None:
    assert told(books_of(*events)) == {OPENING_MAILBOX: opening, NEW_MAILBOX: new}


def test_an_issue_told_twice_is_one_issue() -> None:
    assert told(books_of(ISSUED, STARTED, ISSUED)) == told(books_of(ISSUED, STARTED))


def a_row(**fields: Any) -> LedgerRow:
    row: dict[str, Any] = {
        "mailbox_id": NEW_MAILBOX, "kind": MailboxKind.SMTP_POP3, "cause": MailboxCause.ISSUED,
        "status": MailboxStatus.ISSUED, "receipt_number": RECEIPT, "line": 1, "active_from": START_DATE,
        "entered_at": NOW, "started_at": None, "abolition_receipt_number": None, "abolished_on": None,
        "ended_at": None, "end_cause": None, "content_erasable_from": None, "change": LedgerChange.ENTERED,
        "changed_at": NOW,
    }  # fmt: skip
    return LedgerRow(**{**row, **fields})


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (None, BookFault.MISSING),
        (a_row(), None),
        (a_row(kind=MailboxKind.EDIFACT), BookFault.CONTRADICTS),
        (a_row(receipt_number="180099A"), BookFault.CONTRADICTS),
        (a_row(status=MailboxStatus.VOID), BookFault.CONTRADICTS),
        (a_row(status=MailboxStatus.VOID, changed_at=NOW - timedelta(milliseconds=1)), BookFault.OUTDATED),
        (a_row(status=MailboxStatus.ACTIVE, changed_at=NOW + timedelta(milliseconds=1)), None),
        (a_row(status=MailboxStatus.ACTIVE, changed_at=NOW + timedelta(microseconds=999)), BookFault.CONTRADICTS),
    ],
)
def test_a_row_is_compared_by_what_it_says_and_how_old_it_is(row: LedgerRow | None, fault: BookFault | None) -> None:
    line = books_of(ISSUED).lines[NEW_MAILBOX]
    line.said_at = datetime.fromtimestamp(NOW.timestamp(), UTC)
    assert compare_line(line, row) is fault

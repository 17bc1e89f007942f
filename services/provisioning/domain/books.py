"""The books outside the database: what nss.mailbox.v1, kept for ever, says of every ID and of every application.

Read in the order of the topic, which is that of each office. Never a secret: the topic has none.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.provisioning.domain.ledger import EndCause, MailboxStatus
from shared.contracts.envelope import Event
from shared.contracts.event_data import ApplicationKind, EventData, MailboxKind
from shared.contracts.provisioning_events import (
    MailboxesIssued,
    MailboxesRescheduled,
    MailboxesVoided,
    NoticeViewed,
    OfficeClosed,
    PasswordsReissued,
    ServiceStarted,
    WindowClosed,
    WindowClosing,
)
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber, office_of_mailbox
from shared.kernel.local_time import local_date

LIVING = (MailboxStatus.ISSUED, MailboxStatus.ACTIVE)


@dataclass(slots=True)
class BookLine:
    """What the topic says of one ID. An opening mailbox appears with its end alone: then kind and receipt are None."""

    mailbox_id: MailboxId
    status: MailboxStatus
    said_at: datetime
    """When the last event that tells of it was decided."""
    kind: MailboxKind | None = None
    receipt_number: ReceiptNumber | None = None
    line: int | None = None
    active_from: date | None = None
    entered_at: datetime | None = None
    started_at: datetime | None = None
    abolition_receipt_number: ReceiptNumber | None = None
    abolished_on: date | None = None
    ended_at: datetime | None = None
    ended_on: date | None = None
    """Day that the grace for the content counts from; None where there is no content."""
    end_cause: EndCause | None = None


@dataclass(slots=True)
class BookApplication:
    """What the topic says of one application that was issued or reissued."""

    receipt_number: ReceiptNumber
    office_code: OfficeCode
    kind: ApplicationKind
    revision: int
    issued_at: datetime
    start_date: date | None
    viewable_until: date | None
    mailbox_ids: list[MailboxId]
    started_at: datetime | None = None
    voided_at: datetime | None = None
    office_closed_at: datetime | None = None
    first_viewed_at: datetime | None = None
    closing_announced_at: datetime | None = None
    window_closed_at: datetime | None = None


@dataclass(slots=True)
class Books:
    """The books as far as they have been read."""

    lines: dict[MailboxId, BookLine] = field(default_factory=dict)
    applications: dict[ReceiptNumber, BookApplication] = field(default_factory=dict)
    abolitions: dict[ReceiptNumber, list[MailboxId]] = field(default_factory=dict)
    _offices: dict[OfficeCode, list[ReceiptNumber]] = field(default_factory=dict)

    def read(self, event: Event[EventData]) -> None:
        """Enter one event. A repeat changes nothing; types that tell of no ID are left out."""
        enter = _ENTER.get(type(event.data))
        if enter is not None:
            enter(self, event)

    def line(self, mailbox_id: MailboxId, at: datetime) -> BookLine:
        """The ID's line, moved on to that instant; one that was never issued existed before the books."""
        line = self.lines.setdefault(mailbox_id, BookLine(mailbox_id, MailboxStatus.ACTIVE, at))
        line.said_at = max(line.said_at, at)
        return line

    def issued_by(self, receipt_number: ReceiptNumber) -> Iterable[BookLine]:
        """The lines that the application entered."""
        application = self.applications.get(receipt_number)
        ids = application.mailbox_ids if application and application.kind is ApplicationKind.MAILBOX_CHANGE else ()
        return [self.lines[mailbox_id] for mailbox_id in ids]

    def remember(self, application: BookApplication) -> None:
        """Enter an application."""
        self.applications[application.receipt_number] = application
        self._offices.setdefault(application.office_code, []).append(application.receipt_number)

    def applications_of(self, office_code: OfficeCode) -> Iterable[BookApplication]:
        """The office's applications."""
        return [self.applications[number] for number in self._offices.get(office_code, ())]


def _issued(books: Books, event: Event[Any]) -> None:
    data: MailboxesIssued = event.data
    if data.receipt_number in books.applications:
        return
    dates = [mailbox.active_from for mailbox in data.mailboxes] + [each.abolished_on for each in data.abolitions]
    ids = [mailbox.mailbox_id for mailbox in data.mailboxes]
    books.remember(
        BookApplication(
            data.receipt_number,
            data.office_code,
            ApplicationKind.MAILBOX_CHANGE,
            data.revision,
            data.issued_at,
            dates[0] if dates else None,
            data.viewable_until,
            ids,
        )
    )
    for number, mailbox in enumerate(data.mailboxes, start=1):
        books.lines[mailbox.mailbox_id] = BookLine(
            mailbox.mailbox_id,
            MailboxStatus.ISSUED,
            event.time,
            mailbox.kind,
            data.receipt_number,
            number,
            mailbox.active_from,
            data.issued_at,
        )
    for abolition in data.abolitions:
        line = books.line(abolition.mailbox_id, event.time)
        line.abolition_receipt_number, line.abolished_on = data.receipt_number, abolition.abolished_on
        books.abolitions.setdefault(data.receipt_number, []).append(abolition.mailbox_id)


def _reissued(books: Books, event: Event[Any]) -> None:
    data: PasswordsReissued = event.data
    if data.receipt_number not in books.applications:
        books.remember(
            BookApplication(
                data.receipt_number,
                data.office_code,
                ApplicationKind.PASSWORD_REISSUE,
                1,
                data.reissued_at,
                None,
                data.viewable_until,
                list(data.mailbox_ids),
            )
        )


def _started(books: Books, event: Event[Any]) -> None:
    data: ServiceStarted = event.data
    if application := books.applications.get(data.receipt_number):
        application.started_at = event.time
    for mailbox in data.activated:
        line = books.line(mailbox.mailbox_id, event.time)
        line.status, line.started_at = MailboxStatus.ACTIVE, event.time
    for mailbox_id in data.abolished:
        line = books.line(mailbox_id, event.time)
        line.abolition_receipt_number = line.abolition_receipt_number or data.receipt_number
        line.abolished_on = line.abolished_on or data.started_on
        _end(line, event.time, line.abolished_on, EndCause.ABOLITION)


def _voided(books: Books, event: Event[Any]) -> None:
    data: MailboxesVoided = event.data
    if application := books.applications.get(data.receipt_number):
        application.voided_at = event.time
    for mailbox_id in data.mailbox_ids:
        line = books.line(mailbox_id, event.time)
        if line.status is MailboxStatus.ACTIVE:
            _end(line, event.time, local_date(event.time), EndCause.VOIDED_AFTER_START)
        else:
            _end(line, event.time, None, EndCause.VOIDED_BEFORE_START)
        line.status = MailboxStatus.VOID
    for line in _planned(books, data.receipt_number):
        line.said_at = max(line.said_at, event.time)
        line.abolition_receipt_number = line.abolished_on = None


def _rescheduled(books: Books, event: Event[Any]) -> None:
    data: MailboxesRescheduled = event.data
    if application := books.applications.get(data.receipt_number):
        application.start_date, application.started_at = data.new_start_date, None
        application.viewable_until = data.viewable_until or application.viewable_until
    for line in books.issued_by(data.receipt_number):
        if line.status in LIVING:
            line.status, line.active_from, line.started_at = MailboxStatus.ISSUED, data.new_start_date, None
            line.said_at = max(line.said_at, event.time)
    for line in _planned(books, data.receipt_number):
        line.said_at, line.abolished_on = max(line.said_at, event.time), data.new_start_date


def _office_closed(books: Books, event: Event[Any]) -> None:
    data: OfficeClosed = event.data
    for application in books.applications_of(data.office_code):
        if application.started_at is None and application.voided_at is None and application.start_date is not None:
            application.office_closed_at = event.time
    for mailbox_id in data.abolished:
        line = books.line(mailbox_id, event.time)
        was_active = line.status is MailboxStatus.ACTIVE
        _end(line, event.time, data.closed_on if was_active else None, EndCause.OFFICE_CLOSURE)
        line.status = MailboxStatus.ABOLISHED if was_active else MailboxStatus.VOID


def _viewed(books: Books, event: Event[Any]) -> None:
    data: NoticeViewed = event.data
    application = books.applications.get(data.receipt_number)
    if application is not None and data.first_time:
        application.first_viewed_at = data.viewed_at


def _window_closing(books: Books, event: Event[Any]) -> None:
    if application := books.applications.get(event.data.receipt_number):
        application.closing_announced_at = event.time


def _window_closed(books: Books, event: Event[Any]) -> None:
    if application := books.applications.get(event.data.receipt_number):
        application.window_closed_at = event.data.closed_at


def _planned(books: Books, receipt_number: ReceiptNumber) -> Iterable[BookLine]:
    lines = [books.lines[mailbox_id] for mailbox_id in books.abolitions.get(receipt_number, ())]
    return [line for line in lines if line.status is MailboxStatus.ACTIVE]


def _end(line: BookLine, at: datetime, content_until: date | None, cause: EndCause) -> None:
    line.status, line.ended_at, line.ended_on, line.end_cause = MailboxStatus.ABOLISHED, at, content_until, cause


_ENTER: Mapping[type[EventData], Callable[[Books, Event[Any]], None]] = {
    MailboxesIssued: _issued,
    PasswordsReissued: _reissued,
    ServiceStarted: _started,
    MailboxesVoided: _voided,
    MailboxesRescheduled: _rescheduled,
    OfficeClosed: _office_closed,
    NoticeViewed: _viewed,
    WindowClosing: _window_closing,
    WindowClosed: _window_closed,
}


def lines_by_office(books: Books) -> Mapping[OfficeCode, Sequence[BookLine]]:
    """Every office that the books tell of, with its lines."""
    found: dict[OfficeCode, list[BookLine]] = {each.office_code: [] for each in books.applications.values()}
    for line in books.lines.values():
        found.setdefault(office_of_mailbox(line.mailbox_id), []).append(line)
    return found

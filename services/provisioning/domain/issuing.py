"""What an approval leads to: IDs and planned abolitions, or a refusal that goes back to review. All or nothing (E2)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.provisioning.domain.ledger import LedgerEntry, MailboxCause, MailboxStatus
from services.provisioning.domain.mailbox_ids import MailboxIdsExhausted, next_mailbox_ids, remaining_serials
from services.provisioning.domain.office import Office
from services.provisioning.domain.viewing_window import ViewingWindow, viewing_window
from shared.contracts.event_data import ApplicationKind, MailboxKind
from shared.contracts.provisioning_events import (
    Abolition,
    IssuedMailbox,
    IssueFailure,
    MailboxesIssued,
    MailboxIssueFailed,
)
from shared.contracts.review_events import ApplicationApproved
from shared.kernel.business_days import BusinessCalendar, DateNotCovered, viewing_window_end
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber
from shared.kernel.local_time import local_date

SCHEDULE_SUBJECT = "schedule"


class UnfitApproval(ValueError):
    """An approval that provisioning cannot act on: of a kind it does not issue, or without a start date."""


@dataclass(frozen=True, slots=True)
class OfficeBooks:
    """An office and the IDs it may give up: active ones whose abolition is not planned yet (E11)."""

    office: Office
    abolishable: frozenset[MailboxId]


@dataclass(frozen=True, slots=True)
class Issue:
    """What one approval gives. `window` is None when no password is issued."""

    receipt_number: ReceiptNumber
    revision: int
    office_code: OfficeCode
    start_date: date
    issued_at: datetime
    entries: tuple[LedgerEntry, ...]
    abolished: tuple[MailboxId, ...]
    window: ViewingWindow | None


def start_date_of(approval: ApplicationApproved) -> date:
    """The confirmed start date of a mailbox change. Raises UnfitApproval."""
    if approval.kind is not ApplicationKind.MAILBOX_CHANGE or approval.confirmed_start_date is None:
        raise UnfitApproval(f"{approval.receipt_number}: {approval.kind} without what issuing needs")
    return approval.confirmed_start_date


def count_of_passwords(approval: ApplicationApproved) -> int:
    """How many new passwords the approval asks for: one per mailbox to add, or per mailbox to reissue for."""
    return len(_kinds(approval)) + len(approval.reissue)


def missing_fact(approval: ApplicationApproved, office: Office | None, calendar: BusinessCalendar | None) -> str | None:
    """What the approval of a mailbox change must wait for, as `missing_fact_for` says. Raises UnfitApproval."""
    return missing_fact_for(approval, office, calendar, start_date_of(approval))


def missing_fact_for(
    approval: ApplicationApproved, office: Office | None, calendar: BusinessCalendar | None, counted_from: date
) -> str | None:
    """The subject the approval must wait for: its office's contract or the calendar; None for neither.

    The calendar must reach the end of a window that is counted from that day.
    """
    if office is None or office.contract_version < approval.contract_version:
        return approval.office_code
    if calendar is None or calendar.version < approval.calendar_version:
        return SCHEDULE_SUBJECT
    try:
        viewing_window_end(calendar, counted_from)
    except DateNotCovered:
        return SCHEDULE_SUBJECT
    return None


def decide_issue(
    approval: ApplicationApproved, books: OfficeBooks, calendar: BusinessCalendar, now: datetime
) -> Issue | MailboxIssueFailed:
    """Everything the approval asks for, or nothing with the reason. Checked again here (E11, E19)."""
    reason = _refusal(approval, books, local_date(now))
    if reason is not None:
        return refused(approval, books.office, reason)
    kinds = _kinds(approval)
    mailbox_ids = next_mailbox_ids(approval.office_code, books.office.highest_serial, len(kinds))
    if isinstance(mailbox_ids, MailboxIdsExhausted):
        return refused(approval, books.office, IssueFailure.IDS_EXHAUSTED)
    start_date = start_date_of(approval)
    return Issue(
        receipt_number=approval.receipt_number,
        revision=approval.revision,
        office_code=approval.office_code,
        start_date=start_date,
        issued_at=now,
        entries=_entries(approval, mailbox_ids, kinds, now),
        abolished=tuple(approval.abolish),
        window=viewing_window(calendar, now, start_date) if mailbox_ids else None,
    )


def refuse_superseded(approval: ApplicationApproved, office: Office, newest_revision: int) -> MailboxIssueFailed | None:
    """The refusal of an approval whose application has been decided on at a newer revision; None where it has not."""
    if approval.revision >= newest_revision:
        return None
    return refused(approval, office, IssueFailure.REVISION_SUPERSEDED)


def books_after(books: OfficeBooks, issue: Issue) -> OfficeBooks:
    """The office's books once the issue is written: what the next approval of the same batch starts from."""
    highest = books.office.highest_serial + len(issue.entries)
    return OfficeBooks(replace(books.office, highest_serial=highest), books.abolishable - set(issue.abolished))


def issued_data(issue: Issue) -> MailboxesIssued:
    """The event's data: IDs and dates, never a password."""
    return MailboxesIssued(
        receipt_number=issue.receipt_number,
        revision=issue.revision,
        office_code=issue.office_code,
        issued_at=issue.issued_at,
        mailboxes=[
            IssuedMailbox(mailbox_id=entry.mailbox_id, kind=entry.kind, active_from=entry.active_from)
            for entry in issue.entries
        ],
        abolitions=[Abolition(mailbox_id=mailbox, abolished_on=issue.start_date) for mailbox in issue.abolished],
        viewable_from=issue.window.viewable_from if issue.window else None,
        viewable_until=issue.window.viewable_until if issue.window else None,
    )


def refused(approval: ApplicationApproved, office: Office, reason: IssueFailure) -> MailboxIssueFailed:
    """The event's data when nothing is issued, with the reason that goes back to review."""
    return MailboxIssueFailed(
        receipt_number=approval.receipt_number,
        revision=approval.revision,
        office_code=approval.office_code,
        reason_code=reason,
        remaining=remaining_serials(office.highest_serial),
    )


def _refusal(approval: ApplicationApproved, books: OfficeBooks, today: date) -> IssueFailure | None:
    start_date = start_date_of(approval)
    if books.office.is_closed(start_date):
        return IssueFailure.UNKNOWN_OFFICE
    if start_date <= today:
        return IssueFailure.START_DATE_PASSED
    if not all(books.office.has_mode(kind, start_date) for kind in set(_kinds(approval))):
        return IssueFailure.MODE_NOT_CONTRACTED
    if len(set(approval.abolish)) < len(approval.abolish) or not books.abolishable.issuperset(approval.abolish):
        return IssueFailure.NOT_ACTIVE
    return None


def _kinds(approval: ApplicationApproved) -> Sequence[MailboxKind]:
    """The kind of each line, one serial space for both (E5)."""
    return [MailboxKind.SMTP_POP3] * approval.add_smtp_pop3 + [MailboxKind.EDIFACT] * approval.add_edifact


def _entries(
    approval: ApplicationApproved, mailbox_ids: Sequence[MailboxId], kinds: Sequence[MailboxKind], now: datetime
) -> tuple[LedgerEntry, ...]:
    return tuple(
        LedgerEntry(
            mailbox_id=mailbox_id,
            kind=kind,
            cause=MailboxCause.ISSUED,
            status=MailboxStatus.ISSUED,
            active_from=start_date_of(approval),
            entered_at=now,
            receipt_number=approval.receipt_number,
            line=line,
        )
        for line, (mailbox_id, kind) in enumerate(zip(mailbox_ids, kinds, strict=True), start=1)
    )

"""What the timeline of an application shows: our own moves, and what other services told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.contracts.notifier_events import MailDeferred, MailFailed, MailSent
from shared.contracts.provisioning_events import NoticeViewed, WindowClosed, WindowClosing
from shared.kernel.identifiers import ReceiptNumber


class TimelineStep(StrEnum):
    """The kinds of entries."""

    OPENED = "opened"
    APPROVED = "approved"
    ISSUE_FAILED = "issue_failed"
    COMPLETED = "completed"
    SERVICE_STARTED = "service_started"
    ASKED = "asked"
    CANCEL_REQUESTED = "cancel_requested"
    GIVEN_BACK = "given_back"
    REMINDED = "reminded"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    WITHDRAWAL_REFUSED = "withdrawal_refused"
    PROPOSED = "proposed"
    PROPOSAL_DECLINED = "proposal_declined"
    VOIDED = "voided"
    VOID_MISSED = "void_missed"
    MAILBOXES_VOIDED = "mailboxes_voided"
    START_DATE_CHANGED = "start_date_changed"
    RESCHEDULED = "rescheduled"
    SETTING_RECORDED = "setting_recorded"
    REISSUED = "reissued"
    NOTICE_VIEWED = "notice_viewed"
    WINDOW_CLOSING = "window_closing"
    WINDOW_CLOSED = "window_closed"
    MAIL_SENT = "mail_sent"
    MAIL_DEFERRED = "mail_deferred"
    MAIL_FAILED = "mail_failed"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line. `event_id` makes it unique; `details` hold public codes, dates and the reviewer's note."""

    event_id: UUID
    receipt_number: ReceiptNumber
    occurred_at: datetime
    step: TimelineStep
    actor: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)


WindowEvent = NoticeViewed | WindowClosing | WindowClosed


def window_entry(event_id: UUID, occurred_at: datetime, told: WindowEvent) -> TimelineEntry:
    """What happened to the ID notice and its window; who looked is not known here."""
    step, details = TimelineStep.NOTICE_VIEWED, {}
    if not isinstance(told, NoticeViewed):
        step = TimelineStep.WINDOW_CLOSING if isinstance(told, WindowClosing) else TimelineStep.WINDOW_CLOSED
        details = {} if told.ever_viewed else {"never_viewed": "yes"}
    return TimelineEntry(event_id, told.receipt_number, occurred_at, step, details=details)


MailEvent = MailSent | MailDeferred | MailFailed


def mail_entry(event_id: UUID, occurred_at: datetime, mail: MailEvent) -> TimelineEntry:
    """What became of a mail, without any address."""
    details = {"mail": mail.mail.value, "role": mail.role.value}
    match mail:
        case MailSent():
            step = TimelineStep.MAIL_SENT
        case MailDeferred():
            step = TimelineStep.MAIL_DEFERRED
            details["next_attempt_at"] = mail.next_attempt_at.isoformat()
        case MailFailed():
            step = TimelineStep.MAIL_FAILED
            details["failure_class"] = mail.failure_class.value
    return TimelineEntry(event_id, mail.receipt_number, occurred_at, step, details=details)

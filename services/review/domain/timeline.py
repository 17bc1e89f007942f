"""What the timeline of an application shows: our own moves, and what other services told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.contracts.notifier_events import MailDeferred, MailFailed, MailSent
from shared.kernel.identifiers import ReceiptNumber


class TimelineStep(StrEnum):
    """The kinds of entries."""

    OPENED = "opened"
    APPROVED = "approved"
    ISSUE_FAILED = "issue_failed"
    COMPLETED = "completed"
    SERVICE_STARTED = "service_started"
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

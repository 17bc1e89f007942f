"""What the applicant reads about an application: the entries of its timeline, and what became of its mails."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from shared.contracts.notifier_events import Mail, RecipientRole
from shared.kernel.identifiers import ReceiptNumber


class TimelineKind(StrEnum):
    """What happened."""

    RECEIVED = "received"
    REVIEW_OPENED = "review_opened"
    CLARIFICATION_REQUESTED = "clarification_requested"
    CLARIFICATION_REMINDED = "clarification_reminded"
    CLARIFICATION_RETURNED = "clarification_returned"
    CORRECTED = "corrected"
    WITHDRAWAL_REQUESTED = "withdrawal_requested"
    WITHDRAWN = "withdrawn"
    WITHDRAWN_FOR_CLOSING = "withdrawn_for_closing"
    WITHDRAWAL_REFUSED = "withdrawal_refused"
    ISSUE_FAILED = "issue_failed"
    MAILBOXES_ISSUED = "mailboxes_issued"
    ABOLITION_DECIDED = "abolition_decided"
    PASSWORDS_REISSUED = "passwords_reissued"
    REVIEW_COMPLETED = "review_completed"
    NOTICE_VIEWED = "notice_viewed"
    SYSTEM_SETTING_RECORDED = "system_setting_recorded"
    START_DATE_CHANGED = "start_date_changed"
    RESCHEDULED = "rescheduled"
    SERVICE_STARTED = "service_started"
    WINDOW_CLOSING = "window_closing"
    WINDOW_CLOSED = "window_closed"
    VOIDED = "voided"
    MAILBOXES_VOIDED = "mailboxes_voided"
    MAIL_SENT = "mail_sent"
    MAIL_DEFERRED = "mail_deferred"
    MAIL_FAILED = "mail_failed"


MAILBOX_FACTS = frozenset(
    {
        TimelineKind.MAILBOXES_ISSUED,
        TimelineKind.ABOLITION_DECIDED,
        TimelineKind.RESCHEDULED,
        TimelineKind.SERVICE_STARTED,
        TimelineKind.MAILBOXES_VOIDED,
    }
)
"""What changes an office's list of mailboxes."""


class Actor(StrEnum):
    """Who did it."""

    APPLICANT = "applicant"
    CENTER = "center"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the timeline; `event_id` makes it unique, however often the event comes.

    `next_on` is the day that matters next, where one is known; `note` is a text somebody wrote for the applicant.
    """

    receipt_number: ReceiptNumber
    event_id: UUID
    kind: TimelineKind
    actor: Actor
    occurred_at: datetime
    mail: Mail | None = None
    role: RecipientRole | None = None
    next_on: date | None = None
    note: str | None = None


class MailState(StrEnum):
    """What became of a mail to one role."""

    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class MailOutcome:
    """The latest news of one mail to one role."""

    receipt_number: ReceiptNumber
    mail: Mail
    role: RecipientRole
    state: MailState
    changed_at: datetime


def is_sent_to_everybody(mail: Mail, outcomes: Collection[MailOutcome], *, same_address: bool) -> bool:
    """Whether the mail went out to contact and administrator; one mail is enough if both read one address (E32)."""
    roles = {outcome.role for outcome in outcomes if outcome.mail is mail and outcome.state is MailState.SENT}
    return bool(roles) if same_address else roles >= set(RecipientRole)

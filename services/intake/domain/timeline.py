"""What the applicant reads about an application's course: timeline entries, news items, what became of its mails."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.contracts.notifier_events import Mail, RecipientRole
from shared.kernel.identifiers import OfficeCode, ReceiptNumber


class TimelineKind(StrEnum):
    """What happened."""

    RECEIVED = "received"
    REVIEW_OPENED = "review_opened"
    ISSUE_FAILED = "issue_failed"
    MAILBOXES_ISSUED = "mailboxes_issued"
    REVIEW_COMPLETED = "review_completed"
    SERVICE_STARTED = "service_started"
    MAIL_SENT = "mail_sent"
    MAIL_DEFERRED = "mail_deferred"
    MAIL_FAILED = "mail_failed"


class Actor(StrEnum):
    """Who did it."""

    APPLICANT = "applicant"
    CENTER = "center"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the timeline; `event_id` makes it unique, however often the event comes."""

    receipt_number: ReceiptNumber
    event_id: UUID
    kind: TimelineKind
    actor: Actor
    occurred_at: datetime
    mail: Mail | None = None
    role: RecipientRole | None = None


class NewsCategory(StrEnum):
    """The category of a news item."""

    USE_APPLICATION = "use_application"


class NewsKind(StrEnum):
    """What a news item says."""

    RECEIVED = "received"
    REVIEW_COMPLETED = "review_completed"


@dataclass(frozen=True, slots=True)
class NewsItem:
    """One news line of one office; written in the transaction that changes the page it links to."""

    office_code: OfficeCode
    event_id: UUID
    category: NewsCategory
    kind: NewsKind
    receipt_number: ReceiptNumber | None
    occurred_at: datetime


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

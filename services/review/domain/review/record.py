"""An application as review holds it, and what a move makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.review.domain.review.states import ReviewState
from shared.contracts.event_data import ApplicationKind, EventData, MailboxKind
from shared.contracts.people import Contact, MailboxChange, PasswordReissue, SystemAdministratorAddress
from shared.contracts.review_events import DecidedBy, MailboxCounts
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber


@dataclass(frozen=True, slots=True)
class ApprovalTerms:
    """Under which terms an application was approved. `confirmed_start_date` is None for a reissue only."""

    approved_at: datetime
    approved_by: str
    decided_by: DecidedBy
    confirmed_start_date: date | None
    start_date_note: str | None
    system_setting_required: bool
    system_setting_deadline: date | None
    calendar_version: int
    schedule_version: int


@dataclass(frozen=True, slots=True)
class IssuedResult:
    """What provisioning answered: shown beside a completed application."""

    completed_on: date
    mailbox_ids: Sequence[MailboxId]
    viewable_until: date | None


@dataclass(frozen=True, slots=True)
class Review:
    """One application under review. `moved_by` is None where no person moved it."""

    receipt_number: ReceiptNumber
    office_code: OfficeCode
    applicant_office_code: OfficeCode
    kind: ApplicationKind
    state: ReviewState
    revision: int
    company_name: str
    office_name: str
    received_at: datetime
    received_on: date
    review_starts_on: date
    contract_version: int
    requested_start_date: date | None
    reason: str
    warnings: Sequence[str]
    mailbox_change: MailboxChange | None
    password_reissue: PasswordReissue | None
    opened_at: datetime
    moved_at: datetime
    moved_by: str | None = None
    terms: ApprovalTerms | None = None
    issued: IssuedResult | None = None
    issue_failure: str | None = None


@dataclass(frozen=True, slots=True)
class ApplicationContact:
    """Whom to ask about one revision: personal data, kept apart so that it can be erased alone."""

    receipt_number: ReceiptNumber
    revision: int
    contact: Contact
    system_administrator: SystemAdministratorAddress


@dataclass(frozen=True, slots=True)
class Moved:
    """A review after a move, and what is to be told about it; None where another service's event told it already."""

    review: Review
    announces: EventData | None


def mailboxes_before(review: Review) -> MailboxCounts:
    """How many mailboxes the office had per kind when this revision was registered."""
    change = review.mailbox_change
    kinds = [mailbox.kind for mailbox in change.mailboxes_before] if change else []
    return MailboxCounts(smtp_pop3=kinds.count(MailboxKind.SMTP_POP3), edifact=kinds.count(MailboxKind.EDIFACT))


def mailboxes_after(review: Review) -> MailboxCounts:
    """How many mailboxes the office has per kind once everything asked for has been done."""
    change = review.mailbox_change
    if change is None:
        return mailboxes_before(review)
    kept = [mailbox.kind for mailbox in change.mailboxes_before if mailbox.mailbox_id not in change.abolish]
    return MailboxCounts(
        smtp_pop3=kept.count(MailboxKind.SMTP_POP3) + change.add_smtp_pop3,
        edifact=kept.count(MailboxKind.EDIFACT) + change.add_edifact,
    )

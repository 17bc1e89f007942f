"""An application as review holds it, and what a move makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.review.domain.review.forms import ApprovalForm
from services.review.domain.review.problems import MovedOn
from services.review.domain.review.states import ReviewState
from services.review.domain.schedule import Schedule
from shared.contracts.event_data import ApplicationKind, EventData, MailboxKind
from shared.contracts.people import Contact, MailboxChange, PasswordReissue, SystemAdministratorAddress
from shared.contracts.review_events import DecidedBy, MailboxCounts
from shared.kernel.business_days import DateNotCovered
from shared.kernel.identifiers import MailboxId, OfficeCode, ReceiptNumber
from shared.kernel.japanese_text import parse_japanese_date
from shared.kernel.local_time import local_date


class ClarificationReason(StrEnum):
    """What a question is about; stable codes of page, API and event."""

    COUNT_UNCLEAR = "count_unclear"
    REASON_UNCLEAR = "reason_unclear"
    START_DATE_UNCLEAR = "start_date_unclear"
    ABOLITION_UNCLEAR = "abolition_unclear"
    DESTINATIONS_UNCLEAR = "destinations_unclear"
    SETTING_UNCLEAR = "setting_unclear"
    CONTACT_UNCLEAR = "contact_unclear"
    OTHER = "other"


class VoidReason(StrEnum):
    """Why an application was voided; stable codes of page, API and event."""

    SYSTEM_SETTING_MISSING = "system_setting_missing"
    OFFICE_CLOSED = "office_closed"
    APPLICANT_ASKED = "applicant_asked"
    APPROVED_IN_ERROR = "approved_in_error"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Clarification:
    """The open question; exactly while the application is in CLARIFICATION."""

    clarification_id: UUID
    reason_code: str
    question: str
    asked_at: datetime
    asked_by: str
    answer_by: date | None = None
    reminded_at: datetime | None = None
    cancel_requested_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProposedApproval:
    """What a first approver decided where a second one has to agree; nothing is told before that."""

    form: ApprovalForm
    proposed_by: str
    proposed_by_login: str
    proposed_at: datetime

    @property
    def confirmed_start_date(self) -> date | None:
        """The day that was entered; None for a reissue."""
        return parse_japanese_date(self.form.confirmed_start_date)


@dataclass(frozen=True, slots=True)
class ApprovalTerms:
    """Under which terms an application was approved. `confirmed_start_date` is None for a reissue only.

    `approved_by_login` is None for the policy; `proposed_by` is the first approver where there were two.
    """

    approved_at: datetime
    approved_by: str
    decided_by: DecidedBy
    confirmed_start_date: date | None
    start_date_note: str | None
    system_setting_required: bool
    system_setting_deadline: date | None
    calendar_version: int
    schedule_version: int
    approved_by_login: str | None = None
    proposed_by: str | None = None
    proposed_by_login: str | None = None
    setting_completed_on: date | None = None


@dataclass(frozen=True, slots=True)
class IssuedResult:
    """What provisioning answered: shown beside a completed application."""

    completed_on: date
    mailbox_ids: Sequence[MailboxId]
    viewable_until: date | None


@dataclass(frozen=True, slots=True)
class Voiding:
    """Why the application has no effect any more."""

    reason_code: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Review:
    """One application under review. `moved_by` is None where no person moved it.

    `counts_from` is the day the promised answer counts from: `review_starts_on` (T8), put off by the business days the
    application lay with the applicant.
    """

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
    counts_from: date
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
    clarification: Clarification | None = None
    proposal: ProposedApproval | None = None
    voiding: Voiding | None = None


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


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides: a member of staff, or the automatic policy under its own name and without a login."""

    name: str
    is_lead: bool
    decided_by: DecidedBy
    login: str | None = None


def moved_on(review: Review) -> MovedOn:
    """What somebody is told whose screen showed an application that has moved on since."""
    return MovedOn(review.state, review.revision, review.moved_by, review.moved_at)


def counts_on_from(review: Review, schedule: Schedule | None, now: datetime) -> date:
    """`counts_from` once the open question, if there is one, has come back: as many business days are used up as then.

    Where the calendar does not reach, it is put off by calendar days.
    """
    question = review.clarification
    if question is None:
        return review.counts_from
    asked, back = local_date(question.asked_at), local_date(now)
    try:
        if schedule is not None:
            with_applicant = schedule.calendar.business_days_between(asked, back)
            return schedule.calendar.add_business_days(review.counts_from, with_applicant)
    except DateNotCovered:
        pass
    return review.counts_from + max(back - asked, timedelta())


def has_start_date(review: Review) -> bool:
    """A reissue of passwords has no dates."""
    return review.kind is ApplicationKind.MAILBOX_CHANGE


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

"""Every revision of an application's form, and what each changed against the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.review.domain.review import Review
from shared.contracts.people import MailboxChange, PasswordReissue
from shared.kernel.identifiers import ReceiptNumber


class RevisionField(StrEnum):
    """The parts of the form that a correction can change."""

    REQUESTED_START_DATE = "requested_start_date"
    ADD_SMTP_POP3 = "add_smtp_pop3"
    ADD_EDIFACT = "add_edifact"
    ABOLISH = "abolish"
    REISSUE = "reissue"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Revision:
    """What the form said, without personal data. `seen_at`: when review took it over."""

    receipt_number: ReceiptNumber
    revision: int
    seen_at: datetime
    requested_start_date: date | None
    reason: str
    mailbox_change: MailboxChange | None
    password_reissue: PasswordReissue | None
    warnings: Sequence[str]

    def value_of(self, field: RevisionField) -> str:
        """One part of the form as text: ISO date, count, IDs separated by spaces; empty where it says nothing."""
        change, reissue = self.mailbox_change, self.password_reissue
        values = {
            RevisionField.REQUESTED_START_DATE: self.requested_start_date.isoformat()
            if self.requested_start_date
            else "",
            RevisionField.ADD_SMTP_POP3: str(change.add_smtp_pop3) if change else "",
            RevisionField.ADD_EDIFACT: str(change.add_edifact) if change else "",
            RevisionField.ABOLISH: " ".join(change.abolish) if change else "",
            RevisionField.REISSUE: " ".join(reissue.mailbox_ids) if reissue else "",
            RevisionField.REASON: self.reason,
        }
        return values[field]


@dataclass(frozen=True, slots=True)
class RevisionChange:
    """One part of the form before and after a correction."""

    field: RevisionField
    before: str
    after: str


def revision_of(review: Review, now: datetime) -> Revision:
    """What the application says now, to be kept."""
    return Revision(
        receipt_number=review.receipt_number,
        revision=review.revision,
        seen_at=now,
        requested_start_date=review.requested_start_date,
        reason=review.reason,
        mailbox_change=review.mailbox_change,
        password_reissue=review.password_reissue,
        warnings=tuple(review.warnings),
    )


def changes_between(earlier: Revision, later: Revision) -> list[RevisionChange]:
    """What a correction changed, in the order of the form; the contact is not among it."""
    return [
        RevisionChange(field, earlier.value_of(field), later.value_of(field))
        for field in RevisionField
        if earlier.value_of(field) != later.value_of(field)
    ]

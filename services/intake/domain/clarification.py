"""Questions of the reviewer, and who may still move an application: correct, withdraw, or give the question back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.intake.domain.application import Application, ApplicationStatus
from shared.kernel.identifiers import ReceiptNumber


class ClarificationOutcome(StrEnum):
    """How a question was closed."""

    CORRECTED = "corrected"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class Clarification:
    """One question about one revision; open until it has an outcome."""

    clarification_id: UUID
    receipt_number: ReceiptNumber
    revision: int
    question: str
    reason_code: str
    requested_at: datetime
    answer_by: date | None = None
    closed_at: datetime | None = None
    outcome: ClarificationOutcome | None = None

    @property
    def is_open(self) -> bool:
        """Whether an answer is still awaited."""
        return self.outcome is None

    def closed(self, outcome: ClarificationOutcome, now: datetime) -> "Clarification":
        """The question with its outcome."""
        return replace(self, outcome=outcome, closed_at=now)


class WithdrawalAnswer(StrEnum):
    """What a withdrawal leads to."""

    WITHDRAWN = "withdrawn"
    """Intake held the application: it is withdrawn at once."""
    REQUESTED = "requested"
    """Review holds it and will answer."""
    REPEATED = "repeated"
    """Asked for before: nothing new."""
    REFUSED = "refused"
    """Too late: the review has ended, or the application has no effect any more (E30)."""


_ASKABLE = frozenset({ApplicationStatus.RECEIVED, ApplicationStatus.UNDER_REVIEW})


def can_withdraw(application: Application) -> bool:
    """Whether the page offers it (B27, E30)."""
    in_time = application.status in _ASKABLE or application.status is ApplicationStatus.CLARIFICATION
    return in_time and application.withdrawal_requested_at is None


def answer_withdrawal(application: Application) -> WithdrawalAnswer:
    """Who holds the ball decides what a withdrawal does (design: states)."""
    if application.status is ApplicationStatus.WITHDRAWN or application.withdrawal_requested_at is not None:
        return WithdrawalAnswer.REPEATED
    if application.status is ApplicationStatus.CLARIFICATION:
        return WithdrawalAnswer.WITHDRAWN
    return WithdrawalAnswer.REQUESTED if application.status in _ASKABLE else WithdrawalAnswer.REFUSED


def withdrawn(application: Application, now: datetime) -> Application:
    """Given up by the applicant: final."""
    return replace(
        application,
        status=ApplicationStatus.WITHDRAWN,
        withdrawn_at=now,
        withdrawal_requested_at=None,
        ended_at=now,
    )


def withdrawal_requested(application: Application, now: datetime) -> Application:
    """Asked for, while review holds it."""
    return replace(application, withdrawal_requested_at=now)


def withdrawal_refused(application: Application) -> Application:
    """The approval came first (E29, E30)."""
    return replace(application, withdrawal_requested_at=None)


def can_take_question(application: Application, clarification: Clarification) -> bool:
    """Whether the question is about the application as it stands; a late or repeated one is not."""
    return application.status in _ASKABLE and application.revision == clarification.revision


def in_clarification(application: Application) -> Application:
    """The applicant holds the ball."""
    return replace(application, status=ApplicationStatus.CLARIFICATION)


def returned_to_review(application: Application) -> Application:
    """The question was given back unanswered."""
    return replace(application, status=ApplicationStatus.UNDER_REVIEW)


def open_one(clarifications: Sequence[Clarification]) -> Clarification | None:
    """The question that awaits an answer."""
    return next((each for each in clarifications if each.is_open), None)

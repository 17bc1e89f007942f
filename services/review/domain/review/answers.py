"""What applicants do while an application is here: they correct it, withdraw it, or ask to withdraw it (E29)."""

from dataclasses import replace
from datetime import datetime

from services.review.domain.review.record import Moved, Review, counts_on_from
from services.review.domain.review.states import Move, ReviewState, next_state
from services.review.domain.schedule import Schedule
from shared.contracts.intake_events import ApplicationCorrected, ApplicationWithdrawn, WithdrawalRequested
from shared.contracts.review_events import WithdrawalAccepted, WithdrawalRefused

ALREADY_APPROVED = "already_approved"
_REFUSING = frozenset({ReviewState.APPROVED, ReviewState.REVIEW_COMPLETED, ReviewState.IN_SERVICE})


def correct(review: Review, corrected: ApplicationCorrected, schedule: Schedule | None, now: datetime) -> Moved | None:
    """Under review again with the new content; None when that revision is known already. Raises IllegalTransition."""
    if corrected.revision <= review.revision:
        return None
    content = replace(
        review,
        revision=corrected.revision,
        company_name=corrected.company_name,
        office_name=corrected.office_name,
        contract_version=corrected.contract_version,
        requested_start_date=corrected.requested_start_date,
        reason=corrected.reason,
        warnings=tuple(corrected.warnings),
        mailbox_change=corrected.mailbox_change,
        password_reissue=corrected.password_reissue,
        counts_from=counts_on_from(review, schedule, now),
    )
    state = next_state(review.state, Move.CORRECT)
    return Moved(replace(content, state=state, clarification=None, moved_at=now, moved_by=None), None)


def withdraw(review: Review, _withdrawn: ApplicationWithdrawn, now: datetime) -> Moved | None:
    """Withdrawn out of a question, which intake alone decides; None when that is known already."""
    if review.state is ReviewState.WITHDRAWN:
        return None
    state = next_state(review.state, Move.WITHDRAW)
    return Moved(replace(review, state=state, clarification=None, moved_at=now, moved_by=None), None)


def answer_withdrawal(review: Review, _request: WithdrawalRequested, now: datetime) -> Moved | None:
    """Let go what is under review; refuse from the approval on (E30).

    None while a question is open (intake withdraws by itself when it sees the question) and when the application has
    ended already, which was told in its own event.
    """
    if review.state is ReviewState.UNDER_REVIEW:
        accepted = WithdrawalAccepted(receipt_number=review.receipt_number, decided_at=now)
        state = next_state(review.state, Move.WITHDRAW)
        return Moved(replace(review, state=state, proposal=None, moved_at=now, moved_by=None), accepted)
    if review.state in _REFUSING:
        refused = WithdrawalRefused(receipt_number=review.receipt_number, decided_at=now, reason_code=ALREADY_APPROVED)
        return Moved(review, refused)
    return None

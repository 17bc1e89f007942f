"""Taking an application over from intake."""

from datetime import datetime

from services.review.domain.contract import Contract
from services.review.domain.review.record import ApplicationContact, Moved, Review
from services.review.domain.review.states import Move, ReviewState, next_state
from shared.contracts.intake_events import ApplicationCorrected, ApplicationReceived
from shared.contracts.review_events import ReviewOpened


def knows_contract_of(contract: Contract | None, received: ApplicationReceived | ApplicationCorrected) -> bool:
    """Whether the contract the application was made on is known; if not, the application waits."""
    return contract is not None and contract.contract_version >= received.contract_version


def open_review(received: ApplicationReceived, now: datetime) -> Moved:
    """The application under review, announced as opened."""
    review = Review(
        receipt_number=received.receipt_number,
        office_code=received.office_code,
        applicant_office_code=received.applicant_office_code,
        kind=received.kind,
        state=next_state(ReviewState.RECEIVED, Move.OPEN),
        revision=received.revision,
        company_name=received.company_name,
        office_name=received.office_name,
        received_at=received.received_at,
        received_on=received.received_on,
        review_starts_on=received.review_starts_on,
        counts_from=received.review_starts_on,
        contract_version=received.contract_version,
        requested_start_date=received.requested_start_date,
        reason=received.reason,
        warnings=tuple(received.warnings),
        mailbox_change=received.mailbox_change,
        password_reissue=received.password_reissue,
        opened_at=now,
        moved_at=now,
    )
    opened = ReviewOpened(receipt_number=review.receipt_number, revision=review.revision, opened_at=now)
    return Moved(review, opened)


def contact_of(received: ApplicationReceived | ApplicationCorrected) -> ApplicationContact:
    """Whom to ask about this revision."""
    return ApplicationContact(
        received.receipt_number, received.revision, received.contact, received.system_administrator
    )

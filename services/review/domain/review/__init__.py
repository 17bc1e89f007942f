"""The life of one application in review: its states, and the rule behind each move."""

from services.review.domain.review.approval import (
    DESTINATIONS_MOVED,
    FIELD_OF,
    NOTE_LIMIT,
    ApprovalForm,
    Approver,
    Grounds,
    MovedOn,
    Refused,
    approval_problems,
    approve,
    gives_up_last_mailbox,
    has_start_date,
    must_hold,
    reviewer,
)
from services.review.domain.review.completion import RevisionMismatch, complete, note_issue_failed, start_service
from services.review.domain.review.opening import contact_of, knows_contract_of, open_review
from services.review.domain.review.policy import approve_by_policy
from services.review.domain.review.record import (
    ApplicationContact,
    ApprovalTerms,
    IssuedResult,
    Moved,
    Review,
    mailboxes_after,
    mailboxes_before,
)
from services.review.domain.review.start_dates import ApprovalProblem, earliest_start, suggested_start
from services.review.domain.review.states import TRANSITIONS, IllegalTransition, Move, ReviewState, next_state

__all__ = [
    "DESTINATIONS_MOVED",
    "FIELD_OF",
    "NOTE_LIMIT",
    "TRANSITIONS",
    "ApplicationContact",
    "ApprovalForm",
    "ApprovalProblem",
    "ApprovalTerms",
    "Approver",
    "Grounds",
    "IllegalTransition",
    "IssuedResult",
    "Move",
    "Moved",
    "MovedOn",
    "Refused",
    "Review",
    "ReviewState",
    "RevisionMismatch",
    "approval_problems",
    "approve",
    "approve_by_policy",
    "complete",
    "contact_of",
    "earliest_start",
    "gives_up_last_mailbox",
    "has_start_date",
    "knows_contract_of",
    "mailboxes_after",
    "mailboxes_before",
    "must_hold",
    "next_state",
    "note_issue_failed",
    "open_review",
    "reviewer",
    "start_service",
    "suggested_start",
]

"""The states an application passes through and the only moves between them, as data."""

from collections.abc import Mapping
from enum import StrEnum


class ReviewState(StrEnum):
    """Where an application stands. RECEIVED exists before review has consumed the receipt."""

    RECEIVED = "received"
    UNDER_REVIEW = "under_review"
    CLARIFICATION = "clarification"
    APPROVED = "approved"
    REVIEW_COMPLETED = "review_completed"
    IN_SERVICE = "in_service"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"


class Move(StrEnum):
    """What can happen to an application."""

    OPEN = "open"
    ASK = "ask"
    CORRECT = "correct"
    GIVE_BACK = "give_back"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    NOTE_ISSUE_FAILED = "note_issue_failed"
    COMPLETE = "complete"
    CHANGE_START_DATE = "change_start_date"
    START_SERVICE = "start_service"
    VOID = "void"


class IllegalTransition(ValueError):
    """The move does not exist from that state."""

    def __init__(self, state: ReviewState, move: Move) -> None:
        super().__init__(f"{move.value} is not possible from {state.value}")
        self.state = state
        self.move = move


_S, _M = ReviewState, Move
TRANSITIONS: Mapping[tuple[ReviewState, Move], ReviewState] = {
    (_S.RECEIVED, _M.OPEN): _S.UNDER_REVIEW,
    (_S.RECEIVED, _M.WITHDRAW): _S.WITHDRAWN,
    (_S.RECEIVED, _M.VOID): _S.VOIDED,
    (_S.UNDER_REVIEW, _M.ASK): _S.CLARIFICATION,
    (_S.UNDER_REVIEW, _M.WITHDRAW): _S.WITHDRAWN,
    (_S.UNDER_REVIEW, _M.APPROVE): _S.APPROVED,
    (_S.UNDER_REVIEW, _M.VOID): _S.VOIDED,
    (_S.CLARIFICATION, _M.CORRECT): _S.UNDER_REVIEW,
    (_S.CLARIFICATION, _M.GIVE_BACK): _S.UNDER_REVIEW,
    (_S.CLARIFICATION, _M.WITHDRAW): _S.WITHDRAWN,
    (_S.APPROVED, _M.COMPLETE): _S.REVIEW_COMPLETED,
    (_S.APPROVED, _M.NOTE_ISSUE_FAILED): _S.UNDER_REVIEW,
    (_S.REVIEW_COMPLETED, _M.CHANGE_START_DATE): _S.REVIEW_COMPLETED,
    (_S.REVIEW_COMPLETED, _M.START_SERVICE): _S.IN_SERVICE,
    (_S.REVIEW_COMPLETED, _M.VOID): _S.VOIDED,
    # A move of the start date or a void that provisioning obeys after the start (late by a race).
    (_S.IN_SERVICE, _M.CHANGE_START_DATE): _S.REVIEW_COMPLETED,
    (_S.IN_SERVICE, _M.VOID): _S.VOIDED,
}


def next_state(state: ReviewState, move: Move) -> ReviewState:
    """The state after a move. Raises IllegalTransition for a pair that is not in the table."""
    try:
        return TRANSITIONS[state, move]
    except KeyError:
        raise IllegalTransition(state, move) from None

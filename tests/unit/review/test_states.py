"""The state machine of an application, over every pair of state and move."""

from itertools import product

import pytest

from services.review.domain.review import TRANSITIONS, IllegalTransition, Move, ReviewState, next_state

ALLOWED = {
    "received": {"open": "under_review", "withdraw": "withdrawn", "void": "voided"},
    "under_review": {"ask": "clarification", "withdraw": "withdrawn", "approve": "approved", "void": "voided"},
    "clarification": {"correct": "under_review", "give_back": "under_review", "withdraw": "withdrawn"},
    "approved": {"complete": "review_completed", "note_issue_failed": "under_review"},
    "review_completed": {"change_start_date": "review_completed", "start_service": "in_service", "void": "voided"},
    "in_service": {"change_start_date": "review_completed", "void": "voided"},
    "withdrawn": {},
    "voided": {},
}


@pytest.mark.parametrize(("state", "move"), list(product(ReviewState, Move)))
def test_only_the_moves_of_the_design_exist(state: ReviewState, move: Move) -> None:
    expected = ALLOWED[state.value].get(move.value)
    if expected is None:
        with pytest.raises(IllegalTransition):
            next_state(state, move)
    else:
        assert next_state(state, move) == expected


def test_every_state_but_the_first_can_be_reached() -> None:
    assert set(TRANSITIONS.values()) == set(ReviewState) - {ReviewState.RECEIVED}


def test_every_move_is_used() -> None:
    assert {move for _, move in TRANSITIONS} == set(Move)

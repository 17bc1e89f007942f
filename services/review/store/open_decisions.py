"""What is still open on an application, as it stands in its row: the question, the proposal of a first approver."""

import json
from typing import Any

import asyncpg
from pydantic import TypeAdapter

from services.review.domain.review import Clarification, ProposedApproval, Review

_CLARIFICATION = TypeAdapter(Clarification)
_PROPOSAL = TypeAdapter(ProposedApproval)
_COLUMNS_OF_ITS_OWN = {"asked_at", "reminded_at"}


def open_values(review: Review) -> tuple[Any, ...]:
    """Question (JSON text, asked at, reminded at), proposal (JSON text), reason and note of the void, days put off."""
    question, proposal, voiding = review.clarification, review.proposal, review.voiding
    return (
        _CLARIFICATION.dump_json(question, exclude=_COLUMNS_OF_ITS_OWN).decode() if question else None,
        question.asked_at if question else None,
        question.reminded_at if question else None,
        _PROPOSAL.dump_json(proposal).decode() if proposal else None,
        voiding.reason_code if voiding else None,
        voiding.note if voiding else None,
        (review.counts_from - review.review_starts_on).days,
    )


def clarification_of(row: asyncpg.Record) -> Clarification | None:
    """The open question of a row, or None."""
    if row["clarification"] is None:
        return None
    own = {"asked_at": row["clarification_asked_at"], "reminded_at": row["clarification_reminded_at"]}
    return _CLARIFICATION.validate_python(json.loads(row["clarification"]) | own)


def proposal_of(text: str | None) -> ProposedApproval | None:
    """The proposal of a row, or None."""
    return _PROPOSAL.validate_json(text) if text else None

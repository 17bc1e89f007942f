"""The reviewer's questions and how each was closed."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.intake.domain.clarification import Clarification, ClarificationOutcome
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection


async def list_clarifications(db: Connection, receipt_numbers: Sequence[str]) -> list[Clarification]:
    """Every question about the applications, oldest first."""
    rows = await db.fetch(
        """
        select clarification_id, receipt_number, revision, question, reason_code, requested_at, answer_by, closed_at,
            outcome
        from clarifications where receipt_number = any($1::text[]) order by requested_at, clarification_id
        """,
        list(receipt_numbers),
    )
    return [_clarification(row) for row in rows]


async def find_receipt_number_of_answer(
    db: Connection, clarification_id: UUID, office_code: str
) -> ReceiptNumber | None:
    """The application whose correction has already answered this question (E31)."""
    found = await db.fetchval(
        """
        select receipt_number from clarifications join applications using (receipt_number)
        where clarification_id = $1 and outcome = 'corrected' and $2 in (applicant_office_code, office_code)
        """,
        clarification_id,
        office_code,
    )
    return ReceiptNumber(found) if found else None


async def insert_clarifications(db: Connection, clarifications: Sequence[Clarification]) -> None:
    """Add questions, open or closed at once; the applications are locked."""
    await db.executemany(
        """
        insert into clarifications
            (clarification_id, receipt_number, revision, question, reason_code, requested_at, answer_by, closed_at,
             outcome)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        [
            (
                each.clarification_id,
                each.receipt_number,
                each.revision,
                each.question,
                each.reason_code,
                each.requested_at,
                each.answer_by,
                each.closed_at,
                each.outcome and each.outcome.value,
            )
            for each in clarifications
        ],
    )


async def close_clarifications(db: Connection, clarifications: Sequence[Clarification]) -> None:
    """Write how each was closed."""
    await db.executemany(
        "update clarifications set closed_at = $2, outcome = $3 where clarification_id = $1",
        [(each.clarification_id, each.closed_at, each.outcome and each.outcome.value) for each in clarifications],
    )


def _clarification(row: asyncpg.Record) -> Clarification:
    return Clarification(
        clarification_id=row["clarification_id"],
        receipt_number=ReceiptNumber(row["receipt_number"]),
        revision=row["revision"],
        question=row["question"],
        reason_code=row["reason_code"],
        requested_at=row["requested_at"],
        answer_by=row["answer_by"],
        closed_at=row["closed_at"],
        outcome=ClarificationOutcome(row["outcome"]) if row["outcome"] else None,
    )

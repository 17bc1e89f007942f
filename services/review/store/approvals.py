"""What approvals were based on, and many approvals at once."""

import json
from collections.abc import Sequence
from typing import Any

from services.review.domain.approval_record import ApprovalRecord
from services.review.domain.checks import CheckResult
from shared.runtime.database import Connection


async def insert_approval_records(db: Connection, records: Sequence[ApprovalRecord]) -> None:
    """Add a row per approval; there is no way to change one."""
    await db.executemany(
        """
        insert into approval_records (
            event_id, receipt_number, revision, approved_at, decided_by, approved_by_login, proposed_by_login,
            policy_version, schedule_version, calendar_version, acknowledged, checks)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::text::jsonb)
        """,
        [_values(record) for record in records],
    )


def _values(record: ApprovalRecord) -> tuple[Any, ...]:
    review, terms = record.review, record.review.terms
    if terms is None:
        raise ValueError(f"{review.receipt_number} is not approved")
    return (
        record.event_id,
        review.receipt_number,
        review.revision,
        terms.approved_at,
        terms.decided_by.value,
        terms.approved_by_login,
        terms.proposed_by_login,
        record.policy_version,
        terms.schedule_version,
        terms.calendar_version,
        sorted(record.acknowledged),
        json.dumps([_check(result) for result in record.checks]),
    )


def _check(result: CheckResult) -> dict[str, Any]:
    return {
        "check": result.check.value,
        "outcome": result.outcome.value,
        "reason": result.reason.value,
        "details": dict(result.details),
    }

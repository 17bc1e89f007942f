"""The append-only audit: insert and read; the database refuses everything else."""

import json
from collections.abc import Sequence
from datetime import date

import asyncpg

from services.review.domain.audit import AuditAction, AuditEntry
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection


async def insert_audit_entries(db: Connection, entries: Sequence[AuditEntry]) -> None:
    """Add lines."""
    await db.execute(
        """
        insert into staff_audit (audit_id, occurred_at, login, action, receipt_number, details)
        select audit_id, occurred_at, login, action, receipt_number, details::jsonb
        from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[])
            as row (audit_id, occurred_at, login, action, receipt_number, details)
        """,
        [entry.audit_id for entry in entries],
        [entry.occurred_at for entry in entries],
        [entry.login for entry in entries],
        [entry.action.value for entry in entries],
        [entry.receipt_number for entry in entries],
        [json.dumps(dict(entry.details), ensure_ascii=False) for entry in entries],
    )


async def find_audit_of_application(db: Connection, receipt_number: ReceiptNumber, limit: int) -> list[AuditEntry]:
    """Who did or looked at what about the application, the newest first."""
    rows = await db.fetch(
        """
        select audit_id, occurred_at, login, action, receipt_number, details::text as details
        from staff_audit where receipt_number = $1 order by occurred_at desc, audit_id desc limit $2
        """,
        receipt_number,
        limit,
    )
    return [_entry(row) for row in rows]


async def drop_old_audit(db: Connection, today: date, kept_years: int, at_most: int) -> int:
    """Let go of lines older than the kept years, through the one door the database has for it; says how many."""
    dropped: int = await db.fetchval("select drop_old_audit($1, $2, $3)", today, kept_years, at_most)
    return dropped


def _entry(row: asyncpg.Record) -> AuditEntry:
    return AuditEntry(
        audit_id=row["audit_id"],
        occurred_at=row["occurred_at"],
        login=row["login"],
        action=AuditAction(row["action"]),
        receipt_number=row["receipt_number"],
        details=json.loads(row["details"]),
    )

"""The timeline of each application."""

import json
from collections.abc import Sequence

import asyncpg

from services.review.domain.timeline import TimelineEntry, TimelineStep
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import Connection


async def insert_timeline_entries(db: Connection, entries: Sequence[TimelineEntry]) -> None:
    """Add lines; one that exists already is left alone."""
    await db.execute(
        """
        insert into timeline_entries (receipt_number, event_id, occurred_at, step, actor, details)
        select receipt_number, event_id, occurred_at, step, actor, details::jsonb
        from unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[])
            as row (receipt_number, event_id, occurred_at, step, actor, details)
        on conflict (receipt_number, event_id) do nothing
        """,
        [entry.receipt_number for entry in entries],
        [entry.event_id for entry in entries],
        [entry.occurred_at for entry in entries],
        [entry.step.value for entry in entries],
        [entry.actor for entry in entries],
        [json.dumps(dict(entry.details), ensure_ascii=False) for entry in entries],
    )


async def find_timeline(db: Connection, receipt_number: ReceiptNumber) -> list[TimelineEntry]:
    """The application's lines, oldest first."""
    rows = await db.fetch(
        """
        select receipt_number, event_id, occurred_at, step, actor, details::text as details
        from timeline_entries where receipt_number = $1 order by occurred_at, event_id
        """,
        receipt_number,
    )
    return [_entry(row) for row in rows]


def _entry(row: asyncpg.Record) -> TimelineEntry:
    return TimelineEntry(
        event_id=row["event_id"],
        receipt_number=row["receipt_number"],
        occurred_at=row["occurred_at"],
        step=TimelineStep(row["step"]),
        actor=row["actor"],
        details=json.loads(row["details"]),
    )

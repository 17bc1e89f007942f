"""Erasing what may not be kept for ever."""

from datetime import datetime
from typing import Any

from shared.runtime.database import Connection


async def erase_contacts(
    db: Connection, ended_before: datetime, now: datetime, at_most: int, replacement: dict[str, Any]
) -> int:
    """Overwrite the people in every revision of applications that ended before; returns how many applications.

    `replacement` holds the parts of a revision's content that name people, without them.
    """
    rows = await db.fetch(
        """
        with due as (
            select receipt_number from applications
            where ended_at < $1 and contact_erased_at is null
            order by ended_at limit $3 for no key update skip locked
        ), erased as (
            update application_revisions set content = content || $4::jsonb
            from due where application_revisions.receipt_number = due.receipt_number
        )
        update applications set contact_erased_at = $2
        from due where applications.receipt_number = due.receipt_number returning applications.receipt_number
        """,
        ended_before,
        now,
        at_most,
        replacement,
    )
    return len(rows)
